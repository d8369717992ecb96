"""Sentences on a matrix as a whole."""

import numpy as np

from .sets import ABSENT, FULL, listed

_HIGH_QUANTILE = 0.9


def fitted_in_words(groups, masks):
    """What is fitted to maps: the masks, where all groups are, else the model."""
    return "the masks" if set(groups) == set(masks) else "the model"


def on_what_is_lacking(unexplained, fitted):
    """A sentence on the share of the density that what is fitted does not explain, if there is any."""
    lacking = unexplained[unexplained > 0]
    if not len(lacking):
        return []
    of_maps = "the maps" if len(lacking) == len(unexplained) else f"{len(lacking)} of {len(unexplained)} maps"
    return [
        f"{lacking.mean():.0%} of the density in {of_maps} is not explained by {fitted}, {lacking.max():.0%} at most; "
        "beads in it stand for what is lacking."
    ]


def never_full(groups, occupancies, together):
    """A sentence on groups that are full in none of many maps, if there are any; alternatives count by their sum."""
    sums, names = {}, set()
    for one in (one for row in together for one in row):
        sums.setdefault(one.name, []).append(one.occupancy)
        names |= set(one.groups)
    columns = {name: column for name, column in zip(groups, occupancies.T, strict=True) if name not in names}
    columns |= {name: np.array(column) for name, column in sums.items()}
    high = [np.quantile(c[np.isfinite(c)], _HIGH_QUANTILE) if np.isfinite(c).any() else 1.0 for c in columns.values()]
    named = [f"{name} ({h:.2f})" for name, h in zip(columns, high, strict=True) if ABSENT < h < FULL]
    if not named:
        return []
    return [
        f"Full in hardly any map: {listed(named)}. A model that is wrong about a group makes it read so; reference "
        "maps, known to be complete, tell the two apart."
    ]
