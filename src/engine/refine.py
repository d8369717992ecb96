"""Occupancies of groups of atoms, refined against a map, with their standard errors."""

from dataclasses import asdict, dataclass
from numbers import Real

import numpy as np

from . import refine_errors, refine_notes
from .checks import check_among, checked_origin, checked_shape, checked_voxel_size
from .errors import OccuPyError, SettingError
from .fit import GroupModel
from .groups import Group
from .parallel import Progress
from .parts import drawn_to_mean, part_deviations, surely_deviate
from .solvent_noise import half_difference
from .suitability import checked_density
from .transfer import INVERTED, is_inverted

DEFAULT_LOWPASS = 8.0
SMALLEST_LOWPASS_VOXELS = 2.1
MOST_GROUPS = 5000
_REFERENCE_SHARE, _PLATEAU_WIDTHS, _PLATEAU_STEP = 0.05, (0.05, 0.2), 1e-3
_LEAST_INSIDE = 0.5
_LEAST_CORRELATION = 0.45
_LEAST_SCATTERING = 1e-6
"""Å. A hydrogen atom has half an Å."""


@dataclass(frozen=True)
class GroupOccupancy:
    """What the map says of one group.

    Attributes
    ----------
    group : str
    occupancy : float
        Relative to the reference; neither clipped at 0 nor at 1.
    standard_error : float
        Of the occupancy: noise, misfit of the model, and displaced solvent.
    atoms : int
        Atoms of the group inside the map.
    correlation : float
        Of the map, less the other groups, with the group's own density where that is.
    notes : list of str
        What to mistrust.
    """

    group: str
    occupancy: float
    standard_error: float
    atoms: int
    correlation: float
    notes: list

    def as_dict(self):
        """Plain values for a table or a JSON file."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Refinement:
    """Occupancies of groups of atoms in a map.

    Attributes
    ----------
    rows : list of GroupOccupancy
        In the order of the groups.
    reference : list of str
        The groups whose mean occupancy is 1.
    correlation : float
        Of map and fitted model where the model is.
    lowpass : float
        Å.
    frequencies, transfer : arrays of float
        The transfer function H that was found, at frequencies in 1/Å.
    warnings : list of str
        Sentences for the user.
    """

    rows: list
    reference: list
    correlation: float
    lowpass: float
    frequencies: np.ndarray
    transfer: np.ndarray
    warnings: list

    def as_dict(self):
        """Plain values for a log or a JSON file."""
        return {
            "rows": [row.as_dict() for row in self.rows],
            "reference": self.reference,
            "correlation": self.correlation,
            "lowpass": self.lowpass,
            "warnings": self.warnings,
        }


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
    progress=None,
):
    """Refine the occupancies of groups of atoms against a map.

    Parameters
    ----------
    density : array of any real or integer type, shape (z, y, x)
    voxel_size : float or sequence of 3 float
        Å, along all axes or along each of z, y and x.
    groups : dict of str to Group
        From `make_groups`. Nothing moves: only occupancies are refined.
    origin : sequence of 3 float
        x, y, z in Å of the first voxel, in the frame of the atoms.
    lowpass : float, optional
        The resolution, in Å, to which the map is used; 8 Å or 2.1 voxels, whichever is more, unless given.
    reference : sequence of str, optional
        Groups known to be full. By default the highest plateau: see `default_reference`.
    half_maps : sequence of 2 arrays of the shape of the map, optional
        Their difference then tells the noise, instead of the solvent and what the model leaves.
    solvent : bool
        Count scattering above the ice that atoms displace; else above vacuum.
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
        progress=report.stage("densities of groups", 0.5),
    )  # fmt: skip
    report.stage("fit", 0.4)
    found = refiner.refine(density, reference=reference, half_maps=half_maps)
    report.done()
    return found


