"""The last estimate of each map, so that several commands on one map share it."""

from weakref import WeakKeyDictionary

from chimerax.map import Volume

_last = WeakKeyDictionary()


def recall(sampled, settings):
    """The estimate that was made last of these voxels with these settings, or None."""
    key, found = _last.get(sampled.volume, (None, None))
    return found if key == _key(sampled, settings) else None


def remember(sampled, settings, found):
    """Keep an estimate until the map changes, is closed, or is estimated in another way.

    Estimates that depend on other maps are not kept, as those may change.
    """
    volume = sampled.volume
    if any(isinstance(value, Volume | list) for value in settings.values()):
        return
    if _forget not in volume.change_callbacks:
        volume.add_volume_change_callback(_forget)
    _last[volume] = (_key(sampled, settings), found)


def _key(sampled, settings):
    return sampled.region, tuple(sorted((name, str(value)) for name, value in settings.items()))


def _forget(volume, change):
    if change in ("data values changed", "coordinates changed"):
        _last.pop(volume, None)
