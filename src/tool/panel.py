"""The OccuPy panel: a map, and a page each for estimating, modifying, masks and measuring."""

from functools import partial

from chimerax.core.commands import run
from chimerax.core.errors import UserError
from chimerax.core.models import ADD_MODELS, REMOVE_MODELS
from chimerax.core.tools import ToolInstance, get_singleton
from chimerax.map import Volume
from chimerax.ui import MainToolWindow
from Qt.QtCore import Qt, QTimer
from Qt.QtWidgets import QLabel, QScrollArea, QTabWidget, QVBoxLayout

from ..commands.arguments import user_errors
from ..commands.estimate import SUFFIX
from ..commands.maps import sample, spec_of
from ..commands.sessions import keep_in_sessions, take_out
from .background import Background
from .composing import Typed, command, is_open, named
from .each import JobOnEach
from .estimate_page import EstimatePage
from .estimating import CurrentEstimate
from .fields import button, map_menu, row
from .mask_page import MaskPage
from .measure_page import MeasurePage
from .modify_page import ModifyPage
from .progress_row import ProgressRow
from .several import SeveralMaps
from .watching import Watch

TOOL_NAME = "OccuPy"
IN_SESSIONS = "OccuPy panel"
_STATE_VERSION = 1
_LEAST_HEIGHT = 200
"""Pixels of a page in sight, where the panel is docked beside others."""

_HEIGHT_TO_DOCK = 900
"""Pixels of ChimeraX's window, from which on the panel begins docked."""

_SIZE_AFLOAT = (460, 640)


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
        self.background = Background(session, lambda: self.progress.look())
        self.work = Background(session, lambda: self.progress.look())
        self.progress = ProgressRow((self.work, self.background), self.cancel)
        self.map_menu = map_menu(session, no_value_button_text="No map open")
        self.map_menu.setToolTip("<p>The map to work on</p>")
        self.several = SeveralMaps(session, self.map_menu)
        self.current = CurrentEstimate(self.background, self.estimation, self._show_current)
        self.estimate_page = EstimatePage(self)
        self.modify_page = ModifyPage(self)
        self.mask_page = MaskPage(self)
        self.measure_page = MeasurePage(self)
        self.estimate_page.changed.connect(lambda: self.modify_page.use_defaults(self.estimate_page.mode))
        self.estimate_page.changed.connect(self.current.refresh)
        self.map_menu.value_changed.connect(lambda: self.current.choose(self.map_menu.value))
        self.several.changed.connect(self._show_several)
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

    def run_job(self, name, make_job, settings, volume=None, before=None, then=None, one_scale=False, **words):
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
            What the command works on, where it is not the chosen map, or several.
        before : callable, optional
            Called with the result of the job, of several maps that of the chosen one, before the command is run.
        then : callable, optional
            Called with what the command returned.
        one_scale : bool
            Put several maps on the full scale of the strongest.
        **words
            Further keywords of the command.
        """
        volumes = [volume] if volume else self.maps_to_work_on()
        with user_errors(volumes[0]):
            given = settings()
            if len(volumes) > 1:
                words |= {"commonScale": True} if one_scale else {}
                job = JobOnEach(volumes, self.current.volume, make_job, given, one_scale)
            else:
                job = make_job(sample(volume) if volume else self.current.sampled(), given)
        self.start_job(name, volumes, job, given, before, then, **words)

    def start_job(self, name, volumes, job, settings, before=None, then=None, **words):
        """Compute a job in a thread, then run the command; parameters as for `run_job`.

        Parameters
        ----------
        volumes : list of Volume
            What the command works on. Where they are several the job asks for them one after the other.
        job : Job or JobOnEach
        settings : dict
        """
        self.current.pause()
        self._guard.look_at(job.volume, *job.maps)
        models, called = volumes[0], named(volumes[0])
        if len(volumes) > 1:
            models, called = Typed(spec_of(volumes)), f"{len(volumes)} maps"

        def finish(result):
            self._finish(job, result, lambda: command(name, models, settings, **words), before, then)

        title = f"{name.split()[1].capitalize()} {called}"
        failed = partial(self._failed, volumes[0] if len(volumes) == 1 else None)
        self.work.start(title, job.compute, finish, failed, asks=len(volumes) > 1)

    def maps_to_work_on(self):
        """The chosen map, or several; raises `UserError` where there is none."""
        if not self.several.volumes:
            raise UserError("There is no map to work on; open one first")
        return self.several.volumes

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
        return own | {"map": self.map_menu.value, "several": self.several.state} | pages

    @state.setter
    def state(self, state):
        if state["version"] != _STATE_VERSION:
            raise ValueError(f"State of version {state['version']}, expected {_STATE_VERSION}")
        self.display(state["shown"])
        self.pages.setCurrentIndex(state["page"])
        self.map_menu.value = state["map"]
        self.several.state = state.get("several", [])
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
        layout.addWidget(row(QLabel("Map"), self.map_menu, self.several.button, help_button))
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.progress)
        # In a small window one more panel at the side would squeeze the Log to nothing.
        floats = self.session.ui.main_window.height() < _HEIGHT_TO_DOCK
        window.manage(placement=None if floats else "side")
        if floats:
            window.ui_area.window().resize(*_SIZE_AFLOAT)

    def _models_closed(self):
        QTimer.singleShot(0, self.modify_page.models_closed)
        self.several.look_again()
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

    def _show_several(self):
        for page in (self.estimate_page, self.modify_page, self.measure_page):
            page.show_several(self.several.count)

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
        self.progress.stop()
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
