"""The files that the program reads and writes: maps, models, tables, scripts, and what keeps them whole.

Read `mapfile` and `maps` first, from a file to an array; `emdb` and `download`, maps that are fetched; `models` and
`atom_groups`, atomic models; then `outputs`, what is written of a map, by `places`, `locks` and `staging`, all of it or
nothing; `fingerprints`, whether a file is as it was; `script`, for ChimeraX; `tables`.
"""
