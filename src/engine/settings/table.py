"""Everything that can be set: one table.

Every door (Python, shell, ChimeraX) reads names, ranges, defaults and explanations
from `SETTINGS`, so that each has them in one place only.
"""

import re
from dataclasses import replace
from math import inf

from .kinds import KINDS
from .setting import Setting

ESTIMATION, UNCERTAINTY, FLEXIBILITY = "estimation", "uncertainty", "flexibility"
MODIFICATION, MASK = "modification", "mask"
_AMPLIFYING = tuple(kind.name for kind in KINDS.values() if kind.amplifies)
_FILLING = tuple(kind.name for kind in KINDS.values() if kind.fills)
SMALLEST_MAGNITUDE, LARGEST_MAGNITUDE = 1e-25, 1e25
"""Largest absolute density of a map that float32 Fourier transforms take without under- or overflow."""

LONGEST_LOWPASS = 1e4
"""Å, longer than any box: the squares of lengths still are numbers."""

CALIBRATED, OCCUPANCY, RESOLUTION = MODES = ("calibrated", "occupancy", "resolution")
PUBLISHED_MODES = (OCCUPANCY, RESOLUTION)
"""The published method: in these modes, what that does not have is off by default (`Setting.published_default`)."""

OF_PUBLISHED_MODES = ("kernel_size", "kernel_radius", "tau", "tile_size", "normalization", "recalibrate")
"""Settings of an estimate without effect in mode calibrated."""

NORMALIZATIONS = ("tiles", "maximum")
SOLVENT_MODELS = ("auto", "uniform", "varying")

