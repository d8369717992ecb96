"""Occupancies of groups of atoms, refined against a map, with their standard errors."""

from functools import cached_property

import numpy as np

from ..errors import OccuPyError
from ..parallel import Progress
from ..settings.checks import check_among, checked_origin, checked_shape, checked_voxel_size
from ..settings.inputs import checked_density, half_difference
from . import notes as refine_notes
from .alternatives import among, check_full_together, checked_alternatives, limited
from .b_shifts import b_shifts
from .beads import fit_with_beads
from .fine_model import FineModel
from .fit import GroupModel
from .inputs import check_scattering, checked_groups, checked_lowpass, groups_in_box
from .parts import drawn_to_mean, part_deviations, surely_deviate
from .reference import Level, default_reference, strongest_level
from .result import GroupOccupancy, Refinement
from .shell_fit import MOST_BY_SHELLS, fit_all
from .shell_sums import ShellModel
from .standard_errors import Errors
from .symmetry import copies_among, mean_of_copies, on_misplaced
from .transfer import lost_share

_MOST_PAIRED = 2000
"""More groups are not held against each other."""


def refine(
    density,
    voxel_size,
    groups,
    *,
    origin=(0.0, 0.0, 0.0),
    lowpass=None,
    reference=None,
    half_maps=None,
    solvent=True,
    alternatives=(),
    copies=None,
    progress=None,
):
    """Refine the occupancies of groups of atoms against a map, and tell how far their B-factors are from it.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    groups : dict of str to Group
        From `make_groups`. Nothing moves: only occupancies, and shifts of B-factors, are refined.
    origin : sequence of 3 float
        x, y, z in Å of the first voxel, in the frame of the atoms.
    lowpass : float, optional
        The resolution, in Å, to which the map is used for occupancies; 8 Å or 2.1 voxels, whichever is more, unless
        given.
    reference : sequence of str, optional
        Groups known to be full; of alternatives that are named together the sum is. By default the highest plateau:
        see `default_reference`.
    half_maps : sequence of 2 arrays of the shape of the map, optional
        Their difference then tells the noise, instead of the solvent and what the model leaves.
    solvent : bool
        Count scattering above the ice that atoms displace; else above vacuum.
    alternatives : sequence of sequence of str
        Sets of groups of which a particle has one at most, such as conformers: their occupancies sum to 1 at most.
    copies : dict of str to list of str, optional
        Names of groups that are copies of each other, as `symmetric_groups` makes them, by what their mean is called.
    progress : callable, optional
        Called with the fraction done and the name of the stage; may raise `Cancelled`.

    Returns
    -------
    Refinement

    Raises
    ------
    OccuPyError
        If map, groups or a setting cannot be used, or the model is not in the map.
    """
    density, _ = checked_density(density)
    report = Progress(progress)
    refiner = Refiner(
        density.shape, voxel_size, groups, origin=origin, lowpass=lowpass, solvent=solvent,
        alternatives=alternatives, copies=copies, progress=report.stage("densities of groups", 0.5),
    )  # fmt: skip
    report.stage("fit", 0.4)
    found = refiner.refine(density, reference=reference, half_maps=half_maps)
    report.done()
    return found


