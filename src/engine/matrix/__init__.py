"""Occupancies of groups of atoms in many maps, from sums over shells of each.

Read `sums` first, all that is kept of a map; then `fit`; `relative`, fits against references, with errors; `agreement`,
which maps agree, and their order; `result`, the matrix; `occupancies`, all of it.
"""
