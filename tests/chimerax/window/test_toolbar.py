"""The buttons of the toolbar, and the menu of a double click on a map."""

from pathlib import Path

from chimerax.core import toolshed
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.map import Volume
from chimerax.mouse_modes import SelectMouseMode
from chimerax.occupy.tool.context_menu import _OnSelectedMaps
from chimerax.occupy.tool.panel import OccuPyPanel
from support import MapTestCase, session


def press(name):
    """What ChimeraX does when a button of the toolbar is pressed."""
    bundle = toolshed.get_toolshed().find_bundle("ChimeraX-OccuPy", session.logger)
    bundle.run_provider(session, name, session.toolbar)


def names():
    return [volume.name for volume in session.models.list(type=Volume)]


class Toolbar(MapTestCase):
    def test_buttons_have_names_pictures_and_explanations(self):
        buttons = session.toolbar._toolbar["Map"]["OccuPy"]
        self.assertEqual(
            [name for name in buttons if name != "__layout__"], ["Occupancy", "Equalize", "Refine", "Panel"]
        )
        for name, (provider, bundle, icons, description, _) in buttons.items():
            self.assertEqual(bundle.name, "ChimeraX-OccuPy", name)
            icon = icons if isinstance(icons, str) else icons[1]  # From 1.11 on there are others for dark windows.
            self.assertTrue(Path(icon).exists(), provider)
            self.assertTrue(description)

    def test_estimate_and_equalize_work_on_what_is_shown(self):
        other = self.open_map(self.density, "other")
        other.display = False
        press("estimate")
        self.assertEqual(names(), ["small", "other", "small occupancy"])
        press("equalize")
        self.assertEqual(names(), ["small", "other", "small occupancy", "small equalized"])

    def test_where_nothing_is_shown_that_is_said(self):
        with self.assertRaisesRegex(UserError, "No atomic model is shown"):
            press("refine")
        self.map.display = False
        with self.assertRaisesRegex(UserError, "No map is shown"):
            press("estimate")

    def test_the_panel_opens(self):
        press("panel")
        (panel,) = session.tools.find_by_class(OccuPyPanel)
        self.assertTrue(panel.displayed())
        panel.delete()

    def test_a_double_click_on_a_map_offers_to_estimate_and_equalize_it(self):
        entries = [entry for entry in SelectMouseMode._menu_entry_info if isinstance(entry, _OnSelectedMaps)]
        self.assertEqual([entry.label(session) for entry in entries], ["Estimate occupancy", "Equalize"])
        self.assertFalse(any(entry.criteria(session) for entry in entries))
        run(session, "select #1")
        self.assertTrue(all(entry.criteria(session) for entry in entries))
        entries[0].callback(session)
        self.assertEqual(names(), ["small", "small occupancy"])
