"""Maps of molecules whose chains have known occupancies, to hold estimates against."""

from dataclasses import dataclass

import gemmi
import numpy as np
from chimerax.occupy.engine.grids import fourier
from scipy import fft
from scipy.ndimage import map_coordinates, uniform_filter1d
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

OCCUPANCIES = (1.0, 0.8, 0.6, 0.4, 0.2)
WEAK_OCCUPANCIES = (0.5, 0.2, 0.7)
DEALT = EVENLY, MOST_WHOLE = "dealt evenly", "most chains whole"
"""Ways to deal occupancies: all of them in turn, or full but for one chain in three at most, which are weak."""

LOWEST_B, HIGHEST_B, UNIFORM_B = 30.0, 150.0, 60.0
LARGEST_VOXEL, LONGEST_BOX = 1.5, 200
_MOLECULE_SHARE = 0.8  # of the box's edge
_SMOOTHED_RESIDUES = 11

# One residue of an ideal alpha helix: element, radius (Å), angle (degrees), height (Å)
_ALANINE = (
    ("N", 1.55, -27.5, -0.87),
    ("C", 2.28, 0.0, 0.0),
    ("C", 1.66, 26.2, 1.08),
    ("O", 2.03, 27.7, 2.25),
    ("C", 3.23, 17.9, -0.85),
)
_RISE, _TURN = 1.5, 100.0  # Å and degrees from residue to residue
_HELIX_RESIDUES, _HELIX_SPACING = 15, 8.5  # spacing in Å: the packing density of a protein's core
_HELICES = 7
_CLOSEST_ATOMS = 3.5  # Å, of different chains
_FARTHEST = 150.0  # Å


@dataclass(frozen=True, eq=False)
class Molecule:
    """Atoms in chains and residues.

    Attributes
    ----------
    name : str
    elements : list of str
    positions : array of float, shape (atoms, 3)
        x, y, z in Å.
    chains, residues : array of int, shape (atoms,)
        Index of each atom's chain and of its residue, the residues counted through all chains.
    chain_names : list of str
    """

    name: str
    elements: list
    positions: np.ndarray
    chains: np.ndarray
    residues: np.ndarray
    chain_names: list

    def residue_counts(self):
        """Number of residues of each chain, an int array."""
        return np.bincount(self.residue_chains(), minlength=len(self.chain_names))

    def residue_chains(self):
        """The chain of each residue, an int array."""
        return self.chains[np.unique(self.residues, return_index=True)[1]]


def read_molecule(path, name):
    """The first model of a coordinate file, without waters and hydrogens."""
    structure = gemmi.read_structure(str(path))
    structure.remove_waters()
    structure.remove_hydrogens()
    atoms, residues = [], 0
    for index, chain in enumerate(structure[0]):
        for residue in chain:
            atoms += [(a.element.name, a.pos.tolist(), index, residues) for a in residue]
            residues += 1
    return _molecule(name, atoms, [chain.name for chain in structure[0]])


def packed_bundles(count, name, seed):
    """Chains of seven helices of alanine each, packed around each other without overlap.

    Parameters
    ----------
    count : int
        Of chains, of 105 residues each. Loops between helices are left out.
    name : str
    seed : int

    Returns
    -------
    Molecule
    """
    random = np.random.default_rng(seed)
    elements, bundle, residues = helix_bundle(_HELICES)
    placed = [bundle]
    for _ in range(1, count):
        placed.append(slid_in(bundle, np.concatenate(placed), random))
    per_chain = residues[-1] + 1
    atoms = [
        (element, position, chain, chain * per_chain + residue)
        for chain, positions in enumerate(placed)
        for element, position, residue in zip(elements, positions, residues, strict=True)
    ]
    return _molecule(name, atoms, [chr(ord("A") + i) for i in range(count)])


def _molecule(name, atoms, chain_names):
    elements, positions, chains, residues = zip(*atoms, strict=True)
    return Molecule(name, list(elements), np.array(positions), np.array(chains), np.array(residues), chain_names)


def helix_bundle(count):
    """Parallel alpha helices of alanine in a hexagonal lattice.

    Parameters
    ----------
    count : int
        Of helices: those nearest to the first.

    Returns
    -------
    elements : list of str
        N, CA, C, O and CB of each residue in turn.
    positions : array of float, shape (atoms, 3)
        About the origin.
    residues : list of int
    """
    elements, positions, residues = [], [], []
    for i, axis in enumerate(hexagonal_lattice(count, _HELIX_SPACING)):
        for j in range(_HELIX_RESIDUES):
            for element, radius, angle, height in _ALANINE:
                phi = np.radians(angle + _TURN * j)
                elements.append(element)
                positions.append((axis[0] + radius * np.cos(phi), axis[1] + radius * np.sin(phi), height + _RISE * j))
                residues.append(i * _HELIX_RESIDUES + j)
    return elements, np.array(positions) - np.mean(positions, axis=0), residues


def hexagonal_lattice(count, spacing):
    """The points of a hexagonal lattice that are nearest to the origin, ring by ring, an array (count, 2)."""
    steps = np.arange(-count, count + 1)
    a, b = (axis.ravel() for axis in np.meshgrid(steps, steps))
    points = np.stack([a + b / 2, b * np.sqrt(3) / 2], axis=-1)
    distance, angle = np.hypot(*points.T).round(6), np.round(np.arctan2(points[:, 1], points[:, 0]) % (2 * np.pi), 6)
    return spacing * points[np.lexsort([angle, distance])[:count]]


