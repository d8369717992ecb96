"""Take the picture of the tutorial's folder of class volumes: the window of the matrix, with a map clicked.

    python -m benchmarks.simulation.class_volumes 8zzi.cif classes
    chimerax --script "docs/make_matrix_pictures.py classes 8zzi.cif"

with a screen of at least 1300 by 950 pixels. Writes docs/images/matrix_window.png. The figures of the shell,
docs/images/class_volumes.png and class_volumes_assembly.png, are occupancy_matrix.png and occupancy_assembly.png, which
the tutorial's commands make.
"""

import sys
import time
from pathlib import Path

from chimerax.core.commands import run
from chimerax.occupy.tool.matrix.window import MatrixWindow
from PIL import Image
from Qt.QtCore import QEvent, QPointF, QRect, Qt, QTimer
from Qt.QtGui import QMouseEvent
from Qt.QtWidgets import QApplication

ROOT = Path(__file__).resolve().parents[1]
FOLDER, MODEL = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
WINDOW, PLOT, COLORS, TO_REDRAW = (720, 910), (722, 0, 560, 910), 256, 1.5
"""Sizes in pixels: ChimeraX's window, and beside it, from left and top, that of the matrix."""

PICTURE = QRect(0, 0, PLOT[0] + PLOT[2], WINDOW[1])
CLICKED = "vol_014.mrc"


def wait(seconds=TO_REDRAW):
    end = time.time() + seconds
    while time.time() < end:
        QApplication.processEvents()


def main(session):
    window = session.ui.main_window
    window.resize(*WINDOW)
    wait()
    run(session, "set bgColor white")
    run(session, f'open "{FOLDER}/vol*.mrc"')
    run(session, f'open "{MODEL}"')
    run(session, "occupy refine #1 atoms #2 referenceMaps #1.1-3")
    run(session, "volume #1 sdLevel 4 color #b8c4d8 transparency 0.4; cartoon #2; hide #2 atoms; color #2 bychain")
    (plot,) = session.tools.find_by_class(MatrixWindow)
    for name in ("Models", "Volume Viewer", "Log"):
        run(session, f"ui tool hide '{name}'")
    wait()
    run(session, "lighting soft; view")
    plot.tool_window.ui_area.window().setGeometry(*PLOT)
    wait()
    click(plot.tabs.widget(0), plot.matrix, CLICKED)
    wait(3)
    path = ROOT / "docs/images/matrix_window.png"
    session.ui.primaryScreen().grabWindow(0).toImage().copy(PICTURE).save(str(path))
    Image.open(path).convert("RGB").quantize(COLORS, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def click(tab, matrix, name):
    """Click the first cell of a map's row, and stay there."""
    row = list(matrix.map_order.places).index(matrix.maps.index(name))
    x, y = tab.heat.transData.transform((0, row)) / tab.device_pixel_ratio
    place = QPointF(x, tab.height() - y)
    for kind, button in ((QEvent.MouseButtonPress, Qt.LeftButton), (QEvent.MouseMove, Qt.NoButton)):
        event = QMouseEvent(kind, place, tab.mapToGlobal(place), button, button, Qt.NoModifier)
        QApplication.sendEvent(tab, event)


def main_and_exit():
    try:
        main(session)  # noqa: F821 - ChimeraX gives scripts their session
    finally:
        run(session, "exit")  # noqa: F821


QTimer.singleShot(2000, main_and_exit)
