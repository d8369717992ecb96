"""Occupancies of groups of atoms, fitted to one map, with standard errors.

Read `scattering` and `groups` first, what atoms scatter and how they are grouped; then `coarse` and `transfer`, model
and map on one coarse grid; `fit`; `parts`, `errors` and `noise_spectrum`, how far off it may be; `notes`, what to
mistrust; `refine`, all of it; `guided`, the scale that follows a model.
"""