class Refiner:
    """Refines the same groups against maps of one box: what is the same for all maps is done once.

    The parameters are those of `refine`.
    """

    def __init__(self, shape, voxel_size, groups, *, origin=(0.0, 0.0, 0.0), lowpass=None, solvent=True, progress=None):
        sizes, self._shape = checked_voxel_size(voxel_size), checked_shape(shape)
        self.lowpass = checked_lowpass(lowpass, self._shape, sizes)
        self._names = list(checked_groups(groups))
        in_box, self._fraction_inside = groups_in_box(groups, self._shape, sizes, checked_origin(origin))
        check_scattering(in_box, solvent)
        self._kept = [i for i, name in enumerate(self._names) if name in in_box]
        self._groups = list(in_box.values())
        self._solvent = solvent
        self._model = GroupModel(self._shape, sizes, self._groups, self.lowpass, solvent, progress)

    def refine(self, density, *, reference=None, half_maps=None):
        """Refine against one map; parameters and result are those of the function `refine`."""
        return self._refined(density, reference, half_maps)[0]

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
        refinement, fitted, chosen = self._refined(density, reference, half_maps)
        model = self._model
        level = np.average(fitted.occupancies[chosen], weights=model.weights[chosen])
        errors = np.array([refinement.rows[i].standard_error for i in self._kept])
        of_groups = drawn_to_mean(fitted.occupancies / level, errors, model.weights)
        deviations, deviation_errors = (values / level for values in part_deviations(model, fitted))
        of_parts = of_groups[model.part_group] + deviations
        mine = chosen[model.part_group]
        if reference is None and surely_deviate(deviations[mine], deviation_errors[mine]):
            of_parts /= _strongest_level(of_parts[mine], model.part_weights[mine], deviation_errors[mine])
        of_atoms = np.repeat(of_parts, [len(piece) for piece in model.pieces])
        return refinement, np.concatenate([piece.positions for piece in model.pieces]), of_atoms

    def _refined(self, density, reference, half_maps):
        """The refinement, the fit that it comes from, and which groups are its reference."""
        density, found = checked_density(density)
        if density.shape != self._shape:
            raise OccuPyError(f"the map has shape {density.shape}; expected {self._shape}")
        model, grid, unit = self._model, self._model.grid, found.unit
        coefficients = grid.coefficients(density, unit)
        fitted = model.fit(coefficients)
        overall = refine_notes.correlation(fitted.model + fitted.undamped_residual, fitted.model)
        if not overall > _LEAST_CORRELATION or fitted.occupancies.max() <= 0:
            raise OccuPyError(
                f"the model is not in the map: what it fits correlates with the map by {overall:.2f} only; expected a "
                "model in its place (see fitmap), of the same hand as the map"
            )
        if is_inverted(fitted.transfer):
            raise OccuPyError(INVERTED)
        halves = None if half_maps is None else grid.coefficients(self._half_difference(half_maps, found), unit)
        errors = refine_errors.Errors(model, fitted, self._groups, coefficients, halves, self._solvent)
        chosen = self._reference(reference, fitted, errors)
        occupancies, standard_errors = errors.relative(fitted.occupancies, chosen)
        rows = self._rows(fitted, occupancies, standard_errors)
        warnings = refine_notes.warnings(overall, fitted, standard_errors)
        names = [self._names[self._kept[i]] for i in np.flatnonzero(chosen)]
        transfer = fitted.transfer * unit
        refinement = Refinement(rows, names, overall, self.lowpass, model.shells.centres, transfer, warnings)
        return refinement, fitted, chosen

    def _rows(self, fitted, occupancies, standard_errors):
        notes = refine_notes.GroupNotes(self._model, fitted, self._groups, standard_errors)
        names = [self._names[i] for i in self._kept]
        inseparable = notes.inseparable(names)
        rows = []
        of_kept = {i: k for k, i in enumerate(self._kept)}
        for i, name in enumerate(self._names):
            k = of_kept.get(i)
            if k is None:
                rows.append(GroupOccupancy(name, float("nan"), float("nan"), 0, float("nan"), ["outside the map"]))
                continue
            remarks = notes.remarks(k, self._fraction_inside[i]) + inseparable.get(k, [])
            rows.append(
                GroupOccupancy(
                    name, float(occupancies[k]), float(standard_errors[k]), len(self._groups[k]),
                    float(notes.correlations[k]), remarks,
                )
            )  # fmt: skip
        return rows

    def _reference(self, names, fitted, errors):
        """Which groups are the reference, a bool array."""
        if names is None:
            return default_reference(fitted.occupancies, self._model.weights, errors.standard_errors)
        known = [self._names[i] for i in self._kept]
        check_among(names, known, "group")
        chosen = np.isin(known, list(names))
        if fitted.occupancies[chosen] @ self._model.weights[chosen] <= 0:
            raise OccuPyError(f"the reference {', '.join(names)} is not in the map: its occupancy is not above 0")
        return chosen

    def _half_difference(self, half_maps, found):
        if len(half_maps) != 2:
            raise OccuPyError(f"there are {len(half_maps)} half maps; expected two")
        return half_difference(half_maps, self._shape, found)


def checked_lowpass(lowpass, shape, voxel_size):
    """The low-pass in Å, checked, or the default for a map of such voxels."""
    smallest = SMALLEST_LOWPASS_VOXELS * max(voxel_size)
    if lowpass is None:
        return default_lowpass(voxel_size)
    longest = min(n * v for n, v in zip(shape, voxel_size, strict=True)) / 4
    is_number = isinstance(lowpass, Real)
    if not is_number or not smallest <= lowpass <= longest:
        given = f"{lowpass:g}" if is_number else lowpass
        raise SettingError(
            "lowpass",
            f"is {given} Å, but must be at least {smallest:.3g} Å (2.1 voxels) and at most {longest:.3g} Å",
        )
    return float(lowpass)


