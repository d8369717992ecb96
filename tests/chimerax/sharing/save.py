"""Runs in ChimeraX's window: saves a session with the panel and a matrix open, with models that the bundle has made."""

import os
import sys
import time
from pathlib import Path

import numpy as np
from chimerax.core.commands import run
from chimerax.map import volume_from_grid_data
from chimerax.map_data import ArrayGridData
from chimerax.occupy.commands.maps import spec_of
from chimerax.occupy.engine import phantom
from chimerax.occupy.tool.matrix.window import MatrixWindow
from chimerax.occupy.tool.panel import OccuPyPanel
from Qt.QtWidgets import QApplication

folder = Path(os.environ["OCCUPY_TEST_FOLDER"])
sys.path.insert(0, str(folder / "inside"))
import support  # noqa: E402

support.session = session  # noqa: F821
from helices import open_map_of, open_model  # noqa: E402

density = phantom.density_of_parts([phantom.Part(1.0, (20, 20, 20), 8)], (40, 40, 40), 2.0)
volume_from_grid_data(ArrayGridData(np.array(density), step=(2, 2, 2), name="small"), session)  # noqa: F821
run(session, "volume #1 level 0.3; occupy estimate #1; ui tool show OccuPy")  # noqa: F821
panel = OccuPyPanel.get_singleton(session, create=False)  # noqa: F821
while not panel.current.settled:
    QApplication.processEvents()
    time.sleep(0.01)
panel.modify_page.kind = "sigmoid"
panel.estimate_page.form.state = {"solvent_mask": [panel.mask_page.scale_menu.value]}
model = open_model()
volumes = [open_map_of(model, {"A": 1.0, "B": occupancy}) for occupancy in (1.0, 0.0)]
for volume, name in zip(volumes, ("with B", "without B"), strict=True):
    volume.name = name
run(session, f"occupy refine {spec_of(volumes)} atoms {spec_of([model])}")  # noqa: F821
session.tools.find_by_class(MatrixWindow)[0].choose(1)  # noqa: F821
run(session, f'save "{folder / "shared.cxs"}"')  # noqa: F821
