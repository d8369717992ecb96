"""What was found out and told of each map, so that commands on one map share results and do not repeat warnings."""

from weakref import WeakKeyDictionary, WeakSet, ref

from chimerax.core.models import REMOVE_MODELS
from chimerax.map import Volume

from .maps import CHANGES

_results = WeakKeyDictionary()
"""By Volume, then by the kind of work: the key of a `Job` and its result."""

_scale_maps = WeakKeyDictionary()
"""By Estimate: a reference to the Volume with its scale."""

_told = WeakKeyDictionary()
"""By Volume: the warnings on it that have been logged."""

_sessions = WeakSet()
"""Those whose closed models are forgotten: other things may keep a closed Volume."""


def remember(job, result):
    """Keep the result of a job until a map it depends on changes or is closed, or other work of its kind is done."""
    for volume in {job.volume, *job.maps}:
        _watch(volume)
    session = job.volume.session
    if session not in _sessions:
        _sessions.add(session)
        session.triggers.add_handler(REMOVE_MODELS, lambda _, models: _forget_closed(models))
    _results.setdefault(job.volume, {})[job.kind] = (job.key, result)


def recall(job):
    """The result of the same job, where it was the last of its kind on that map, or None."""
    key, result = _results.get(job.volume, {}).get(job.kind, (None, None))
    return result if key == job.key else None


def forget(job):
    """Let go of what is kept of this kind of work on that map."""
    _results.get(job.volume, {}).pop(job.kind, None)


def remember_scale_map(found, scale_map):
    """Keep in mind, until it changes or is closed, which Volume holds the scale of an estimate."""
    _watch(scale_map)
    _scale_maps[found] = ref(scale_map)


def recall_scale_map(found, volume):
    """An open Volume with the scale of an estimate of a map, in the place of the map, or None."""
    scale_map = _scale_maps.get(found, lambda: None)()
    if scale_map is None or scale_map.deleted:
        return None
    return scale_map if scale_map.scene_position.same(volume.scene_position) else None


def tell_once(volumes, warning):
    """Whether a warning on maps is new to one of them since that map was opened or changed; from then on it is not."""
    for volume in volumes:
        _watch(volume)
    told = [_told.setdefault(volume, set()) for volume in volumes]
    is_new = any(warning not in warnings for warnings in told)
    for warnings in told:
        warnings.add(warning)
    return is_new


def comparable(settings, sampled):
    """Settings as a key that is equal where they mean the same for a sampled map."""
    return tuple(sorted((name, _comparable(value, sampled)) for name, value in settings.items()))


def maps_among(settings):
    """The Volumes among the values of settings."""
    values = [value if isinstance(value, list) else [value] for value in settings.values()]
    return [volume for several in values for volume in several if isinstance(volume, Volume)]


def _comparable(value, sampled):
    if isinstance(value, dict):
        return tuple((name, _comparable(one, sampled)) for name, one in value.items())
    if isinstance(value, list):
        return tuple(_comparable(one, sampled) for one in value)
    if isinstance(value, Volume):
        place = sampled.volume.scene_position.inverse() * value.scene_position
        return ref(value), place.matrix.tobytes()
    return value


def _watch(volume):
    if _forget not in volume.change_callbacks:
        volume.add_volume_change_callback(_forget)


def _forget_closed(models):
    for model in models:
        if isinstance(model, Volume):
            _drop(model)


def _forget(volume, change):
    if change in CHANGES:
        _drop(volume)


def _drop(volume):
    _results.pop(volume, None)
    _told.pop(volume, None)
    for found in [found for found, scale_map in _scale_maps.items() if scale_map() is volume]:
        del _scale_maps[found]
    for by_kind in _results.values():
        for kind in [kind for kind, (key, _) in by_kind.items() if _depends_on(volume, key)]:
            del by_kind[kind]


def _depends_on(volume, key):
    """Whether a reference to the volume is anywhere in a key."""
    if isinstance(key, tuple):
        return any(_depends_on(volume, part) for part in key)
    return isinstance(key, ref) and key() is volume
