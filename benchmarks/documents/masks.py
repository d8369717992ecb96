"""Errors of masks as columns of matrices, as a part of a Markdown document."""

from chimerax.occupy import __version__

from ..simulation import ensembles
from . import parts
from .matrix import errors_table
from .results import ordered
from .tables import origin, versions_text

AGAINST_MAPS = ", against reference maps"
CHAINS = "chains of the model, no masks"
ALONE = "masks of all chains, no model"
LACKING = "masks of chains that the model lacks"
FILLED = "masks of chains that the model has"
HALVES = "masks of half a chain each, of those"
TWO = "masks of two chains each, of those"
HALF_LACKING = "masks of half a chain each that the model lacks"
AGAINST_MAPS_ONLY = (HALVES, TWO, HALF_LACKING)


def write(path, results):
    """Write the part of the document on masks.

    Parameters
    ----------
    path : Path
    results : Results
        The readings are `matrix.Method`.
    """
    parts.put(path, "masks", document(results))


def document(results):
    """The part of the document on masks, as Markdown."""
    made = origin("masks", versions_text(results.versions), *results.problems)
    families = "; ".join(
        f"*{family.name}* ({'tuned on' if family.tuned else '*kept aside*'})"
        for family in ordered(results.readings, "family")
    )
    return "\n\n".join([
        "# Validation of masks as columns of matrices",
        f"How far occupancies in masks (`occupy refine --masks`, OccuPy for ChimeraX {__version__}) are from known "
        f"ones, in ensembles as those above, of {ensembles.MAPS} maps each: {families}. {made}",
        "A mask is made as users make them: the places of a chain's atoms low-passed, thresholded, dilated by a voxel "
        "(6.5 Å) and given a soft edge, so that it holds rims of neighbours too. Every fifth chain, about, has a mask "
        "of its own, or is lacking in the model. A mask of half a chain, along its longest axis, is held against the "
        "chain, and one of two neighbours against their mean by scattering. The columns are those of the ensembles.",
        errors_table(results.readings),
    ])  # fmt: skip
