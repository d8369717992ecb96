"""What the tests of the panel share: it is open with a map, and used as with mouse and keyboard."""

import threading
import time

from chimerax.core.commands import run
from chimerax.map import Volume
from chimerax.occupy.tool.panel import OccuPyPanel
from Qt.QtCore import QEvent, Qt
from Qt.QtGui import QKeyEvent
from Qt.QtWidgets import QApplication
from support import MapTestCase, session

PATIENCE = 90
"""Seconds, after which something hangs: where other programs run an estimate may take a third of them."""


def wait_until(condition):
    """Let the window work until something is so."""
    end = time.time() + PATIENCE
    while not condition():
        if time.time() > end:
            raise AssertionError("it took too long")
        QApplication.processEvents()
        time.sleep(0.002)


def type_into(field, text):
    """What the user does to write in a field."""
    field.widget.selectAll()
    for character in text:
        QApplication.sendEvent(field.widget, QKeyEvent(QEvent.KeyPress, 0, Qt.NoModifier, character))


class Endless:
    """Stands for engine work that takes for ever, unless it is cancelled."""

    def __init__(self):
        self.begun, self.ended = threading.Event(), threading.Event()

    def __call__(self, *args, progress=None, **keywords):
        self.begun.set()
        try:
            while True:
                progress(0.4, "low-pass")
                time.sleep(0.002)
        finally:
            self.ended.set()


class PanelTestCase(MapTestCase):
    """A test that begins with the panel open and the map estimated."""

    def setUp(self):
        super().setUp()
        run(session, "ui tool show OccuPy", log=False)
        self.panel = OccuPyPanel.get_singleton(session, create=False)
        self.form = self.panel.estimate_page.form
        self.modify = self.panel.modify_page
        self.settle()

    def tearDown(self):
        if self.panel in session.tools.list():
            self.panel.delete()
        super().tearDown()

    def open_map(self, array, name, **keywords):
        made = super().open_map(array, name, **keywords)
        run(session, "wait 1", log=False)
        return made

    def settle(self):
        """Wait until nothing is being computed or about to be."""
        panel = self.panel
        wait_until(lambda: not panel.work.busy and not panel.background.busy and panel.current.settled)

    def maps(self):
        return session.models.list(type=Volume)

    def assert_quiet(self):
        """No warning and no error was logged."""
        self.assertEqual((self.log.text["warning"], self.log.text["error"]), ("", ""))
