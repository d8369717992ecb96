"""Runs in ChimeraX's window: saves a session with the panel open, with models that the bundle has made."""

import os
import time
from pathlib import Path

import numpy as np
from chimerax.core.commands import run
from chimerax.map import volume_from_grid_data
from chimerax.map_data import ArrayGridData
from chimerax.occupy.engine import phantom
from chimerax.occupy.tool.panel import OccuPyPanel
from Qt.QtWidgets import QApplication

folder = Path(os.environ["OCCUPY_TEST_FOLDER"])
density = phantom.density_of_parts([phantom.Part(1.0, (20, 20, 20), 8)], (40, 40, 40), 2.0)
volume_from_grid_data(ArrayGridData(np.array(density), step=(2, 2, 2), name="small"), session)  # noqa: F821
run(session, "volume #1 level 0.3; occupy estimate #1; ui tool show OccuPy")  # noqa: F821
panel = OccuPyPanel.get_singleton(session, create=False)  # noqa: F821
while not panel.current.settled:
    QApplication.processEvents()
    time.sleep(0.01)
panel.modify_page.kind = "sigmoid"
panel.estimate_page.form.state = {"solvent_mask": [panel.mask_page.scale_menu.value]}
run(session, f'save "{folder / "shared.cxs"}"')  # noqa: F821
