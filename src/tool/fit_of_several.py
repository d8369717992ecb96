"""What can be set where a model is fitted to several maps."""

from Qt.QtWidgets import QCheckBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from ..commands.arguments import MapsToUseArg
from ..commands.matrix_job import MatrixJob
from .composing import Typed, specified
from .fields import row


class FitOfSeveral(QWidget):
    """Maps that are known to be complete, and whether ΔB is told.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session):
        super().__init__()
        self._session = session
        self.complete = QLineEdit()
        self.complete.setPlaceholderText("none is known to be")
        self.complete.setToolTip(
            "<p>Maps that are known to be complete, such as #1.1-3: each group is relative to itself in these, so that "
            "what the model gets wrong about it cancels. <b>referenceMaps</b></p>"
        )
        self.flexibility = QCheckBox("with ΔB of each group in each map")
        self.flexibility.setToolTip("<p>Tell what moves too, which takes several times as long: <b>flexibility</b></p>")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(row(QLabel("Complete maps"), self.complete, stretch=False))
        layout.addWidget(self.flexibility)

    @property
    def state(self):
        """What a session saves."""
        return {"complete": self.complete.text(), "flexibility": self.flexibility.isChecked()}

    @state.setter
    def state(self, state):
        self.complete.setText(state["complete"])
        self.flexibility.setChecked(state["flexibility"])

    def words(self):
        """Keywords of the command."""
        typed = self.complete.text().strip()
        asked = self.flexibility.isChecked()
        return {"referenceMaps": Typed(typed) if typed else None, "flexibility": True if asked else None}

    def job(self, volumes, chosen, reference):
        """The work on some maps; raises `UserError` where the complete ones are none.

        Parameters
        ----------
        volumes : list of Volume
        chosen : AtomGroups
        reference : Atoms or None
        """
        complete = self._complete()
        every = list(dict.fromkeys([*volumes, *complete]))
        settings = {"reference": reference, "flexibility": self.flexibility.isChecked()}
        return MatrixJob(every, [chosen] * len(every), complete, **settings)

    def _complete(self):
        typed = self.complete.text().strip()
        expected = "maps, such as #1.1-3"
        return specified(MapsToUseArg, typed, self._session, "Complete maps", expected) if typed else []
