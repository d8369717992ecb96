"""The page of the panel on which the occupancy of chains is measured."""

from pathlib import Path

from chimerax.atomic import AtomicStructure
from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.ui.widgets import ModelMenuButton
from Qt.QtCore import Qt
from Qt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..commands.coloring import color_atoms
from ..commands.measure import ATTRIBUTE
from ..engine.regions import BY, columns_of
from .composing import Typed, command, in_words
from .fields import button, map_menu, row

_HEADINGS = {
    "lower_quartile": "lower\nquartile",
    "upper_quartile": "upper\nquartile",
    "relative_density": "relative\ndensity",
}


class MeasurePage(QWidget):
    """A scale map, an atomic model, and the table of what was measured.

    Parameters
    ----------
    panel : OccuPyPanel
        Runs the commands.
    """

    def __init__(self, panel):
        super().__init__()
        self._panel = panel
        self.scale_menu = map_menu(panel.session, no_value_button_text="No scale map chosen")
        self.model_menu = ModelMenuButton(
            panel.session, class_filter=AtomicStructure, no_value_button_text="No atomic model open"
        )
        self.by_menu = QComboBox()
        self.by_menu.addItems(BY)
        self.by_menu.setToolTip("<p>What the atoms are grouped by: <b>by</b></p>")
        self.without_water = QCheckBox("without water")
        self.without_water.setToolTip("<p>Leave water molecules out: <b>& ~:HOH</b></p>")
        self.without_water.setChecked(True)
        self.with_density = QCheckBox("with density relative to the strongest")
        self.with_density.setToolTip(
            "<p>Also measure the low-passed density of the map chosen above; where one chain is known to be fully "
            "occupied, it follows occupancy more closely than the scale: <b>map</b></p>"
        )
        self.table = QTableWidget(0, 0)
        self.table.setEditTriggers(QTableWidget.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setMinimumHeight(160)
        layout = QVBoxLayout(self)
        layout.addWidget(row(QLabel("Scale map"), self.scale_menu))
        layout.addWidget(row(QLabel("Atomic model"), self.model_menu, self.without_water))
        layout.addWidget(row(QLabel("By"), self.by_menu, self.with_density))
        layout.addWidget(
            row(
                button("Measure", self.measure, "Measure the scale at the atoms: <b>occupy measure</b>"),
                button("Color model", self.color, "Color the model by what was measured: <b>color byattribute</b>"),
                button("Save CSV…", self.save, "Save the table to a file: <b>saveFile</b>"),
            )
        )
        layout.addWidget(self.table, 1)

    @property
    def state(self):
        """What a session saves."""
        return {
            "scale_map": self.scale_menu.value,
            "model": self.model_menu.value,
            "by": self.by_menu.currentText(),
            "without_water": self.without_water.isChecked(),
            "with_density": self.with_density.isChecked(),
        }

    @state.setter
    def state(self, state):
        self.scale_menu.value = state["scale_map"]
        self.model_menu.value = state["model"]
        self.by_menu.setCurrentText(state["by"])
        self.without_water.setChecked(state.get("without_water", True))
        self.with_density.setChecked(state["with_density"])

    def measure(self, save_file=None):
        """Run occupy measure and show its table."""
        self._show(run(self._panel.session, self._command(save_file)))

    def color(self):
        """Measure, and color the model by it."""
        model = self._chosen_model()
        self.measure()
        color_atoms(self._panel.session, in_words(model), ATTRIBUTE)

    def save(self):
        """Ask for a file and save the table to it."""
        self._command()
        path, _ = QFileDialog.getSaveFileName(self, "Save table of occupancies", "occupancies.csv", "CSV (*.csv)")
        if path:
            self.measure(str(Path(path).with_suffix(".csv")) if not Path(path).suffix else path)

    def _command(self, save_file=None):
        scale_map = self._panel.chosen_map(self.scale_menu)
        by = self.by_menu.currentText()
        density = self._panel.current.volume if self.with_density.isChecked() else None
        atoms = in_words(self._chosen_model()) + (" & ~:HOH" if self.without_water.isChecked() else "")
        words = {"by": by if by != BY[0] else None, "map": density, "saveFile": save_file}
        return command("occupy measure", scale_map, atoms=Typed(atoms), **words)

    def _chosen_model(self):
        model = self.model_menu.value
        if model is None:
            raise UserError("No atomic model is chosen; open one and choose it in the menu")
        return model

    def _show(self, rows):
        names = columns_of(rows)
        self.table.setColumnCount(len(names))
        self.table.setHorizontalHeaderLabels([_HEADINGS.get(name, name) for name in names])
        self.table.setRowCount(len(rows))
        for i, found in enumerate(rows):
            for j, name in enumerate(names):
                self.table.setItem(i, j, _cell(found.get(name)))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeToContents)


def _cell(value):
    item = QTableWidgetItem(f"{value:.3f}" if isinstance(value, float) else str(value))
    if not isinstance(value, str):
        item.setTextAlignment(Qt.AlignRight | Qt.AlignVCenter)
    return item
