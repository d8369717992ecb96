"""Solvent taken away by the presence of molecule."""

import numpy as np
import pytest
from chimerax.occupy import estimate, modify
from chimerax.occupy.engine.phantom import density_of_parts, parts_on_ring
from chimerax.occupy.engine.settings.kinds import KINDS

SHAPE, VOXEL, RADIUS = (48, 48, 48), 2.0, 3
"""Balls of two thirds of the low-pass, as thin as molecules are."""


@pytest.fixture(scope="module")
def thin():
    """A map of small balls in noise without that noise, with it, and its estimate."""
    clean = density_of_parts(parts_on_ring((1, 1, 1, 1, 1), SHAPE, RADIUS), SHAPE, VOXEL, noise=0)
    noisy = clean + np.random.default_rng(0).normal(0, 0.05, SHAPE).astype(np.float32)
    return clean, noisy, estimate(noisy, VOXEL)


@pytest.mark.parametrize("kind", KINDS)
def test_removing_solvent_hardly_weakens_the_molecule(thin, kind):
    clean, noisy, found = thin
    keeps = {"keep_noise": True} if kind == "equalize" else {}
    results = [
        modify(noisy, VOXEL, kind, estimate=found, power=1, clip=False, remove_solvent=removes, **keeps).density
        for removes in (False, True)
    ]
    molecule = clean > 0.5 * clean.max()
    weakened = 1 - results[1][molecule] / results[0][molecule]
    assert weakened.mean() < 0.05
    assert results[1][clean < 1e-6].std() < 0.5 * results[0][clean < 1e-6].std()
