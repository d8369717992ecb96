"""The figures that all doors show."""

import warnings

import chimerax.occupy as occupy
import numpy as np
import pytest
from chimerax.occupy import plots
from chimerax.occupy.engine import phantom
from matplotlib.backends.backend_agg import FigureCanvasAgg

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
    expected = plots.solvent_figure(model)
    # A dollar stands for itself after a backslash.
    expected.axes[0].set_title(name.replace("$", r"\$"), fontsize="medium", parse_math=True)
    assert np.array_equal(drawn(plots.solvent_figure(model, name)), drawn(expected))
