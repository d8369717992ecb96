"""Runs in ChimeraX: opens the session that OCCUPY_TEST_SESSION names, tells what came back, and saves it again."""

import importlib.util
import json
import os
from pathlib import Path

from chimerax.core.commands import run
from chimerax.map import Volume
from chimerax.surface.colorvol import volume_coloring

folder = Path(os.environ["OCCUPY_TEST_FOLDER"])
name = os.environ["OCCUPY_TEST_SESSION"]
run(session, f'open "{folder / name}.cxs"')  # noqa: F821
maps = {volume.name: volume for volume in session.models.list(type=Volume)}  # noqa: F821
found = {
    "has the bundle": importlib.util.find_spec("chimerax.occupy") is not None,
    "maps": sorted(maps),
    "colored by": volume_coloring(maps["small"].surfaces[0]).volume.name,
    "key": any(model.name == "Color key" for model in session.models.list()),  # noqa: F821
    "kind": None,
    "solvent mask": None,
    "matrix": None,
}
for panel in [tool for tool in session.tools.list() if tool.tool_name == "OccuPy"]:  # noqa: F821
    found["kind"] = panel.modify_page.kind
    found["solvent mask"] = panel.estimation()["solvent_mask"].name
for window in [tool for tool in session.tools.list() if tool.tool_name == "OccuPy matrix"]:  # noqa: F821
    maps_of = [volume.name for volume in window.shown.volumes]
    found["matrix"] = [maps_of, window.matrix.occupancies.round().tolist(), window.picks.row]
(folder / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
run(session, f'save "{folder / name} again.cxs"')  # noqa: F821
