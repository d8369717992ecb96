"""Complexes that assemble in a known order: which chains the particles of each map of an ensemble have.

A class of particles is seldom pure. Where it is not, its particles are in two states, and a map has the mean of both.
"""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.vq import kmeans2

from .ensembles import COMPLETE, MAPS

_THERE = 0.7
"""How often a block is there where all that it needs is."""

_PUREST, _LEAST_PURE = 0.95, 0.6
_UNEVEN = 1.0
"""Of the logarithm of populations, standard deviation."""

BRANCH = ((), (0,), (1,), (1,))
TREE = ((), (0,), (0,), (1,), (2,))
APART = ((), ())
ALONE, WHOLE = "each chain by itself", "all whole"


@dataclass(frozen=True)
class Way:
    """How a complex assembles.

    Attributes
    ----------
    name : str
    needs : tuple of tuple of int, or str
        Which other blocks each block of chains needs; `ALONE` or `WHOLE`.
    mixed : bool
        Whether classes are mixtures of two states.
    uneven : bool
        Whether some have many more particles than others.
    """

    name: str
    needs: tuple | str
    mixed: bool = False
    uneven: bool = False


WAYS = (
    Way("chain with a branch", BRANCH),
    Way("tree", TREE),
    Way("two blocks apart", APART),
    Way(ALONE, ALONE),
    Way(WHOLE, WHOLE),
    Way("chain with a branch, mixed classes", BRANCH, mixed=True),
    Way("tree, populations uneven", TREE, uneven=True),
)


@dataclass(frozen=True, eq=False)
class Dealt:
    """Which chains the particles of each map have.

    Attributes
    ----------
    states : bool array, shape (maps, 2, chains)
    shares : array of float, shape (maps, 2)
        Of the particles of a map in each of its states.
    weights : array of float, shape (maps,)
        Shares of all particles.
    blocks : array of int, shape (chains,)
        The block of each chain; −1 for the core, which is always there. Chains that come and go by themselves have a
        block each.
    only_with : bool array, shape (chains, chains)
        Whether the chain of the column needs that of the row, and not the other way round.
    """

    states: np.ndarray
    shares: np.ndarray
    weights: np.ndarray
    blocks: np.ndarray
    only_with: np.ndarray

    @property
    def occupancies(self):
        """Of each chain in each map."""
        return np.einsum("ms,msc->mc", self.shares, self.states)

    @property
    def together(self):
        """Which pairs of chains are in one block."""
        return (self.blocks[:, None] == self.blocks) & ~np.eye(len(self.blocks), dtype=bool)

    @property
    def joint(self):
        """The share of all particles that have both chains of a pair, shape (chains, chains)."""
        return np.einsum("m,ms,msc,msd->cd", self.weights, self.shares, self.states, self.states, optimize=True)


def deal(molecule, way, random):
    """Deal the chains of a complex to the particles of an ensemble.

    Parameters
    ----------
    molecule : complexes.Complex
    way : Way
    random : numpy.random.Generator

    Returns
    -------
    Dealt
        The first `COMPLETE` maps hold all chains.
    """
    blocks = _blocks(molecule, way, random)
    there = _there(blocks.max(initial=0) + 1, way, random)
    states = np.where(blocks < 0, True, there[..., np.maximum(blocks, 0)])
    shares = np.ones((MAPS, 2)) * (1, 0)
    if way.mixed:
        most = random.uniform(_LEAST_PURE, _PUREST, MAPS)
        shares = np.stack([most, 1 - most], axis=1)
    weights = np.exp(_UNEVEN * random.standard_normal(MAPS)) if way.uneven else np.ones(MAPS)
    return Dealt(states, shares, weights / weights.sum(), blocks, _only_with(blocks, way))


def _blocks(molecule, way, random):
    count = len(molecule.chain_names)
    centres = np.array([molecule.positions[molecule.chains == chain].mean(axis=0) for chain in range(count)])
    distances = np.linalg.norm(centres - molecule.positions.mean(axis=0), axis=1)
    blocks = np.full(count, -1)
    rest = np.sort(np.argsort(distances)[max(1, count // 6) :])
    if way.needs == WHOLE:
        return blocks
    if way.needs == ALONE:
        blocks[rest] = np.arange(len(rest))
        return blocks
    _, found = kmeans2(centres[rest], len(way.needs), minit="++", rng=random)
    blocks[rest] = random.permutation(len(way.needs))[found]
    return blocks


def _there(count, way, random):
    """Whether the states of each map have each block, shape (maps, 2, blocks)."""
    there = random.random((MAPS, 2, count)) < _THERE
    if not isinstance(way.needs, str):
        for block, needed in enumerate(way.needs):
            there[..., block] &= there[..., list(needed)].all(axis=-1)
    there[:COMPLETE] = True
    return there


def _only_with(blocks, way):
    """Of all pairs of chains, whether the second needs the first: what a block needs is before it."""
    if isinstance(way.needs, str):
        return np.zeros((len(blocks),) * 2, bool)
    needed = np.zeros((len(way.needs),) * 2, bool)
    for block, direct in enumerate(way.needs):
        for other in direct:
            needed[:, block] |= needed[:, other]
            needed[other, block] = True
    return (blocks >= 0)[:, None] & (blocks >= 0) & needed[np.maximum(blocks, 0)[:, None], np.maximum(blocks, 0)]
