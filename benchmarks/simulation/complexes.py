"""Complexes with hydrogens whose chains get known occupancies: from a file, or made of ideal helices."""

from dataclasses import dataclass, fields, replace

import gemmi
import numpy as np
from scipy.spatial import cKDTree

from . import vacuum

# One base pair of an A-form RNA double helix: atom, radius (Å), angle (degrees), height (Å). Bases
# of ideal geometry in their pair, 4.5 Å off the axis and inclined by 16°; the backbone is the
# least-squares solution for ideal bond lengths and angles that closes from residue to residue.
_BACKBONE = (
    ("P", 9.79, 117.5, 3.43), ("OP1", 11.02, 120.3, 4.09), ("OP2", 9.45, 109.1, 3.76), ("O5'", 8.64, 124.1, 3.68),
    ("C5'", 9.06, 131.6, 4.43), ("C4'", 9.53, 138.3, 3.50), ("O4'", 9.14, 136.2, 2.14), ("C3'", 9.10, 147.2, 3.74),
    ("O3'", 10.03, 150.7, 4.65), ("C2'", 9.18, 151.0, 2.34), ("O2'", 10.53, 152.2, 1.97), ("C1'", 8.67, 143.6, 1.47),
)  # fmt: skip
_ADENINE = (
    ("N9", 7.23, 143.3, 1.24), ("C8", 6.50, 133.6, 1.35), ("N7", 5.21, 134.0, 1.08), ("C5", 5.17, 149.0, 0.76),
    ("C6", 4.34, 162.0, 0.39), ("N6", 3.02, 163.2, 0.25), ("N1", 5.19, 174.3, 0.15), ("C2", 6.49, 171.3, 0.28),
    ("N3", 7.17, 162.1, 0.63), ("C4", 6.50, 152.5, 0.86),
)  # fmt: skip
_URACIL = (
    ("N1", 7.22, 143.2, 1.24), ("C2", 6.68, 153.2, 0.86), ("O2", 7.49, 160.5, 0.72), ("N3", 5.33, 154.4, 0.66),
    ("C4", 4.47, 141.7, 0.79), ("O4", 3.26, 141.9, 0.58), ("C5", 5.37, 129.5, 1.19), ("C6", 6.64, 133.0, 1.39),
)  # fmt: skip
_BASES = {"A": _ADENINE, "U": _URACIL}
_RISE, _TWIST = 2.81, 32.7  # Å and degrees from base pair to base pair
_PAIRS, _DUPLEX_SPACING = 14, 24.0  # spacing in Å
_ALANINE_ATOMS = ("N", "CA", "C", "O", "CB")

_HYDROGENS = {
    "ALA": {"N": 1, "CA": 1, "CB": 3},
    "A": {"C5'": 2, "C4'": 1, "C3'": 1, "C2'": 1, "O2'": 1, "C1'": 1, "C8": 1, "N6": 2, "C2": 1},
    "U": {"C5'": 2, "C4'": 1, "C3'": 1, "C2'": 1, "O2'": 1, "C1'": 1, "N3": 1, "C5": 1, "C6": 1},
}
_BOND, _HYDROGEN_BOND, _TILT = 1.85, 1.05, 70.0  # Å, Å and degrees

_RNA_CHAINS = {"R": 7, "S": 4}
_PROTEIN_CHAINS = {"A": 19, "B": 19, "C": 7, "D": 7, "E": 7, "F": 7}
"""Helices of each chain: duplexes of 28 residues, alpha helices of 15."""

_ASSEMBLY_RNA = (16, 9, 5)
_ASSEMBLY_HELICES = (19, 14, 13, 12, 12, 10, 10, 9, 8, 8, 7, 7, 7, 7, 7, 7, 7)
"""The same of an assembly, in which proteins are about as large as in ribosomes."""


@dataclass(frozen=True, eq=False)
class Complex(vacuum.Molecule):
    """A molecule that also knows the names of its residues and atoms.

    Attributes
    ----------
    residue_names, atom_names : array of str, shape (atoms,)
    """

    residue_names: np.ndarray
    atom_names: np.ndarray

    @property
    def is_heavy(self):
        """Which atoms are not hydrogen, a bool array."""
        return np.array(self.elements) != "H"


@dataclass(frozen=True, eq=False)
class _Chain:
    """A chain about the origin; the residues of its atoms are counted from 0."""

    atom_names: list
    residue_names: list
    positions: np.ndarray
    residues: np.ndarray


def read_complex(path, name):
    """The first model of a coordinate file, without waters, with the hydrogens that it has.

    Parameters
    ----------
    path : Path
    name : str

    Returns
    -------
    Complex
    """
    structure = gemmi.read_structure(str(path))
    structure.remove_waters()
    structure.remove_alternative_conformations()
    atoms, residues = [], 0
    for index, chain in enumerate(structure[0]):
        for residue in chain:
            atoms += [(a.element.name, a.pos.tolist(), index, residues, residue.name, a.name) for a in residue]
            residues += 1
    elements, positions, *rest = zip(*atoms, strict=True)
    chains, residues, residue_names, atom_names = map(np.array, rest)
    names = [chain.name for chain in structure[0]]
    return Complex(name, list(elements), np.array(positions), chains, residues, names, residue_names, atom_names)