_TABLE = (
    Setting(
        "mode",
        ESTIMATION,
        "choice",
        CALIBRATED,
        "Read the local scale as the mean density of the molecule relative to its fullest part (calibrated), or as "
        "the published method does, whose defaults other settings then have: as the highest density around, in the "
        "low-passed map (occupancy) or in the map itself, where local resolution counts as well (resolution).",
        choices=MODES,
    ),
    Setting(
        "lowpass",
        ESTIMATION,
        "float",
        None,
        "Cut-off of the low-pass filter, to which all lengths of the estimate are relative, the kernel's too.",
        unit="Å",
        lowest=0,
        highest=LONGEST_LOWPASS,
        open_ends="low",
        derived="the resolution or 8 Å, at least 3 voxels",
    ),
    Setting(
        "resolution",
        ESTIMATION,
        "float",
        None,
        "Resolution of the map, where it is worse than 8 Å.",
        unit="Å",
        lowest=0,
        highest=LONGEST_LOWPASS,
        open_ends="low",
        derived="8 Å",
    ),
    Setting(
        "kernel_size",
        ESTIMATION,
        "int",
        None,
        "Edge of the box that holds the kernel (modes occupancy and resolution).",
        unit="voxels",
        lowest=3,
        highest=31,
        odd=True,
        derived="lowpass / voxel size, made odd, 3 to 9",
    ),
    Setting(
        "kernel_radius",
        ESTIMATION,
        "float",
        None,
        "Radius of the ball in which the local scale is read (modes occupancy and resolution).",
        unit="voxels",
        lowest=1,
        highest=32,
        derived="half of lowpass / voxel size",
    ),
    Setting(
        "tau",
        ESTIMATION,
        "float",
        None,
        "Quantile of a tile's voxels that is taken for its full scale (modes occupancy and resolution).",
        lowest=0,
        highest=1,
        open_ends="both",
        derived="follows from the number of voxels in the kernel",
    ),
    Setting(
        "tile_size",
        ESTIMATION,
        "int",
        12,
        "Edge of the cubes in which the full scale is sought (modes occupancy and resolution).",
        unit="voxels",
        lowest=2,
        highest=128,
    ),
    Setting(
        "normalization",
        ESTIMATION,
        "choice",
        "tiles",
        "Take the full scale from the strongest tile, or as tau times the largest value (modes occupancy and "
        "resolution).",
        choices=NORMALIZATIONS,
    ),
    Setting(
        "full_scale",
        ESTIMATION,
        "float",
        None,
        "Density at which the scale is 1, to put several maps on one scale.",
        unit="map units",
        lowest=SMALLEST_MAGNITUDE,
        highest=LARGEST_MAGNITUDE,
        open_ends="both",
        derived="what is read off the map",
    ),
    Setting(
        "max_box",
        ESTIMATION,
        "int",
        512,
        "Longest box that is estimated at its own sampling; longer ones on a Fourier-cropped copy.",
        unit="voxels",
        lowest=32,
        highest=4096,
    ),
    Setting(
        "recalibrate",
        ESTIMATION,
        "bool",
        False,
        "Set the scale to 0 at the noise level instead of at zero density (modes occupancy and resolution); in mode "
        "calibrated it is 0 at the solvent.",
    ),
    Setting(
        "uncertainty",
        UNCERTAINTY,
        "bool",
        False,
        "Tell the standard error of the scale at each voxel too, from the noise of the half maps or of the solvent "
        "(mode calibrated).",
    ),
    Setting(
        "flexibility",
        FLEXIBILITY,
        "bool",
        False,
        "Tell flexibility apart from occupancy: by how many Å² the B-factor at each voxel exceeds that of the fullest "
        "part (mode calibrated).",
    ),
    Setting(
        "correct_flexibility",
        FLEXIBILITY,
        "bool",
        False,
        "Correct the scale for flexibility: give back what more motion than that of the fullest part has taken from "
        "the density, where the map tells it (mode calibrated).",
    ),
    Setting(
        "solvent_model",
        ESTIMATION,
        "choice",
        "auto",
        "One Gaussian for the solvent everywhere (uniform), one whose mean and width follow place (varying), or that "
        "where one does not fit or the noise clearly varies (auto).",
        choices=SOLVENT_MODELS,
        published_default="uniform",
    ),
    Setting(
        "solvent_mask",
        ESTIMATION,
        "map",
        None,
        "Mask of the solvent, or of everything else, in which the solvent model is fitted.",
        derived="the largest ellipsoid in the box",
    ),
    Setting(
        "half_maps",
        ESTIMATION,
        "maps",
        None,
        "The two half maps, whose difference then gives the noise level instead of the histogram.",
        derived="the noise level is read off the histogram",
    ),
    Setting(
        "power",
        MODIFICATION,
        "float",
        inf,
        "How strongly to modify: equalising leaves the scale S^(1/power), so that inf equalises fully; attenuating "
        "leaves S^power; a sigmoid multiplies distances from the pivot by it, on the logit scale.",
        lowest=1,
        kinds=(*KINDS, MASK),
        default_by_kind=(*((kind.name, kind.power) for kind in KINDS.values()), (MASK, 2.0)),
    ),
    Setting(
        "pivot",
        MODIFICATION,
        "float",
        0.5,
        "The scale that a sigmoid leaves as it is; below it density is weakened, above it strengthened.",
        lowest=0,
        highest=1,
        open_ends="both",
        kinds=("sigmoid", MASK),
    ),
    Setting(
        "scale_map",
        MODIFICATION,
        "map",
        None,
        "Scale map to use instead of an estimate.",
        derived="an estimate from the map",
    ),
    Setting(
        "remove_solvent",
        MODIFICATION,
        "bool",
        False,
        "Take what is surely not molecule to the mean of the solvent; in the modes occupancy and resolution multiply "
        "the result by the confidence.",
        default_by_kind=(("equalize", True),),
        published_default=False,
    ),
    Setting(
        "hedge",
        MODIFICATION,
        "float",
        1.0,
        "Exponent of the presence of molecule and of the confidence: above 1 holds back more, below 1 less.",
        lowest=0,
        highest=100,
        open_ends="low",
    ),
    Setting(
        "signal_only",
        MODIFICATION,
        "bool",
        True,
        "Amplify the signal alone; false multiplies the map, noise and all.",
        kinds=_AMPLIFYING,
        published_default=False,
    ),
    Setting(
        "keep_noise",
        MODIFICATION,
        "bool",
        False,
        "Leave the noise as it is beside the signal that is amplified; false shows the signal alone, each part "
        "filtered to what it still tells. Without effect where signalOnly is false.",
        kinds=("equalize",),
        published_default=True,
    ),
    Setting(
        "resolution_map",
        MODIFICATION,
        "bool",
        False,
        "Give the resolution of what is shown of the signal at each voxel as a map as well, in Å.",
        kinds=("equalize",),
    ),
    Setting(
        "scale_limit",
        MODIFICATION,
        "float",
        None,
        "Scale below which nothing is amplified or weakened.",
        lowest=0,
        highest=1,
        derived="0.05 or, where that is more, the scale of 0.6 solvent sigma above the solvent, 1.5 where "
        "low frequencies were restored; in the modes occupancy and resolution of five, three with signalOnly",
    ),
    Setting(
        "max_gain",
        MODIFICATION,
        "float",
        None,
        "Largest factor by which any voxel is amplified; inf for no limit.",
        lowest=1,
        derived="the gain that brings amplified noise (three sigma) to full scale, at most 1/scale limit",
    ),
    Setting(
        "use_confidence",
        MODIFICATION,
        "bool",
        True,
        "Hold amplification back where the density may be solvent.",
    ),
    Setting(
        "noise",
        MODIFICATION,
        "bool",
        True,
        "Fill in solvent, with its noise, where density is taken away.",
        kinds=_FILLING,
    ),
    Setting(
        "seed",
        MODIFICATION,
        "int",
        0,
        "Seed of the noise that is filled in.",
        lowest=0,
        highest=2**32 - 1,
        kinds=_FILLING,
    ),
    Setting(
        "output_lowpass",
        MODIFICATION,
        "float",
        None,
        "Low-pass the result at this resolution.",
        unit="Å",
        lowest=0,
        open_ends="both",
        derived="no filter",
    ),
    Setting(
        "clip",
        MODIFICATION,
        "bool",
        True,
        "Clip the result to the range of the input.",
    ),
    Setting(
        "match_histogram",
        MODIFICATION,
        "bool",
        False,
        "Give the result the histogram of the input (then no clipping is needed).",
    ),
    Setting(
        "mask_from",
        MASK,
        "choice",
        "threshold",
        "Make the mask by a threshold on the scale, or of the factors of attenuate or sigmoid, at most 1.",
        choices=("threshold", "attenuate", "sigmoid"),
        kinds=(MASK,),
    ),
    Setting(
        "threshold",
        MASK,
        "float",
        0.1,
        "Scale from which on the mask is 1.",
        lowest=0,
        highest=1,
        open_ends="low",
        kinds=(MASK,),
    ),
    Setting(
        "soft_edge",
        MASK,
        "float",
        0.0,
        "Width over which a threshold's mask falls to 0.",
        unit="Å",
        lowest=0,
        highest=1000,
        kinds=(MASK,),
    ),
    Setting(
        "invert",
        MASK,
        "bool",
        False,
        "Make 1 minus the mask.",
        kinds=(MASK,),
    ),
)

