"""Maps of molecules in vitreous ice, with hydrogens, and the things that are done to maps."""

from dataclasses import dataclass
from typing import NamedTuple

import gemmi
import numpy as np
from scipy import fft
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from . import vacuum

ICE = 0.0945
"""Scattering of vitreous ice in Å per Å³: 0.93 g/cm³ of water of 3.04 Å."""

PITCH = 1.2
"""Å. Voxels of the potential, before it is cut at the resolution of a map."""

LARGEST_VOXEL = 1.5
SOLVENTS = ("mask", "atoms")
"""Ice displaced by each molecule as a whole, in its measured volume, or by each atom."""

FILTERS = ("plain", "sharpened", "soft mask", "without low frequencies")
SHARPENING_B, LONGEST_PERIOD = 100.0, 40.0
"""Å² by which a map is sharpened, and Å above which it has lost its frequencies."""

# Displaced by an atom, Å³: Fraser, MacRae & Suzuki, J. Appl. Cryst. 11, 693 (1978)
_VOLUMES = {"H": 5.15, "C": 16.44, "N": 2.49, "O": 9.13, "P": 5.73, "S": 19.86}
_OTHER_VOLUME = 10.0

# Å³ per dalton: partial specific volumes of 0.747 and 0.554 mL/g
_PROTEIN_VOLUME, _RNA_VOLUME = 1.24, 0.92
_RADII = {"C": 1.7, "N": 1.55, "O": 1.5, "S": 1.8, "P": 1.8}
_OTHER_RADIUS = 1.8
_REACH, _ATOMS_IN_REACH, _SURFACE_WIDTH = 6.0, 4, 1.2
_ICE_B = 30.0  # Å²: the surface of the ice is not sharper than this
_VARIANCE_STEP = 0.2  # Å²
_B_TO_VARIANCE = 1 / (8 * np.pi**2)
_MASK_LEVEL, _MASK_LOWPASS, _MASK_MARGIN, _MASK_EDGE = 0.08, 10.0, 4.0, 6.0
_DENSEST_LOWPASS, _DENSEST_SHARE = 8.0, 1 / 2000


@dataclass(frozen=True, eq=False)
class Potential:
    """The potential of a molecule above that of the ice around it.

    Attributes
    ----------
    density : float32 array, shape (z, y, x)
        Cut at twice the pitch.
    box : vacuum.Box
    """

    density: np.ndarray
    box: vacuum.Box


def potential(molecule, occupancies, b_factors, solvent, box=None):
    """Electrostatic potential of a molecule, less that of the ice whose place it takes.

    Parameters
    ----------
    molecule : vacuum.Molecule
        With hydrogens.
    occupancies : array of float
        Of each chain; where it is away there is ice.
    b_factors : array of float
        Of each residue, in Å².
    solvent : {'mask', 'atoms'}
        Ice displaced by each chain as a flat mask, of the volume that such molecules are measured
        to have, or by each atom as a Gaussian.
    box : vacuum.Box, optional
        Else one around the molecule.

    Returns
    -------
    Potential
    """
    box = box or vacuum.box_around(molecule, PITCH)
    in_vacuum = vacuum.clean_map(molecule, occupancies, b_factors, box, 2 * box.voxel_size)
    displaced = {"mask": _displaced_by_chains, "atoms": _displaced_by_atoms}[solvent]
    return Potential(in_vacuum - np.float32(ICE) * displaced(molecule, occupancies, b_factors, box), box)


def _displaced_by_atoms(molecule, occupancies, b_factors, box):
    """Share of the ice that is displaced at each voxel, by Gaussians of the atoms' volumes."""
    volumes = np.array([_VOLUMES.get(element, _OTHER_VOLUME) for element in molecule.elements])
    variances = volumes ** (2 / 3) / (2 * np.pi) + b_factors[molecule.residues] * _B_TO_VARIANCE
    weights = volumes * occupancies[molecule.chains]
    return gaussians(vacuum.in_voxels(molecule, box), weights, variances, box)


