"""Small synthetic maps with parts of known occupancy, to try the method on and to test it."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .errors import OccuPyError
from .grids import fourier

_ATOMS_PER_CUBIC_ANGSTROM = 0.05
_CORE = 0.7


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a phantom.

    Attributes
    ----------
    occupancy : float
    centre : tuple of 3 float
        In voxels, z, y, x.
    radius : float
        In voxels.
    b_factor : float
        Å², of its atoms: how much they move.
    """

    occupancy: float
    centre: tuple
    radius: float
    b_factor: float = 0.0

    def core(self, shape):
        """Bool array: the voxels well inside the part."""
        grid = np.ogrid[tuple(slice(n) for n in shape)]
        squared = sum((g - c) ** 2 for g, c in zip(grid, self.centre, strict=True))
        return squared <= (_CORE * self.radius) ** 2


def parts_on_ring(occupancies, shape, radius):
    """Balls of these occupancies, side by side on a ring in the middle plane of a box."""
    angles = 2 * np.pi * np.arange(len(occupancies)) / len(occupancies)
    centre = [(n - 1) / 2 for n in shape]
    ring = 1.15 * radius / np.sin(np.pi / max(2, len(occupancies)))
    return [
        Part(o, (centre[0], centre[1] + ring * np.sin(a), centre[2] + ring * np.cos(a)), radius)
        for o, a in zip(occupancies, angles, strict=True)
    ]


def density_of_parts(parts, shape, voxel_size, resolution=5.0, noise=0.05, seed=0):
    """A map of balls filled with randomly placed atoms, each ball at its occupancy, in noise.

    Parameters
    ----------
    parts : list of Part
    shape : tuple of 3 int
    voxel_size : float
        Å.
    resolution : float
        Å; the map holds nothing finer.
    noise : float
        Standard deviation of the noise, relative to the mean density of a full part.
    seed : int

    Returns
    -------
    float32 array, shape (z, y, x)
        Scaled so that the mean density of a part with occupancy 1 is 1.
    """
    random = np.random.default_rng(seed)
    density = np.zeros(shape)
    for part, atoms in zip(parts, _atoms(parts, shape, voxel_size, random), strict=True):
        own = np.zeros(shape) if part.b_factor else density
        np.add.at(own, tuple(atoms.T), part.occupancy)
        if part.b_factor:
            density += _blurred(own, part.b_factor, voxel_size)
    density /= _ATOMS_PER_CUBIC_ANGSTROM * voxel_size**3
    voxels = (voxel_size,) * 3
    clean = fourier.lowpass(density.astype(np.float32), resolution, voxels)
    grain = fourier.lowpass(random.standard_normal(shape, dtype=np.float32), resolution, voxels)
    return clean + grain * np.float32(noise / grain.std())


def atoms_of_parts(parts, shape, voxel_size, seed=0):
    """The atoms of which `density_of_parts` makes the map of the same seed.

    Returns
    -------
    list of array of int, shape (atoms, 3)
        Of each part, z, y, x in voxels.
    """
    return _atoms(parts, shape, voxel_size, np.random.default_rng(seed))


def _atoms(parts, shape, voxel_size, random):
    found = []
    for part in parts:
        volume = 4 / 3 * np.pi * (part.radius * voxel_size) ** 3
        directions = random.standard_normal((int(_ATOMS_PER_CUBIC_ANGSTROM * volume), 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        distances = part.radius * random.random((len(directions), 1)) ** (1 / 3)
        atoms = np.rint(np.array(part.centre) + directions * distances).astype(int)
        if (atoms < 0).any() or (atoms >= shape).any():
            raise OccuPyError(f"a part of radius {part.radius:g} at {part.centre} reaches beyond the box {shape}")
        found.append(atoms)
    return found


def _blurred(density, b_factor, voxel_size):
    """A density whose atoms have a B-factor."""
    sigma = np.sqrt(b_factor / (8 * np.pi**2)) / voxel_size
    return np.fft.ifftn(ndimage.fourier_gaussian(np.fft.fftn(density), sigma)).real
