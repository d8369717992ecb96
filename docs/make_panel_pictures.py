"""Take the pictures of the OccuPy panel in ChimeraX's window.

    chimerax --script "docs/make_panel_pictures.py FOLDER"

with a screen of at least 1300 by 950 pixels. FOLDER may hold emd_11007.map, emd_3488.mrc and 5ni1.cif; what is missing
there is fetched. Writes docs/images/panel_*.png, the whole window, and src/docs/user/images/panel_*.png, the panel.
"""

import sys
import time
from pathlib import Path

from chimerax.core.commands import run
from chimerax.occupy.figures.palette import FLEXIBILITY
from chimerax.occupy.tool.panel import OccuPyPanel
from PIL import Image
from Qt.QtCore import Qt, QTimer
from Qt.QtWidgets import QApplication

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else None
WINDOW = (1250, 910)
PANEL_WIDTH = 430
COLORS = 256
ALMOST_WHITE = 250
TO_REDRAW = 1.5
"""Seconds."""


def wait(seconds=TO_REDRAW):
    end = time.time() + seconds
    while time.time() < end:
        QApplication.processEvents()


def open_model(session, name, fetched):
    """The models of a file in the folder, or fetched where there is none."""
    path = FOLDER / name if FOLDER else None
    return run(session, f'open "{path}"' if path and path.exists() else f"open {fetched}")


def start_panel(session):
    for tool in ("Models", "Volume Viewer"):
        run(session, f'ui tool hide "{tool}"', log=False)
    window = session.ui.main_window
    window.resize(*WINDOW)
    wait()
    run(session, "ui tool show OccuPy", log=False)
    panel = OccuPyPanel.get_singleton(session)
    wait()
    log = next(tool for tool in session.tools.list() if tool.tool_name == "Log")
    docks = [tool.tool_window._ToolWindow__toolkit.dock_widget for tool in (log, panel)]
    window.resizeDocks([docks[1]], [PANEL_WIDTH], Qt.Horizontal)
    window.resizeDocks(docks, [110, 640], Qt.Vertical)
    settle(panel)
    return panel


def settle(panel):
    """Wait until the panel has nothing to do, and the window shows it."""
    wait(0.5)
    while panel.work.busy or not panel.current.settled:
        wait(0.1)
    wait()


def take(session, panel, name, alone=True):
    """Save a picture of the window, and one of the panel alone."""
    for secondary in (False, True):
        session.logger.status("", secondary=secondary)  # which would be gone, or not, by how fast the machine is
    wait()
    screen = session.ui.primaryScreen().grabWindow(0).toImage()
    window, area = session.ui.main_window, panel.tool_window.ui_area
    place = area.mapToGlobal(area.rect().topLeft())
    save(screen.copy(window.geometry()), ROOT / f"docs/images/panel_{name}.png")
    if not alone:
        return
    save(
        screen.copy(place.x(), place.y(), area.width(), area.height()), ROOT / f"src/docs/user/images/panel_{name}.png"
    )


def save(image, path):
    """Save a picture with few colors, which takes a third of the space."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(str(path))
    whole = Image.open(path).convert("RGB")
    palette = whole.quantize(COLORS, method=Image.Quantize.MEDIANCUT, kmeans=1)
    few = whole.quantize(palette=palette)  # dithered, so that the color key has no steps
    few.putpalette([255 if value > ALMOST_WHITE else value for value in few.getpalette()])
    few.save(path, optimize=True)


def picture_estimate_and_modify(session):
    open_model(session, "emd_11007.map", "emdb:11007")
    run(session, "set bgColor white; volume #1 level 3; turn y 30")
    panel = start_panel(session)
    panel.estimate_page.estimate()
    settle(panel)
    take(session, panel, "estimate")
    panel.pages.setCurrentIndex(1)
    panel.modify_page.preview.setChecked(True)
    settle(panel)
    take(session, panel, "preview")
    panel.modify_page.stop_preview()
    panel.pages.setCurrentIndex(2)
    panel.mask_page.form.fields["threshold"].slider.setValue(24)
    panel.mask_page.surface.setChecked(True)
    settle(panel)
    take(session, panel, "mask")


def picture_measure(session):
    run(session, "close session")
    open_model(session, "emd_3488.mrc", "emdb:3488")
    open_model(session, "5ni1.cif", "5ni1")
    run(session, "set bgColor white")
    panel = start_panel(session)
    run(session, "hide #1 models; hide atoms; show cartoons")
    panel.pages.setCurrentIndex(3)
    panel.measure_page.color()
    settle(panel)
    take(session, panel, "measure")


def picture_flexibility(session):
    panel = OccuPyPanel.get_singleton(session)
    panel.pages.setCurrentIndex(0)
    panel.estimate_page.flexibility.setChecked(True)
    panel.estimate_page.estimate()
    settle(panel)
    panel.pages.setCurrentIndex(3)
    page = panel.measure_page
    page.source.setCurrentIndex(1)
    page.by_menu.setCurrentText("residue")
    page.plot()
    run(session, f"color byattribute map_flexibility #2 palette {':'.join(FLEXIBILITY.colors)} range -40,20")
    run(session, "hide #1 models; key delete")
    settle(panel)
    take(session, panel, "flexibility", alone=False)


def main():
    picture_estimate_and_modify(session)  # noqa: F821 - ChimeraX gives scripts their session
    picture_measure(session)  # noqa: F821
    picture_flexibility(session)  # noqa: F821
    run(session, "exit")  # noqa: F821


QTimer.singleShot(1000, main)
