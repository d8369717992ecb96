"""Occupancies of groups of atoms in many maps: from maps to one matrix, with standard errors."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..errors import OccuPyError
from ..parallel import Progress
from ..refinement.alternatives import checked_alternatives
from ..refinement.fine_model import FineModel
from ..refinement.inputs import check_scattering, checked_groups, checked_lowpass, groups_in_box
from ..refinement.shell_fit import MOST_BY_SHELLS, fit_all
from ..refinement.shell_sums import MapSums, ModelSums, ShellModel
from ..refinement.symmetry import copies_among, on_misplaced
from ..settings.checks import check_among, checked_origin, checked_shape, checked_voxel_size
from ..settings.inputs import checked_density
from .agreement import Order, agreeing, order_of
from .cells import cells_of, untold
from .joined import with_masks_of
from .mask_columns import Columns, columns_of
from .masks import mask_densities
from .relative import RelativeFits
from .remarks import fitted_in_words, never_full, on_what_is_lacking
from .result import OccupancyMatrix

_FEWEST_MAPS = 4


def refine_maps(
    densities,
    voxel_size,
    groups,
    *,
    names=None,
    origin=(0.0, 0.0, 0.0),
    lowpass=None,
    reference=None,
    reference_maps=(),
    solvent=True,
    flexibility=False,
    alternatives=(),
    copies=None,
    masks=None,
    progress=None,
):
    """Refine the occupancies of groups of atoms, or of masks, against many maps of one box.

    For maps of several boxes, or with a model for each map: `MatrixBox` and `occupancy_matrix`.

    Parameters
    ----------
    densities : iterable of arrays, each of shape (z, y, x)
        They are taken one after the other and not kept; with masks twice.
    voxel_size, groups, origin, lowpass, solvent, alternatives, copies, progress
        As for `refine`.
    names : sequence of str, optional
        Of the maps; numbers from 1 unless given.
    reference : sequence of str, optional
        Groups that are full in every map. By default the highest plateau of each map.
    reference_maps : sequence of str, optional
        Names of maps that are known to be complete: each group is set against itself in these.
    flexibility : bool
        Tell shifts of the B-factors of groups in each map too, which takes several times as long.
    masks : dict of str to array, shape (z, y, x), optional
        From 0 to 1, on the grid of the maps: columns beside the groups, of which there may then be none. Each is
        relative to itself in reference maps or in those that are strongest in it.

    Returns
    -------
    OccupancyMatrix

    Raises
    ------
    OccuPyError
        If maps, groups or a setting cannot be used, or the model is in none of the maps.
    """
    report = Progress(progress)
    box, readings = None, []
    held = mask_densities(densities, voxel_size, masks, lowpass) if masks else None
    for name, density in _named(densities, names):
        if box is None:
            made = report.stage("densities of groups", 0.3)
            shape = checked_density(density)[0].shape
            box = MatrixBox(shape, voxel_size, groups, origin, lowpass, solvent, flexibility, made, held)
            report.stage("maps", 0.6)
        readings.append(Reading(name, box.sums(density), box.model_sums))
    if box is None:
        raise OccuPyError("there are no maps; expected at least one")
    found = occupancy_matrix(
        readings,
        box.lowpass,
        reference=reference,
        reference_maps=reference_maps,
        alternatives=alternatives,
        copies=copies,
    )
    report.done()
    return found


def _named(densities, names):
    """Each map with its name; raises `OccuPyError` where these are not as many as the maps, or not different."""
    if names is not None and len(set(names)) < len(names):
        raise OccuPyError(f"the names of the maps are {', '.join(map(str, names))}; expected each once")
    count = 0
    for count, density in enumerate(densities, start=1):
        if names is not None and count > len(names):
            raise OccuPyError(f"there are {len(names)} names, but more maps; expected one for each")
        yield str(count) if names is None else names[count - 1], density
    if names is not None and count < len(names):
        raise OccuPyError(f"there are {len(names)} names for {count} maps; expected one for each")


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read of one map.

    Attributes
    ----------
    name : str
    sums : MapSums or None
        None where the map could not be used.
    model_sums : ModelSums
        Of the model in its box; one object for all maps that share both.
    problem : str
        Why it could not.
    """

    name: str
    sums: MapSums | None
    model_sums: ModelSums | None
    problem: str = ""


