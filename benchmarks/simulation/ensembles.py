"""Ensembles of maps of a complex that assembles, as networks generate them: chains come and go, the rest varies little.

There is no noise in these maps. Instead each has conformations of its own, a scale, an offset, a fall-off, low
frequencies that are lost in part, and a smooth background within a soft mask.
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.cluster.vq import kmeans2
from scipy.ndimage import gaussian_filter

from . import complexes, ice, vacuum

BOX = vacuum.Box(64, 6.5)
MAPS, COMPLETE = 40, 3
"""Maps of an ensemble, and those among them that hold every chain in full."""

_FINE = vacuum.Box(128, 3.25)
_BLOCKS, _CONFORMERS = 4, 4
_BLOCK_THERE, _CHAIN_THERE, _PARTIAL = 0.65, 0.85, 0.15
_LEAST_PARTIAL, _MOST_PARTIAL = 0.3, 0.8
_SLOP, _SLOP_LENGTH = 3.5, 200.0  # Å rms, Å
_LARGEST_CHAIN_B = 300.0  # Å², on top of the residues' own
_COORDINATE_ERROR = 0.5  # Å
_MISSING_CHAINS, _MOST_MISSING = 0.5, 0.2
_SCALE, _OFFSET, _FALL_OFF = 0.1, 0.03, 200.0  # relative, of the densest places, Å²
_LOST, _LOST_LENGTH = 0.4, 90.0  # largest share of the lowest frequencies, Å
_BACKGROUND, _BACKGROUND_WIDTHS = 0.03, (15.0, 40.0)  # of the densest places, Å (sigma)
_ICE_LEVEL = 0.04  # of the densest places
_MASK_LEVEL, _MASK_WIDTH = 0.05, 20.0  # of the densest places, Å (sigma)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Maps of one complex, and the model that a user would have of it.

    Attributes
    ----------
    molecule : complexes.Complex
    maps : float32 array, shape (maps, z, y, x)
        In `BOX`; the first `COMPLETE` hold every chain in full.
    occupancies : array of float, shape (maps, chains)
        The known ones.
    kept : bool array, shape (atoms,)
        The atoms that the model has.
    positions : array of float, shape (atoms, 3)
        z, y, x of the model's atoms in Å from the first voxel, those left out among them.
    """

    molecule: complexes.Complex
    maps: np.ndarray
    occupancies: np.ndarray
    kept: np.ndarray
    positions: np.ndarray

    @property
    def chains(self):
        """The chain of each atom of the model."""
        return self.molecule.chains[self.kept]


def ensemble(molecule, solvent, seed, occupancies=None):
    """An ensemble of maps of a complex.

    Parameters
    ----------
    molecule : complexes.Complex
    solvent : str
        One of `ice.SOLVENTS`.
    seed : int
    occupancies : array of float, shape (maps, chains), optional
        Else blocks of chains and single ones come and go.

    Returns
    -------
    Ensemble
    """
    (found,) = several(molecule, solvent, seed, [occupancies])
    return found


def several(molecule, solvent, seed, dealt):
    """Ensembles of one complex, whose chains and conformations are made once only.

    Parameters
    ----------
    molecule, solvent, seed
        As for `ensemble`.
    dealt : iterable
        The occupancies of each, as for `ensemble`.

    Yields
    ------
    Ensemble
    """
    random = np.random.default_rng(seed)
    chains = _chain_coefficients(molecule, solvent, random)
    complete = _in_space(chains.mean(axis=1).sum(axis=0))
    densest = np.sort(complete, axis=None)[-200:].mean()
    mask = _soft_mask(complete / densest)
    for occupancies in dealt:
        known = _occupancies(molecule, random) if occupancies is None else occupancies
        maps = [_one_map(chains, row, mask, densest, random) for row in known]
        kept, positions = _given_model(molecule, random)
        yield Ensemble(molecule, np.array(maps, np.float32), known, kept, positions)


def _chain_coefficients(molecule, solvent, random):
    """Coefficients of each chain in each conformation, shape (chains, conformers, ...), in `BOX`."""
    own = random.uniform(0, _LARGEST_CHAIN_B, len(molecule.chain_names))
    b_factors = vacuum.residue_b_factors(molecule, "mixed", int(random.integers(1 << 30)))
    b_factors = b_factors + own[molecule.residue_chains()]
    found = []
    for conformer in [_bent(molecule, random) for _ in range(_CONFORMERS)]:
        of_chains = []
        for chain in range(len(molecule.chain_names)):
            alone = np.arange(len(molecule.chain_names)) == chain
            made = ice.potential(conformer, alone.astype(float), b_factors, solvent, _FINE)
            coefficients, box = ice.cropped(made, BOX.voxel_size)
            assert box.edge == BOX.edge
            of_chains.append(coefficients * (vacuum.squared_frequencies(BOX) <= 1 / (2 * BOX.voxel_size) ** 2))
        found.append(of_chains)
    return np.array(found, np.complex64).swapaxes(0, 1)


