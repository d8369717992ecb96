"""The occupancy of regions."""

import csv

import numpy as np
import pytest
from chimerax.occupy import OccuPyError, mask_region, occupancy_of, published_occupancy
from chimerax.occupy.engine.csv_text import csv_text
from chimerax.occupy.engine.grids.kernel import tau_quantile
from chimerax.occupy.engine.scale.published import full_scale
from chimerax.occupy.engine.scale.regions import RegionTable, as_csv


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


@pytest.fixture(scope="module")
def scale():
    """A scale that is linear along all axes, so that interpolation is exact."""
    z, y, x = np.indices((5, 6, 7))
    return ((z + 2 * y + 3 * x) / 40).astype(np.float32)


def places_and_scales(count):
    places = np.random.default_rng(2).random((count, 3)) * (4, 5, 6)
    return places, places @ (1, 2, 3) / 40


def test_rows_of_atoms_are_those_of_the_scale_at_their_places_in_the_order_of_their_groups(scale):
    places, scales = places_and_scales(30)
    names = np.array(["b", "a", "c"] * 10)
    table = RegionTable(scale)
    np.testing.assert_allclose(table.add_atoms(places, names), scales, atol=1e-6)
    rows = table.rows()
    assert [row["region"] for row in rows] == ["b", "a", "c"]
    for row in rows:
        members = scales[names == row["region"]]
        assert row["count"] == 10
        assert row["mean"] == pytest.approx(members.mean(), abs=1e-6)
        assert row["lower_quartile"] == pytest.approx(np.percentile(members, 25), abs=1e-6)


def test_atoms_outside_the_map_are_in_no_row(scale):
    places, _ = places_and_scales(4)
    places[:2] += 100
    table = RegionTable(scale)
    found = table.add_atoms(places, ["a", "b", "b", "b"])
    np.testing.assert_array_equal(np.isnan(found), [True, True, False, False])
    assert [(row["region"], row["count"]) for row in table.rows()] == [("b", 2)]
    with pytest.raises(OccuPyError, match="all 4 atoms are outside"):
        RegionTable(scale).add_atoms(places + 100, "abcd")


def test_densities_are_relative_to_the_strongest_of_all_regions(scale):
    density = 10 * scale
    mask = np.zeros(scale.shape, bool)
    mask[1:, 1:, 1:] = True
    places, scales = places_and_scales(8)
    table = RegionTable(scale, density)
    table.add_mask("mask", mask)
    table.add_atoms(places, ["atoms"] * 8)
    of_mask, of_atoms = table.rows()
    assert of_mask["relative_density"] == 1
    assert of_atoms["relative_density"] == pytest.approx(scales.mean() / scale[mask].mean(dtype=float), abs=1e-5)
    assert of_mask["published"] == pytest.approx(published_occupancy(density, mask))
    assert "published" not in of_atoms


def test_a_table_as_csv_has_the_columns_that_rows_fill_and_quotes_what_would_break_them(scale):
    table = RegionTable(scale)
    table.add_atoms(places_and_scales(2)[0], ["/A, first", "/B"])
    rows = table.rows()
    read = list(csv.DictReader(as_csv(rows).splitlines()))
    assert read == [{name: str(value) for name, value in row.items()} for row in rows]
    assert as_csv([{"map": "m"} | row for row in rows], ["map"]).startswith("map,region,mean,")


def test_what_is_no_scale_map_has_no_table():
    with pytest.raises(OccuPyError, match="within 0 to 1"):
        RegionTable(np.full((3, 3, 3), 2.0))


@pytest.mark.parametrize("name", ["=1+1", "+A", "-", "@A", "\tA", "\rA", "'A", '=HYPERLINK("x")'])
def test_no_name_in_a_table_is_a_formula_and_the_first_apostrophe_taken_away_is_the_name(name):
    ((_, cell),) = csv.reader(as_csv([{"map": name, "region": name}], ["map"]).splitlines(True)[1:])
    assert cell == f"'{name}"


@pytest.mark.parametrize("name", ["A", "", "A=1", " =1", "1-2"])
def test_other_names_are_as_they_are(name):
    assert list(csv.reader(csv_text([[name, "x"]]).splitlines())) == [[name, "x"]]


def test_numbers_stay_numbers_in_a_table():
    assert csv_text([[-1.5, -3, 0.25, None, np.float64(-2)]]) == "-1.5,-3,0.25,,-2.0\r\n"


@pytest.mark.parametrize("region", [np.ones((2, 2, 2), bool), np.ones(5, bool)])
def test_a_region_of_another_shape_is_refused(scale, region):
    with pytest.raises(OccuPyError, match="the region has shape"):
        published_occupancy(scale, region)


def test_the_flexibility_of_a_region_is_the_mean_of_what_is_told_there():
    scale = np.full((6, 6, 6), 0.5, np.float32)
    shifts = np.full((6, 6, 6), np.nan, np.float32)
    shifts[:, :, 2:] = 40
    table = RegionTable(scale, flexibility=np.where(np.isnan(shifts), -1000, shifts))
    mask = np.zeros((6, 6, 6))
    mask[:, :, 1:4] = 1
    table.add_mask("half told", mask)
    table.add_mask("untold", np.arange(6) * np.ones((6, 6, 1)) < 1.5)
    table.add_atoms(np.array([[3, 3, 4], [3, 3, 1.6], [3, 3, 0.5]]), ["told", "told", "untold atom"])
    found = {row["region"]: row["flexibility"] for row in table.rows()}
    assert found == {"half told": 40, "untold": None, "told": pytest.approx(40), "untold atom": None}
    assert "flexibility" in as_csv(table.rows()).splitlines()[0]


def test_a_flexibility_map_on_another_grid_is_refused():
    with pytest.raises(OccuPyError, match="flexibility map has shape"):
        RegionTable(np.full((3, 3, 3), 0.5), flexibility=np.zeros((4, 3, 3)))
