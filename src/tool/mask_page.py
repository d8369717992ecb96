"""The page of the panel on which masks are made from a scale map."""

from Qt.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from ..commands.arguments import in_chimerax_spelling
from ..commands.jobs import MaskJob
from ..engine.errors import OccuPyError
from ..engine.modification.masks import scale_at_surface
from ..engine.settings.table import MASK, group
from .composing import is_open
from .fields import button, label, map_menu, row
from .form import SettingsForm
from .sliders import slider_fields

_WHAT_FOR = (
    "A threshold makes a solvent definition, for the solvent mask of an estimate or for other programs. The factors of "
    "attenuate or sigmoid make a mask for signal subtraction, that holds the share of the signal to keep."
)
_COLOR = (0.95, 0.75, 0.2, 0.6)


class MaskPage(QWidget):
    """A scale map, and the settings of a mask of it.

    Parameters
    ----------
    panel : OccuPyPanel
        Runs the commands.
    """

    def __init__(self, panel):
        super().__init__()
        self._panel = panel
        self._shown, self._before = None, None
        self.scale_menu = map_menu(panel.session, no_value_button_text="No scale map chosen")
        self.scale_menu.value_changed.connect(self._show_surface)
        settings = group(MASK)
        in_sight = ["mask_from", "threshold", "soft_edge", "invert", "power", "pivot"]
        self.form = SettingsForm(panel.session, settings, in_sight, slider_fields(settings, MASK))
        self.form.changed.connect(self._settings_changed)
        self.surface = QCheckBox("Show surface")
        self.surface.setToolTip(
            "<p>Show where the mask will be one half, its soft edge left out: it follows the sliders</p>"
        )
        self.surface.toggled.connect(lambda on: self._show_surface())
        self.words = label()
        layout = QVBoxLayout(self)
        layout.addWidget(row(QLabel("Scale map"), self.scale_menu))
        layout.addWidget(self.form)
        layout.addWidget(
            row(
                self.surface,
                button("Make mask", self.make, "Make the mask: <b>occupy mask</b>"),
                button("Reset", self.form.reset, "Set all settings of the mask back"),
            )
        )
        layout.addWidget(self.words)
        layout.addWidget(label(_WHAT_FOR))
        layout.addStretch(1)
        self._settings_changed()

    @property
    def state(self):
        """What a session saves."""
        return {"scale_map": self.scale_menu.value, "form": self.form.state}

    @state.setter
    def state(self, state):
        self.scale_menu.value = state["scale_map"]
        self.form.state = state["form"]

    def make(self):
        """Run occupy mask."""
        scale_map = self._panel.chosen_map(self.scale_menu)
        self._panel.run_job("occupy mask", MaskJob, self.form.values, scale_map, before=lambda _: self.stop())

    def stop(self):
        """Hide the surface."""
        self.surface.setChecked(False)

    def _settings_changed(self):
        by_threshold = self.form.fields["mask_from"].value is None
        for name, wanted in {"threshold": by_threshold, "soft_edge": by_threshold, "power": not by_threshold}.items():
            self.form.show_field(name, wanted)
        self.form.show_field("pivot", self.form.fields["mask_from"].value == "sigmoid")
        self._show_surface()

    def _show_surface(self):
        scale_map = self.scale_menu.value
        if self._shown is not None and (not self.surface.isChecked() or self._shown is not scale_map):
            self._put_back()
        try:
            level = scale_at_surface(**self.form.values())
        except OccuPyError as error:
            self.words.setText(in_chimerax_spelling(str(error)))
            return
        self.words.setText(f"The mask's surface is where the scale is {level:.3g}.")
        if self.surface.isChecked() and is_open(scale_map):
            if self._shown is None:
                self._before = scale_map.display, [(s.level, s.rgba) for s in scale_map.surfaces]
            self._shown = scale_map
            scale_map.set_parameters(surface_levels=[level], surface_colors=[_COLOR])
            scale_map.set_display_style("surface")
            scale_map.display = True

    def _put_back(self):
        """Show the map as it was before its surface at the scale of the mask was shown."""
        volume, self._shown = self._shown, None
        if not is_open(volume):
            return
        displayed, surfaces = self._before
        if surfaces:
            levels, colors = zip(*surfaces, strict=True)
            volume.set_parameters(surface_levels=list(levels), surface_colors=list(colors))
        volume.display = displayed