def bundles(count, name, seed):
    """Chains of seven helices of alanine each, with hydrogens, packed around each other.

    Parameters
    ----------
    count : int
        Of chains, of 105 residues each.
    name : str
    seed : int

    Returns
    -------
    Complex
    """
    return _packed({chr(ord("A") + i): _protein(7) for i in range(count)}, name, seed)


def ribonucleoprotein(name, seed):
    """Two RNA chains of parallel double helices and six chains of alpha helices, packed around each other.

    Parameters
    ----------
    name : str
    seed : int

    Returns
    -------
    Complex
    """
    chains = {chain: _rna(duplexes) for chain, duplexes in _RNA_CHAINS.items()}
    chains |= {chain: _protein(helices) for chain, helices in _PROTEIN_CHAINS.items()}
    return _packed(chains, name, seed)


def assembly(name, seed):
    """Three RNA chains and seventeen proteins, packed around each other: as large as a ribosomal subunit.

    Parameters
    ----------
    name : str
    seed : int

    Returns
    -------
    Complex
    """
    chains = {f"r{i + 1}": _rna(duplexes) for i, duplexes in enumerate(_ASSEMBLY_RNA)}
    chains |= {f"p{i + 1}": _protein(helices) for i, helices in enumerate(_ASSEMBLY_HELICES)}
    return _packed(chains, name, seed)


def _protein(helices):
    elements, positions, residues = vacuum.helix_bundle(helices)
    names = list(_ALANINE_ATOMS) * (len(elements) // len(_ALANINE_ATOMS))
    return _Chain(names, ["ALA"] * len(names), positions, np.array(residues))


def _rna(duplexes):
    atom_names, residue_names, positions, residues = [], [], [], []
    for axis in vacuum.hexagonal_lattice(duplexes, _DUPLEX_SPACING):
        for pair in range(_PAIRS):
            for base, sense in (("A", 1), ("U", -1)):
                number = residues[-1] + 1 if residues else 0
                for atom, radius, angle, height in _BACKBONE + _BASES[base]:
                    phi = np.radians(sense * angle + _TWIST * pair)
                    place = (
                        axis[0] + radius * np.cos(phi),
                        axis[1] + radius * np.sin(phi),
                        sense * height + _RISE * pair,
                    )
                    atom_names.append(atom)
                    residue_names.append(base)
                    positions.append(place)
                    residues.append(number)
    centred = np.array(positions) - np.mean(positions, axis=0)
    return _Chain(atom_names, residue_names, centred, np.array(residues))


def _with_hydrogens(chain):
    """The chain with hydrogens, each on the side of its atom that is away from the atom's bonds."""
    tree = cKDTree(chain.positions)
    bearers, places = [], []
    for i, bonded in enumerate(tree.query_ball_point(chain.positions, _BOND)):
        count = _HYDROGENS[chain.residue_names[i]].get(chain.atom_names[i], 0)
        away = chain.positions[i] - chain.positions[bonded].mean(axis=0)
        bearers += [i] * count
        places += [chain.positions[i] + _HYDROGEN_BOND * direction for direction in _directions(away, count)]
    return _Chain(
        chain.atom_names + ["H"] * len(bearers),
        chain.residue_names + [chain.residue_names[i] for i in bearers],
        np.concatenate([chain.positions, places]),
        np.concatenate([chain.residues, chain.residues[bearers]]),
    )


def _directions(away, count):
    """Unit vectors about a direction: itself, or several around it."""
    along = away / np.linalg.norm(away)
    if count == 1:
        return [along]
    across = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    across /= np.linalg.norm(across)
    tilt = np.radians(_TILT)
    turns = 2 * np.pi * np.arange(count) / max(count, 1)
    around = [np.cos(turn) * across + np.sin(turn) * np.cross(along, across) for turn in turns]
    return [np.cos(tilt) * along + np.sin(tilt) * direction for direction in around]


def _packed(chains, name, seed):
    random = np.random.default_rng(seed)
    placed = []
    for chain in chains.values():
        others = [other.positions for other in placed]
        moved = vacuum.slid_in(chain.positions, np.concatenate(others), random) if placed else chain.positions
        placed.append(replace(chain, positions=moved))
    return _complex(name, list(chains), [_with_hydrogens(chain) for chain in placed])


def _complex(name, chain_names, chains):
    counts = [len(chain.positions) for chain in chains]
    lengths = [chain.residues.max() + 1 for chain in chains]
    atom_names, residue_names, positions, residues = (
        np.concatenate([getattr(chain, field.name) for chain in chains]) for field in fields(_Chain)
    )
    index = np.repeat(np.arange(len(chains)), counts)
    residues = residues + np.repeat(np.cumsum([0, *lengths[:-1]]), counts)
    elements = [atom[0] for atom in atom_names]
    return Complex(name, elements, positions, index, residues, chain_names, residue_names, atom_names)