class Refiner:
    """Refines the same groups against maps of one box: what is the same for all maps is done once.

    The parameters are those of `refine`.
    """

    def __init__(
        self,
        shape,
        voxel_size,
        groups,
        *,
        origin=(0.0, 0.0, 0.0),
        lowpass=None,
        solvent=True,
        alternatives=(),
        copies=None,
        progress=None,
    ):
        self._sizes = sizes = checked_voxel_size(voxel_size)
        self._shape = checked_shape(shape)
        self.lowpass = checked_lowpass(lowpass, self._shape, sizes)
        self._names = list(checked_groups(groups))
        in_box, self._fraction_inside = groups_in_box(groups, self._shape, sizes, checked_origin(origin))
        check_scattering(in_box, solvent)
        self._kept = [i for i, name in enumerate(self._names) if name in in_box]
        self._alternatives = among(checked_alternatives(alternatives, self._names), self._kept)
        self._copies = copies_among(copies, self._names, self._kept)
        self._groups = list(in_box.values())
        self._solvent = solvent
        self._model = GroupModel(self._shape, sizes, self._groups, self.lowpass, solvent, progress)
        self._by_shells = None
        if len(in_box) <= MOST_BY_SHELLS:
            inside = [self._fraction_inside[i] for i in self._kept]
            grid = self._model.grid
            self._by_shells = ShellModel(grid.shape, grid.pitch, in_box, inside, self.lowpass, solvent)

    @cached_property
    def _fine_model(self):
        return FineModel(self._sizes, self._groups, self._solvent)

    def refine(self, density, *, reference=None, half_maps=None):
        """Refine against one map; parameters and result are those of the function `refine`."""
        return self._refined(density, reference, half_maps, self._fine_model)[0]

    def refine_atoms(self, density, *, reference=None, half_maps=None):
        """Refine as `refine` does, and follow the occupancy within groups.

        Returns
        -------
        refinement : Refinement
        positions : array of float, shape (atoms, 3)
            x, y, z in Å from the first voxel, of the atoms inside the map.
        occupancies : array of float, shape (atoms,)
            Of contiguous parts of groups (`parts.part_deviations`), relative to the reference. Where
            none is given and parts of the default one deviate, the strongest of them are full. A
            group too small to be read is drawn to the mean of all.
        """
        refinement, fit, level = self._refined(density, reference, half_maps)
        model, fitted, chosen = fit.model, fit.fitted, level.chosen
        full = level.share @ fitted.occupancies
        errors = np.array([refinement.rows[i].standard_error for i in self._kept])
        of_groups = drawn_to_mean(fit.occupancies / full, errors, model.weights[: fit.count])
        count = np.count_nonzero(model.part_group < fit.count)  # those of the beads are the last
        pieces, group, weights = model.pieces[:count], model.part_group[:count], model.part_weights[:count]
        deviations, deviation_errors = (values[:count] / full for values in part_deviations(model, fitted))
        of_parts, mine = of_groups[group] + deviations, chosen[group]
        if reference is None and surely_deviate(deviations[mine], deviation_errors[mine]):
            of_parts /= strongest_level(of_parts[mine], weights[mine], deviation_errors[mine])
        of_atoms = np.repeat(of_parts, [len(piece) for piece in pieces])
        return refinement, np.concatenate([piece.positions for piece in pieces]), of_atoms

    def _refined(self, density, reference, half_maps, fine_model=None):
        """The refinement, the fit that it comes from (`BeadedFit`), and the level that is 1 in it.

        Without a fine model it tells no shifts of B-factors.
        """
        density, found = checked_density(density)
        if density.shape != self._shape:
            raise OccuPyError(f"the map has shape {density.shape}; expected {self._shape}")
        grid, unit = self._model.grid, found.unit
        coefficients = grid.coefficients(density, unit)
        fit = fit_with_beads(self._model, self._groups, coefficients)
        fitted, overall, lacks = fit.fitted, fit.correlation, fit.unexplained
        problem = refine_notes.unusable(fit.occupancies, fitted.transfer, overall, fit.correlation_alone, lacks)
        if problem:
            raise OccuPyError(problem)
        fit = self._weighed(fit, coefficients)
        fitted = fit.fitted
        halves = None if half_maps is None else grid.coefficients(half_difference(half_maps, self._shape, found), unit)
        errors = Errors(fit.model, fitted, fit.groups, coefficients, halves, self._solvent)
        level = self._level(reference, fit, errors)
        occupancies, standard_errors, together = self._limited(fit, errors.relative(fitted.occupancies, level))
        shifts = b_shifts(fine_model, density, unit, occupancies, fit.groups[fit.count :])
        of_groups = slice(fit.count)
        relative = shifts.relative(level.chosen[of_groups], occupancies[of_groups], standard_errors[of_groups])
        rows = self._rows(fit, occupancies, standard_errors, relative)
        warnings = refine_notes.warnings(overall, fit.correlation_alone, standard_errors[: fit.count])
        warnings += refine_notes.on_what_is_lacking(lacks, lost_share(fit.model.shells, fitted.transfer))
        weights, correlations = fit.model.weights, [rows[i].correlation for i in self._kept]
        warnings += on_misplaced([*self._copies.values()], np.array(correlations), weights)
        names = self._named(np.flatnonzero(level.chosen))
        frequencies, transfer = fit.model.shells.centres, fitted.transfer * unit
        refinement = Refinement(
            rows,
            names,
            overall,
            lacks,
            fit.bead_positions,
            self.lowpass,
            shifts.lowpass,
            frequencies,
            transfer,
            warnings,
            together,
        )
        return refinement, fit, level

    def _limited(self, fit, relative):
        """Occupancies and standard errors once alternatives sum to 1 at most, and what is told of groups together."""
        occupancies, standard_errors = np.array(relative.occupancies), relative.standard_errors
        together = []
        for name, members in self._alternatives.items():
            metric = fit.fitted.covariance(members)
            found = limited(occupancies[members], relative.covariance(members, metric), metric)
            occupancies[members], standard_errors[members] = found.occupancies, found.standard_errors
            together.append(found.together(name, self._named(members)))
        for name, members in self._copies.items():
            covariance = relative.covariance(members, fit.fitted.covariance(members))
            together.append(mean_of_copies(name, self._named(members), occupancies[members], covariance))
        return occupancies, standard_errors, together

    def _named(self, kept):
        return [self._names[self._kept[i]] for i in kept]

    def _weighed(self, fit, coefficients):
        """The fit with occupancies from all shells of frequency, each weighed by what the model leaves in it."""
        if self._by_shells is None:
            return fit
        sums = self._by_shells.sums(self._model.grid.density(coefficients).reshape(self._model.grid.shape), 1.0)
        (found,) = fit_all([sums], [self._by_shells.model_sums], fit.b_shifts)
        return fit.with_occupancies(found.occupancies, found.b_shifts)

    def _rows(self, fit, occupancies, standard_errors, shifts):
        local = fit.local_fits()
        notes = refine_notes.GroupNotes([len(group) for group in self._groups], standard_errors[: fit.count], local)
        inseparable = self._inseparable(fit)
        rows = []
        of_kept = {i: k for k, i in enumerate(self._kept)}
        for i, name in enumerate(self._names):
            k = of_kept.get(i)
            if k is None:
                unknown = [float("nan")] * 4
                rows.append(GroupOccupancy(name, *unknown, 0, float("nan"), ["outside the map"]))
                continue
            remarks = notes.remarks(k, self._fraction_inside[i]) + inseparable.get(k, [])
            rows.append(
                GroupOccupancy(
                    name, float(occupancies[k]), float(standard_errors[k]), *(float(part[k]) for part in shifts),
                    len(self._groups[k]), float(local.correlations[k]), remarks,
                )
            )  # fmt: skip
        return rows

    def _inseparable(self, fit):
        """Remarks on groups that cannot be told apart, by number."""
        count = fit.model.count
        if count > _MOST_PAIRED:
            return {}
        names = [*(self._names[i] for i in self._kept), *["what the model lacks"] * (count - fit.count)]
        return refine_notes.inseparable(fit.fitted.covariance(np.arange(count)), names)

    def _level(self, names, fit, errors):
        """The level that is 1, that of groups; beads have no part in it."""
        occupancies, weights, of_groups = fit.fitted.occupancies, fit.model.weights, slice(fit.count)
        chosen, sets = np.zeros(len(weights), bool), [*self._alternatives.values()]
        if names is None:
            chosen[of_groups] = default_reference(
                occupancies[of_groups], weights[of_groups], errors.standard_errors[of_groups], sets
            )
            return Level(chosen, weights, sets)
        known = [self._names[i] for i in self._kept]
        check_among(names, known, "group")
        for members in sets:
            check_full_together([known[i] for i in members], names)
        chosen[of_groups] = np.isin(known, list(names))
        level = Level(chosen, weights, sets)
        if level.share @ occupancies <= 0:
            raise OccuPyError(f"the reference {', '.join(names)} is not in the map: its occupancy is not above 0")
        return level
