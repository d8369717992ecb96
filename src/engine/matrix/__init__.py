"""Occupancies of groups of atoms in many maps, from sums over shells of each.

Read `sums` first, all that is kept of a map; then `fit`; `agreement`, which maps agree, and their order; `occupancies`,
references, errors, and the matrix of all.
"""
