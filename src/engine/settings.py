"""Everything that can be set: one table, its checks, and the defaults that follow.

Every door (Python, shell, ChimeraX) reads names, ranges, defaults and explanations
from `SETTINGS`, so that each has them in one place only.
"""

import re
from dataclasses import asdict, dataclass, fields, replace
from math import inf, isfinite, isnan
from numbers import Integral, Real

import numpy as np

from .errors import SettingError
from .kernel import ROUNDING, Kernel, kernel_size, tau_quantile

DEFAULT_RESOLUTION = 8.0
SMALLEST_LOWPASS_VOXELS = 3
NYQUIST_VOXELS = 2

ESTIMATION, MODIFICATION, MASK = "estimation", "modification", "mask"
RESULT_NAMES = {"equalize": "equalized", "attenuate": "attenuated", "sigmoid": "sigmoid"}
"""What a map is called, beside its name, after each kind of modification."""

KINDS = tuple(RESULT_NAMES)
_FILLING_KINDS = ("attenuate", "sigmoid")
SMALLEST_MAGNITUDE, LARGEST_MAGNITUDE = 1e-25, 1e25
"""Largest absolute density of a map that float32 Fourier transforms take without under- or overflow."""

SMALLEST_VOXEL, LARGEST_VOXEL = 1e-3, 1e4
MODES = ("occupancy", "resolution")
NORMALIZATIONS = ("tiles", "maximum")


@dataclass(frozen=True)
class Setting:
    """One thing that can be set.

    Attributes
    ----------
    name : str
        In Python's spelling, snake_case.
    group : str
        What it belongs to: estimation or modification.
    kind : {'float', 'int', 'bool', 'choice', 'map', 'maps'}
    default : object
        None where the default follows from other things; `derived` says from what.
    help : str
        One sentence for the user.
    unit : str
    lowest, highest : float
        The range, its ends included unless `open_ended` says otherwise.
    open_ends : str
        'low', 'high' or 'both' where that end is not part of the range.
    choices : tuple of str
    derived : str
        What the default follows from.
    odd : bool
        Whether only odd numbers will do.
    kinds : tuple of str
        The kinds of modification that it concerns.
    default_by_kind : tuple of (str, object)
        Defaults for kinds of modification that differ from `default`.
    """

    name: str
    group: str
    kind: str
    default: object
    help: str
    unit: str = ""
    lowest: float = -inf
    highest: float = inf
    open_ends: str = ""
    choices: tuple = ()
    derived: str = ""
    odd: bool = False
    kinds: tuple = KINDS
    default_by_kind: tuple = ()

    @property
    def camel(self):
        """ChimeraX's spelling."""
        first, *others = self.name.split("_")
        return first + "".join(word.capitalize() for word in others)

    @property
    def kebab(self):
        """The shell's spelling."""
        return self.name.replace("_", "-")

    @property
    def expected(self):
        """What a value has to be, in words that complete «must be …»."""
        if self.kind == "choice":
            return " or ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
        kind = ("an odd" if self.odd else "a") + (" whole number" if self.kind == "int" else " number")
        return kind + self._range_in_words()

    def _range_in_words(self):
        lowest, highest = (int(end) if self.kind == "int" and isfinite(end) else f"{end:g}" for end in self._ends)
        low = f"above {lowest}" if self.open_ends in ("low", "both") else f"at least {lowest}"
        high = f"below {highest}" if self.open_ends in ("high", "both") else f"at most {highest}"
        parts = [low] * isfinite(self.lowest) + [high] * isfinite(self.highest)
        return (" " if parts else "") + " and ".join(parts)

    @property
    def _ends(self):
        return self.lowest, self.highest

    def check(self, value):
        """The value in its proper type.

        Raises
        ------
        SettingError
            If it is of the wrong kind or out of range; the message names the range.
        """
        if value is None and self.default is None:
            return None
        if self.kind in ("map", "maps"):
            return value
        if not self._is_right_kind(value) or not self._is_in_range(value):
            raise SettingError(self.name, f"is {value}, but must be {self.expected}")
        return {"float": float, "int": int, "bool": bool, "choice": str}[self.kind](value)

    def _is_right_kind(self, value):
        if self.kind == "bool":
            return isinstance(value, bool | np.bool_)
        if self.kind == "choice":
            return isinstance(value, str) and value in self.choices
        if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
            return False
        if self.kind == "int":
            return isinstance(value, Integral) or (isfinite(value) and value == int(value))
        return not isnan(value)

    def _is_in_range(self, value):
        if self.kind not in ("float", "int"):
            return True
        above = value > self.lowest or (value == self.lowest and self.open_ends not in ("low", "both"))
        below = value < self.highest or (value == self.highest and self.open_ends not in ("high", "both"))
        return above and below and not (self.odd and value % 2 == 0)


