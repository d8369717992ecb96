"""The figures that all doors show."""

import warnings
from dataclasses import replace
from itertools import pairwise

import chimerax.occupy as occupy
import numpy as np
import pytest
from chimerax.occupy.engine import phantom
from chimerax.occupy.engine.modification.gain import Reached
from chimerax.occupy.engine.modification.limits import Limits
from chimerax.occupy.figures.heatmap import cell_text, draw_matrix, matrix_figure
from chimerax.occupy.figures.heatmap_places import Place, place_at
from chimerax.occupy.figures.maps import draw_curve, draw_projection
from chimerax.occupy.figures.occupancies import draw_occupancies, occupancies_figure
from chimerax.occupy.figures.palette import PALETTE
from chimerax.occupy.figures.solvent import draw_solvent, solvent_figure
from chimerax.occupy.figures.style import write_png
from chimerax.occupy.figures.window_layout import WindowLayout
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import imread

VOXEL_SIZE = 2.0


@pytest.fixture(scope="module")
def model():
    density = phantom.density_of_parts([phantom.Part(1.0, (20, 20, 20), 8)], (40, 40, 40), VOXEL_SIZE)
    return occupy.fit_solvent(density, voxel_size=VOXEL_SIZE)


def drawn(figure):
    """The figure in pixels; what Matplotlib warns of is an error."""
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())


@pytest.mark.parametrize("name", ["$x_{y$", "cost $5$", "$$", "<b>&amp;", "line\nend", "%s {0}", "карта Ω"])
def test_a_title_is_drawn_as_it_is(model, name):
    expected = solvent_figure(model)
    # A dollar stands for itself after a backslash.
    expected.axes[0].set_title(name.replace("$", r"\$"), fontsize="medium", parse_math=True)
    assert np.array_equal(drawn(solvent_figure(model, name)), drawn(expected))


def occupancy_rows(occupancies, chain=None):
    """Rows as `GroupOccupancy.as_dict` gives them, with a standard error of 0.05."""
    rows = [{"group": f"${i}", "occupancy": value, "standard_error": 0.05} for i, value in enumerate(occupancies)]
    return [row | {"chain": chain, "position": i + 1} if chain else row for i, row in enumerate(rows)]


@pytest.mark.parametrize("background", ["white", "black"])
@pytest.mark.parametrize("count", [1, 2, 21, 80])
def test_each_group_is_a_bar_as_high_as_its_occupancy_with_one_standard_error_either_way(background, count):
    occupancies = np.linspace(-0.1, 1.1, count)
    figure = Figure()
    axes = figure.add_subplot(facecolor=background)
    draw_occupancies(axes, occupancy_rows(occupancies), "chain")
    bars = axes.patches
    assert [bar.get_height() for bar in bars] == pytest.approx(occupancies)
    (errors,) = axes.collections
    ends = np.array([segment[:, 1] for segment in errors.get_segments()])
    assert ends == pytest.approx(np.stack([occupancies - 0.05, occupancies + 0.05], axis=1))
    drawn(figure)


@pytest.mark.parametrize("count", [2, 21, 80, 300])
def test_names_of_groups_do_not_run_into_each_other(count):
    figure = occupancies_figure(occupancy_rows(np.linspace(0, 1, count)), "chain", "title")
    drawn(figure)
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert len(boxes) >= min(count, 40)
    assert all(one.x1 <= other.x0 + 1 for one, other in pairwise(boxes))


def test_a_chain_by_residue_is_a_line_with_a_band_broken_where_residues_are_missing():
    rows = occupancy_rows(np.linspace(0.2, 0.8, 20), chain="A")
    axes = Figure().add_subplot()
    draw_occupancies(axes, rows[15:] + rows[:9], "residue")
    first, second = axes.get_lines()[:2]
    assert list(first.get_xdata()) == list(range(1, 10))
    assert list(second.get_xdata()) == list(range(16, 21))
    assert second.get_ydata() == pytest.approx([row["occupancy"] for row in rows[15:]])
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0.15, rows[8]["occupancy"] + 0.05))


def test_a_figure_by_segment_has_a_panel_for_each_chain_with_one_range_of_occupancies():
    rows = [row for chain in "A$C" for row in occupancy_rows([0.4, 0.5 + (chain == "A")], chain=chain)]
    figure = occupancies_figure(rows, "segment", "a $title$")
    drawn(figure)
    panels = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_title() for axes in panels] == ["A", "$", "C"]
    assert len({axes.get_ylim() for axes in panels}) == 1


