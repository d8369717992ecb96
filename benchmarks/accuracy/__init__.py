"""How far occupancies, scales and equalised maps are from known ones: a program for each part of docs/validation.md.

`refine` (occupancies from a model), `scale` (the scale from the map alone), `equalize`, `matrix` (many maps) and
`published` (the scale in vacuum, beside the published program). `other_methods` reads maps as others do.
"""
