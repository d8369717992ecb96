"""What the tests in ChimeraX share. `session` is set by run_all.py."""

import os
import unittest
from pathlib import Path

import numpy as np
from chimerax.core.commands import run
from chimerax.core.logger import PlainTextLog
from chimerax.map import volume_from_grid_data
from chimerax.map_data import ArrayGridData
from chimerax.occupy.commands.maps import draw_now
from chimerax.occupy.engine import phantom

session = None
FOLDER = Path(os.environ["OCCUPY_TEST_FOLDER"])
SHAPE = (40, 44, 48)
VOXEL_SIZE = 2.0
ORIGIN = (5.0, 6.0, 7.0)
NASTY_NAMES = (
    'a" ; close ; "x',
    'a"; close; "x',
    '"; close; "',
    "it's ; close ; 'x",
    "<img src=x>",
    "<b>bold",
    "&amp; & &lt;",
    "line\nclose",
    "[a] (b) {c}",
    "#1",
    "-name",
    "$x_{y$",
    "a\\b",
    "карта Ω 地図",
)
"""What users call maps and files, on purpose or not."""

PARTS = [phantom.Part(1.0, (20, 14, 14), 8), phantom.Part(0.5, (20, 30, 32), 8)]


def density():
    """A small map with a full and a half occupied part."""
    return phantom.density_of_parts(PARTS, SHAPE, VOXEL_SIZE)


class Log(PlainTextLog):
    """Keeps what is logged."""

    excludes_other_logs = False
    propagate_to_chimerax = True

    def __init__(self):
        self.text = {"info": "", "warning": "", "error": ""}

    def log(self, level, message):
        name = {self.LEVEL_INFO: "info", self.LEVEL_WARNING: "warning"}.get(level, "error")
        self.text[name] += " ".join(message.split()) + " "
        return True


def close_all():
    """Close all models, and have ChimeraX take them out of its list of maps to redraw: see `draw_now`."""
    run(session, "close", log=False)
    draw_now(session)


class MapTestCase(unittest.TestCase):
    """A test that begins with one map, #1, showing a surface, and ends with none."""

    def setUp(self):
        close_all()
        self.log = Log()
        session.logger.add_log(self.log)
        self.density = density()
        self.map = self.open_map(self.density, "small")

    def tearDown(self):
        session.logger.remove_log(self.log)
        close_all()

    def open_map(self, array, name, step=(VOXEL_SIZE,) * 3, origin=ORIGIN, angles=(90, 90, 90), id=None):
        grid = ArrayGridData(np.array(array), origin, step, angles, name=name)
        volume = volume_from_grid_data(grid, session, model_id=id, show_dialog=False)
        volume.set_parameters(surface_levels=[0.3])
        draw_now(session)
        volume.update_drawings()
        return volume

    def run_command(self, text):
        return run(session, text, log=False)

    def colors_of(self, volume):
        return volume.surfaces[0].vertex_colors

    def assert_same_place(self, volume, other):
        self.assertTrue(volume.data.ijk_to_xyz_transform.same(other.data.ijk_to_xyz_transform))
        self.assertTrue(volume.scene_position.same(other.scene_position))
