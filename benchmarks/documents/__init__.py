"""What was measured as Markdown, with figures.

First what they share: `results` (what a program hands to a report), `tables` and `parts` (a document that several
programs write). Then a report for each program, of its name: `refine` (with `refine_errors`), `scale`, `flexibility`,
`b_shifts`, `equalize` (with `equalize_readings`), `matrix`, `assembly` and `published` (with `published_errors`) of
docs/validation.md, whose figures are in `figures`; `performance` and `many_maps` of docs/performance.md.
"""
