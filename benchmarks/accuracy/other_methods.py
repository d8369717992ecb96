"""Occupancies of chains as others read them off a map, all but the scale relative to chains known to be full; and the
local Guinier line.
"""

import chimerax.occupy as occupy
import gemmi
import numpy as np
from scipy import fft
from scipy.ndimage import distance_transform_edt, gaussian_filter, uniform_filter

from ..simulation import ice, vacuum

MASK_RADIUS, CUBE = 3.0, 15.0
"""Å from a chain's atoms that its mask reaches, and edge of the cubes in which two maps are compared."""

METHODS = {
    "S": "the scale in mode occupancy, its mean at a chain's atoms",
    "density": "low-passed, its mean at a chain's atoms",
    "mask sum": f"the sum of the map in the voxels within {MASK_RADIUS:g} Å of a chain's atoms, over that of a map "
    "simulated from the model (Gaussians of atomic number, as wide as molmap's)",
    "two-map scale": f"Σ(V·Vref) / Σ(Vref²) in cubes of {CUBE:g} Å, Vref simulated as before, its mean at a chain's "
    "atoms",
}
"""What each is, by its title."""

_LONGEST_PERIOD, _SHELLS, _WINDOW = 10.0, 10, 5.0  # Å, and Å: of the plain Guinier line
_WIDTH_OF_RESOLUTION = 0.225  # standard deviation of an atom in simulated maps, as ChimeraX's molmap has it


def readings(density, box, resolution, places, elements, chains, full):
    """What each method says of each chain.

    Parameters
    ----------
    density : array, shape (z, y, x)
    box : vacuum.Box
    resolution : float
        Å.
    places : array of float, shape (atoms, 3)
        z, y, x of the model's atoms in voxels.
    elements : sequence of str
    chains : array of int, shape (atoms,)
    full : array of bool, shape (chains,)
        Chains that are known to be full.

    Returns
    -------
    dict of str to array of float, shape (chains,)
        By the keys of METHODS.
    """
    estimate = occupy.estimate(density, box.voxel_size, mode="occupancy")
    simulated = simulated_map(places, elements, resolution, box)
    atoms = np.bincount(chains)

    def at_atoms(values):
        return np.bincount(chains, vacuum.values_at(values, places)) / atoms

    def relative(values):
        return values / np.average(values[full], weights=atoms[full])

    return {
        "S": at_atoms(estimate.scale),
        "density": relative(at_atoms(estimate.lowpassed)),
        "mask sum": relative(mask_sums(density, simulated, box, places, chains)),
        "two-map scale": relative(at_atoms(_two_map_scale(density, simulated, box))),
    }


def simulated_map(places, elements, resolution, box):
    """A map of a model as ChimeraX's molmap makes it: a Gaussian of its atomic number for each atom."""
    charges = np.array([gemmi.Element(element).atomic_number for element in elements], float)
    variance = (_WIDTH_OF_RESOLUTION * resolution) ** 2
    return ice.gaussians(places, charges, np.full(len(places), variance), box)


def mask_sums(density, simulated, box, places, chains):
    """Sum of density in the mask of each chain over the sum of a simulated map in it."""
    ratios = []
    for chain in range(chains.max() + 1):
        window, mask = _mask(places[chains == chain], box)
        ratios.append(density[window][mask].sum() / simulated[window][mask].sum())
    return np.array(ratios)


def _mask(places, box):
    """A window of the box, and in it the voxels near a chain's atoms."""
    voxels = np.round(places).astype(int)
    margin = int(np.ceil(MASK_RADIUS / box.voxel_size)) + 1
    first, last = np.maximum(voxels.min(axis=0) - margin, 0), np.minimum(voxels.max(axis=0) + margin + 1, box.edge)
    empty = np.ones(last - first, bool)
    empty[tuple((voxels - first).T)] = False
    window = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    return window, distance_transform_edt(empty) * box.voxel_size <= MASK_RADIUS


def _two_map_scale(density, simulated, box):
    """Σ(V·Vref) / Σ(Vref²) in a cube around each voxel."""
    edge = max(3, round(CUBE / box.voxel_size))
    products, squares = uniform_filter(density * simulated, edge), uniform_filter(simulated**2, edge)
    return np.divide(products, squares, out=np.zeros_like(products), where=squares > 1e-6 * squares.max())


def guinier_line(density, voxel_size, resolution):
    """Local B-factors: the line of the logarithm of the local amplitude in narrow shells against k².

    Parameters
    ----------
    density : array of float32, shape (z, y, x)
    voxel_size : float or sequence of 3 float
        Å.
    resolution : float
        Å, up to which shells are taken.

    Returns
    -------
    array of float32, shape (z, y, x)
        Å².
    """
    sizes = np.broadcast_to(voxel_size, 3)
    axes = [*map(fft.fftfreq, density.shape[:2], sizes[:2]), fft.rfftfreq(density.shape[2], sizes[2])]
    frequencies = np.sqrt(sum(np.square(f) for f in np.ix_(*axes)))
    coefficients = fft.rfftn(density)
    edges = np.linspace(1 / _LONGEST_PERIOD, 1 / resolution, _SHELLS + 1)
    squares = (edges[1:] ** 2 + edges[:-1] ** 2) / 2
    weights = (squares - squares.mean()) / np.square(squares - squares.mean()).sum()
    slope = np.zeros(density.shape, np.float32)
    for low, high, weight in zip(edges[:-1], edges[1:], weights, strict=True):
        shell = fft.irfftn(coefficients * ((frequencies >= low) & (frequencies < high)), density.shape)
        power = gaussian_filter(np.square(shell, dtype=np.float32), _WINDOW / sizes, mode="wrap")
        slope += np.float32(weight / 2) * np.log(np.maximum(power, np.finfo(np.float32).tiny))
    return -4 * slope
