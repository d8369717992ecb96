"""Masks from a scale map."""

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, SettingError, make_mask
from chimerax.occupy.engine.modification.masks import scale_at_surface

SCALE = np.linspace(0, 1, 11, dtype=np.float32) * np.ones((9, 10, 1), np.float32)


def test_threshold_takes_what_is_at_least_as_high():
    np.testing.assert_array_equal(make_mask(SCALE, 2.0, threshold=0.5), (SCALE >= 0.5).astype(np.float32))


def test_inverted_mask_and_mask_add_up_to_one():
    for settings in ({"threshold": 0.3, "soft_edge": 5}, {"mask_from": "sigmoid", "power": 3}):
        both = make_mask(SCALE, 2.0, **settings) + make_mask(SCALE, 2.0, invert=True, **settings)
        np.testing.assert_allclose(both, 1, atol=1e-6)


def test_soft_edge_is_a_raised_cosine_of_the_distance_in_angstrom():
    scale = np.zeros((5, 5, 21), np.float32)
    scale[:, :, :5] = 1
    edge = make_mask(scale, (1.0, 1.0, 2.0), threshold=0.5, soft_edge=12)[2, 2, 4:]
    distance = 2.0 * np.arange(17)
    expected = np.where(distance < 12, 0.5 + 0.5 * np.cos(np.pi * distance / 12), 0)
    np.testing.assert_allclose(edge, expected, atol=1e-6)


def test_attenuation_s_mask_keeps_scale_to_the_power_minus_one():
    np.testing.assert_allclose(make_mask(SCALE, 2.0, mask_from="attenuate", power=3), SCALE**2, atol=1e-6)


def test_sigmoid_s_mask_never_amplifies():
    mask = make_mask(SCALE, 2.0, mask_from="sigmoid", power=4, pivot=0.4)
    assert mask.min() >= 0
    assert mask.max() == 1
    assert (mask[SCALE > 0.4] == 1).all()


def test_empty_mask_and_maps_that_are_no_scale_are_refused():
    with pytest.raises(OccuPyError, match="empty"):
        make_mask(SCALE * 0.5, 2.0, threshold=0.9)
    with pytest.raises(OccuPyError, match="0 to 1"):
        make_mask(SCALE * 3, 2.0)
    with pytest.raises(SettingError, match="threshold"):
        make_mask(SCALE, 2.0, threshold=0)


@pytest.mark.parametrize(
    ("settings", "level"),
    [
        ({"threshold": 0.3}, 0.3),
        ({"mask_from": "attenuate", "power": 3}, np.sqrt(0.5)),
        ({"mask_from": "attenuate", "power": 1}, 0),
        ({"mask_from": "attenuate", "power": np.inf}, 1),
        ({"mask_from": "sigmoid", "power": np.inf, "pivot": 0.4}, 0.4),
        ({"mask_from": "sigmoid", "power": 2, "pivot": 0.5}, 1 - np.sqrt(0.5)),
    ],
)
def test_a_mask_s_surface_is_where_it_is_one_half(settings, level):
    assert scale_at_surface(**settings) == pytest.approx(level, abs=2e-4)
