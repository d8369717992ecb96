"""The estimate of the chosen map with the settings as they are, kept up to date in the background."""

from chimerax.core.errors import UserError
from Qt.QtCore import QTimer

from ..commands.arguments import explained, user_errors
from ..commands.jobs import EstimateJob
from ..commands.maps import sample
from ..engine.errors import SettingError
from ..engine.scale.estimate import estimation_settings
from .composing import is_open, named
from .watching import Watch

_PAUSE = 300
"""Milliseconds without a change of settings before an estimate is begun."""

MOST_VOXELS_UNASKED = 1 << 26
"""Larger maps are read and estimated when the user says so only."""


class CurrentEstimate:
    """What is known of the chosen map.

    Parameters
    ----------
    background : Background
    settings : callable
        Returns the estimation settings that are set, or raises `SettingError`.
    changed : callable
        Called when there is something new to show.

    Attributes
    ----------
    volume : Volume or None
        The chosen map.
    found : Estimate or None
        Of the map with the settings as they are now.
    problem : str
        Why there is none, in a sentence; empty while it is being made.
    """

    def __init__(self, background, settings, changed):
        self._background, self._settings, self._changed = background, settings, changed
        self.volume, self.found, self.problem = None, None, ""
        self._sampled = None
        self._watch = Watch(self._volume_changed)
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._update)

    @property
    def settled(self):
        """Whether nothing is being found out or about to be."""
        return not self._timer.isActive() and not self._background.busy

    def choose(self, volume):
        """Turn to another map, or to none."""
        if volume is self.volume:
            return
        self.volume = volume
        self._watch.look_at(volume)
        self._sampled = None
        self.refresh()

    def refresh(self):
        """Find the estimate anew, after a pause in which more may change."""
        self._background.cancel()
        self.found, self.problem = None, ""
        self._changed()
        self._timer.start()

    def pause(self):
        """Stop what is being found out or about to be, until the next change."""
        self._timer.stop()
        self._background.cancel()

    def look_again(self):
        """Find the estimate of the settings as they are, at once; it is often at hand."""
        self._timer.stop()
        self._update()

    def stop(self):
        """Do nothing any more."""
        self.pause()
        self._watch.look_at()
        self.volume, self.found, self._sampled = None, None, None

    def sampled(self):
        """The voxels of the map; raises `UserError` for one that cannot be used."""
        if self._sampled is None:
            self._sampled = sample(self.volume)
        return self._sampled

    def settings(self):
        """The settings with every default worked out, or None where that cannot be done."""
        if not is_open(self.volume):
            return None
        try:
            size, step = self.volume.data.size, self.volume.data.step
            return estimation_settings(tuple(reversed(size)), tuple(reversed(step)), **self._settings())
        except SettingError:
            return None

    def give_up(self, why):
        """Leave it at what is known, for a reason in a sentence."""
        self._timer.stop()
        self._fail(why)

    def _update(self):
        if not is_open(self.volume):
            return
        if self._is_large():
            self._fail("This map is large: press Estimate to see its solvent.")
            return
        try:
            with user_errors(self.volume):
                job = EstimateJob(self.sampled(), self._settings())
        except UserError as error:
            self._fail(str(error))
            return
        self._watch.look_at(self.volume, *job.maps)
        found = job.take()
        self.found, self.problem = found, ""
        self._changed()
        if found is None:
            title = f"Estimating {named(self.volume)}"
            self._background.start(title, job.compute, lambda found: self._keep(job, found), self._failed)

    def _keep(self, job, found):
        job.keep(found)
        self.found = found
        self._changed()

    def _is_large(self):
        x, y, z = self.volume.data.size
        return self._sampled is None and x * y * z > MOST_VOXELS_UNASKED

    def _failed(self, error):
        self._fail(explained(self.volume.session, error))

    def _fail(self, why):
        self.found, self.problem = None, why
        self._changed()

    def _volume_changed(self, volume):
        if volume is self.volume:
            self._sampled = None
        self.refresh()