def gaussians(places, weights, variances, box):
    """Sum of Gaussians, each of any width.

    Parameters
    ----------
    places : array of float, shape (atoms, 3)
        z, y, x in voxels.
    weights : array of float, shape (atoms,)
        Integral of each over Å³.
    variances : array of float, shape (atoms,)
        Along each axis, Å².
    box : vacuum.Box

    Returns
    -------
    float32 array, shape (z, y, x)
    """
    steps = variances / _VARIANCE_STEP
    lower = np.floor(steps).astype(int)
    upper_share = steps - lower
    squared = vacuum.squared_frequencies(box)
    total = np.zeros(squared.shape, complex)
    for step in range(lower.min(), lower.max() + 2):
        share = np.where(lower == step, 1 - upper_share, np.where(lower == step - 1, upper_share, 0))
        used = share > 0
        points = _points(places[used], (weights * share)[used], box.edge)
        total += fft.rfftn(points, workers=-1) * np.exp(-2 * np.pi**2 * _VARIANCE_STEP * step * squared)
    total /= _transform_of_sharing(box.edge) * box.voxel_size**3
    return fft.irfftn(total, (box.edge,) * 3, workers=-1).astype(np.float32)


def _points(places, weights, edge):
    """Weights shared out linearly to the eight voxels around each place."""
    low = np.floor(places).astype(int)
    high_share = places - low
    result = np.zeros((edge,) * 3)
    for corner in np.ndindex(2, 2, 2):
        share = np.where(corner, high_share, 1 - high_share).prod(axis=1)
        voxels = np.ravel_multi_index((low + corner).T, result.shape)
        np.add.at(result.reshape(-1), voxels, weights * share)
    return result


def _transform_of_sharing(edge):
    """By how much sharing points out among voxels weakens each coefficient."""
    full, half = np.sinc(fft.fftfreq(edge)) ** 2, np.sinc(fft.rfftfreq(edge)) ** 2
    return full[:, None, None] * full[:, None] * half


def _displaced_by_chains(molecule, occupancies, b_factors, box):
    """Share of the ice that is displaced at each voxel, by chains as wholes."""
    ice = np.ones((box.edge,) * 3)
    places = vacuum.in_voxels(molecule, box) * box.voxel_size
    elements = np.array(molecule.elements)
    for chain, occupancy in enumerate(occupancies):
        if occupancy == 0:
            continue
        mine = molecule.chains == chain
        window, inside = _chain_mask(elements[mine], places[mine], box)
        ice[window] *= 1 - occupancy * inside
    smooth = fft.rfftn(1 - ice, workers=-1) * np.exp(-_ICE_B / 4 * vacuum.squared_frequencies(box))
    return fft.irfftn(smooth, ice.shape, workers=-1).astype(np.float32)


def _chain_mask(elements, places, box):
    """The window of the box around a chain, and a mask in it of the volume that the chain is measured to have."""
    first = np.maximum(((places.min(axis=0) - _REACH) / box.voxel_size).astype(int), 0)
    last = np.minimum(((places.max(axis=0) + _REACH) / box.voxel_size).astype(int) + 2, box.edge)
    window = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    voxels = np.stack(np.mgrid[window], axis=-1).reshape(-1, 3) * box.voxel_size
    outside = _distance_outside(elements, places, voxels)
    volume = _measured_volume(elements) / box.voxel_size**3
    low, high = -2.0, 3.0  # Å: where the surface lies off the atoms' van der Waals surface
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if _within(outside, middle).sum() < volume else (low, middle)
    return window, _within(outside, low).reshape(tuple(last - first))


