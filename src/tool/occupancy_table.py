"""The table of occupancies on the page that measures them."""

from math import isfinite

import numpy as np
from Qt.QtCore import Qt
from Qt.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from ..commands.refine import COLUMNS
from ..engine.refinement.names import labels_of
from ..engine.scale import regions

_HEADINGS = {
    "standard_error": "±",
    "b_shift": "ΔB\nin Å²",
    "b_shift_error": "±",
    "correlation": "corre-\nlation",
    "lower_quartile": "lower\nquartile",
    "upper_quartile": "upper\nquartile",
    "relative_density": "relative\ndensity",
    "flexibility": "ΔB\n(Å²)",
    "maps": "maps\nthat tell",
    "noted": "maps\nwith notes",
}
_DECIMALS = {"correlation": 2, "flexibility": 1, "b_shift": 0, "b_shift_error": 0}
_MOST_DECIMALS = 3
_OF_SEVERAL = {"mean": np.mean, "lowest": np.min, "highest": np.max, "maps": len}
"""What is told of a group in several maps, from its occupancies in those that tell them."""


class OccupancyTable(QTableWidget):
    """Occupancies of groups or regions."""

    def __init__(self):
        super().__init__(0, 0)
        self.setEditTriggers(QTableWidget.NoEditTriggers)
        self.verticalHeader().hide()
        self.setMinimumHeight(160)

    def show_found(self, found):
        """Show what occupy refine or occupy measure returned."""
        rows = _of_groups(found) if isinstance(found, dict) else found
        names = _columns(rows)
        labels = labels_of([row["group"] for row in rows if "group" in row])
        self.setColumnCount(len(names))
        self.setHorizontalHeaderLabels([_HEADINGS.get(name, name) for name in names])
        self.setRowCount(len(rows))
        for i, row in enumerate(rows):
            for j, name in enumerate(names):
                value = labels[row[name]] if name == "group" else row.get(name)
                self.setItem(i, j, _cell(value, _DECIMALS.get(name, _MOST_DECIMALS)))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeToContents)


def _columns(rows):
    if "mean" in rows[0] and "group" in rows[0]:
        return list(rows[0])
    return COLUMNS if "group" in rows[0] else regions.columns_of(rows)


def _of_groups(matrix):
    """A row for each group of a matrix, from its plain values: what the maps have of it."""
    rows = []
    for i, group in enumerate(matrix["groups"]):
        known = [row[i] for row in matrix["occupancies"] if row[i] is not None]
        told = {name: function(known) if known else None for name, function in _OF_SEVERAL.items()}
        rows.append({"group": group} | told | {"noted": sum(bool(notes[i]) for notes in matrix["notes"])})
    return rows


def _cell(value, decimals):
    text = "; ".join(value) if isinstance(value, list) else _number(value, decimals)
    item = QTableWidgetItem(text)
    if isinstance(value, int | float):
        item.setTextAlignment(Qt.AlignRight | Qt.AlignVCenter)
    item.setToolTip(text)
    return item


def _number(value, decimals):
    if isinstance(value, float):
        return f"{value:.{decimals}f}" if isfinite(value) else ""
    return "" if value is None else str(value)
