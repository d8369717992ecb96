"""What was measured as Markdown, with figures.

`parts` puts a part into a document that several programs write. The others are a part each, of the name of the program
that measures it: `refine`, `scale`, `equalize`, `matrix` and `published` of docs/validation.md, `performance` of
docs/performance.md.
"""
