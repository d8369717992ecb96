"""Modify a map by its scale: equalise, attenuate or sigmoid, without amplifying solvent."""

from .. import parallel
from ..errors import OccuPyError
from ..scale.estimate import estimate as make_estimate
from ..settings.checks import mode_of, split
from ..settings.inputs import checked_density
from .modifier import Modifier, check_modification

_ESTIMATE_SHARE = 0.6


def equalize(density, voxel_size, **keywords):
    """Bring every part of a map to one scale, without amplifying solvent.

    The parameters are those of `modify`.

    Returns
    -------
    array of float32, shape (z, y, x)
    """
    return modify(density, voxel_size, "equalize", **keywords).density


def attenuate(density, voxel_size, **keywords):
    """Weaken the weak parts of a map further, filling in solvent. See `modify` and `equalize`."""
    return modify(density, voxel_size, "attenuate", **keywords).density


def sigmoid(density, voxel_size, **keywords):
    """Weaken the weak parts of a map and strengthen the strong ones. See `modify` and `equalize`."""
    return modify(density, voxel_size, "sigmoid", **keywords).density


def modify(density, voxel_size, kind="equalize", *, estimate=None, progress=None, overwrite=False, **settings):
    """Modify a map by its scale and say within which limits.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    kind : {'equalize', 'attenuate', 'sigmoid'}
    estimate : Estimate, optional
        An estimate of this map, to use instead of making one: several modifications
        can share it.
    progress : callable, optional
        Called with the fraction done and the name of the stage; may raise `Cancelled`.
    overwrite : bool
        Let the result take the place of the low-passed map of the estimate, to save
        memory, where it may.
    **settings
        The settings of estimation and of this kind of modification in
        `settings.SETTINGS`: besides those of `estimate`, power, pivot (sigmoid),
        scale_map (array of the shape of the map), remove_solvent, hedge, scale_limit,
        max_gain, use_confidence, signal_only (equalize, sigmoid), keep_noise and
        resolution_map (equalize), noise and seed (attenuate, sigmoid), output_lowpass (Å),
        clip, match_histogram. Mode occupancy or resolution, or an estimate in that mode, is
        all that the published method needs.

    Returns
    -------
    Modification
        With what came out of parts of each scale (`reached`), and with `resolution_map` the
        resolution of what is shown at each voxel (`resolution`).

    Raises
    ------
    OccuPyError
        If the map or a setting cannot be used; the message says what was expected.
    """
    estimation, given = split(settings)
    if estimate is not None and estimation:
        raise OccuPyError(f"{', '.join(estimation)} cannot be given with an estimate, which has settings of its own")
    report = parallel.Progress(progress)
    overwrite = overwrite or estimate is None
    if estimate is None:
        density, _ = checked_density(density)
        check_modification(density.shape, voxel_size, kind, given, mode_of(estimation))
        estimate = make_estimate(density, voxel_size, progress=report.part(_ESTIMATE_SHARE), **estimation)
    modifier = Modifier(density, voxel_size, estimate, keep=False, overwrite=overwrite)
    return modifier.modified(kind, progress=report.part(1), **given)


def without_solvent(density, voxel_size, estimate, hedge=1.0, progress=None):
    """The map with its solvent taken away, otherwise as it is.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)
    voxel_size : float or sequence of 3 float
        Å.
    estimate : Estimate
        Of this map.
    hedge : float
        Exponent of the presence of molecule, or in the published modes of the confidence.
    progress : callable, optional
        As for `modify`.

    Returns
    -------
    array of float32, shape (z, y, x)
    """
    removal = {"power": 1, "remove_solvent": True, "keep_noise": True, "hedge": hedge, "clip": False}
    return modify(density, voxel_size, estimate=estimate, progress=progress, **removal).density
