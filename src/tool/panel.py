"""The OccuPy panel: a map, and a page each for estimating, modifying, masks and measuring."""

from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.core.models import ADD_MODELS, REMOVE_MODELS
from chimerax.core.tools import ToolInstance, get_singleton
from chimerax.map import Volume
from chimerax.ui import MainToolWindow
from Qt.QtCore import Qt, QTimer
from Qt.QtWidgets import QLabel, QProgressBar, QScrollArea, QTabWidget, QVBoxLayout

from ..commands.arguments import user_errors
from ..commands.estimate import SUFFIX
from ..commands.maps import sample
from ..commands.sessions import keep_in_sessions, take_out
from .background import Background
from .composing import command, is_open, named
from .estimate_page import EstimatePage
from .estimating import CurrentEstimate
from .fields import button, map_menu, row
from .mask_page import MaskPage
from .measure_page import MeasurePage
from .modify_page import ModifyPage
from .watching import Watch

TOOL_NAME = "OccuPy"
IN_SESSIONS = "OccuPy panel"
_STATE_VERSION = 1
_POLL = 100
"""Milliseconds between looks at the progress of what is running."""

_LEAST_HEIGHT = 200
"""Pixels of a page in sight, where the panel is docked beside others."""

_HEIGHT_TO_DOCK = 900
"""Pixels of ChimeraX's window, from which on the panel begins docked."""

_SIZE_AFLOAT = (460, 640)

_PATIENCE = 3
"""Looks before progress is shown, so that quick work does not flicker."""


