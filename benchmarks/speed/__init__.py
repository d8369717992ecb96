"""How long things take, and how much memory: the programs.

`compare` holds this package against the published program, each run in a process of `worker`, which is run by its path
with either program's Python; it writes docs/performance.md, the last section of which is of `many_maps`. `refine`,
`matrix` and `further_maps` print tables; `preview` is run in ChimeraX.
"""
