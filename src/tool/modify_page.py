"""The page of the panel on which a map is equalised, attenuated or given a sigmoid, with a live preview."""

from dataclasses import replace

from Qt.QtWidgets import QCheckBox, QComboBox, QLabel, QVBoxLayout, QWidget

from ..commands.arguments import explained, in_chimerax_spelling, user_errors
from ..commands.jobs import ModificationJob, on_grid
from ..engine.errors import OccuPyError, SettingError
from ..engine.modification.limits import limits_of
from ..engine.settings.checks import checked, split
from ..engine.settings.kinds import KINDS
from ..engine.settings.table import group
from ..figures.maps import draw_curve
from .composing import named
from .fields import button, label, row
from .figures import PlotWidget
from .form import SettingsForm
from .preview import Preview
from .sliders import slider_fields

_KIND_HELP = (
    "<p><b>Equalize</b> brings all parts to one level. <b>Attenuate</b> weakens the weak parts further. <b>Sigmoid</b> "
    "weakens the parts below the pivot and strengthens those above it.</p>"
)
_PREVIEW_HELP = (
    "<p>Show what the settings make of the map, in its place and as coarse as it is shown. The preview follows the "
    "sliders; it is no model to keep: <b>Apply</b> makes that.</p>"
)
_UNSURE = ", less where noise is left in the signal: Preview and the log tell"
_PLOT_HELP = (
    "<p>The scale that a part has after the modification, for each scale that it has before: the line is what is aimed "
    "at; the band, with <b>Preview</b> or after <b>Apply</b>, is what comes out of most parts (from 16 to 84 %), as "
    "noise holds some back.</p>"
)
_IN_SIGHT = ("keep_noise", "remove_solvent")
"""Besides what has a slider."""


