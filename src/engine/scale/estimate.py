"""Estimates: from a map to its scale, its full scale and its solvent model."""

from ..errors import OccuPyError
from ..grids import fourier
from ..settings.checks import checked, checked_voxel_size
from ..settings.defaults import resolve_estimation
from ..settings.inputs import checked_density
from ..settings.table import ESTIMATION, FLEXIBILITY, UNCERTAINTY
from .estimation import Estimation, sampling


def estimate(density, voxel_size, *, progress=None, **settings):
    """Estimate the local scale, a proxy for occupancy, at every voxel of a map.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)
        The map, best unsharpened and with solvent around the molecule.
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    progress : callable, optional
        Called with the fraction done (0 to 1) and the name of the stage. It may raise
        `Cancelled` to stop the work.
    **settings
        The settings of the groups `estimation`, `uncertainty` and `flexibility` in `settings.SETTINGS`:
        mode, lowpass, resolution (Å), kernel_size, kernel_radius, tile_size, max_box (voxels), tau,
        normalization, full_scale, recalibrate, solvent_model, uncertainty, flexibility,
        correct_flexibility, solvent_mask (array of the shape of the map), half_maps (two such arrays).

    Returns
    -------
    Estimate

    Raises
    ------
    OccuPyError
        If the map or a setting cannot be used; the message says what was expected.

    Notes
    -----
    The modes occupancy and resolution are the method of Forsberg, Shah & Burt (2023), doi
    10.1038/s41467-023-41478-1; for mode calibrated see `mean_scale.mean_level`.
    """
    return Estimation(density, voxel_size, settings, progress).run()


def fit_solvent(density, voxel_size, *, progress=None, **settings):
    """Fit the solvent model of a map.

    Parameters are those of `estimate`; settings that do not concern the low-pass or the
    solvent are checked and otherwise without effect.

    Returns
    -------
    SolventModel
        With mean and sigma in units of the map, and confidence(values) for values of
        the map low-passed with `lowpass`.

    Raises
    ------
    OccuPyError
        If the map or a setting cannot be used.
    """
    work = Estimation(density, voxel_size, settings, progress)
    work.lowpass()
    return work.fit_solvent()[0]


def estimation_settings(shape, voxel_size, **settings):
    """What an estimate of a map would be made with, every default worked out.

    Parameters
    ----------
    shape : tuple of 3 int
        Of the map, (z, y, x).
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    **settings
        As for `estimate`.

    Returns
    -------
    EstimationSettings

    Raises
    ------
    SettingError
        If a setting cannot be used.
    """
    values = checked(settings, ESTIMATION, UNCERTAINTY, FLEXIBILITY)
    _, sampled_size = sampling(tuple(shape), checked_voxel_size(voxel_size), values["max_box"])
    return resolve_estimation(sampled_size, values)


def lowpassed(density, voxel_size, **settings):
    """A map low-passed as for an estimate of it, at its own sampling.

    Parameters are those of `estimate`; settings that do not concern the low-pass are
    checked and otherwise without effect.

    Returns
    -------
    array of float32, shape (z, y, x)

    Raises
    ------
    OccuPyError
        If the map or a setting cannot be used.
    """
    voxel_size = checked_voxel_size(voxel_size)
    resolved = resolve_estimation(voxel_size, checked(settings, ESTIMATION))
    density, _ = checked_density(density)
    return fourier.lowpass(density, resolved.lowpass, voxel_size)


def common_full_scale(maps, **settings):
    """The full scale of the strongest of several maps, to put all of them on one scale.

    Parameters
    ----------
    maps : iterable of tuple (density, voxel_size)
        As for `estimate`.
    **settings
        As for `estimate`. Masks and half maps, on which the full scale does not depend,
        have no effect: they are on the grid of one of the maps.

    Returns
    -------
    float
        To be given to `estimate` as full_scale.
    """
    settings = {name: value for name, value in settings.items() if name not in ("solvent_mask", "half_maps")}
    values = []
    for density, voxel_size in maps:
        work = Estimation(density, voxel_size, settings, None)
        work.lowpass()
        values.append(work.full_scale().value)
    if not values:
        raise OccuPyError("there are no maps to find a common full scale of; expected one or more")
    return max(values)
