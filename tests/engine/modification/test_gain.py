"""The gain with which parts come out at the scale that they should."""

from dataclasses import dataclass
from math import inf

import numpy as np
from chimerax.occupy import Limits
from chimerax.occupy.engine.modification.factors import factor_of
from chimerax.occupy.engine.modification.gain import Shares, calibrated_gain


@dataclass
class Alone:
    """Blocks that have no neighbours, in the place of a smooth scale."""

    scale: np.ndarray
    local: np.ndarray

    @property
    def presence(self):
        return np.ones_like(self.scale)

    def ratio_to(self, values):
        return lambda others: others / values


def gain_of(local):
    """The gain of blocks of smooth scale 0.5, of which half of the density is signal."""
    local = np.array(local, np.float32)
    low = np.ones_like(local)
    whole = Shares(np.ones_like(local), np.float32(1), False)
    equalize = factor_of("equalize", {"power": inf})
    return calibrated_gain(Alone(0.5 * low, local), low, 0.5 * low, equalize, Limits(0.05, 20), whole)[0]


def test_signal_that_is_less_than_the_map_is_amplified_more():
    np.testing.assert_allclose(gain_of([0.25, 0.5, 1]), 4, rtol=1e-5)


def test_where_stronger_parts_fall_off_no_more_is_amplified_than_the_scale_says():
    np.testing.assert_allclose(gain_of([0.02, 0.1]), 2, rtol=1e-5)


def test_between_them_the_gain_rises():
    gains = gain_of(np.linspace(0.1, 0.15, 6))
    assert np.all(np.diff(gains) > 0)