_TABLE = (
    Setting(
        "mode",
        ESTIMATION,
        "choice",
        "occupancy",
        "Read the local scale in the low-passed map (occupancy), or in the map itself, where "
        "local resolution counts as well (resolution).",
        choices=MODES,
    ),
    Setting(
        "lowpass",
        ESTIMATION,
        "float",
        None,
        "Cut-off of the low-pass filter, which sets the size of the kernel too.",
        unit="Å",
        lowest=0,
        open_ends="both",
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
        open_ends="both",
        derived="8 Å",
    ),
    Setting(
        "kernel_size",
        ESTIMATION,
        "int",
        None,
        "Edge of the box that holds the kernel.",
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
        "Radius of the ball in which the local scale is read.",
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
        "Quantile of a tile's voxels that is taken for its full scale.",
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
        "Edge of the cubes in which the full scale is sought.",
        unit="voxels",
        lowest=2,
        highest=128,
    ),
    Setting(
        "normalization",
        ESTIMATION,
        "choice",
        "tiles",
        "Take the full scale from the strongest tile, or as tau times the largest value.",
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
        "Set the scale to 0 at the noise level instead of at zero density.",
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
        default_by_kind=(("attenuate", 2.0), ("sigmoid", 2.0), (MASK, 2.0)),
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
        "Multiply the result by the confidence, so that solvent goes to zero.",
    ),
    Setting(
        "hedge",
        MODIFICATION,
        "float",
        1.0,
        "Exponent of the confidence: above 1 holds back more, below 1 less.",
        lowest=0,
        highest=100,
        open_ends="low",
    ),
    Setting(
        "scale_limit",
        MODIFICATION,
        "float",
        None,
        "Scale below which nothing is modified.",
        lowest=0,
        highest=1,
        derived="0.05, or five solvent sigma above the solvent where that is more",
    ),
    Setting(
        "max_gain",
        MODIFICATION,
        "float",
        None,
        "Largest factor by which any voxel is amplified; inf for no limit.",
        lowest=1,
        derived="the gain that brings noise (three sigma) to full scale, at most 1/scale limit",
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
        kinds=_FILLING_KINDS,
    ),
    Setting(
        "seed",
        MODIFICATION,
        "int",
        0,
        "Seed of the noise that is filled in.",
        lowest=0,
        highest=2**32 - 1,
        kinds=_FILLING_KINDS,
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


def group(*names):
    """The settings of these groups, in the order of the table.

    Parameters
    ----------
    *names : {'estimation', 'modification', 'equalize', 'attenuate', 'sigmoid', 'mask'}
        A kind of modification stands for the settings that concern it, and so does
        mask, which takes some of the modifications'.
    """
    return [setting for name in names for setting in _of_group(name)]


def _of_group(name):
    if name in (*KINDS, MASK):
        return [
            replace(setting, default=dict(setting.default_by_kind).get(name, setting.default))
            for setting in _TABLE
            if setting.group != ESTIMATION and name in setting.kinds
        ]
    return [setting for setting in _TABLE if setting.group == name]


def checked(values, *groups):
    """Checked values of all the settings of these groups, defaults where none is given.

    Parameters
    ----------
    values : dict
        By name in snake_case.

    Raises
    ------
    SettingError
        If a name is not among the groups' settings or a value is not usable.
    """
    known = group(*groups)
    names = [setting.name for setting in known]
    for name in values:
        if name not in names:
            raise SettingError(name, f"is not a setting here; expected one of {', '.join(names)}")
    return {setting.name: setting.check(values.get(setting.name, setting.default)) for setting in known}


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


def split(values):
    """Settings by name, as two dicts: those of estimation, and all others."""
    names = {setting.name for setting in group(ESTIMATION)}
    estimation = {name: value for name, value in values.items() if name in names}
    return estimation, {name: value for name, value in values.items() if name not in names}


def checked_voxel_size(voxel_size):
    """Voxel size as a tuple of three floats in Å along z, y and x.

    Parameters
    ----------
    voxel_size : float or sequence of 3 float
        One size for all axes, or one for each of z, y and x.
    """
    try:
        sizes = tuple(float(v) for v in np.broadcast_to(np.asarray(voxel_size, float), 3))
    except (TypeError, ValueError):
        raise SettingError("voxel_size", f"is {voxel_size}, but must be one number or three, in Å") from None
    if not all(SMALLEST_VOXEL <= v <= LARGEST_VOXEL for v in sizes):
        limits = f"at least {SMALLEST_VOXEL:g} and at most {LARGEST_VOXEL:g} Å"
        raise SettingError("voxel_size", f"is {voxel_size} Å, but must be above 0 along every axis, {limits}")
    return sizes


@dataclass(frozen=True)
class EstimationSettings:
    """All that an estimate depends on, every default worked out.

    `lowpass` is in Å, `kernel_size`, `kernel_radius` and `tile_size` are in voxels,
    `voxel_size` is in Å along z, y and x, on the grid that was estimated.
    """

    mode: str
    voxel_size: tuple
    lowpass: float
    kernel_size: int
    kernel_radius: float
    tau: float
    tile_size: int
    normalization: str
    max_box: int
    recalibrate: bool

    @property
    def mean_voxel_size(self):
        """Geometric mean of the voxel sizes, Å."""
        return float(np.prod(self.voxel_size) ** (1 / 3))

    @property
    def kernel(self):
        """The kernel that these settings describe."""
        return Kernel(self.kernel_size, self.kernel_radius * self.mean_voxel_size, self.voxel_size)

    def as_dict(self):
        """Plain values for a log or a JSON file."""
        return asdict(self) | {"voxel_size": list(self.voxel_size), "kernel_voxels": self.kernel.voxels}


def resolve_estimation(voxel_size, values):
    """Work out every default of the estimation settings.

    Parameters
    ----------
    voxel_size : tuple of 3 float
        In Å along z, y and x.
    values : dict
        What `checked` returned.

    Returns
    -------
    EstimationSettings

    Raises
    ------
    SettingError
        If the low-pass is beyond the map's Nyquist frequency.
    """
    mean_size = float(np.prod(voxel_size) ** (1 / 3))
    lowpass = _lowpass(mean_size, values["lowpass"], values["resolution"])
    size = values["kernel_size"] or kernel_size(lowpass, mean_size)
    radius = values["kernel_radius"] or lowpass / 2 / mean_size
    kernel = Kernel(size, radius * mean_size, voxel_size)
    derived = {
        "voxel_size": voxel_size,
        "lowpass": lowpass,
        "kernel_size": size,
        "kernel_radius": radius,
        "tau": values["tau"] or tau_quantile(kernel.voxels),
    }
    names = {field.name for field in fields(EstimationSettings)}
    return EstimationSettings(**{k: v for k, v in (values | derived).items() if k in names})


def check_output_lowpass(resolution, voxel_size):
    """Raise `SettingError` where a low-pass of the result would be no filter at all."""
    if resolution is not None and not is_lowpass(resolution, voxel_size):
        raise SettingError("output_lowpass", _below_nyquist(resolution, NYQUIST_VOXELS * min(voxel_size)))


def is_lowpass(resolution, voxel_size):
    """Whether a low-pass at this resolution (Å) filters anything at these voxel sizes (Å)."""
    return resolution >= NYQUIST_VOXELS * min(voxel_size) * (1 - ROUNDING)


def _below_nyquist(resolution, nyquist):
    return f"is {resolution:g} Å, but must be at least two voxels, {nyquist:.4g} Å here"


def _lowpass(voxel_size, lowpass, resolution):
    smallest = SMALLEST_LOWPASS_VOXELS * voxel_size
    if lowpass is None:
        return max(resolution or DEFAULT_RESOLUTION, smallest)
    if lowpass < NYQUIST_VOXELS * voxel_size * (1 - ROUNDING):
        raise SettingError("lowpass", _below_nyquist(lowpass, NYQUIST_VOXELS * voxel_size))
    return max(lowpass, resolution or 0)
