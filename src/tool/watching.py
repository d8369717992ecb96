"""Notice when maps change."""

from ..commands.maps import CHANGES
from .composing import is_open


class Watch:
    """Calls a function when one of some maps changes, as the commands understand it.

    Parameters
    ----------
    changed : callable
        Called with the Volume. It may look at other maps.

    Attributes
    ----------
    volumes : list of Volume
        The maps that are watched.
    """

    def __init__(self, changed):
        self._changed = changed
        self.volumes = []

    def look_at(self, *volumes):
        """Watch these maps, where they are open, and no others."""
        for volume in self.volumes:
            if self._notice in volume.change_callbacks:
                volume.remove_volume_change_callback(self._notice)
        self.volumes = [volume for volume in volumes if is_open(volume)]
        for volume in self.volumes:
            volume.add_volume_change_callback(self._notice)

    def _notice(self, volume, change):
        if change in CHANGES:
            self._changed(volume)
