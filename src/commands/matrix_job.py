"""The engine's part of refine on several maps, which may run in a thread of its own.

Maps are many and large: they are read one after the other while it runs, where ChimeraX's models may be touched.
"""

from dataclasses import dataclass
from weakref import ref

from chimerax.core.errors import UserError

from ..engine.matrix.mask_columns import check_columns
from ..engine.matrix.occupancies import MatrixBox, Reading, occupancy_matrix
from ..engine.matrix.result import OccupancyMatrix
from ..engine.parallel import Progress
from ..engine.refinement.groups import distinct
from ..engine.refinement.inputs import default_lowpass
from .arguments import user_errors
from .atom_groups import alternative_names, reference_names
from .jobs import Job
from .maps import sampling_of
from .masks import check_masks, mask_densities
from .remembered import recall

_SHARE_OF_MAPS = 0.95


@dataclass(frozen=True)
class MatrixFound:
    """A matrix, and what had to be assumed for its groups.

    Attributes
    ----------
    matrix : OccupancyMatrix
    notes : list of str
    """

    matrix: OccupancyMatrix
    notes: list


class MatrixJob(Job):
    """A matrix of occupancies; its result, a MatrixFound, is kept for later commands that want the same.

    Parameters
    ----------
    volumes : list of Volume
        The reference maps among them.
    chosen : list of AtomGroups
        For each of them; the same object where they share it.
    reference_maps : list of Volume
    reference : Atoms, optional
    alternatives : list of Atoms, optional
    lowpass, solvent, flexibility, subregion
        As for the command.
    masks : list of Volume
        Columns beside the groups.

    Raises
    ------
    UserError
        If a map, a reference or alternatives cannot be used, before any map is read.
    """

    def __init__(
        self,
        volumes,
        chosen,
        reference_maps=(),
        *,
        reference=None,
        alternatives=None,
        lowpass=None,
        solvent=True,
        flexibility=False,
        subregion="all",
        masks=(),
    ):
        self._samplings = [sampling_of(volume, 1, subregion) for volume in volumes]
        self._chosen, self._names = chosen, names_of(volumes)
        every = list(dict.fromkeys(chosen))
        called = dict(zip(volumes, self._names, strict=True))
        self._of_matrix = {
            "reference": reference_names(every, reference),
            "alternatives": alternative_names(every, alternatives),
            "copies": every[0].copies(),
            "reference_maps": [called[volume] for volume in reference_maps],
        }
        # Maps with larger voxels are known to a lower resolution, which is then that of all.
        self._lowpass = lowpass or max(default_lowpass(sampling.voxel_size) for sampling in self._samplings)
        self._of_box = {"lowpass": self._lowpass, "solvent": solvent, "flexibility": flexibility}
        check_masks(masks, volumes)
        self._masks = dict(zip(names_of(masks), masks, strict=True))
        if masks:
            with user_errors():
                check_columns(set(every[0].labels), self._masks)
        digests = {one: one.digest() for one in every}
        of_maps = tuple(
            (ref(sampling.volume), name, _place_of(sampling), digests[one])
            for sampling, name, one in zip(self._samplings, self._names, chosen, strict=True)
        )
        of_masks = tuple((ref(mask), name, mask.scene_position.matrix.tobytes()) for name, mask in self._masks.items())
        key = (of_maps, repr(self._of_matrix), tuple(self._of_box.items()), of_masks)
        super().__init__(volumes[0], "matrix", key, [*volumes[1:], *masks])
        self.called = f"{len(volumes)} maps"
        self._found = recall(self)

    def compute(self, progress=None, ask=lambda function: function()):
        """The result.

        Parameters
        ----------
        progress : callable, optional
        ask : callable
            Calls a function where ChimeraX's models may be touched, and returns what it returns.
        """
        return self._found or self._compute(Progress(progress), ask)

    def take(self):
        return recall(self)

    def _compute(self, report, ask):
        of_box, share = self._of_box, _SHARE_OF_MAPS
        if self._masks:
            share = _SHARE_OF_MAPS / 2
            places, made = [_place_of(sampling) for sampling in self._samplings], report.stage("masks", share)
            held = mask_densities(self._masks, self._samplings, places, self._lowpass, ask, made)
            of_box = of_box | {"masks": held}
        boxes, readings = _Boxes(of_box, ask), []
        count = len(self._samplings)
        for i, (sampling, chosen, name) in enumerate(zip(self._samplings, self._chosen, self._names, strict=True)):
            made = report.stage(f"map {i + 1} of {count}, {name}", share / count)
            readings.append(boxes.reading(sampling, chosen, name, made))
        report.stage("occupancies", 0)
        matrix = occupancy_matrix(readings, self._lowpass, **self._of_matrix)
        report.done()
        return MatrixFound(matrix, boxes.notes)


def names_of(volumes):
    """What maps are called: their names, with their numbers where names are not their own."""
    return distinct([volume.name for volume in volumes], [f"{volume.name} #{volume.id_string}" for volume in volumes])


class _Boxes:
    """Reads maps; what is the same for maps on one grid and in one place is made once."""

    def __init__(self, settings, ask):
        self._settings, self._ask = settings, ask
        self._key = self._box = None
        self._sums, self.notes = {}, []

    def reading(self, sampling, chosen, name, progress):
        """What is read of one map; what is wrong with it, where it cannot be used."""
        try:
            with user_errors(sampling.volume):
                box = self._box_of(sampling, chosen, progress)
                sums = box.sums(self._ask(sampling.read).density)
        except UserError as error:
            return Reading(name, None, None, str(error))
        return Reading(name, sums, self._sums.setdefault(self._key, box.model_sums))

    def _box_of(self, sampling, chosen, progress):
        key = (*_place_of(sampling), chosen)
        if key != self._key:
            groups, notes = self._ask(lambda: chosen.on_map(sampling))
            self.notes += [note for note in notes if note not in self.notes]
            self._box = MatrixBox(sampling.shape, sampling.voxel_size, groups, progress=progress, **self._settings)
            self._key = key
        return self._box


def _place_of(sampling):
    """The voxels that are taken and where they are, as plain values."""
    volume = sampling.volume
    place = volume.scene_position.matrix.tobytes() + volume.data.ijk_to_xyz_transform.matrix.tobytes()
    return sampling.region, sampling.voxel_size, place
