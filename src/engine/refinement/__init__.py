"""Occupancies of groups of atoms, fitted to one map, with standard errors.

Read `scattering` and `groups` first, what atoms scatter and how they are grouped; `names`, what groups are called where
they are shown; `inputs`, their checks; then `coarse` and `transfer`, model and map on one coarse grid; `fit`, in space,
and `beads`; `shell_sums` and `shell_fit`, of one map or many by shells of frequency; `reference`, what is full;
`parts`, `standard_errors` and `noise_spectrum`, how far off it may be; `windows`, `fine_model` and `b_shifts`, what
moves; `local_fit` and `notes`, what to mistrust; `result`; `alternatives` and `symmetry`, groups that belong together;
`refine`, all of it; `guided`, the scale that follows a model; `unexplained`, the part of a map that a model lacks.
"""
