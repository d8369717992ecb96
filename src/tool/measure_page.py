"""The page of the panel on which the occupancies of chains are refined, or read in a scale map."""

from pathlib import Path

from chimerax.atomic import AtomicStructure, AtomsArg
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.ui.widgets import ModelMenuButton
from Qt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ..commands.atom_groups import AtomGroups
from ..commands.coloring import color_atoms
from ..commands.measure import ATTRIBUTE
from ..commands.refine import refine_job
from ..engine.refinement import groups
from ..engine.scale import regions
from .composing import Typed, command, in_words, specified
from .fields import button, map_menu, row
from .fit_of_several import FitOfSeveral
from .occupancy_table import OccupancyTable

_FIT, _SCALE_MAP = "a fit of the model to the map", "a scale map"
_HELP_OF_FIT = (
    "<p>Refine the occupancies of the model against the map, with standard errors: <b>occupy refine</b>. Half maps "
    "that are chosen on the Estimate page tell the noise.</p>"
)
_HELP_OF_FITS = (
    "<p>Refine the occupancies of the model against each of the maps, for one matrix with standard errors, shown in a "
    "window: <b>occupy refine</b></p>"
)
_HELP_OF_SCALE_MAP = "<p>Measure the scale at the atoms: <b>occupy measure</b></p>"
_PLOT_OF_FIT = "<p>Plot the occupancies with their standard errors: <b>plot</b></p>"
_PLOT_OF_SCALE_MAP = "<p>Plot the scale against the flexibility: what is missing, and what moves. <b>plot</b></p>"
_LONGEST_SEGMENT = 10000


