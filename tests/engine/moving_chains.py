"""Three chains that touch, and maps of them added up atom by atom, with known occupancies and B-factors."""

import numpy as np
from chimerax.occupy import make_groups
from scipy import fft

SHAPE, VOXEL = (52, 60, 54), 1.4
MODEL_B = 50.0
TRUTH = {"A": (1.0, 50.0), "B": (0.6, 110.0), "C": (0.8, 25.0)}
"""Occupancy and B-factor, Å²."""


def fold(random, centre, count=600, radius=12.0):
    """Atoms x, y, z about as dense as in a protein."""
    directions = random.standard_normal((count, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    return np.asarray(centre, float) + directions * radius * random.random((count, 1)) ** (1 / 3)


def three_chains():
    """Positions and chain names."""
    random = np.random.default_rng(5)
    centre = np.array(SHAPE[::-1]) * VOXEL / 2
    offsets = ([-12, -6, 0], [12, -6, 0], [0, 14, 0])
    return np.concatenate([fold(random, centre + offset) for offset in offsets]), np.repeat(list("ABC"), 600)


class Maps:
    """Makes maps of three chains: atoms as Gaussians, cut at a resolution, in noise."""

    def __init__(self):
        positions, chains = three_chains()
        self._transforms = {chain: _transform(positions[chains == chain]) for chain in "ABC"}

    def __call__(self, truth=TRUTH, resolution=3.5, noise=0.05):
        """A map of chains that are so much there and move so much."""
        squared = squared_frequencies()
        parts = [q * self._transforms[chain] * np.exp(-b * squared / 4) for chain, (q, b) in truth.items()]
        density = fft.ifftn(sum(parts) * (squared < 1 / resolution**2)).real
        return (density + np.random.default_rng(1).normal(0, noise * density.max(), SHAPE)).astype(np.float32)


def squared_frequencies():
    """1/Å²."""
    z, y, x = (fft.fftfreq(n, VOXEL) ** 2 for n in SHAPE)
    return z[:, None, None] + y[:, None] + x


def _transform(positions, finer=3):
    """Of points on a finer grid, cropped to the frequencies of the map's."""
    places = np.rint(positions[:, ::-1] * finer / VOXEL).astype(int)
    points = np.zeros(np.array(SHAPE) * finer, np.float32)
    np.add.at(points, tuple(places.T), 1)
    kept = np.ix_(*(np.r_[0 : n // 2, n * finer - n // 2 : n * finer] for n in SHAPE))
    return fft.fftn(points)[kept]


def groups_of(positions, labels, b_factor=MODEL_B):
    """Groups of carbon atoms without hydrogens, as all have the same B-factor in the model."""
    return make_groups(positions, ["C"] * len(positions), labels, b_factors=np.full(len(positions), b_factor))[0]
