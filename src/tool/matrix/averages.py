"""Maps of sets of maps: averages weighted by particles, and morphs from one to another, by ChimeraX's own commands."""

import numpy as np
from chimerax.core.commands import StringArg, run
from chimerax.core.errors import UserError
from chimerax.map.mapargs import MapsArg

from ...commands.maps import show_alone_command, spec_of
from ..composing import in_digits, is_open

_MOST_UNLIKE = 1.5
"""How many times stronger than the weakest the densities of maps may be that are averaged without a word."""


class Averages:
    """Averages of the maps of a matrix.

    Parameters
    ----------
    session : Session
    shown : ShownMatrix
    """

    def __init__(self, session, shown):
        self._session, self._shown = session, shown
        self._made = {}

    def show(self, rows, name):
        """Show the average of some maps, and hide the maps.

        Parameters
        ----------
        rows : collection of int
            Places of maps in the matrix.
        name : str
            What they are called, such as 'set 2'.

        Returns
        -------
        Volume
        """
        found = self._of(rows, name)
        self._show_alone(found)
        return found

    def morph(self, rows, others, names):
        """Morph the average of some maps into that of others.

        Parameters
        ----------
        rows, others : collection of int
        names : sequence of 2 str
            What each of them are called.

        Returns
        -------
        Volume
        """
        ends = [self._of(*end) for end in zip((rows, others), names, strict=True)]
        model_id = self._free_id()
        backwards = "" if ends[0].id < ends[1].id else " start 1 playDirection -1"
        run(self._session, f"volume morph {spec_of(ends)}{backwards} modelId #{model_id}")
        self._rename(model_id, " to ".join(names))
        (made,) = self._session.models.list(model_id=(model_id,))
        self._show_alone(made)
        return made

    def _of(self, rows, name):
        weights = {self._shown.volumes[row]: weight for row, weight in zip(rows, self._weights(rows), strict=True)}
        weights = {volume: weight for volume, weight in weights.items() if is_open(volume) and weight > 0}
        if not weights:
            raise UserError(f"No map of {name} is open any more")
        if len(weights) == 1:
            return next(iter(weights))
        key = frozenset(weights)
        if not is_open(self._made.get(key)):
            self._made[key] = self._average(weights, name)
        return self._made[key]

    def _weights(self, rows):
        """Particles of maps, in any unit; as many in each where nobody told them or they are of none of these maps."""
        told = self._shown.matrix.populations
        weights = np.ones(len(rows)) if told is None else told.weights[list(rows)]
        return weights if weights.any() else np.ones(len(rows))

    def _average(self, weights, name):
        self._warn_of_unlike(list(weights))
        spec, grid, total = spec_of(weights), spec_of(self._open()[:1]), sum(weights.values())
        in_order, _, _ = MapsArg.parse(spec, self._session)
        shares = ",".join(in_digits(round(float(weights[volume] / total), 6)) for volume in in_order)
        model_id = self._free_id()
        words = f"onGrid {grid} scaleFactors {shares} valueType float32 modelId #{model_id}"
        run(self._session, f"volume add {spec} {words}")
        self._rename(model_id, f"average of {name}")
        (made,) = self._session.models.list(model_id=(model_id,))
        return made

    def _show_alone(self, volume):
        run(self._session, show_alone_command([volume], [*self._open(), *filter(is_open, self._made.values()), volume]))

    def _rename(self, model_id, name):
        run(self._session, f"rename #{model_id} {StringArg.unparse(name)}")

    def _free_id(self):
        return self._session.models.next_id()[0]

    def _open(self):
        return [volume for volume in self._shown.volumes if is_open(volume)]

    def _warn_of_unlike(self, volumes):
        spreads = [float(np.std(volume.full_matrix())) for volume in volumes]
        weak, strong = np.argmin(spreads), np.argmax(spreads)
        if spreads[strong] > _MOST_UNLIKE * spreads[weak]:
            self._session.logger.warning(
                f"The densities of {volumes[strong].name} vary {_MOST_UNLIKE:g} times as much as those of "
                f"{volumes[weak].name} or more, and the maps are averaged as they are: where that is not occupancy, "
                "bring them to one scale first (volume scale)"
            )