class ModifyPage(QWidget):
    """Kind, power, pivot and all else of a modification.

    Parameters
    ----------
    panel : OccuPyPanel
        Runs the commands.
    """

    def __init__(self, panel):
        super().__init__()
        self._panel = panel
        self._shown = None
        self._seen = (None, None)
        self._made = (None, None, None)
        self._step_waits = False
        self.kind_menu = QComboBox()
        self.kind_menu.addItems([kind.capitalize() for kind in KINDS])
        self.kind_menu.setToolTip(_KIND_HELP)
        self.forms = {kind: self._form(kind) for kind in KINDS}
        self.kind_menu.currentIndexChanged.connect(lambda index: self._kind_changed())
        self.plot = PlotWidget(_PLOT_HELP)
        self.words = label()
        self.preview = QCheckBox("Preview")
        self.preview.setToolTip(_PREVIEW_HELP)
        self.preview.toggled.connect(self._preview_toggled)
        self.apply_button = button("Apply", self.apply, "Make the new map with a command, and show it")
        reset = button("Reset", lambda: self.form.reset(), "Set all settings of this modification back")
        layout = QVBoxLayout(self)
        layout.addWidget(row(QLabel("Modification"), self.kind_menu))
        for form in self.forms.values():
            layout.addWidget(form)
        self._show_form()
        layout.addWidget(row(self.preview, self.apply_button, reset))
        layout.addWidget(self.plot)
        layout.addWidget(self.words)
        layout.addStretch(1)

    @property
    def kind(self):
        """The kind of modification that is chosen."""
        return list(KINDS)[self.kind_menu.currentIndex()]

    @kind.setter
    def kind(self, kind):
        self.kind_menu.setCurrentIndex(list(KINDS).index(kind))

    @property
    def form(self):
        """The settings of the chosen kind."""
        return self.forms[self.kind]

    @property
    def preview_map(self):
        """The map that shows the preview, or None."""
        return self._shown.volume if self._shown else None

    @property
    def state(self):
        """What a session saves."""
        return {"kind": self.kind, "forms": {kind: form.state for kind, form in self.forms.items()}}

    @state.setter
    def state(self, state):
        self.kind = state["kind"]
        for kind, form in self.forms.items():
            form.state = state["forms"][kind]

    def use_defaults(self, mode):
        """Take the defaults of a mode of the estimate."""
        for kind, form in self.forms.items():
            form.use_defaults(group(kind, mode=mode))

    def show_current(self, current):
        """Show what is known of the chosen map; a preview of something else ends."""
        self._end_preview()
        self._seen = (None, None)
        self._draw()
        if self.preview.isChecked():
            if current.volume is None:
                self.preview.setChecked(False)
            else:
                self._step()

    def apply(self):
        """Run the command that makes the map."""
        panel, kind = self._panel, self.kind
        with user_errors():
            values = self._values()

        def job(sampled, settings):
            return ModificationJob(sampled, kind, *split(settings))

        def settings():
            return panel.estimation() | self.form.values()

        def computed(result):
            self.stop_preview()
            found, modification = result
            self._keep_made(found, values, modification)

        one_scale = panel.estimate_page.one_scale.isChecked()
        panel.run_job(f"occupy {kind}", job, settings, before=computed, one_scale=one_scale)

    def show_several(self, count):
        """Say how many maps are worked on."""
        self.apply_button.setText(f"Apply to {count} maps" if count > 1 else "Apply")

    def stop_preview(self):
        """Put the original back and leave the preview off."""
        self.preview.setChecked(False)

    def models_closed(self):
        """End a preview whose map the user closed."""
        if self._shown and self._shown.was_closed:
            self.stop_preview()

    def _form(self, kind):
        settings = group(kind)
        sliders = slider_fields(settings, kind)
        in_sight = [*sliders, *(s.name for s in settings if s.name in _IN_SIGHT)]
        form = SettingsForm(self._panel.session, settings, in_sight, sliders)
        form.changed.connect(self._settings_changed)
        return form

    def _kind_changed(self):
        self._show_form()
        self._settings_changed()

    def _show_form(self):
        """Show the form of the chosen kind. All are in the layout, as a stack would have the height of the tallest."""
        for kind, form in self.forms.items():
            form.setVisible(kind == self.kind)

    def _settings_changed(self):
        self._draw()
        if self.preview.isChecked():
            self._step()

    def _draw(self):
        """Draw the curve and tell the limits, or tell why there are none."""
        current = self._panel.current
        try:
            values = self._values()
        except OccuPyError as error:
            self._show_curve(None, in_chimerax_spelling(str(error)))
            return
        if current.found is None:
            self._show_curve(None, current.problem or "The curve is drawn when the map has been looked at.")
            return
        limits, unsure = self._limits(values)
        made = self._made_with(values)
        told = () if made is None else (*made.notes, *made.warnings)
        most = f"{limits.max_gain:.3g}"
        self.form.show_defaults({"scale_limit": f"{limits.scale_limit:.3g}", "max_gain": most + " or less" * unsure})
        words = (
            f"Nothing is {_deed(KINDS[self.kind])} where the scale is below {limits.told('scale_limit')}; "
            f"no voxel is amplified more than {most} times{_UNSURE * unsure}."
        )
        self._show_curve(
            lambda axes: draw_curve(axes, self.kind, values, limits, made and made.reached),
            in_chimerax_spelling(" ".join((words, *told))),
        )

    def _keep_made(self, found, values, made):
        """Keep what came out of a modification, but for the map itself."""
        self._made = found, values, replace(made, density=None, resolution=None)
        if values["power"] > 1:
            self._seen = _on_which_limits_depend(values), made.limits
        self._draw()

    def _made_with(self, values):
        """What was made with these settings, or with others before, while a preview follows them; else None."""
        found, given, made = self._made
        if made is None or made.kind != self.kind or found is not self._panel.current.found:
            return None
        return made if self.preview.isChecked() or given == values else None

    def _limits(self, values):
        """The limits, and whether the noise that is left in the signal may narrow them, which a preview finds out."""
        key, seen = self._seen
        if seen is not None and key == _on_which_limits_depend(values):
            return seen, False
        unsure = bool(values.get("signal_only")) and values["max_gain"] is None
        return limits_of(self._panel.current.found, values), unsure

    def _show_curve(self, draw, words):
        self.plot.setVisible(draw is not None)
        self.plot.show_drawing(draw)
        self.words.setText(words)

    def _values(self):
        return checked(self.form.values(), self.kind, mode=self._panel.estimate_page.mode)

    def _preview_toggled(self, on):
        if on:
            self._step()
        else:
            self._end_preview()

    def _step(self):
        """Show what the settings make of the map, after what is being computed now."""
        current, background = self._panel.current, self._panel.background
        if current.found is None:
            return
        if background.busy:
            self._step_waits = True
            return
        try:
            values = self._values()
        except SettingError:
            return
        kind = self.kind
        with user_errors(current.volume):
            if self._shown is None:
                self._shown = Preview(self._panel.session, current.sampled(), current.found)
            shown = self._shown
            settings = on_grid(values, current.sampled())
            settings.pop("resolution_map", None)  # A preview has no use for it.
        self._step_waits = False
        background.start(
            f"Preview of {named(current.volume)}",
            lambda progress: shown.modifier.modified(kind, progress=progress, **settings),
            lambda result: self._show_step(shown, current.found, values, result),
            self._preview_failed,
        )

    def _show_step(self, shown, found, values, result):
        if shown is not self._shown:
            return
        if shown.was_closed:
            self.stop_preview()
            return
        shown.show(result.density)
        self._keep_made(found, values, result)
        if self._step_waits:
            self._step()

    def _preview_failed(self, error):
        self.stop_preview()
        self.words.setText(explained(self._panel.session, error))

    def _end_preview(self):
        self._step_waits = False
        shown, self._shown = self._shown, None
        if shown:
            shown.close()


def _deed(kind):
    """What a kind of modification does to parts of a map, in words."""
    deeds = (("amplified", kind.amplifies), ("weakened", kind.fills))
    return " or ".join(word for word, done in deeds if done)


def _on_which_limits_depend(values):
    return [values.get(name) for name in ("signal_only", "scale_limit", "max_gain")]