class MatrixBox:
    """Groups of atoms in a box: reads any number of maps of that box.

    The parameters are those of `refine_maps`, the shape that of the maps, and the masks are `MaskDensities`.

    Attributes
    ----------
    model_sums : ModelSums
    lowpass : float
        Å.
    """

    def __init__(
        self,
        shape,
        voxel_size,
        groups,
        origin=(0.0, 0.0, 0.0),
        lowpass=None,
        solvent=True,
        flexibility=False,
        progress=None,
        masks=None,
    ):
        self._sizes, self._shape = checked_voxel_size(voxel_size), checked_shape(shape)
        self.lowpass = checked_lowpass(lowpass, self._shape, self._sizes)
        in_box, inside = self._in_box(groups, checked_origin(origin), solvent) if groups or masks is None else ({}, [])
        self._groups, self._solvent, self._flexibility = list(in_box.values()), solvent, flexibility
        columns = Columns(in_box, {}, {}, [])
        if masks is not None:
            columns = columns_of(in_box, masks, self._sizes, self.lowpass, solvent)
        self._model = self._shell_model(columns.groups, inside, columns.errors, progress)
        self._beside = self._shell_model(columns.beside, (), columns.errors) if columns.beside else None
        self.model_sums = self._model.model_sums
        beside = self._beside and self._beside.model_sums
        self.model_sums = replace(self.model_sums, beside=beside, notes=columns.notes)

    def _in_box(self, groups, origin, solvent):
        checked = checked_groups(groups, MOST_BY_SHELLS)
        in_box, shares = groups_in_box(checked, self._shape, self._sizes, origin)
        check_scattering(in_box, solvent)
        return in_box, [share for name, share in zip(checked, shares, strict=True) if name in in_box]

    def _shell_model(self, groups, inside, errors, progress=None):
        errors = {name: error for name, error in errors.items() if name in groups}
        inside = [*inside, *[1.0] * (len(groups) - len(inside))]
        return ShellModel(
            self._shape, self._sizes, groups, inside, self.lowpass, self._solvent, progress, errors
        )  # fmt: skip

    @cached_property
    def _fine_model(self):
        wanted = self._flexibility and self._groups
        return FineModel(self._sizes, self._groups, self._solvent) if wanted else None

    def sums(self, density):
        """What is read of a map of the box: `MapSums`."""
        density, found = checked_density(density)
        if density.shape != self._shape:
            raise OccuPyError(f"the map has shape {density.shape}; expected {self._shape}")
        sums = self._model.sums(density, found.unit, local=True, fine_model=self._fine_model)
        if self._beside is None:
            return sums
        return replace(sums, beside=self._beside.sums(density, found.unit, local=True))


def occupancy_matrix(readings, lowpass, *, reference=None, reference_maps=(), alternatives=(), copies=None):
    """The matrix of occupancies of maps that have been read.

    Parameters
    ----------
    readings : list of Reading
    lowpass : float
        Å, of all of them.
    reference, reference_maps, alternatives, copies
        As for `refine_maps`.

    Returns
    -------
    OccupancyMatrix

    Raises
    ------
    OccuPyError
        If no map can be used, or a reference is not among groups or maps.
    """
    apart = [_beside(reading) for reading in readings]
    groups, of_apart = (_names(some) for some in (readings, apart))
    if groups:
        check_among(reference, [*groups, *of_apart], "group")
    known, known_apart = (_among(reference, names) for names in (groups, of_apart))
    found = _matrix_of(readings, lowpass, known, reference_maps, alternatives, copies)
    if not of_apart:
        return found
    return with_masks_of(found, _matrix_of(apart, lowpass, known_apart, reference_maps, beside=found))


def _names(readings):
    return list(dict.fromkeys(name for one in readings if one.sums is not None for name in one.model_sums.names))


def _among(reference, names):
    """Those of a reference that are fitted: a mask may be fitted apart, and in place of a group."""
    return [name for name in reference or () if name in names] or None


def _beside(reading):
    """What was read of a map for the fit of masks that atoms fill."""
    if reading.sums is None:
        return reading
    return replace(reading, sums=reading.sums.beside, model_sums=reading.model_sums.beside)