class OccuPyPanel(ToolInstance):
    """The panel.

    Attributes
    ----------
    background : Background
        For what the panel does of its own accord: estimates and previews.
    work : Background
        For what the user asked for; nothing of the panel's own accord disturbs it.
    current : CurrentEstimate
        What is known of the chosen map.
    """

    help = "help:user/tools/occupy.html"

    def __init__(self, session, tool_name=TOOL_NAME):
        super().__init__(session, tool_name)
        self.background = Background(session, self._work_changed)
        self.work = Background(session, self._work_changed)
        self.map_menu = map_menu(session, no_value_button_text="No map open")
        self.map_menu.setToolTip("<p>The map to work on</p>")
        self.current = CurrentEstimate(self.background, self.estimation, self._show_current)
        self.estimate_page = EstimatePage(self)
        self.modify_page = ModifyPage(self)
        self.mask_page = MaskPage(self)
        self.measure_page = MeasurePage(self)
        self.estimate_page.changed.connect(lambda: self.modify_page.use_defaults(self.estimate_page.mode))
        self.estimate_page.changed.connect(self.current.refresh)
        self.map_menu.value_changed.connect(lambda: self.current.choose(self.map_menu.value))
        self._fill_window()
        self._guard = Watch(lambda volume: QTimer.singleShot(0, self._abandon))
        self._handlers = [
            session.triggers.add_handler(REMOVE_MODELS, lambda *_: self._models_closed()),
            session.triggers.add_handler(ADD_MODELS, lambda *_: QTimer.singleShot(0, self._choose_maps)),
            session.triggers.add_handler("app quit", lambda *_: self._stop()),
            *keep_in_sessions(session, IN_SESSIONS, lambda: self.state),
        ]
        self._choose_maps()
        self._show_current()

    @classmethod
    def get_singleton(cls, session, create=True):
        """The panel, made where there is none."""
        return get_singleton(session, cls, TOOL_NAME, create=create)

    @classmethod
    def bring_back(cls, session):
        """Open the panel as it was in a session that has been restored, where it was open."""
        try:
            state = take_out(session, IN_SESSIONS)
            if state is not None:
                cls.get_singleton(session).state = state
        except (KeyError, TypeError, ValueError):
            cls.get_singleton(session)
            session.logger.info("The OccuPy panel was saved by another version, and begins anew")

    def estimation(self):
        """The estimation settings that are set; raises `SettingError` where one cannot be used."""
        return self.estimate_page.form.values()

    def chosen_map(self, menu):
        """The map that is chosen in a menu; raises `UserError` where there is none."""
        if not is_open(menu.value):
            raise UserError("No scale map is chosen; press Estimate first, or choose one in the menu")
        return menu.value

    def run_job(self, name, make_job, settings, volume=None, before=None, then=None, **words):
        """Do the engine's work of a command in a thread, then run the command.

        Parameters
        ----------
        name : str
            Of the command.
        make_job : callable
            Makes the `Job` from a SampledMap and settings.
        settings : callable
            Returns the settings that are set, or raises `SettingError`.
        volume : Volume, optional
            What the command works on, where it is not the chosen map.
        before : callable, optional
            Called with the result of the job before the command is run.
        then : callable, optional
            Called with what the command returned.
        **words
            Further keywords of the command.
        """
        volume = volume or self.current.volume
        if not is_open(volume):
            raise UserError("There is no map to work on; open one first")
        with user_errors(volume):
            given = settings()
            sampled = self.current.sampled() if volume is self.current.volume else sample(volume)
            job = make_job(sampled, given)
        self.current.pause()
        self._guard.look_at(job.sampled.volume, *job.maps)

        def finish(result):
            self._finish(job, result, lambda: command(name, volume, given, **words), before, then)

        title = f"{name.split()[1].capitalize()} {named(volume)}"
        self.work.start(title, job.compute, finish, lambda error: self._failed(volume, error))

    def cancel(self):
        """Stop what is being computed."""
        if self.work.busy:
            self._guard.look_at()
            self.work.cancel()
            self.session.logger.status("Cancelled; nothing was changed")
        elif self.background.busy:
            self.modify_page.stop_preview()
        self.current.pause()
        if self.current.found is None:
            self.current.give_up("Cancelled. Press Estimate, or change a setting, to begin again.")

    def delete(self):
        self._stop()
        super().delete()

    @property
    def state(self):
        """What a session keeps."""
        pages = {name: page.state for name, page in self._pages_with_state().items()}
        own = {"version": _STATE_VERSION, "shown": self.displayed(), "page": self.pages.currentIndex()}
        return own | {"map": self.map_menu.value} | pages

    @state.setter
    def state(self, state):
        if state["version"] != _STATE_VERSION:
            raise ValueError(f"State of version {state['version']}, expected {_STATE_VERSION}")
        self.display(state["shown"])
        self.pages.setCurrentIndex(state["page"])
        self.map_menu.value = state["map"]
        for name, page in self._pages_with_state().items():
            page.state = state[name]

    def _pages_with_state(self):
        return {
            "estimate": self.estimate_page.form,
            "modify": self.modify_page,
            "mask": self.mask_page,
            "measure": self.measure_page,
        }

    def _fill_window(self):
        self.tool_window = window = MainToolWindow(self)
        self.pages = QTabWidget()
        for name, page in (
            ("Estimate", self.estimate_page),
            ("Modify", self.modify_page),
            ("Mask", self.mask_page),
            ("Measure", self.measure_page),
        ):
            self.pages.addTab(_scrolled(page), name)
        self.pages.currentChanged.connect(lambda index: self.mask_page.stop())
        layout = QVBoxLayout(window.ui_area)
        layout.setContentsMargins(4, 4, 4, 4)
        help_button = button("Help", self.display_help, "Open the help page of this panel")
        layout.addWidget(row(QLabel("Map"), self.map_menu, help_button))
        layout.addWidget(self.pages, 1)
        layout.addWidget(self._progress_row())
        # In a small window one more panel at the side would squeeze the Log to nothing.
        floats = self.session.ui.main_window.height() < _HEIGHT_TO_DOCK
        window.manage(placement=None if floats else "side")
        if floats:
            window.ui_area.window().resize(*_SIZE_AFLOAT)

    def _progress_row(self):
        self.stage = QLabel("")
        self.stage.setTextFormat(Qt.PlainText)
        self.stage.setMinimumWidth(1)
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.cancel_button = button("Cancel", self.cancel, "Stop; nothing will have been changed")
        made = row(self.stage, self.bar, self.cancel_button, stretch=False)
        made.layout().setStretch(1, 1)
        self._progress = made
        self._looks = 0
        self._poll = QTimer()
        self._poll.setInterval(_POLL)
        self._poll.timeout.connect(self._show_progress)
        self._show_progress()
        return made

    def _work_changed(self):
        if self.work.busy or self.background.busy:
            if not self._poll.isActive():
                self._looks = 0
                self._poll.start()
        else:
            self._poll.stop()
            self._show_progress()

    def _show_progress(self):
        progress = self.work.progress or self.background.progress
        self._looks += 1
        shown = progress is not None and self._looks > _PATIENCE
        self._progress.setVisible(shown)
        title, stage, fraction = progress or ("", "", 0)
        self.stage.setText(f"{title}: {stage}" if shown else "")
        self.bar.setValue(round(100 * fraction))

    def _models_closed(self):
        QTimer.singleShot(0, self.modify_page.models_closed)
        if not all(is_open(volume) for volume in self._guard.volumes):
            self._abandon()

    def _abandon(self):
        """Give up work on a map that is no longer what it was."""
        self._guard.look_at()
        if self.work.busy:
            self.work.cancel()
            self.session.logger.status("Cancelled, as the map was changed or closed")
            self.current.refresh()

    def _finish(self, job, result, text, before, then):
        self._guard.look_at()
        job.keep(result)
        if before:
            before(result)
        try:
            made = run(self.session, text())
            if then:
                then(made)
        finally:
            job.take()
            self.current.look_again()

    def _failed(self, volume, error):
        self._guard.look_at()
        self.current.refresh()
        with user_errors(volume):
            raise error

    def _show_current(self):
        self.estimate_page.show_current(self.current)
        self.modify_page.show_current(self.current)

    def _choose_maps(self):
        """Where nothing is chosen, choose what is there."""
        if not self._handlers:
            return
        maps = self.session.models.list(type=Volume)
        scale_maps = [volume for volume in maps if volume.name.endswith(tuple(SUFFIX.values()))]
        if self.map_menu.value is None:
            others = [v for v in maps if v not in scale_maps and not getattr(v, "is_occupy_preview", False)]
            displayed = [v for v in others if v.display]
            self.map_menu.value = next(iter(displayed or others), None)
        for page in (self.mask_page, self.measure_page):
            if page.scale_menu.value is None and scale_maps:
                page.scale_menu.value = scale_maps[-1]

    def choose_scale_map(self, scale_map, flexibility_map=None):
        """Choose a scale map on the pages that need one, and the flexibility map made with it, if any."""
        for page in (self.mask_page, self.measure_page):
            page.scale_menu.value = scale_map
        self.measure_page.flexibility_menu.value = flexibility_map

    def _stop(self):
        for handler in self._handlers:
            handler.remove()
        self._handlers = []
        self._guard.look_at()
        self._poll.stop()
        self.work.cancel()
        self.modify_page.stop_preview()
        self.mask_page.stop()
        self.current.stop()


def _scrolled(page):
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
    area.setFrameShape(QScrollArea.NoFrame)
    area.setMinimumHeight(_LEAST_HEIGHT)
    area.setWidget(page)
    return area
