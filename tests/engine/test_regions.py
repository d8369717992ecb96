"""The occupancy of regions."""

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, mask_region, occupancy_of, published_occupancy
from chimerax.occupy.engine.kernel import tau_quantile
from chimerax.occupy.engine.scale import full_scale


def test_mean_and_quartiles_are_those_of_the_values():
    values = np.random.default_rng(0).random((5, 6, 7))
    found = occupancy_of(values)
    assert found.count == 210
    assert found.mean == pytest.approx(values.mean())
    quartiles = (found.lower_quartile, found.median, found.upper_quartile)
    np.testing.assert_allclose(quartiles, np.percentile(values, (25, 50, 75)))


def test_mask_region_is_above_the_middle_of_the_mask_s_range():
    mask = np.array([[[0.0, 0.4, 0.6, 1.0]]])
    np.testing.assert_array_equal(mask_region(mask, mask.shape), mask > 0.5)
    np.testing.assert_array_equal(mask_region(10 * mask - 3, mask.shape), mask > 0.5)


def test_empty_regions_and_masks_on_other_grids_are_refused():
    with pytest.raises(OccuPyError, match="empty"):
        occupancy_of([])
    with pytest.raises(OccuPyError, match="everywhere"):
        mask_region(np.ones((3, 3, 3)), (3, 3, 3))
    with pytest.raises(OccuPyError, match="one grid"):
        mask_region(np.ones((3, 3, 3)), (3, 3, 4))


def test_published_figure_is_the_maximum_over_the_full_scale_with_the_region_s_tau():
    density = np.random.default_rng(1).random((30, 30, 30)).astype(np.float32)
    region = np.zeros(density.shape, bool)
    region[3:9, 4:9, 5:9] = True
    expected = density[region].max() / full_scale(density, tau_quantile(120)).value
    assert published_occupancy(density, region) == pytest.approx(expected)
