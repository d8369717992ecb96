"""How long things take, and how much memory.

`compare` holds this package against the published program, each run in a process of `worker`, which is run by its path
with either program's Python; it writes docs/performance.md, whose last section is of `many_maps`. `refine` and
`matrix`, on the chains of `balls`, and `further_maps` print tables, with the pair of FFTs of `timing` as the unit.
`preview` is run in ChimeraX.
"""
