"""The engine's part of each command, on one map (on several: `matrix_job`): what may run in a thread of its own.

A job takes all that it needs of ChimeraX's models when it is made; its `compute` works on
arrays alone. A command computes its jobs one after the other. The tool computes them in a
thread before it runs the command, which then finds the result at hand.
"""

from hashlib import sha256

from chimerax.map import Volume

from ..engine.modification.masks import make_mask
from ..engine.modification.modifier import check_modification
from ..engine.modification.modify import modify, without_solvent
from ..engine.parallel import Progress
from ..engine.refinement.guided import guided_scale
from ..engine.refinement.refine import refine
from ..engine.refinement.unexplained import unexplained_density
from ..engine.scale.estimate import common_full_scale, estimate, estimation_settings
from ..engine.settings.checks import checked, mode_of, split
from ..engine.settings.table import ESTIMATION, FLEXIBILITY, MASK, UNCERTAINTY
from .maps import values_on_grid
from .remembered import comparable, forget, maps_among, recall, remember
from .report import status

_ESTIMATE_SHARE = 0.6
_ON_ONE_GRID = ("solvent_mask", "half_maps")
"""Settings on which the full scale does not depend."""


class Job:
    """Work of the engine whose result may be kept.

    Parameters
    ----------
    volume : Volume
        What the work is on, or the first of several.
    kind : str
        Results of each kind of work on a map take the place of earlier ones.
    key : tuple
        Equal for jobs with the same result, while no map changes.
    maps : list of Volume
        Other maps that the result depends on; the key has references to them.

    Attributes
    ----------
    volume, kind, key, maps
    called : str
        What the work is on, for the user.
    """

    def __init__(self, volume, kind, key, maps=()):
        self.volume, self.kind, self.key, self.maps = volume, kind, key, list(maps)
        self.called = volume.name

    def compute(self, progress=None):
        """The result; progress is called with the fraction done and the name of the stage."""
        raise NotImplementedError

    def keep(self, result):
        """Keep the result for the command that needs it."""
        remember(self, result)

    def take(self):
        """The result that was kept, which is let go with this, or None."""
        found = recall(self)
        forget(self)
        return found


class JobOnMap(Job):
    """Work on a sampled map.

    Parameters
    ----------
    sampled : SampledMap
    kind : str
    settings : dict
        All that the result depends on besides the map, by name.
    """

    def __init__(self, sampled, kind, settings):
        key = (sampled.region, comparable(settings, sampled))
        super().__init__(sampled.volume, kind, key, maps_among(settings))
        self.sampled = sampled


class EstimateJob(JobOnMap):
    """An estimate, which is kept for every command that needs it; raises `SettingError` before any work."""

    def __init__(self, sampled, settings):
        estimation_settings(sampled.density.shape, sampled.voxel_size, **settings)
        super().__init__(sampled, "estimate", checked(settings, ESTIMATION, UNCERTAINTY, FLEXIBILITY))
        self._settings = on_grid(settings, sampled)

    def compute(self, progress=None):
        return estimate(self.sampled.density, self.sampled.voxel_size, progress=progress, **self._settings)

    def take(self):
        return recall(self)


class FullScaleJob(JobOnMap):
    """The full scale of one of several maps that are to be on one scale; it is kept for the commands on them."""

    def __init__(self, sampled, settings):
        own = {name: value for name, value in split(settings)[0].items() if name not in _ON_ONE_GRID}
        super().__init__(sampled, "full scale", checked(own, ESTIMATION))
        self._settings = own

    def compute(self, progress=None):
        if progress:
            progress(0.0, "full scale")
        return common_full_scale([(self.sampled.density, self.sampled.voxel_size)], **self._settings)

    def take(self):
        return recall(self)


class _JobOnEstimate(JobOnMap):
    """Work that begins with an estimate, new or kept; the result is the estimate and what was made with it."""

    def __init__(self, sampled, kind, estimation, settings):
        super().__init__(sampled, kind, checked(estimation, ESTIMATION) | settings)
        self._estimation = EstimateJob(sampled, estimation)
        self._found = recall(self._estimation)

    def compute(self, progress=None):
        report = Progress(progress)
        found = self._found or self._estimation.compute(report.part(_ESTIMATE_SHARE))
        return found, self._make(found, report.part(1))

    def keep(self, result):
        self._estimation.keep(result[0])
        super().keep(result)

    def _make(self, found, progress):
        raise NotImplementedError