@pytest.mark.parametrize("by", ["chain", "residue"])
def test_groups_without_an_occupancy_leave_a_gap(by):
    rows = occupancy_rows([0.5, float("nan"), 1.0], chain="A")
    drawn(occupancies_figure(rows, by))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_projection_is_as_bright_as_the_highest_density_and_colored_by_the_scale_there(axis):
    generator = np.random.default_rng(2)
    density = generator.integers(0, 5, (7, 9, 11)).astype(np.float32)
    scale = generator.random(density.shape, np.float32)
    axes = Figure().add_subplot()
    draw_projection(axes, density, scale, 4.0, axis)
    (image,) = axes.get_images()
    places = np.moveaxis(density, axis, -1)
    highest = places.argmax(-1)[..., None]
    shade = np.take_along_axis(places, highest, -1) / 4
    color = np.take_along_axis(np.moveaxis(scale, axis, -1), highest, -1)[..., 0]
    expected = 255 * (1 - shade * (1 - LinearSegmentedColormap.from_list("", PALETTE)(color)[..., :3]))
    assert np.abs(image.get_array() - expected).max() <= 0.5 + 1e-6


def test_a_figure_is_drawn_into_a_png_of_its_size(model, tmp_path):
    figure = solvent_figure(model, "title")
    write_png(figure, tmp_path / "figure.png")
    picture = imread(tmp_path / "figure.png")
    assert picture.shape[:2] == (504, 840)
    assert np.array_equal(np.rint(255 * picture), drawn(solvent_figure(model, "title")))


def test_counts_are_labeled_by_powers_of_ten(model):
    axes = solvent_figure(model).axes[0]
    drawn(axes.get_figure())
    labels = {tick: label.get_text() for tick, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)}
    assert labels[1] == "10⁰"
    assert labels[100] == "10²"


def curve(reached, kind="equalize", background="white"):
    """Axes with the curve of a modification."""
    axes = Figure().add_subplot(facecolor=background)
    draw_curve(axes, kind, {"power": 2.0, "pivot": 0.5}, Limits(0.05, 20.0), reached)
    return axes


@pytest.mark.parametrize("background", ["white", "black"])
@pytest.mark.parametrize("kind", ["equalize", "sigmoid"])
def test_what_comes_out_is_a_band_about_a_line_broken_where_there_is_no_molecule_of_a_scale(kind, background):
    scale = np.array([0.2, 0.25, 0.3, 0.7, 0.9, 0.95])
    axes = curve(Reached(scale, scale + 0.1, scale + 0.2, scale + 0.3), kind, background)
    parts = [scale[:3], scale[3:4], scale[4:]]
    lines = [line for line in axes.get_lines() if line.get_color() == axes.get_lines()[-1].get_color()]
    assert [list(line.get_xdata()) for line in lines] == [list(part) for part in parts]
    assert [list(line.get_ydata()) for line in lines] == [list(part + 0.2) for part in parts]
    for band, part in zip(axes.collections, parts, strict=True):
        heights = band.get_paths()[0].vertices[:, 1]
        assert (heights.min(), heights.max()) == pytest.approx((part.min() + 0.1, part.max() + 0.3))
    assert axes.get_ylim()[1] > scale.max() + 0.3
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["aimed at", "comes out (16 to 84 %)"]
    drawn(axes.figure)


@pytest.mark.parametrize("reached", [None, Reached(*np.empty((4, 0)))], ids=["unknown", "nothing"])
def test_where_it_is_not_known_what_comes_out_the_curve_is_what_is_aimed_at_alone(reached):
    axes = curve(reached)
    assert (list(axes.collections), axes.get_legend(), len(axes.get_lines())) == ([], None, 3)
    drawn(axes.figure)


@pytest.mark.parametrize("solvent_model", ["uniform", "varying"])
def test_the_legend_of_a_solvent_model_covers_no_curve_and_no_label(solvent_model):
    density = phantom.density_of_parts([phantom.Part(1.0, (20, 20, 20), 8)], (40, 40, 40), VOXEL_SIZE)
    model = occupy.fit_solvent(density, voxel_size=VOXEL_SIZE, solvent_model=solvent_model)
    figure = solvent_figure(model, "map.mrc")
    drawn(figure)
    left, right = figure.axes
    legend = left.get_legend().get_window_extent()
    assert not any(legend.overlaps(axes.bbox) for axes in (left, right))
    assert not legend.overlaps(left.xaxis.label.get_window_extent())
    assert figure.bbox.containsx(legend.x0)
    assert figure.bbox.containsx(legend.x1)
    assert figure.bbox.containsy(legend.y0)


@pytest.mark.parametrize("size", [(0.1, 2.6), (1, 2.6), (3, 0.3), (6, 2.6)])
def test_a_plot_in_a_window_of_any_size_is_drawn_without_a_warning(model, size):
    figure = Figure(figsize=size, layout=WindowLayout())
    draw_solvent(figure.add_subplot(), model, "map.mrc", legend_columns=2)
    drawn(figure)


@pytest.fixture(scope="module")
def matrix():
    """A matrix of three equal maps with one group."""
    density = phantom.density_of_parts([phantom.Part(1.0, (20, 20, 20), 8)], (40, 40, 40), VOXEL_SIZE, noise=0)
    places = np.argwhere(density > density.max() / 3)[:, ::-1] * VOXEL_SIZE
    groups = occupy.make_groups(places, ["C"] * len(places), ["A"] * len(places))[0]
    return occupy.refine_maps([density, density, density], VOXEL_SIZE, groups)