def _matrix_of(readings, lowpass, reference, reference_maps, alternatives=(), copies=None, beside=None):
    maps = [reading.name for reading in readings]
    failed = {reading.name: reading.problem for reading in readings if reading.sums is None}
    used = [i for i, reading in enumerate(readings) if reading.sums is not None]
    if not used:
        raise OccuPyError(f"none of the {len(maps)} maps can be used: {next(iter(failed.values()), 'there is none')}")
    groups = _names(readings)
    check_among(reference_maps, maps, "map")
    _check_not_failed(reference_maps, failed)
    masks = list(dict.fromkeys(name for i in used for name in readings[i].model_sums.mask_errors))
    sets = checked_alternatives(alternatives, [name for name in groups if name not in masks], reference)
    fits = fit_all([readings[i].sums for i in used], [readings[i].model_sums for i in used])
    table = RelativeFits(
        groups, [readings[i].model_sums for i in used], fits, sets, copies, _known_of(beside, used, groups)
    )
    failed |= {maps[used[k]]: problem for k, problem in table.problems(reference).items()}
    _check_not_failed(reference_maps, failed)
    complete = [k for k, i in enumerate(used) if maps[i] in reference_maps]
    warnings = table.set_against(complete, reference)
    warnings = [*warnings, *dict.fromkeys(note for i in used for note in readings[i].model_sums.notes)]
    if masks and not complete:
        table.set_masks_against_strongest([k for k, i in enumerate(used) if maps[i] not in failed], reference)
    return _assembled(readings, used, groups, table, failed, list(reference_maps), lowpass, warnings, reference)


def _known_of(matrix, rows, groups):
    """What a matrix tells of groups in some of its maps, NaN of groups that it lacks; None without one."""
    if matrix is None:
        return None
    found = np.full((len(rows), len(groups)), np.nan)
    common = [i for i, name in enumerate(groups) if name in matrix.groups]
    found[:, common] = matrix.occupancies[np.ix_(rows, [matrix.groups.index(groups[i]) for i in common])]
    return found


def _check_not_failed(reference_maps, failed):
    for name in reference_maps:
        if name in failed:
            raise OccuPyError(f"the reference map {name} cannot be used: {failed[name]}")


def _assembled(readings, used, groups, table, failed, reference_maps, lowpass, warnings, reference):
    maps, cells = [reading.name for reading in readings], [untold(groups)] * len(readings)
    occupancies, errors, own_errors = np.full((3, len(maps), len(groups)), np.nan)
    (correlations, unexplained, b_shift_lowpasses), references = np.full((3, len(maps)), np.nan), [[] for _ in maps]
    together = [[] for _ in maps]
    good = [k for k, i in enumerate(used) if maps[i] not in failed]
    if not good:
        raise OccuPyError(f"none of the {len(maps)} maps can be used: {next(iter(failed.values()))}")
    for k in good:
        row = used[k]
        found = table.relative(k, reference)
        occupancies[row], errors[row], own_errors[row] = found.occupancies, found.standard_errors, found.own_errors
        references[row], together[row] = found.reference, found.together
        correlations[row], unexplained[row] = table.fits[k].correlation, table.fits[k].unexplained
        read = readings[row]
        cells[row] = cells_of(
            groups, read.model_sums, read.sums, table.fits[k], occupancies[row], errors[row], references[row], lowpass
        )
        if read.sums.b_shifts is not None:
            b_shift_lowpasses[row] = read.sums.b_shifts.lowpass
    rows = np.array([used[k] for k in good])
    if not reference_maps and len(rows) >= _FEWEST_MAPS:
        atoms = [i for i, name in enumerate(groups) if name not in table.mask_errors]
        of_atoms = [groups[i] for i in atoms], occupancies[np.ix_(rows, atoms)]
        warnings = [*warnings, *never_full(*of_atoms, [together[row] for row in rows])]
    warnings = [*warnings, *on_what_is_lacking(unexplained[rows], fitted_in_words(groups, table.mask_errors))]
    warnings += _on_copies(table.copies, groups, [cells[row] for row in rows])
    told = {}
    if any(readings[row].sums.b_shifts is not None for row in rows):
        told = {name: np.array([getattr(one, name) for one in cells]) for name in ("b_shifts", "b_shift_errors")}
        told["b_shift_lowpasses"] = b_shift_lowpasses
    order = order_of(occupancies[rows])
    agreement = np.zeros(len(maps), int)
    agreement[rows] = agreeing(order, own_errors[rows])
    return OccupancyMatrix(
        maps, groups, occupancies, errors, own_errors, np.array([one.correlations for one in cells]),
        [one.notes for one in cells], correlations, unexplained, references, reference_maps, agreement,
        Order(rows[order.places], order.leaves, order.tree), order_of(occupancies[rows].T), failed, lowpass, warnings,
        together=together, masks=[name for name in groups if name in table.mask_errors], **told,
    )  # fmt: skip


def _on_copies(copies, groups, cells):
    """A sentence where copies other than the first are hardly in any map."""
    places = copies_among(copies, groups, range(len(groups)))
    correlations = np.nan_to_num([one.correlations for one in cells]).mean(axis=0)
    return on_misplaced([*places.values()], correlations, np.ones(len(groups)))
