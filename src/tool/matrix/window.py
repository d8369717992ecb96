"""The window of a matrix of occupancies: its tabs, and what is done with what is chosen in them."""

from pathlib import Path

from chimerax.core.errors import UserError
from chimerax.core.tools import ToolInstance
from chimerax.ui import MainToolWindow
from Qt.QtWidgets import QCheckBox, QMenu, QPushButton, QTabWidget, QVBoxLayout

from ...commands.matrix import plain_values
from ...commands.sessions import keep_in_sessions, take_out
from ...commands.shown_matrix import remember_matrix
from ...commands.tables import save_table
from ...engine.errors import OccuPyError
from ..asking import ask_for_file, ask_for_path
from ..fields import button, label, row
from ..placing import float_in_screen
from .actions import color_by_row, save_particles, select_groups, show_row
from .assembly_tab import AssemblyTab
from .averages import Averages
from .heat_tab import HeatTab
from .picks import Picks
from .states import matrix_of, state_of

TOOL_NAME = IN_SESSIONS = "OccuPy matrix"
TABS = (HeatTab, AssemblyTab)
"""The tabs, each a `FigureTab`."""

_PARTICLES = "Particles (*.star *.cs *.csv *.txt);;All files (*)"
_AROUND, _PER_CELL, _SMALLEST = (340, 260), (24, 18), (480, 440)
"""Pixels: what is beside the heat map, a cell in which names are read, and the window."""


