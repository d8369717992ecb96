"""How far work in the background is, with a button that cancels it."""

from Qt.QtCore import Qt, QTimer
from Qt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from .fields import button

_POLL = 100
"""Milliseconds between looks at the progress of what is running."""

_PATIENCE = 3
"""Looks before progress is shown, so that quick work does not flicker."""


class ProgressRow(QWidget):
    """Stage, bar and button, which are seen while work takes longer than a moment.

    Parameters
    ----------
    works : tuple of Background
        The first that is busy is told of.
    cancel : callable
    """

    def __init__(self, works, cancel):
        super().__init__()
        self._works, self._looks = works, 0
        self.stage = QLabel("")
        self.stage.setTextFormat(Qt.PlainText)
        self.stage.setMinimumWidth(1)
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stage)
        layout.addWidget(self.bar, 1)
        layout.addWidget(button("Cancel", cancel, "Stop; nothing will have been changed"))
        self._poll = QTimer()
        self._poll.setInterval(_POLL)
        self._poll.timeout.connect(self._show)
        self._show()

    def look(self):
        """Begin or end to follow the work."""
        if not any(work.busy for work in self._works):
            self._poll.stop()
            self._show()
        elif not self._poll.isActive():
            self._looks = 0
            self._poll.start()

    def stop(self):
        """Follow nothing any more."""
        self._poll.stop()

    def _show(self):
        progress = next(filter(None, (work.progress for work in self._works)), None)
        self._looks += 1
        shown = progress is not None and self._looks > _PATIENCE
        self.setVisible(shown)
        title, stage, fraction = progress or ("", "", 0)
        self.stage.setText(f"{title}: {stage}" if shown else "")
        self.bar.setValue(round(100 * fraction))
