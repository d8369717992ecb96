"""The figure of occupancy against flexibility."""

import warnings
from itertools import combinations

import numpy as np
import pytest
from chimerax.occupy.figures.flexibility import draw_flexibility, flexibility_figure
from chimerax.occupy.figures.window_layout import WindowLayout
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

NAN = float("nan")


def drawn(figure):
    """Draw a figure; what Matplotlib warns of is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FigureCanvasAgg(figure).draw()
    return figure.axes[0]


def named(axes):
    """The names of points that a drawn figure shows, as texts."""
    (artist,) = (child for child in axes.get_children() if hasattr(child, "texts") and child.get_zorder() == 4)
    return [text for text in artist.texts if text.get_visible()]


def groups(count, seed=1):
    """Names, occupancies and ΔB of groups most of which are whole and at rest."""
    random = np.random.default_rng(seed)
    names = [f"#1/{number}" for number in range(count)]
    return names, 1 - 0.03 * np.abs(random.normal(size=count)), random.normal(0, 5, count)


def test_each_group_is_a_point_at_its_flexibility_and_occupancy_with_both_errors():
    figure = flexibility_figure("AB", [1, 0.5], [-4, 80], [0.02, 0.03], [NAN, 9])
    axes = drawn(figure)
    *_, points = axes.collections
    np.testing.assert_allclose(points.get_offsets(), [(-4, 1), (80, 0.5)])
    along, up = (bars.get_segments() for bars in axes.collections[:2])
    np.testing.assert_allclose(along[1], [(71, 0.5), (89, 0.5)])
    np.testing.assert_allclose(along[0][0], along[0][1])
    np.testing.assert_allclose(up[1], [(80, 0.47), (80, 0.53)])
    assert "Å²" in axes.get_xlabel()


def test_groups_that_lack_a_number_are_left_out_and_counted():
    figure = flexibility_figure("ABCD", [1, 0.5, NAN, 0.8], [NAN, 80, 3, NAN])
    axes = drawn(figure)
    assert len(axes.collections[-1].get_offsets()) == 1
    assert axes.get_title(loc="right") == "3 without ΔB are not shown"
    assert [text.get_text() for text in named(axes)] == ["B"]


def test_groups_without_any_flexibility_make_an_empty_figure():
    axes = drawn(flexibility_figure("A", [1], [NAN]))
    assert axes.get_title(loc="right") == "1 without ΔB is not shown"


def test_of_few_groups_all_are_named():
    axes = drawn(flexibility_figure("ABC", [1, 0.99, 0.98], [0, 30, 60]))
    assert {text.get_text() for text in named(axes)} == set("ABC")


@pytest.mark.parametrize("count", [40, 600])
def test_of_many_groups_those_that_are_weak_or_move_are_named_and_none_else(count):
    names, occupancies, shifts = groups(count)
    occupancies[3], shifts[7], shifts[9] = 0.4, 90, 70
    shown = {text.get_text() for text in named(drawn(flexibility_figure(names, occupancies, shifts)))}
    assert {"#1/3", "#1/7", "#1/9"} <= shown
    assert len(shown) <= 6


@pytest.mark.parametrize("size", [(2.2, 1.6), (4, 2.6), (7, 5)])
def test_names_are_apart_in_a_window_of_any_size(size):
    names, occupancies, shifts = groups(80)
    occupancies[10:40] = np.linspace(0.3, 0.5, 30)
    figure = Figure(figsize=size, layout=WindowLayout())
    draw_flexibility(figure.add_subplot(), names, occupancies, shifts)
    axes = drawn(figure)
    words = [text for text in axes.texts if isinstance(text, Text)]
    labels = named(axes)
    assert labels
    boxes = [text.get_window_extent() for text in labels]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert not any(box.overlaps(word.get_window_extent()) for box in boxes for word in words)
    assert all(axes.bbox.containsx(box.x0) and axes.bbox.containsx(box.x1) for box in boxes)


@pytest.mark.parametrize("background", ["white", "black"])
def test_names_that_look_like_formulas_are_drawn_as_they_are(background):
    axes = Figure().add_subplot(facecolor=background)
    draw_flexibility(axes, ["$x_{y$", "<b>"], [1, 0.5], [0, 40])
    assert [text.get_text() for text in named(drawn(axes.get_figure()))] == ["$x_{y$", "<b>"]
