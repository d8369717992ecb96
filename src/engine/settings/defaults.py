"""The settings of an estimate, every default worked out."""

from dataclasses import asdict, dataclass, fields

import numpy as np

from ..errors import SettingError
from ..grids.kernel import Kernel, kernel_size, tau_quantile
from .checks import check_lowpass
from .table import CALIBRATED, OF_PUBLISHED_MODES, SETTINGS

DEFAULT_RESOLUTION = 8.0
SMALLEST_LOWPASS_VOXELS = 3


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
    solvent_model: str
    uncertainty: bool = False
    flexibility: bool = False
    correct_flexibility: bool = False

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
        What `checked` returned; in mode calibrated the settings of the published modes have no effect.

    Returns
    -------
    EstimationSettings

    Raises
    ------
    SettingError
        If the low-pass is beyond the map's Nyquist frequency.
    """
    _check_mode(values)
    if values["mode"] == CALIBRATED:
        # The kernel of the defaults tells solvent from density there too, whatever is set for the published modes.
        values = values | {name: SETTINGS[name].default for name in OF_PUBLISHED_MODES}
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


def _check_mode(values):
    mode = values["mode"]
    if values["recalibrate"] and mode == CALIBRATED:
        raise SettingError("recalibrate", f"has no place in mode {mode}, whose scale is 0 at the solvent already")
    for name in ("uncertainty", "flexibility", "correct_flexibility"):
        if values.get(name) and mode != CALIBRATED:
            raise SettingError(name, f"is known in mode {CALIBRATED} only, but the mode is {mode}")


def _lowpass(voxel_size, lowpass, resolution):
    if lowpass is None:
        return max(resolution or DEFAULT_RESOLUTION, SMALLEST_LOWPASS_VOXELS * voxel_size)
    check_lowpass("lowpass", lowpass, (voxel_size,))
    return max(lowpass, resolution or 0)
