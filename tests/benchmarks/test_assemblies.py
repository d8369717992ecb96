"""Particles that are dealt in a known order of assembly."""

import numpy as np
import pytest

from benchmarks.simulation import assemblies, complexes


@pytest.fixture(scope="module")
def molecule():
    return complexes.bundles(16, "bundles", seed=3)


@pytest.mark.parametrize("way", assemblies.WAYS, ids=lambda way: way.name)
def test_no_particle_has_a_chain_without_what_it_needs(molecule, way):
    dealt = assemblies.deal(molecule, way, np.random.default_rng(5))
    states = dealt.states.reshape(-1, 16)
    for first, then in np.argwhere(dealt.only_with):
        assert not (states[:, then] & ~states[:, first]).any()
        assert (states[:, first] & ~states[:, then]).any()
    for one, other in np.argwhere(dealt.together):
        np.testing.assert_array_equal(states[:, one], states[:, other])
    assert dealt.weights.sum() == pytest.approx(1)
    assert (dealt.occupancies[:3] == 1).all()
    np.testing.assert_allclose(np.diagonal(dealt.joint), dealt.weights @ dealt.occupancies)


def test_what_is_needed_by_steps_is_needed(molecule):
    dealt = assemblies.deal(molecule, assemblies.Way("chain", ((), (0,), (1,))), np.random.default_rng(1))
    blocks = dealt.blocks
    expected = (blocks[:, None] >= 0) & (blocks > blocks[:, None])
    np.testing.assert_array_equal(dealt.only_with, expected)