SETTINGS = {setting.name: setting for setting in _TABLE}


def group(*names, mode=CALIBRATED):
    """The settings of these groups, in the order of the table, with the defaults of a mode.

    Parameters
    ----------
    *names : {'estimation', 'uncertainty', 'flexibility', 'modification', 'equalize', 'attenuate', 'sigmoid', 'mask'}
        A kind of modification stands for the settings that concern it, and so does
        mask, which takes some of the modifications'.
    mode : {'calibrated', 'occupancy', 'resolution'}
        Of the estimate.
    """
    return [_in_mode(setting, mode) for name in names for setting in _of_group(name)]


def _in_mode(setting, mode):
    if mode not in PUBLISHED_MODES or setting.published_default is None:
        return setting
    return replace(setting, default=setting.published_default)


def _of_group(name):
    if name in (*KINDS, MASK):
        return [
            replace(setting, default=dict(setting.default_by_kind).get(name, setting.default))
            for setting in _TABLE
            if setting.group in (MODIFICATION, MASK) and name in setting.kinds
        ]
    return [setting for setting in _TABLE if setting.group == name]


def default_in_words(setting, spelled):
    """The default of a setting of `group`, for the user; that of the published modes too, where it is another.

    Parameters
    ----------
    setting : Setting
    spelled : callable
        From a value that is not None to str.
    """
    default = setting.derived if setting.default is None else spelled(setting.default)
    if setting.published_default in (None, setting.default):
        return default
    return f"{default}; {spelled(setting.published_default)} in the modes {' and '.join(PUBLISHED_MODES)}"


def respelled(sentence, spelling):
    """A sentence of the engine with settings' names as users type them.

    Parameters
    ----------
    sentence : str
        With names in Python's spelling; only those of several words can be told apart
        from the other words.
    spelling : callable
        From `Setting` to str.
    """
    names = "|".join(name for name in SETTINGS if "_" in name)
    return re.sub(rf"\b({names})\b", lambda match: spelling(SETTINGS[match[1]]), sentence)