def _bent(molecule, random):
    """The complex in another conformation: every place moves with those around it."""
    waves = random.standard_normal((6, 3)) * 2 * np.pi / _SLOP_LENGTH
    phases, directions = random.uniform(0, 2 * np.pi, 6), random.standard_normal((6, 3))
    moved = np.sin(molecule.positions @ waves.T + phases) @ directions
    moved *= _SLOP / np.sqrt((moved**2).sum(axis=1).mean())
    # The extent stays, by which simulations place a molecule in the box.
    places = np.clip(molecule.positions + moved, molecule.positions.min(axis=0), molecule.positions.max(axis=0))
    return complexes.Complex(
        molecule.name, molecule.elements, _with_extent(places, molecule.positions), molecule.chains, molecule.residues,
        molecule.chain_names, molecule.residue_names, molecule.atom_names,
    )  # fmt: skip


def _with_extent(places, like):
    """Places with those atoms left where they were that reach farthest."""
    for axis in range(3):
        for extreme in (like[:, axis].argmin(), like[:, axis].argmax()):
            places[extreme] = like[extreme]
    return places


def _occupancies(molecule, random):
    """Known occupancies of all chains in all maps: a core that is always there, blocks that come and go as wholes."""
    count = len(molecule.chain_names)
    centres = np.array([molecule.positions[molecule.chains == chain].mean(axis=0) for chain in range(count)])
    core = np.argsort(np.linalg.norm(centres - molecule.positions.mean(axis=0), axis=1))[: max(1, count // 6)]
    _, block = kmeans2(centres, _BLOCKS, minit="++", rng=int(random.integers(1 << 30)))
    there = random.random((MAPS, _BLOCKS))[:, block] < _BLOCK_THERE
    there &= random.random((MAPS, count)) < _CHAIN_THERE
    partial = random.random((MAPS, count)) < _PARTIAL
    amounts = np.where(partial, random.uniform(_LEAST_PARTIAL, _MOST_PARTIAL, (MAPS, count)), 1.0)
    occupancies = np.where(there, amounts, 0.0)
    occupancies[:, core] = 1
    occupancies[:COMPLETE] = 1
    return occupancies


def _one_map(chains, occupancies, mask, densest, random):
    shares = random.dirichlet(np.ones(chains.shape[1]))
    squared = vacuum.squared_frequencies(BOX)
    total = np.einsum("c,k,ck...->...", occupancies, shares, chains)
    total = total * np.exp(-random.uniform(0, _FALL_OFF) * squared / 4)
    total *= 1 - random.uniform(0, _LOST) * np.exp(-squared * _LOST_LENGTH**2)
    width = random.uniform(*_BACKGROUND_WIDTHS) / BOX.voxel_size
    grain = gaussian_filter(random.standard_normal((BOX.edge,) * 3), width, mode="wrap")
    background = _BACKGROUND * densest * grain / grain.std() + random.uniform(-1, 1) * _ICE_LEVEL * densest
    density = (_in_space(total) + background) * mask
    return density * random.uniform(1 - _SCALE, 1 + _SCALE) + random.uniform(-1, 1) * _OFFSET * densest


def _in_space(coefficients):
    return fft.irfftn(coefficients, (BOX.edge,) * 3, workers=-1)


def _soft_mask(complete):
    wide = gaussian_filter((complete > _MASK_LEVEL).astype(float), _MASK_WIDTH / BOX.voxel_size)
    return np.clip(wide / 0.3, 0, 1)


def _given_model(molecule, random):
    """Which atoms a model has, and where: no hydrogens, stretches of some chains missing, places a little off."""
    kept = molecule.is_heavy
    for chain in range(len(molecule.chain_names)):
        mine = np.unique(molecule.residues[molecule.chains == chain])
        if random.random() < _MISSING_CHAINS:
            missing = int(random.uniform(0, _MOST_MISSING) * len(mine))
            first = random.integers(len(mine) - missing + 1)
            kept &= ~np.isin(molecule.residues, mine[first : first + missing])
    error = random.standard_normal(molecule.positions.shape) * _COORDINATE_ERROR / np.sqrt(3)
    return kept, vacuum.in_voxels(molecule, BOX) * BOX.voxel_size + error
