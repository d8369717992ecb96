"""What is where in a heat map, and the marks of its rows."""

import numpy as np
import pytest
from chimerax.occupy.figures.heatmap import SETS, draw_matrix
from chimerax.occupy.figures.heatmap_places import Place, mark_rows, place_at
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

SETS_OF_GROUPS = ([1, 1, 1], [1, 1, 0], [0, 1, 1])


@pytest.fixture
def matrix(matrix_of):
    return matrix_of(SETS_OF_GROUPS, ["/A", "/B", "/C"])


@pytest.fixture
def heat(matrix):
    figure = Figure(figsize=(5, 5))
    FigureCanvasAgg(figure)
    return draw_matrix(figure, matrix, matrix.maps)


def test_every_cell_is_found_in_its_place(heat, matrix):
    for row, i in enumerate(matrix.map_order.places):
        for column, j in enumerate(matrix.group_order.places):
            assert place_at(heat, matrix, *heat.transData.transform((column, row))) == Place(i, j)


def test_beside_the_heat_map_are_its_rows_below_it_its_columns_and_on_the_band_sets(heat, matrix):
    x, y = heat.transData.transform((1, 2))
    map_of_row, group = matrix.map_order.places[2], matrix.group_order.places[1]
    band = next(axes for axes in heat.get_figure().axes if axes.get_label() == SETS)
    assert place_at(heat, matrix, heat.bbox.x1 + 20, y) == Place(row=map_of_row)
    assert place_at(heat, matrix, 10, y) == Place(row=map_of_row)
    assert place_at(heat, matrix, x, heat.bbox.y0 - 10) == Place(column=group)
    middle = (band.bbox.x0 + band.bbox.x1) / 2
    assert place_at(heat, matrix, middle, y) == Place(number=matrix.agreement[map_of_row])
    assert place_at(heat, matrix, 2, 2) == Place()


def test_marks_change_the_picture_and_can_be_taken_away(heat, matrix):
    def picture():
        heat.get_figure().canvas.draw()
        return np.array(heat.get_figure().canvas.buffer_rgba())

    before, limits = picture(), (heat.get_xlim(), heat.get_ylim())
    marks = mark_rows(heat, matrix, matrix.map_order.places[1], [0, 2])
    marked = picture()
    assert (heat.get_xlim(), heat.get_ylim()) == limits
    assert (before != marked).any()
    for mark in marks:
        mark.remove()
    np.testing.assert_array_equal(picture(), before)