class MatrixWindow(ToolInstance):
    """The window of a matrix.

    Parameters
    ----------
    session : Session
    shown : ShownMatrix

    Attributes
    ----------
    picks : Picks
        The map that was chosen last, and the picked ones.
    """

    SESSION_SAVE = False
    help = "help:user/commands/occupy.html#matrix_window"

    def __init__(self, session, shown):
        super().__init__(session, TOOL_NAME)
        self.shown, self.matrix = shown, shown.matrix
        self.picks = Picks(self.matrix)
        self.averages = Averages(session, shown)
        self._particles = ""
        self._fill_window()
        self._handlers = keep_in_sessions(session, IN_SESSIONS, lambda: self.state)

    @classmethod
    def bring_back(cls, session):
        """Open the window as it was in a session that has been restored."""
        try:
            state = take_out(session, IN_SESSIONS)
            if state is None:
                return
            shown = matrix_of(session, state)
            remember_matrix(session, shown)
            show_matrix(session, shown).state = state
        except (KeyError, TypeError, ValueError, OccuPyError):
            session.logger.info("The matrix of occupancies was saved by another version, and is not shown")

    def choose(self, place, column=None):
        """Show the map of a row, color the model by its occupancies, and select a group where one is named."""
        try:
            show_row(self.session, self.shown, place, column)
        except UserError as error:
            self.session.logger.status(str(error), color="red")
            return
        self.picks.choose(place)
        self.picks_changed()
        self._color()

    def select(self, columns):
        """Select the atoms of groups."""
        select_groups(self.session, self.shown, columns)

    def pick_set(self, number, keep=False):
        """Pick the maps of a set."""
        self.picks.pick(self.picks.maps_of(number), keep)
        self.picks_changed()

    def average(self):
        """Show the average of the picked maps, or of the set of the chosen one."""
        places = self.picks.together()
        return self.averages.show(places, self.picks.named(places))

    def morph(self, number):
        """Morph the average of the picked maps, or of the set of the chosen one, into that of a set."""
        ends = self.picks.together(), self.picks.maps_of(number)
        return self.averages.morph(*ends, [self.picks.named(end) for end in ends])

    def save_particles(self, path=None, save_file=None):
        """Save the particles of the picked maps, or of the set of the chosen one; ask for the files not given."""
        rows = self.picks.together()
        path = path or ask_for_file(self.tabs, "File of all particles", self._particles, _PARTICLES)
        if not path:
            return
        self._particles = path
        suffix, kinds = Path(path).suffix, f"As that file (*{Path(path).suffix});;Places in that file (*.txt)"
        name = f"particles_of_{self.picks.named(rows).replace(' ', '_')}{suffix}"
        save_file = save_file or ask_for_path(self.tabs, "Save particles", name, kinds)
        if save_file:
            save_particles(self.session, self.shown, rows, self.picks.whole_set(rows), path, save_file)

    def save_image(self):
        """Ask for a file and save the figure of the tab to it."""
        kinds = "PNG image (*.png);;SVG image (*.svg);;PDF document (*.pdf)"
        tab = self.tabs.currentWidget()
        path = ask_for_path(self.tabs, "Save image", tab.saved_as, kinds)
        if path:
            tab.save(path)

    def save_table(self, path=None):
        """Save the matrix with its errors, as JSON where the name ends so; ask for a file if none is given."""
        path = path or ask_for_path(self.tabs, "Save table", "occupancy_matrix.csv", "CSV (*.csv);;JSON (*.json)")
        if path:
            save_table(self.session, self.matrix.as_csv(), plain_values(self.matrix), path)

    def picks_changed(self):
        """Show what is picked, in the tabs and below."""
        for i in range(self.tabs.count()):
            self.tabs.widget(i).mark()
        together = self.picks.together()
        self._average.setText(f"Average of {self.picks.named(together)}" if together else "Average")
        self._average.setEnabled(len(together) > 1)
        self._morph.setEnabled(bool(together) and len(self.picks.sets) > 1)
        self._told.setText(self.picks.text())
        self._told.setToolTip(self.picks.text())

    def delete(self):
        for handler in self._handlers:
            handler.remove()
        super().delete()

    @property
    def state(self):
        """What a session keeps."""
        place = {"shown": self.displayed(), "floating": self.tool_window.floating, "tab": self.tabs.currentIndex()}
        picked = {"row": self.picks.row, "picked": self.picks.rows, "colors": self.colors.isChecked()}
        return state_of(self.shown) | place | picked

    @state.setter
    def state(self, state):
        self.colors.setChecked(state["colors"])
        self.tabs.setCurrentIndex(state["tab"])
        self.picks.pick(state["picked"])
        self.picks.row = state["row"]
        self.picks_changed()
        if not state["floating"]:
            self.tool_window.floating = False
        self.display(state["shown"])

    def _fill_window(self):
        count = len(self.matrix.maps)
        self.tool_window = window = MainToolWindow(self, close_destroys=False)
        window.title = f"Occupancies in {count} {'map' if count == 1 else 'maps'}"
        window.fill_context_menu = self._fill_context_menu
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAutoHide(True)
        for kind in TABS:
            self.tabs.addTab(kind(self), kind.title)
        self._told = label()
        self._told.setWordWrap(False)
        self._told.setMinimumWidth(1)
        layout = QVBoxLayout(window.ui_area)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self._told)
        layout.addWidget(self._buttons())
        self.picks_changed()
        cells = len(self.matrix.groups), count
        needed = zip(_SMALLEST, _AROUND, _PER_CELL, cells, strict=True)
        float_in_screen(window, self.session, [max(least, some + each * n) for least, some, each, n in needed])

    def _buttons(self):
        self.colors = QCheckBox("Color model")
        self.colors.setToolTip("<p>Color the model by the occupancies of the map that is chosen</p>")
        self.colors.setChecked(True)
        self.colors.toggled.connect(lambda checked: self._color())
        self._average = button("Average", self.average, "Show the average of the picked maps, or of the set")
        self._morph = _menu_button(
            "Morph to", self._fill_morph_menu, "Morph the average of the picked maps, or of the set, to that of a set"
        )
        save = _menu_button("Save", self._fill_save_menu, "Save particles of what is picked, the figure, or the matrix")
        help_button = button("Help", self.display_help, "Open the help page of this window")
        return row(self.colors, self._average, self._morph, save, help_button)

    def _fill_context_menu(self, menu, x, y):
        if self._average.isEnabled():
            _add(menu, self._average.text(), self.average)
        if self._morph.isEnabled():
            self._fill_morph_menu(menu.addMenu(self._morph.text()))
        number = self.picks.set_of(self.picks.rows)
        if number:
            _add(menu, f"Pick the maps of set {number}", self.pick_set, number)
            for part in self.picks.sets[number]["apart"]:
                columns = [self.matrix.groups.index(name) for name in part["groups"]]
                _add(menu, f"Select: {part['words']}", self.select, columns)
        self._fill_save_menu(menu)

    def _fill_morph_menu(self, menu):
        for number in self.picks.sets:
            if number != self.picks.set_of(self.picks.together()):
                _add(menu, self.picks.set_text(number), self.morph, number)

    def _fill_save_menu(self, menu):
        together = self.picks.together()
        of = f" of {self.picks.named(together)}" if together else ""
        _add(menu, f"Save particles{of}…", self.save_particles).setEnabled(bool(together))
        _add(menu, "Save image…", self.save_image)
        _add(menu, "Save table…", self.save_table)

    def _color(self):
        if self.picks.row is not None and self.colors.isChecked():
            color_by_row(self.session, self.shown, self.picks.row)


def show_matrix(session, shown):
    """Show the window of a matrix in place of an earlier one.

    Parameters
    ----------
    session : Session
    shown : ShownMatrix

    Returns
    -------
    MatrixWindow
    """
    for earlier in session.tools.find_by_class(MatrixWindow):
        earlier.delete()
    return MatrixWindow(session, shown)


def _add(menu, text, action, *arguments):
    """Add what calls a function with arguments to a menu."""
    added = menu.addAction(text)
    added.triggered.connect(lambda checked: action(*arguments))
    return added


def _menu_button(text, fill, help):
    """A button with a menu that is filled when it is opened."""
    made = QPushButton(text)
    made.setToolTip(f"<p>{help}</p>")
    menu = QMenu(made)
    menu.aboutToShow.connect(lambda: (menu.clear(), fill(menu)))
    made.setMenu(menu)
    return made
