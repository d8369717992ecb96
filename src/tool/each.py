"""The same work on each of several maps, which are read one after the other."""

from functools import partial

from ..commands.arguments import user_errors
from ..commands.jobs import FullScaleJob
from ..commands.maps import sampling_of
from ..engine.parallel import Progress
from .composing import named

_SHARE_OF_SCALES = 0.3
"""Of the time, where maps are put on one scale before the work."""


class JobOnEach:
    """Jobs on several maps as one; each result is kept for the command that needs it as soon as it is there.

    Parameters
    ----------
    volumes : list of Volume
    current : Volume
        That of them whose result is returned.
    make_job : callable
        Makes the `Job` from a SampledMap and settings.
    settings : dict
    one_scale : bool
        Put all maps on the full scale of the strongest.

    Attributes
    ----------
    volume : Volume
    maps : list of Volume
        The first, and the others that the work depends on.
    """

    def __init__(self, volumes, current, make_job, settings, one_scale=False):
        self._samplings = [sampling_of(volume) for volume in volumes]
        self._current, self._make_job, self._settings = current, make_job, settings
        self._one_scale = one_scale and settings.get("full_scale") is None
        with user_errors(current):
            first = make_job(sampling_of(current).read(), settings)
        self.volume, self.maps = volumes[0], [*volumes[1:], *first.maps]
        self._done = []

    def compute(self, progress, ask):
        """The result of the chosen map, or an error that says of which map it is; see `Background.start`."""
        try:
            return self._compute(progress, ask)
        except BaseException:  # Cancelled too: no command comes for what was made of the maps so far.
            self.volume.session.ui.thread_safe(self.take)
            raise

    def keep(self, result):
        """Nothing: all results were kept."""

    def take(self):
        """Let go of what was kept for the command alone."""
        for job in self._done:
            job.take()

    def _compute(self, progress, ask):
        report, settings, of_current = Progress(progress), dict(self._settings), None
        if self._one_scale:
            scales = self._each(report.part(_SHARE_OF_SCALES), ask, lambda sampled: FullScaleJob(sampled, settings))
            settings["full_scale"] = max(found for _, found in scales)
        for job, found in self._each(report.part(1), ask, lambda sampled: self._make_job(sampled, settings)):
            self._done.append(job)
            of_current = found if job.volume is self._current else of_current
        return of_current

    def _each(self, progress, ask, make_job):
        """The job on each map with its result, which is kept already."""
        report, count = Progress(progress), len(self._samplings)
        for i, sampling in enumerate(self._samplings):
            place = f"map {i + 1} of {count}, {named(sampling.volume)}"
            part = report.part(1 / (count - i))
            part(0.0, place)
            with user_errors(sampling.volume):
                job = ask(lambda sampling=sampling: make_job(sampling.read()))
                found = job.compute(lambda fraction, stage, part=part, place=place: part(fraction, f"{place}: {stage}"))
            ask(partial(job.keep, found))
            yield job, found
