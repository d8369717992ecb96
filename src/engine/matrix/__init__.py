"""Occupancies of groups of atoms in many maps, from sums over shells of each.

Read `refinement.shell_sums` first, all that is kept of a map, and `refinement.shell_fit`; then `relative`, fits against
references, with errors; `masks`, `mask_columns` and `joined`, regions of maps as columns; `cells`, notes; `agreement`,
which maps agree, and their order; `sets`, what tells these apart; `populations`, the particles of maps; `remarks`,
warnings; `result`, the matrix; `occupancies`, all of it.
"""