def _distance_outside(elements, places, voxels):
    """Distance of voxels from the van der Waals surface in Å, less in crevices, into which no water goes."""
    heavy = elements != "H"
    radii = np.array([_RADII.get(element, _OTHER_RADIUS) for element in elements[heavy]])
    distances, nearest = cKDTree(places[heavy]).query(voxels, _ATOMS_IN_REACH, distance_upper_bound=_REACH, workers=-1)
    surface = distances - np.append(radii, 0.0)[nearest]
    outside = surface.min(axis=1)
    crevice = surface[:, 2] < 1.0  # of three atoms
    return np.where(crevice, np.minimum(outside, 0) - 0.3, outside)


def _within(outside, surface):
    return np.clip(0.5 - (outside - surface) / _SURFACE_WIDTH, 0, 1)


def _measured_volume(elements):
    """Å³, from the partial specific volume of protein or, where there is phosphorus, RNA."""
    mass = sum(gemmi.Element(element).weight for element in elements)
    return mass * (_RNA_VOLUME if "P" in elements else _PROTEIN_VOLUME)


class Condition(NamedTuple):
    """What was done to a map, as `observed` takes it.

    Attributes
    ----------
    resolution : float
        Å.
    noise : float
        Standard deviation over the mean of the densest places at 8 Å.
    filtered : str
        One of FILTERS.
    """

    resolution: float
    noise: float
    filtered: str

    def __str__(self):
        return f"{self.resolution:g} Å, noise {self.noise:g}, {self.filtered}"


def observed(made, resolution, noise, filtered, seed):
    """A map as users have it: cut at a resolution, with noise, then filtered.

    Parameters
    ----------
    made : Potential
    resolution : float
        Å.
    noise : float
        Standard deviation over the mean of the densest places at 8 Å.
    filtered : {'plain', 'sharpened', 'soft mask', 'without low frequencies'}
    seed : int or sequence of int

    Returns
    -------
    density : float32 array, shape (z, y, x)
    box : vacuum.Box
    """
    coefficients, box = cropped(made, min(resolution / 3, LARGEST_VOXEL))
    shape, squared = (box.edge,) * 3, vacuum.squared_frequencies(box)
    coefficients *= squared <= 1 / resolution**2
    density = fft.irfftn(coefficients, shape, workers=-1)
    smooth = fft.irfftn(coefficients * (squared <= 1 / _DENSEST_LOWPASS**2), shape, workers=-1)
    densest = np.sort(smooth, axis=None)[-int(smooth.size * _DENSEST_SHARE) :].mean()
    noisy = density + vacuum.noise_like(density, noise * densest, box, resolution, seed)
    if filtered == "soft mask":
        return (noisy * _soft_mask(coefficients, box)).astype(np.float32), box
    gain = {
        "plain": 1.0,
        "sharpened": np.exp(SHARPENING_B * squared / 4),
        "without low frequencies": squared >= 1 / LONGEST_PERIOD**2,
    }[filtered]
    gained = fft.rfftn(noisy, workers=-1) * (gain * (squared <= 1 / resolution**2))
    return fft.irfftn(gained, shape, workers=-1).astype(np.float32), box


def cropped(made, voxel_size):
    """Fourier coefficients of a potential in a box of larger voxels, and that box."""
    length = made.box.edge * made.box.voxel_size
    half = min(round(length / voxel_size / 2), made.box.edge // 2)
    coefficients = fft.rfftn(made.density, workers=-1)
    kept = np.r_[0:half, made.box.edge - half : made.box.edge]
    box = vacuum.Box(2 * half, length / (2 * half))
    return coefficients[kept][:, kept][:, :, : half + 1] * (box.edge / made.box.edge) ** 3, box


def _soft_mask(coefficients, box):
    low = vacuum.squared_frequencies(box) <= 1 / _MASK_LOWPASS**2
    smooth = fft.irfftn(coefficients * low, (box.edge,) * 3, workers=-1)
    core = smooth > _MASK_LEVEL * np.sort(smooth, axis=None)[-1000:].mean()
    beyond = np.clip((distance_transform_edt(~core) * box.voxel_size - _MASK_MARGIN) / _MASK_EDGE, 0, 1)
    return 0.5 + 0.5 * np.cos(np.pi * beyond)