class MeasurePage(QWidget):
    """An atomic model, where its occupancies are to come from, and the table of them.

    Parameters
    ----------
    panel : OccuPyPanel
        Runs the commands.
    """

    def __init__(self, panel):
        super().__init__()
        self._panel, self._count = panel, 1
        self.model_menu = ModelMenuButton(
            panel.session, class_filter=AtomicStructure, no_value_button_text="No atomic model open"
        )
        self.source = QComboBox()
        self.source.addItems((_FIT, _SCALE_MAP))
        self.source.setToolTip(
            "<p>Fit the density of the model to the map, which tells occupancies with their standard errors: "
            "<b>occupy refine</b>; or read a scale map at the atoms: <b>occupy measure</b></p>"
        )
        self._make_options()
        self.table = OccupancyTable()
        layout = QVBoxLayout(self)
        layout.addWidget(row(QLabel("Atomic model"), self.model_menu))
        layout.addWidget(row(QLabel("Occupancies from"), self.source))
        layout.addWidget(row(QLabel("By"), self.by_menu, self.segment, self.without_water, self.with_density))
        for options in (*self._of_fit, *self._of_scale_map):
            layout.addWidget(options)
        layout.addWidget(self._buttons())
        layout.addWidget(self.table, 1)
        self.source.currentIndexChanged.connect(lambda index: self._show_options())
        self.by_menu.currentTextChanged.connect(lambda by: self._show_segment())
        self._show_options()

    def show_several(self, count):
        """Show what can be chosen for this many maps."""
        self._count = count
        self._show_options()

    @property
    def refines(self):
        """Whether occupancies are refined, not read in a scale map."""
        return self.source.currentText() == _FIT

    @property
    def state(self):
        """What a session saves."""
        return {
            "source": self.source.currentIndex(),
            "scale_map": self.scale_menu.value,
            "flexibility_map": self.flexibility_menu.value,
            "model": self.model_menu.value,
            "by": self.by_menu.currentText(),
            "segment": self.segment.value(),
            "reference": self.reference.text(),
            "show_unexplained": self.show_unexplained.isChecked(),
            "without_water": self.without_water.isChecked(),
            "with_density": self.with_density.isChecked(),
            "of_several": self.of_several.state,
        }

    @state.setter
    def state(self, state):
        self.source.setCurrentIndex(state.get("source", 0))
        self.scale_menu.value = state["scale_map"]
        self.flexibility_menu.value = state.get("flexibility_map")
        self.model_menu.value = state["model"]
        self.by_menu.setCurrentText(state["by"])
        self.segment.setValue(state.get("segment", groups.DEFAULT_SEGMENT))
        self.reference.setText(state.get("reference", ""))
        self.show_unexplained.setChecked(state.get("show_unexplained", False))
        self.without_water.setChecked(state.get("without_water", True))
        self.with_density.setChecked(state["with_density"])
        self.of_several.state = state.get("of_several", self.of_several.state)

    def measure(self, save_file=None):
        """Find the occupancies and show their table, or save it to a file too."""
        self._run(unexplained=save_file is None and self.show_unexplained.isChecked(), save_file=save_file)

    def color(self):
        """Find the occupancies, and color the model by them."""
        self._run(color=True)

    def plot(self):
        """Find the occupancies and show their plot."""
        self._run(plot=True)

    def save(self):
        """Ask for a file and save the table to it."""
        self._chosen_model()
        path, _ = QFileDialog.getSaveFileName(self, "Save table of occupancies", "occupancies.csv", "CSV (*.csv)")
        if path:
            self.measure(str(Path(path).with_suffix(".csv")) if not Path(path).suffix else path)

    def _run(self, color=False, plot=False, unexplained=False, save_file=None):
        if self.refines:
            self._refine(color, plot, unexplained, save_file)
        else:
            self._read(color, plot, save_file)

    def _refine(self, color, plot, unexplained, save_file):
        """Run occupy refine, its work in the background."""
        model, by, length = self._chosen_model(), self.by_menu.currentText(), self.segment.value()
        typed, expected = self.reference.text().strip(), "atoms, such as #2/A"
        reference = specified(AtomsArg, typed, self._panel.session, "Full occupancy", expected) if typed else None
        words = {
            "atoms": Typed(in_words(model)),
            "by": by if by != groups.BY[0] else None,
            "segment": length if by == "segment" and length != groups.DEFAULT_SEGMENT else None,
            "reference": Typed(typed) if typed else None,
            "saveFile": save_file,
        }
        chosen = AtomGroups(model.atoms, by, length)
        if self._count > 1:
            self._refine_in_several(chosen, reference, words | {"plot": False if save_file else None})
            return
        shown = {"color": color, "plot": plot}
        words |= {"showUnexplained": True if unexplained else None}
        self._refine_in_one(chosen, reference, words | {name: None if on else False for name, on in shown.items()})

    def _refine_in_one(self, chosen, reference, words):
        half_maps = self._half_maps

        def job(sampled, settings):
            return refine_job(sampled, chosen, reference, **settings)

        def settings():
            return {"half_maps": half_maps.value}

        self._panel.run_job("occupy refine", job, settings, then=self.table.show_found, **words)

    def _refine_in_several(self, chosen, reference, words):
        if any(self._half_maps.state):
            raise UserError("Half maps, on the Estimate page, are of one map; choose none there for several")
        volumes = self._panel.maps_to_work_on()
        job = self.of_several.job(volumes, chosen, reference)
        words |= self.of_several.words()
        self._panel.start_job("occupy refine", volumes, job, {}, then=self.table.show_found, **words)

    @property
    def _half_maps(self):
        return self._panel.estimate_page.form.fields["half_maps"]

    def _read(self, color, plot, save_file):
        """Run occupy measure."""
        if plot and self.flexibility_menu.value is None:
            raise UserError(
                "No flexibility map is chosen, against which to plot the scale; estimate with flexibility to have one"
            )
        self.table.show_found(run(self._panel.session, self._measure_command(plot, save_file)))
        if color:
            color_atoms(self._panel.session, in_words(self._chosen_model()), ATTRIBUTE)

    def _measure_command(self, plot, save_file):
        scale_map = self._panel.chosen_map(self.scale_menu)
        by = self.by_menu.currentText()
        density = self._panel.current.volume if self.with_density.isChecked() else None
        atoms = in_words(self._chosen_model()) + (" & ~:HOH" if self.without_water.isChecked() else "")
        flexibility = self.flexibility_menu.value
        words = {
            "by": by if by != regions.BY[0] else None,
            "map": density,
            "flexibilityMap": flexibility,
            "plot": None if plot or flexibility is None else False,
            "saveFile": save_file,
        }
        return command("occupy measure", scale_map, atoms=Typed(atoms), **words)

    def _chosen_model(self):
        model = self.model_menu.value
        if model is None:
            raise UserError("No atomic model is chosen; open one and choose it in the menu")
        return model

    def _make_options(self):
        self.by_menu = QComboBox()
        self.by_menu.setToolTip("<p>What the atoms are grouped by: <b>by</b></p>")
        self.segment = QSpinBox()
        self.segment.setRange(1, _LONGEST_SEGMENT)
        self.segment.setValue(groups.DEFAULT_SEGMENT)
        self.segment.setPrefix("of ")
        self.segment.setSuffix(" residues")
        self.segment.setToolTip("<p>Residues in a segment: <b>segment</b></p>")
        self.reference = QLineEdit()
        self.reference.setPlaceholderText("the strongest groups")
        self.reference.setToolTip(
            "<p>Atoms that are known to be there in full, such as #2/A: occupancies are relative to the groups that "
            "they make up. <b>reference</b></p>"
        )
        self.show_unexplained = QCheckBox("Show what the model does not explain")
        self.show_unexplained.setToolTip(
            "<p>With <b>Refine occupancies</b>: show the part of the map that the model does not explain, in place of "
            "the map. <b>showUnexplained</b></p>"
        )
        self.of_several = FitOfSeveral(self._panel.session)
        full = row(QLabel("Full occupancy"), self.reference, stretch=False)
        self._of_fit = full, self.of_several, self.show_unexplained
        self.scale_menu = map_menu(self._panel.session, no_value_button_text="No scale map chosen")
        self.without_water = QCheckBox("without water")
        self.without_water.setToolTip("<p>Leave water molecules out: <b>& ~:HOH</b></p>")
        self.without_water.setChecked(True)
        self.with_density = QCheckBox("with relative density")
        self.with_density.setToolTip(
            "<p>Also measure the low-passed density of the map chosen above, relative to the strongest; where one "
            "chain is known to be fully occupied, it follows occupancy more closely than the scale: <b>map</b></p>"
        )
        self.flexibility_menu = map_menu(self._panel.session, no_value_button_text="none", no_value_menu_text="none")
        self.flexibility_menu.setToolTip(
            "<p>The map of flexibility that was made with the scale map: also tell ΔB of each region, in Å². "
            "<b>flexibilityMap</b></p>"
        )
        self._of_scale_map = (
            row(QLabel("Scale map"), self.scale_menu),
            row(QLabel("Flexibility map"), self.flexibility_menu),
        )

    def _buttons(self):
        self._measure_button = button("", self.measure, "")
        self._plot_button = button("Plot", self.plot, "")
        self._color_button = button("Color", self.color, "Color the model by its occupancies, with a key: <b>color</b>")
        save = button("Save CSV…", self.save, "Save the table to a file: <b>saveFile</b>")
        return row(self._measure_button, self._color_button, self._plot_button, save)

    def _show_options(self):
        """Show what can be chosen for where the occupancies come from."""
        refines = self.refines
        several = refines and self._count > 1
        for widget in self._of_fit:
            widget.setVisible(refines)
        self.of_several.setVisible(several)
        for widget in (self._color_button, self._plot_button):
            widget.setVisible(not several)
        self.show_unexplained.setVisible(refines and not several)
        for widget in (*self._of_scale_map, self.without_water, self.with_density):
            widget.setVisible(not refines)
        self._plot_button.setToolTip(_PLOT_OF_FIT if refines else _PLOT_OF_SCALE_MAP)
        refine = f"Refine in {self._count} maps" if several else "Refine occupancies"
        self._measure_button.setText(refine if refines else "Measure")
        help_of_fit = _HELP_OF_FITS if several else _HELP_OF_FIT
        self._measure_button.setToolTip(help_of_fit if refines else _HELP_OF_SCALE_MAP)
        by = self.by_menu.currentText()
        self.by_menu.clear()
        self.by_menu.addItems(groups.BY if refines else regions.BY)
        self.by_menu.setCurrentText(by)
        self._show_segment()

    def _show_segment(self):
        self.segment.setVisible(self.by_menu.currentText() == "segment")