def slid_in(positions, others, random):
    """A chain turned at random and brought from far, from any side, until it touches the others."""
    turned = Rotation.random(None, random).apply(positions)
    direction = random.standard_normal(3)
    direction /= np.linalg.norm(direction)
    tree = cKDTree(others)
    for distance in np.arange(_FARTHEST, 0.0, -0.25):
        moved = turned + distance * direction
        if tree.query(moved, distance_upper_bound=_CLOSEST_ATOMS)[0].min() < _CLOSEST_ATOMS:
            return moved + 0.25 * direction
    raise AssertionError("a chain passed through the others")


def assigned_occupancies(molecule, turn, dealt=EVENLY):
    """Known occupancies dealt out to the chains in turn, the longest chain first.

    Parameters
    ----------
    molecule : Molecule
    turn : int
        Which of the occupancies is dealt first; where most chains are whole, how many are not and which.
    dealt : str
        One of DEALT.

    Returns
    -------
    float array, one for each chain
    """
    longest = np.argsort(-molecule.residue_counts(), kind="stable")
    result = np.ones(len(longest))
    if dealt == EVENLY:
        result[longest] = np.resize(np.roll(OCCUPANCIES, -turn), len(longest))
        return result
    weak = min(1 + turn % len(WEAK_OCCUPANCIES), len(longest) // 3)
    result[longest[(turn + 2 * np.arange(weak)) % len(longest)]] = WEAK_OCCUPANCIES[:weak]
    return result


def residue_b_factors(molecule, kind, seed):
    """B-factor of each residue, in Å².

    Parameters
    ----------
    molecule : Molecule
    kind : {'uniform', 'mixed'}
        All the same, or spread evenly between the lowest and the highest in each chain,
        neighbours in sequence alike.
    seed : int

    Returns
    -------
    float array
    """
    of_chain = molecule.residue_chains()
    result = np.full(len(of_chain), UNIFORM_B)
    if kind == "uniform":
        return result
    random = np.random.default_rng(seed)
    for chain, count in enumerate(molecule.residue_counts()):
        rank = np.argsort(np.argsort(uniform_filter1d(random.standard_normal(count), _SMOOTHED_RESIDUES)))
        result[of_chain == chain] = LOWEST_B + (HIGHEST_B - LOWEST_B) * rank / (count - 1)
    return result


@dataclass(frozen=True)
class Box:
    """A cubic box.

    Attributes
    ----------
    edge : int
        Voxels, even.
    voxel_size : float
        Å.
    """

    edge: int
    voxel_size: float


def box_around(molecule, voxel_size):
    """A box with solvent around a molecule, of larger voxels where it would get too long.

    Parameters
    ----------
    molecule : Molecule
    voxel_size : float
        Å.

    Returns
    -------
    Box
    """
    length = np.ptp(molecule.positions, axis=0).max() / _MOLECULE_SHARE
    voxel_size = max(voxel_size, length / LONGEST_BOX)
    half = int(np.ceil(length / voxel_size / 2 - 1e-6))
    return Box(2 * half, voxel_size)


def in_voxels(molecule, box):
    """Positions of the atoms in voxels, z, y, x, with the molecule in the middle of the box."""
    middle = (molecule.positions.max(axis=0) + molecule.positions.min(axis=0)) / 2
    return ((molecule.positions - middle) / box.voxel_size + box.edge / 2)[:, ::-1]


def clean_map(molecule, occupancies, b_factors, box, resolution):
    """Electrostatic potential of a molecule in vacuum, cut at a resolution.

    Parameters
    ----------
    molecule : Molecule
    occupancies : array of float
        Of each chain.
    b_factors : array of float
        Of each residue, in Å².
    box : Box
    resolution : float
        Å.

    Returns
    -------
    float32 array, shape (z, y, x)
    """
    calculator = gemmi.DensityCalculatorE()
    calculator.d_min = resolution
    calculator.blur = max(0.0, 72 * box.voxel_size**2 - float(b_factors.min()))  # no aliasing: taken back below
    calculator.grid.set_unit_cell(gemmi.UnitCell(*[box.edge * box.voxel_size] * 3, 90, 90, 90))
    calculator.grid.spacegroup = gemmi.SpaceGroup("P 1")
    calculator.grid.set_size(*[box.edge] * 3)
    places = in_voxels(molecule, box)[:, ::-1] * box.voxel_size
    atom = gemmi.Atom()
    for element, place, chain, residue in zip(
        molecule.elements, places, molecule.chains, molecule.residues, strict=True
    ):
        if occupancies[chain] == 0:
            continue
        atom.element = gemmi.Element(element)
        atom.pos = gemmi.Position(*place)
        atom.occ, atom.b_iso = float(occupancies[chain]), float(b_factors[residue])
        calculator.add_atom_density_to_grid(atom)
    return _deblurred(calculator.grid.array.transpose(2, 1, 0), calculator.blur, box, resolution)


def _deblurred(density, blur, box, resolution):
    coefficients = fft.rfftn(density)
    squared = squared_frequencies(box)
    coefficients *= np.where(squared <= 1 / resolution**2, np.exp(blur * squared / 4), 0)
    return fft.irfftn(coefficients, density.shape).astype(np.float32)


def squared_frequencies(box):
    """1/Å², of the coefficients of a real transform."""
    full = fft.fftfreq(box.edge, box.voxel_size) ** 2
    return full[:, None, None] + full[:, None] + fft.rfftfreq(box.edge, box.voxel_size) ** 2


def noise_like(clean, level, box, resolution, seed):
    """White noise cut at a resolution, with standard deviation `level`, on the grid of a map."""
    grain = np.random.default_rng(seed).standard_normal(clean.shape, dtype=np.float32)
    grain = fourier.lowpass(grain, resolution, (box.voxel_size,) * 3)
    return grain * np.float32(level / grain.std())


def values_at(density, places):
    """Trilinear interpolation of a map at places in voxels, shape (places, 3)."""
    return map_coordinates(density, places.T, order=1)
