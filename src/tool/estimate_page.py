"""The page of the panel on which a map is estimated and its solvent seen."""

from html import escape

from Qt.QtCore import Qt, Signal
from Qt.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from ..commands.arguments import in_chimerax_spelling
from ..commands.jobs import EstimateJob, SolventJob
from ..commands.report import fit_in_words
from ..engine.settings.table import CALIBRATED, ESTIMATION, OF_PUBLISHED_MODES, SETTINGS, group
from ..figures.solvent import draw_solvent
from .composing import in_digits
from .fields import button, label, row
from .figures import PlotWidget
from .form import SettingsForm

IN_SIGHT = ("mode", "lowpass", "resolution", "solvent_mask")
_PLOT_HELP = (
    "<p>Histogram of the low-passed map with the Gaussian fitted to its solvent peak, and the confidence that a voxel "
    "of that density is not solvent. It is drawn anew when a setting changes. Where the solvent varies in space, the "
    "histogram is that of the map brought to one solvent, that at the molecule; behind it is that of the map as it "
    "is.</p>"
)


class EstimatePage(QWidget):
    """Estimation settings, the solvent model, and what is made from them.

    Parameters
    ----------
    panel : OccuPyPanel
        Runs the commands.
    """

    changed = Signal()

    def __init__(self, panel):
        super().__init__()
        self._panel = panel
        self.form = SettingsForm(panel.session, group(ESTIMATION), IN_SIGHT)
        self.form.changed.connect(self._show_fields)
        self.form.changed.connect(self.changed)
        self.plot = PlotWidget(_PLOT_HELP)
        self.words = label(text_format=Qt.RichText)
        self.tile = QCheckBox("Show where the full scale is read")
        self.tile.setToolTip(
            "<p>A sphere is shown at the place of the map that set the full scale: <b>showTile</b></p>"
        )
        self.uncertainty = QCheckBox("Make a map of the standard error too")
        self.uncertainty.setToolTip(f"<p>{SETTINGS['uncertainty'].help}: <b>uncertainty</b></p>")
        self.flexibility = QCheckBox("with flexibility")
        self.flexibility.setToolTip(f"<p>{SETTINGS['flexibility'].help}: <b>flexibility</b></p>")
        self.one_scale = QCheckBox("on one scale")
        self.one_scale.setToolTip(
            "<p>Put all maps on the full scale of the strongest, here and on the Modify page: <b>commonScale</b></p>"
        )
        self._estimate_button = button(
            "Estimate",
            self.estimate,
            "Make the scale map and color the surface of the map by it: <b>occupy estimate</b>",
        )
        layout = QVBoxLayout(self)
        self.form.fold(self.tile)
        self.form.fold(self.uncertainty)
        self._show_fields()
        layout.addWidget(self.form)
        layout.addWidget(
            row(
                self._estimate_button,
                self.flexibility,
                self.one_scale,
                button("Reset", self.form.reset, "Set all settings back to what follows from the map"),
            )
        )
        layout.addWidget(self.plot)
        layout.addWidget(self.words)
        layout.addWidget(self._solvent_buttons())
        layout.addStretch(1)
        self.show_several(1)

    def show_several(self, count):
        """Say how many maps are worked on."""
        self._estimate_button.setText(f"Estimate {count} maps" if count > 1 else "Estimate")
        self.one_scale.setVisible(count > 1)

    def show_current(self, current):
        """Show what is known of the chosen map."""
        self._show_defaults(current)
        found = current.found
        self.plot.setVisible(found is not None)
        if found is None:
            self.plot.show_drawing()
            waiting = "Looking at the solvent …" if current.volume else "Open a map first."
            self.words.setText(escape(current.problem or waiting))
            return
        self.plot.show_drawing(lambda axes: draw_solvent(axes, found.solvent, legend_columns=3))
        warnings = (f"<b>Beware:</b> {escape(in_chimerax_spelling(text))}" for text in found.warnings)
        fit = f"Fit of the solvent model: {escape(fit_in_words(found.solvent))}."
        self.words.setText("<br>".join([fit, *warnings]))

    def estimate(self):
        """Run occupy estimate."""
        words = {"showTile": True} if self.tile.isChecked() else {}
        others = {"uncertainty": self.uncertainty, "flexibility": self.flexibility} if self._is_calibrated else {}
        asked = {name: True for name, box in others.items() if box.isChecked()}

        volumes = self._panel.several.volumes
        place = volumes.index(self._panel.current.volume) if volumes else 0

        def choose(made):
            made = made if isinstance(made, list) else [made]
            maps = made[place * len(made) // len(volumes) :]
            self._panel.choose_scale_map(maps[0], maps[len(asked)] if "flexibility" in asked else None)

        def settings():
            return self.form.values() | asked

        words |= {"then": choose, "one_scale": self.one_scale.isChecked()}
        self._panel.run_job("occupy estimate", EstimateJob, settings, **words)

    def solvent(self, remove_solvent=False):
        """Run occupy solvent."""
        words = {"removeSolvent": True} if remove_solvent else {}

        def job(sampled, settings):
            return SolventJob(sampled, settings, remove_solvent, SETTINGS["hedge"].default)

        self._panel.run_job("occupy solvent", job, self.form.values, plot=False, **words)

    @property
    def mode(self):
        """The mode that is chosen."""
        return self.form.fields["mode"].value or CALIBRATED

    @property
    def _is_calibrated(self):
        return self.mode == CALIBRATED

    def _show_fields(self):
        """Show the settings that have an effect in the chosen mode, with its defaults."""
        self.form.use_defaults(group(ESTIMATION, mode=self.mode))
        for name in OF_PUBLISHED_MODES:
            self.form.show_field(name, not self._is_calibrated)
        for box in (self.uncertainty, self.flexibility):
            box.setVisible(self._is_calibrated)
        self.form.fit_folded()

    def _solvent_buttons(self):
        return row(
            button(
                "Confidence map",
                lambda: self.solvent(False),
                "Make a hidden map of the confidence that each voxel is not solvent: <b>occupy solvent</b>",
            ),
            button(
                "Remove solvent",
                lambda: self.solvent(True),
                "Make the map without its solvent: <b>occupy solvent … removeSolvent true</b>",
            ),
        )

    def _show_defaults(self, current):
        settings = current.settings()
        if settings is None:
            return
        shown = {"kernel_size": settings.kernel_size, "kernel_radius": settings.kernel_radius, "tau": settings.tau}
        defaults = {name: in_digits(float(f"{number:.4g}")) for name, number in shown.items()}
        defaults["lowpass"] = f"{settings.lowpass:.4g}"
        defaults["resolution"] = "8"
        defaults["full_scale"] = "" if current.found is None else f"{current.found.full_scale:.4g}"
        self.form.show_defaults(defaults)
