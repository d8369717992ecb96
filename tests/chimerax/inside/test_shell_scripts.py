"""The scripts that the shell program writes, opened in ChimeraX, with maps called anything."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from chimerax.core.commands import run
from chimerax.map import Volume
from chimerax.occupy import estimate
from chimerax.occupy.cli.files.script import can_be_opened, chimerax_script
from chimerax.surface.colorvol import volume_coloring
from support import FOLDER, VOXEL_SIZE, MapTestCase, close_all, session

NAMES = (
    "plain.mrc",
    "with  spaces.mrc",
    "#1 & ~sel ##name=x.mrc",
    "map[1]*?.mrc",
    "-leading.mrc",
    "it's.mrc",
    "'quoted' one.mrc",
    "ends with quote' .mrc",
    "карта Å 地図.mrc",
    "back\\slash\\n\\x22.mrc",
    "100% {x}=y,z!.mrc",
    "~root.mrc",
)


@unittest.skipIf(sys.platform == "win32", "Windows has no files of such names")
class ShellScript(MapTestCase):
    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(prefix="shell", dir=FOLDER))
        self.addCleanup(shutil.rmtree, self.folder)
        self.plain = {"map": self.folder / "one.mrc", "scale": self.folder / "two.mrc"}
        scale = self.open_map(estimate(self.density, VOXEL_SIZE).scale, "scale")
        for volume, path in ((self.map, self.plain["map"]), (scale, self.plain["scale"])):
            self.run_command(f'save "{path}" models #{volume.id_string}')
        close_all()
        self.bystander = self.open_map(self.density, "bystander")

    def written(self, name):
        """A folder and in it maps whose names are made of this one, and a script that shows them."""
        folder = self.folder / f"folder {name}"
        folder.mkdir()
        shown, scale, hidden = (folder / f"{kind}{name}" for kind in ("", "scale of ", "input of "))
        for path in (shown, hidden):
            shutil.copy(self.plain["map"], path)
        shutil.copy(self.plain["scale"], scale)
        for path in (shown, scale, hidden):
            self.assertTrue(can_be_opened(path))
        script = folder / "show.cxc"
        text = chimerax_script(Path(shown.name), Path(scale.name), [hidden.resolve()])
        (self.folder / "show.cxc").write_text(text, encoding="utf-8")
        shutil.move(self.folder / "show.cxc", script)
        return script, shown.name, scale.name, hidden.name

    def maps(self):
        return {volume.name: volume for volume in session.models.list(type=Volume)}

    def test_shows_the_map_colored_by_the_scale_map_whatever_they_are_called(self):
        for name in NAMES:
            with self.subTest(name):
                script, shown, scale, hidden = self.written(name)
                session.open_command.open_data(str(script))
                maps = self.maps()
                self.assertEqual(set(maps), {"bystander", shown, scale, hidden})
                self.assertEqual([maps[n].display for n in (shown, scale, hidden)], [True, False, False])
                surface = maps[shown].surfaces[0]
                self.assertIs(volume_coloring(surface).volume, maps[scale])
                self.assertGreater(len(np.unique(surface.vertex_colors, axis=0)), 10)
                for volume in (maps[shown], maps[scale], maps[hidden]):
                    run(session, f"close #{volume.id_string}", log=False)

    def test_can_be_opened_twice(self):
        script, *_ = self.written("map.mrc")
        for count in (4, 7):
            session.open_command.open_data(str(script))
            self.assertEqual(len(session.models.list(type=Volume)), count)