def test_a_heat_map_of_maps_that_do_not_differ_is_drawn_without_a_warning(matrix):
    drawn(matrix_figure(matrix, matrix.maps))


def test_cells_with_notes_are_marked_in_the_heat_map_and_told_with_them(matrix):
    noted = replace(matrix, notes=[[[]], [["displaced?", "too small"]], [[]]])
    figure = Figure(figsize=(4, 4))
    heat = draw_matrix(figure, noted, noted.maps)
    drawn(figure)
    (marks,) = heat.get_lines()
    (pixels,) = heat.transData.transform(marks.get_xydata())
    assert place_at(heat, noted, *pixels) == Place(1, 0)
    assert "has notes" in [text.get_text() for text in figure.texts]
    correlated = noted.local_correlations[1, 0]
    assert cell_text(noted, noted.maps, (1, 0)).endswith(f"; correlation {correlated:.2f}; displaced?; too small")
    assert not draw_matrix(Figure(), matrix, matrix.maps).get_lines()


def test_the_share_of_all_particles_is_a_row_by_itself_below_the_maps(matrix_of):
    values = np.array([[1, 0, 0.2], [1, 1, 0.4]])
    plain = matrix_of(values, list("ABC"))
    shared = replace(plain, shares=np.array([1, 0.3, 0.25]), share_errors=np.full(3, 0.01))
    figure = Figure(figsize=(6, 4))
    heat = draw_matrix(figure, shared, shared.maps)
    drawn(figure)
    (row,) = [axes for axes in figure.axes if axes.get_label() == "all particles"]
    np.testing.assert_allclose(row.images[0].get_array(), [shared.shares[shared.group_order.places]])
    assert row.images[0].norm is heat.images[0].norm
    assert [label.get_text() for label in row.get_xticklabels()] == [
        shared.groups[i] for i in shared.group_order.places
    ]
    assert [label.get_text() for label in row.get_yticklabels()] == ["all particles"]
    assert not heat.get_xticklabels()
    assert row.get_position().y1 < heat.get_position().y0
    assert row.get_position().x0 == pytest.approx(heat.get_position().x0)
    labels = [label.get_window_extent() for label in (*row.get_yticklabels(), *heat.get_yticklabels())]
    assert max(box.x1 for box in labels) < figure.axes[-1].get_window_extent().x0
    assert "all particles" not in [axes.get_label() for axes in matrix_figure(plain, plain.maps).axes]


def test_of_a_cell_its_flexibility_is_told_where_it_is_known(matrix):
    shifts, errors = np.array([[[np.nan], [60.2], [3.0]], [[np.nan], [4.8], [2.0]]])
    moving = replace(matrix, b_shifts=shifts, b_shift_errors=errors)
    told = [cell_text(moving, moving.maps, (i, 0)) for i in range(3)]
    assert ["ΔB" in text for text in told] == [False, True, True]
    assert "; ΔB 60 ± 5 Å²; " in told[1]


def names_of_groups(chains, segments):
    return [f"#2/{chr(65 + i)}:{30 * j + 1}-{30 * j + 30}" for i in range(chains) for j in range(segments)]


@pytest.mark.parametrize("size", [(5.6, 7.0), (9.0, 9.0)])
@pytest.mark.parametrize(
    ("maps", "groups"), [(2, ["#2/A", "#2/B", "#2/C"]), (40, list("ABCDEFGH")), (500, names_of_groups(8, 17))]
)
def test_a_heat_map_stays_readable_however_large_the_matrix(matrix_of, maps, groups, size):
    random = np.random.default_rng(3)
    many = matrix_of(np.round(random.random((min(maps, 10), len(groups)))), groups, max(1, maps // 10))
    figure = Figure(figsize=size, dpi=100)
    heat = draw_matrix(figure, many, many.maps)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    room = figure.bbox
    for axis, low, high in ((heat.xaxis, "x0", "x1"), (heat.yaxis, "y0", "y1")):
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        boxes.sort(key=lambda box: getattr(box, low))
        assert all(getattr(a, high) < getattr(b, low) + 0.5 for a, b in pairwise(boxes))
        assert all(room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 for box in boxes)
        assert min(label.get_fontsize() for label in axis.get_ticklabels()) >= 5
    texts = [label.get_text() for label in heat.get_xticklabels()]
    assert not any("#" in text for text in texts)
    key = figure.axes[-1].get_window_extent()
    assert max(label.get_window_extent().x1 for label in heat.get_yticklabels()) < key.x0
    assert heat.get_window_extent().height > 0.6 * room.height
    for tree, leaves in zip(figure.axes[2:4], many.occupancies.shape, strict=True):
        (brackets,) = tree.collections
        points = 72 / figure.dpi * max(tree.bbox.width, tree.bbox.height) / leaves
        assert min(brackets.get_linewidths()) < points / 2
