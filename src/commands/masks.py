"""Masks as columns of a matrix: what the maps hold in them, and groups where there are no atoms beside them."""

import numpy as np
from chimerax.atomic import Atoms
from chimerax.core.errors import UserError

from ..engine.errors import OccuPyError
from ..engine.matrix.masks import MaskReader
from .maps import values_on_grid


class NoAtoms:
    """Where masks are the only columns; see `AtomGroups`."""

    def __init__(self):
        self.atoms, self.labels = Atoms(), np.empty(0, object)

    def on_map(self, sampled):
        return {}, []

    def digest(self):
        return ""

    def names_among(self, atoms):
        return []

    def copies(self):
        return {}


def check_masks(masks, volumes):
    """Raise `UserError` where a mask is one of the maps."""
    for mask in masks:
        if mask in volumes:
            raise UserError(f"{mask.name} (#{mask.id_string}) is given as a mask and as a map; expected one of them")


def mask_densities(masks, samplings, places, lowpass, ask, report):
    """What maps hold in masks.

    Parameters
    ----------
    masks : dict of str to Volume
    samplings : list of Sampling
        Of the maps.
    places : list
        Where the voxels of each are, which must be the same for all.
    lowpass : float
        Å.
    ask : callable
        Calls a function where ChimeraX's models may be touched.
    report : callable
        Called with the fraction done.

    Returns
    -------
    MaskDensities
    """
    first = samplings[0]
    for sampling, place in zip(samplings, places, strict=True):
        if place != places[0]:
            raise OccuPyError(
                f"{sampling.volume.name} is not on the grid of {first.volume.name}; with masks expected maps of one "
                "grid, in one place"
            )
    on_grid = {name: ask(lambda mask=mask: values_on_grid(mask, first)) for name, mask in masks.items()}
    reader = MaskReader(on_grid, first.voxel_size, lowpass)
    for i, sampling in enumerate(samplings):
        try:
            reader.add(ask(sampling.read).density)
        except OccuPyError:
            continue  # the map is told of when it is fitted
        finally:
            report((i + 1) / len(samplings))
    return reader.found()
