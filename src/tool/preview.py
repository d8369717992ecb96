"""A map that shows what a modification would make, while its settings are being chosen."""

from dataclasses import replace

import numpy as np
from chimerax.color_key.model import get_model
from chimerax.core.logger import StringPlainTextLog
from chimerax.map import Volume

from ..commands.coloring import Coloring, color_volume
from ..commands.maps import grid_on, hidden_volume
from ..engine.modification.modifier import Modifier
from .composing import is_open


class Preview:
    """A modified map, as coarse as its original is shown, in the place of the original and of maps made of it.

    Parameters
    ----------
    session : Session
    sampled : SampledMap
        The whole original.
    found : Estimate
        Of it.
    """

    def __init__(self, session, sampled, found):
        self._session = session
        self._original = volume = sampled.volume
        self._steps = step = tuple(volume.region[2])
        self.modifier = Modifier(sampled.density, sampled.voxel_size, found, tuple(reversed(step)))
        self._whole = replace(sampled, region=(*sampled.region[:2], step))
        every = tuple(slice(None, None, n) for n in reversed(step))
        self._scale = self._volume(np.ascontiguousarray(found.scale[every]), f"{volume.name} scale")
        self._shown = None
        self._hidden = []
        self._made_key = False
        self._handlers = [
            session.triggers.add_handler("begin save session", lambda *_: self._display_others(True)),
            session.triggers.add_handler("end save session", lambda *_: self._display_others(False)),
        ]

    @property
    def volume(self):
        """The map that is shown, or None."""
        return self._shown

    @property
    def was_closed(self):
        """Whether the user closed the map that was shown."""
        return self._shown is not None and self._shown.deleted

    def show(self, density):
        """Show a modified map; the first time in the place of what is there.

        Parameters
        ----------
        density : array of float32
            What `modifier` made.
        """
        if self._shown is None:
            self._begin(density)
            return
        self._shown.data.array[...] = density
        self._shown.data.values_changed()

    def close(self):
        """Put back what was there, the original at the levels of the preview."""
        for handler in self._handlers:
            handler.remove()
        self._handlers = []
        shown, self._shown = self._shown, None
        if shown is None:
            return
        if not shown.deleted:
            if is_open(self._original):
                self._original.copy_settings_from(shown, copy_region=False, copy_colors=False, copy_xform=False)
            self._session.models.close([shown])
        self._display_others(True)
        key = get_model(self._session, create=False)
        if self._made_key and key is not None:
            self._session.models.close([key])

    def _begin(self, density):
        original = self._original
        shown = self._volume(density, f"{original.name} preview")
        shown.is_occupy_preview = True
        shown.SESSION_SAVE = False
        shown.copy_settings_from(original, copy_region=False, copy_colors=False, copy_xform=False)
        ends = original.region[:2]
        first, last = (tuple(i // n for i, n in zip(end, self._steps, strict=True)) for end in ends)
        shown.new_region(first, last, (1, 1, 1), adjust_step=False)
        self._shown = shown
        self._hidden = [volume for volume in self._same_place() if volume.display]
        self._made_key = get_model(self._session, create=False) is None
        with StringPlainTextLog(self._session.logger):  # it is no model to keep
            self._session.models.add([shown])
            shown.display = True
            self._display_others(False)
            color_volume(self._session, shown, self._scale, Coloring(), undo=False)

    def _same_place(self):
        """The original, and the maps that were made of it, which have its name and more."""
        name = f"{self._original.name} "
        maps = self._session.models.list(type=Volume)
        return [volume for volume in maps if volume is self._original or volume.name.startswith(name)]

    def _volume(self, array, name):
        made = hidden_volume(self._session, grid_on(self._whole, array, name))
        made.position = self._original.scene_position
        return made

    def _display_others(self, display):
        """Sessions hold what was displayed before, not the preview."""
        for volume in self._hidden:
            if is_open(volume):
                volume.display = display
