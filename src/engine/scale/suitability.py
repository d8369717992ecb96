"""Recognise, by numbers, maps that the method is not made for, and say what to do."""

import numpy as np

from ..errors import OccuPyError
from ..settings.inputs import MASKED_SHARE
from ..solvent.model import WORST_GOOD_MISFIT
from . import published as scale

SHARPENED_RATIO = 3.0
SURELY_INVERTED = 1.2
MOST_SIGMA_RATIO = 2.0
MOST_STRONG_SOLVENT = 0.002
RISE_OF_NOISE, MAXIMUM_OF_NOISE = 1.8, 3.0
"""Sigma of the solvent that full scale rises above its mean in noise alone, where it is a mean and where a maximum."""

_SAMPLE = 1 << 17
"""Voxels that are looked at for the sign of the map's contrast."""


def check_contrast(density, full, tau, tile_size):
    """Raise `OccuPyError` where the map's strongest features point down.

    Both have to hold: the values have a negative skew, and the inverted map has a
    full scale larger than the map's by a fifth, which pure noise hardly has.
    """
    stride = max(1, round((density.size / _SAMPLE) ** (1 / 3)))
    deviations = density[::stride, ::stride, ::stride].astype(float)
    deviations -= deviations.mean()
    if (deviations * deviations * deviations).sum() >= 0:
        return
    inverted = scale.scale_of_tiles(-density, tau, tile_size).value
    if inverted > SURELY_INVERTED * full:
        raise OccuPyError(
            f"the map's contrast looks inverted: its strongest tile reaches {full:.3g} above zero but "
            f"{inverted:.3g} below; density must be positive, so multiply the map by -1"
        )


def mask_warnings(lowpassed, solvent_side, full):
    """Sentences on a solvent definition that does not fit its map; empty for a good one.

    Parameters
    ----------
    lowpassed : array of float32, shape (z, y, x)
    solvent_side : bool array of that shape
    full : float
        Full scale of the low-passed map.
    """
    strong = np.count_nonzero(lowpassed[solvent_side] > np.float32(full / 2)) / np.count_nonzero(solvent_side)
    if strong < MOST_STRONG_SOLVENT:
        return []
    return [
        f"{strong:.1%} of what the solvent mask takes for solvent is denser than half the full scale, where hardly "
        "any is expected: is it a mask of this map, in the same place?"
    ]


def warnings(share, value, solvent, highest, full, rise, of_noise):
    """Sentences on what makes a map unfit, for the user; empty for a good map.

    Parameters
    ----------
    share, value : float
        The most common value and the share of voxels that have it.
    solvent : SolventModel
    highest : float
        Largest value of the map itself.
    full : float
        Full scale of the low-passed map.
    rise : float
        What the scale calls full above the solvent's mean, in sigma of the solvent.
    of_noise : float
        Up to which that is what noise alone shows: RISE_OF_NOISE or MAXIMUM_OF_NOISE.
    """
    found = []
    above = (highest - solvent.mean) / (full - solvent.mean) if full > solvent.mean else 0.0
    if share > MASKED_SHARE:
        found.append(
            f"{share:.0%} of the voxels are exactly {value:g}: the map looks masked or solvent-flattened. They were "
            "left out of the solvent model, which rests on what little solvent the mask left; use the unmasked map."
        )
    if not solvent.converged:
        found.append(
            "No Gaussian fits the solvent peak of the histogram, so its place and width stand in for the model; "
            "try a solvent mask or the unmasked, unsharpened map."
        )
    elif solvent.misfit > WORST_GOOD_MISFIT:
        found.append(
            f"Below its peak the solvent differs from a Gaussian by {solvent.misfit:.0%}: it is not the same "
            "everywhere in the box (a mask, a soft edge, detergent or flattening); the scale is not touched by this, "
            "but the confidence is; try a solvent mask whose solvent lies near the molecule."
        )
    if not 1 / MOST_SIGMA_RATIO < solvent.sigma / solvent.fitted_sigma < MOST_SIGMA_RATIO:
        found.append(
            f"The half maps differ by a noise of {solvent.sigma:.3g}, but the solvent peak of the histogram is "
            f"{solvent.fitted_sigma:.3g} wide: expected about the same; are these the unmasked halves of this map?"
        )
    if rise < of_noise:
        found.append(
            f"Nothing stands out of the solvent: the full scale is {rise:.1f} of its sigma above its mean, as in noise "
            "alone; expected a map of a molecule with solvent around it."
        )
    elif above > SHARPENED_RATIO:
        found.append(
            f"The highest voxel is {above:.1f} times the full scale of the low-passed map: the map looks sharpened, "
            "and its noise with it, which leaves less room to amplify; prefer the unsharpened map."
        )
    return found