class ModificationJob(_JobOnEstimate):
    """A modification: its result is an Estimate and a Modification."""

    def __init__(self, sampled, kind, estimation, modification):
        self._settings = on_grid(modification, sampled)
        self._modification_kind = kind
        mode = mode_of(estimation)
        check_modification(sampled.density.shape, sampled.voxel_size, kind, self._settings, mode)
        settings = checked(modification, kind, mode=mode) | {"modification": kind}
        super().__init__(sampled, "modification", estimation, settings)

    def _make(self, found, progress):
        sampled, kind = self.sampled, self._modification_kind
        return modify(sampled.density, sampled.voxel_size, kind, estimate=found, progress=progress, **self._settings)


class SolventJob(_JobOnEstimate):
    """A confidence map or a map without solvent: its result is an Estimate and an array."""

    def __init__(self, sampled, estimation, remove_solvent, hedge):
        settings = {"remove_solvent": remove_solvent, "hedge": float(hedge)}
        super().__init__(sampled, "solvent", estimation, settings)
        self._remove_solvent, self._hedge = remove_solvent, hedge

    def _make(self, found, progress):
        if self._remove_solvent:
            return without_solvent(self.sampled.density, self.sampled.voxel_size, found, self._hedge, progress)
        return found.confidence(self._hedge, Progress(progress).stage("confidence", 1))


class MaskJob(JobOnMap):
    """A mask of a scale map: its result is an array."""

    def __init__(self, sampled, settings):
        super().__init__(sampled, "mask", checked(settings, MASK))
        self._settings = settings

    def compute(self, progress=None):
        if progress:
            progress(0.0, "mask")
        return make_mask(self.sampled.density, self.sampled.voxel_size, **self._settings)


class _JobOnGroups(JobOnMap):
    """Work on groups of atoms.

    Parameters
    ----------
    sampled : SampledMap
    kind : str
    groups : dict of str to Group
        In the frame of the sampled map.
    notes : list of str
        What had to be assumed for the groups; it goes with the result.
    settings : dict
        Keywords of the engine's function, half maps as Volumes.
    """

    def __init__(self, sampled, kind, groups, notes, settings):
        super().__init__(sampled, kind, settings | {"groups": _digest(groups)})
        self.notes = notes
        self._groups, self._settings = groups, on_grid(settings, sampled)

    def _compute(self, function, progress):
        sampled = self.sampled
        return function(sampled.density, sampled.voxel_size, self._groups, progress=progress, **self._settings)


class RefineJob(_JobOnGroups):
    """A refinement of occupancies; its result, a Refinement, is kept for later commands that want the same."""

    def __init__(self, sampled, groups, notes, settings):
        super().__init__(sampled, "refine", groups, notes, settings)
        self._found = recall(self)

    def compute(self, progress=None):
        return self._found or self._compute(refine, progress)

    def take(self):
        return recall(self)

    def unexplained(self, found, progress=None):
        """The part of the map that this refinement did not explain, an array; see `unexplained_density`."""
        sampled = self.sampled
        return unexplained_density(sampled.density, sampled.voxel_size, self._groups, found, progress=progress)


class GuidedJob(_JobOnGroups):
    """A scale map guided by a model: its result is a GuidedScale."""

    def __init__(self, sampled, groups, notes, settings):
        super().__init__(sampled, "guided", groups, notes, settings)

    def compute(self, progress=None):
        return self._compute(guided_scale, progress)


def _digest(groups):
    """A word that is the same for equal groups only."""
    found = sha256()
    for name, group in groups.items():
        found.update(f"{name}\0{len(group)}\0".encode())
        for values in (group.positions, group.potential, group.volume, group.variance):
            found.update(values.tobytes())
    return found.hexdigest()


def result_of(session, job):
    """The result of a job, which is computed where it was not beforehand."""
    found = job.take()
    if found is None:
        job.keep(job.compute(status(session, job.called)))
        found = job.take()
    return found


def on_grid(settings, sampled):
    """The settings with Volumes among them replaced by their values on the grid of a map."""
    return {name: _values(value, sampled) for name, value in settings.items()}


def _values(value, sampled):
    if isinstance(value, list):
        return [_values(one, sampled) for one in value]
    return values_on_grid(value, sampled) if isinstance(value, Volume) else value