def default_lowpass(voxel_size):
    """The resolution, in Å, to which a map of such voxels is used unless another is given."""
    return max(DEFAULT_LOWPASS, SMALLEST_LOWPASS_VOXELS * max(voxel_size))


def default_reference(occupancies, weights, standard_errors):
    """The groups that are taken to be full where nobody says which are: the highest plateau.

    Parameters
    ----------
    occupancies, weights, standard_errors : arrays of float, shape (groups,)
        Occupancies on any scale, and scattering.

    Returns
    -------
    bool array, shape (groups,)
        The highest groups that agree with their mean within two standard errors, but 5 % at least
        and 20 % at most, and hold a twentieth of the scattering together: so neither an outlier nor
        noise sets the scale.
    """
    for highest in np.argsort(-occupancies, kind="stable"):
        near = _plateau(highest, occupancies, weights, standard_errors)
        if weights[near].sum() >= _REFERENCE_SHARE * weights.sum():
            return near
    return occupancies == occupancies.max()


def _plateau(highest, occupancies, weights, standard_errors):
    """The groups about the mean that is reached from a group by taking the mean of those near it in turn."""
    level, error = occupancies[highest], standard_errors[highest]
    while True:
        width = np.clip(2 * np.hypot(standard_errors, error), *np.array(_PLATEAU_WIDTHS) * abs(level))
        near = np.abs(occupancies - level) <= width
        mean = np.average(occupancies[near], weights=weights[near])
        if not mean < level - _PLATEAU_STEP * abs(level):
            return near
        level, error = mean, np.average(standard_errors[near], weights=weights[near])


def _strongest_level(occupancies, weights, standard_errors):
    """Mean occupancy of what would be the reference by default."""
    chosen = default_reference(occupancies, weights, standard_errors)
    return np.average(occupancies[chosen], weights=weights[chosen])


def checked_groups(groups, most=MOST_GROUPS):
    """The groups; raises `OccuPyError` where there are none, more than so many, or an empty one."""
    if not isinstance(groups, dict):
        raise OccuPyError(
            f"the groups are a {type(groups).__name__}; expected a dict, the first that make_groups gives"
        )
    if not groups:
        raise OccuPyError("there are no groups of atoms; expected at least one")
    if len(groups) > most:
        raise OccuPyError(
            f"there are {len(groups)} groups; expected at most {most}: group atoms by segment or chain instead"
        )
    for name, group in groups.items():
        if len(group) == 0:
            raise OccuPyError(f"the group {name} is empty; expected at least one atom")
    return groups


def groups_in_box(groups, shape, voxel_size, origin):
    """The groups without their atoms outside a box, and which share of each group's atoms is inside.

    Parameters
    ----------
    groups : dict of str to Group
    shape, voxel_size
        Of the box: voxels and Å along z, y and x.
    origin : array of 3 float
        x, y, z of the first voxel in Å.

    Returns
    -------
    groups : dict of str to Group
        Those of which anything is inside, with positions from the first voxel.
    shares : list of float
        Of all groups.

    Raises
    ------
    OccuPyError
        If most of the atoms are outside.
    """
    in_place = {name: _placed(group, origin) for name, group in groups.items()}
    within = {name: _inside(group, shape, voxel_size) for name, group in in_place.items()}
    outside, total = sum((~atoms).sum() for atoms in within.values()), sum(map(len, within.values()))
    if outside > (1 - _LEAST_INSIDE) * total:
        raise OccuPyError(
            f"{outside} of {total} atoms are outside the map; expected a model in its place in the map (see fitmap)"
        )
    kept = {name: in_place[name].part(atoms) for name, atoms in within.items() if atoms.any()}
    return kept, [atoms.mean() for atoms in within.values()]


def check_scattering(groups, solvent):
    """Raise `OccuPyError` where a group scatters no more than what it displaces.

    Parameters
    ----------
    groups : dict of str to Group
    solvent : bool
        Count scattering above the ice that atoms displace; else above vacuum.
    """
    for name, group in groups.items():
        if not group.weights(solvent).sum() > _LEAST_SCATTERING:
            what = "the ice in its place" if solvent else "nothing"
            raise OccuPyError(f"{name} scatters no more than {what}; expected groups of more than that")


def _placed(group, origin):
    """The group with positions from the first voxel."""
    return Group(group.positions - origin, group.potential, group.volume, group.variance)


def _inside(group, shape, voxel_size):
    """Which atoms are inside the box."""
    extent = ((np.array(shape) - 1) * np.array(voxel_size))[::-1]
    return ((group.positions >= 0) & (group.positions <= extent)).all(axis=1)
