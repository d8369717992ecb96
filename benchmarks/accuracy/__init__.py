"""How far occupancies, scales and equalised maps are from known ones: a program for each part of docs/validation.md.

First `frame`, which runs them, and `conditions`, the maps in ice that they share; then the programs: `refine`
(occupancies from a model), `scale` (the scale from the map alone), `flexibility`, `b_shifts` (ΔB from a model),
`equalize`, `matrix` and `assembly` (many maps) and `published` (the scale in vacuum, beside the published program).
`models` are those that a user would have, `other_methods` read maps as others do, and `haemoglobin` is a map that was
observed.
`surface` is the measure by which `equalize` judges maps, `ways` is the table of what is compared there, and
`local_filters` are what others do to a map.
"""
