"""The graph of an order of assembly."""

import warnings

import networkx
import numpy as np
import pytest
from chimerax.occupy.engine.ensemble.assembly import Assembly, Node
from chimerax.occupy.figures.assembly import assembly_figure, draw_assembly, node_text
from chimerax.occupy.figures.layered import layered
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle


def node(name, share=0.5, always=False):
    return Node(tuple(name), tuple(name), share, 0.02, always)


SMALL = Assembly(
    [node("A", 1, True), node("BC", 0.9), node("D"), node("EFG", 0.4), node("H", 0.3)], [(1, 2), (1, 3)], 40
)


def many(random, count=60):
    arrows = [(int(random.integers(j)), j) for j in range(1, 45)] + [(int(random.integers(j)), j) for j in range(3, 20)]
    graph = networkx.transitive_reduction(networkx.DiGraph(arrows))
    names = [tuple(f"protein{i}{part}" for part in range(i % 5 + 1)) for i in range(count)]
    nodes = [Node(some, some, 1 - i / count, 0.02) for i, some in enumerate(names)]
    return Assembly(nodes, sorted(graph.edges), 200)


@pytest.fixture(params=["small", "many", "none", "empty"])
def assembly(request):
    if request.param == "many":
        return many(np.random.default_rng(3))
    empty = Assembly([], [], 3)
    return {"small": SMALL, "none": Assembly(SMALL.nodes, [], 3), "empty": empty}[request.param]


def drawn(figure):
    """Draw a figure; what Matplotlib warns of is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FigureCanvasAgg(figure).draw()


def boxes_of(axes):
    return [patch.get_window_extent() for patch in axes.patches if isinstance(patch, Rectangle)]


@pytest.mark.parametrize("size", [None, (3.2, 3.2), (7, 5)])
def test_all_nodes_are_drawn_apart_with_names_within_them(assembly, size):
    if size is None:
        figure = assembly_figure(assembly)
    else:
        draw_assembly(figure := Figure(figsize=size), assembly)
    drawn(figure)
    axes = figure.axes[0]
    boxes = boxes_of(axes)
    assert len(boxes) == len(assembly.nodes)
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    assert all(axes.get_window_extent().padded(2).containsx(box.x0) for box in boxes)
    if size is None:
        extents = [text.get_window_extent() for text in axes.texts[: len(boxes)]]
        assert all(text.width <= box.width for text, box in zip(extents, boxes, strict=True))
    assert figure.get_suptitle() == assembly.told


def test_an_arrow_leads_to_the_right_and_through_no_other_node(assembly):
    figure = assembly_figure(assembly)
    drawn(figure)
    axes = figure.axes[0]
    arrows = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == len(assembly.arrows)
    boxes = boxes_of(axes)
    for arrow in arrows:
        path = axes.transData.transform_path(arrow._path_original).interpolated(1).to_polygons(closed_only=False)[0]
        assert path[-1, 0] > path[0, 0]
        inside = [box for box in boxes if any(box.padded(-1).contains(*point) for point in path)]
        assert inside == []


def test_each_node_is_right_of_all_it_needs():
    found = many(np.random.default_rng(5))
    nodes = sorted({i for arrow in found.arrows for i in arrow})
    places = layered(nodes, found.arrows).places
    assert all(places[first][0] < places[then][0] for first, then in found.arrows)
    for column in {column for column, _ in places.values()}:
        rows = sorted(row for one, row in places.values() if one == column)
        assert all(np.diff(rows) > 1 - 1e-9)


def test_the_node_at_a_place_is_found_for_clicks(assembly):
    figure = Figure(figsize=(7, 5))
    found = draw_assembly(figure, assembly)
    assert sorted(found.places) == list(range(len(assembly.nodes)))
    for number, (x, y) in found.places.items():
        assert found.node_at(x, y) == found.node_at(x + 0.3, y - 0.3) == number
        assert found.node_at(x + 0.45, y) is None


def test_what_is_told_of_a_node():
    assert node_text(SMALL, 3) == "E, F, G: 40% ± 2% of the particles; only with B, C"
    assert node_text(SMALL, 0) == "A: always there"


def test_nothing_is_said_of_particles_where_nobody_told_of_them():
    found = Assembly(SMALL.nodes, SMALL.arrows, 40, of_particles=False)
    assert node_text(found, 3) == "E, F, G: 0.40 ± 0.02 on the mean of all maps; only with B, C"
    labels = [assembly_figure(one).axes[1].get_ylabel() for one in (SMALL, found)]
    assert labels == ["share of particles", "mean occupancy"]


@pytest.mark.parametrize("face", ["white", "#202020"])
def test_arrows_stand_out_from_light_and_dark_backgrounds(face):
    figure = Figure(figsize=(6, 4), facecolor=face)
    draw_assembly(figure, SMALL)
    (arrow, *_) = (patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch))
    assert abs(np.mean(arrow.get_edgecolor()[:3]) - np.mean(figure.get_facecolor()[:3])) > 0.4
