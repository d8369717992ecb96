"""occupy refine: occupancies of groups of atoms, fitted to a map, with standard errors."""

from dataclasses import fields
from html import escape
from json import dumps
from math import isfinite

import numpy as np
from chimerax.atomic import AtomsArg
from chimerax.core.commands import (
    BoolArg,
    CmdDesc,
    EnumOf,
    FloatArg,
    JSONResult,
    PositiveIntArg,
    RepeatOf,
    SaveFileNameArg,
)
from chimerax.core.commands import register as register_command
from chimerax.core.errors import UserError
from chimerax.core.undo import UndoState
from chimerax.map.mapargs import MapRegionArg, MapsArg

from ..engine.refinement.groups import BY, DEFAULT_SEGMENT
from ..engine.refinement.names import labels_of
from ..engine.refinement.result import GroupOccupancy
from ..engine.scale.regions import as_csv
from ..figures.flexibility import groups_in_figure
from .arguments import COLORING, MapsToUseArg, in_chimerax_spelling, user_errors
from .atom_groups import AtomGroups, alternative_names, groups_of_each_model, reference_names
from .atoms import set_residue_attribute
from .coloring import Coloring, color_by_attribute
from .jobs import RefineJob, result_of
from .maps import sample
from .masks import NoAtoms
from .matrix import refine_maps
from .populations import KEYWORDS as POPULATIONS
from .populations import check_none
from .report import b_shift_text, listed, occupancy_text, select_link, warn
from .tables import html_table, save_table
from .unexplained import show_map_of_unexplained

ATTRIBUTE, B_ATTRIBUTE = "refined_occupancy", "refined_b_shift"
COLUMNS = tuple(field.name for field in fields(GroupOccupancy))
"""Of the table that is returned and saved."""

_OF_ONE_MAP = {
    "half_maps": "halfMaps",
    "assign": "assign",
    "assign_b": "assignB",
    "show_unexplained": "showUnexplained",
}
_ON_ATOMS = (*_OF_ONE_MAP, "attribute", "color", "palette", "range", "key")
"""Keywords on what is done with the atoms, which several maps leave as they are."""


def refine(
    session,
    volumes,
    *,
    atoms=None,
    each_atoms=None,
    by="chain",
    segment=DEFAULT_SEGMENT,
    groups=None,
    reference_maps=None,
    flexibility=False,
    particles=None,
    classes=None,
    populations=None,
    masks=None,
    return_json=False,
    **keywords,
):
    """Refine the occupancies of groups of atoms against a map, or against several for a matrix of maps and groups.

    Parameters
    ----------
    volumes : list of Volume
    atoms : Atoms
        Wherever they are in the scene: nothing moves. Water is left out.
    each_atoms : Atoms, optional
        In place of `atoms`, those of a model for each of the maps, in the order of their numbers.
    by : {'chain', 'residue', 'model', 'segment'}
        What the atoms are grouped by.
    segment : int
        Residues in a segment.
    groups : list of Atoms, optional
        Each is one group, apart from the others.
    reference_maps : list of Volume, optional
        Maps that are known to be complete: each group is relative to itself in these.
    flexibility : bool
        Tell ΔB in each of several maps too; of one map it always is.
    particles, classes, populations
        Of several maps: see `populations_of`.
    masks : list of Volume, optional
        Of several maps: columns beside the groups of atoms, of which there may then be none.
    reference : Atoms, optional
        Groups at least half of whose atoms are among these are known to be full.
    alternatives : list of Atoms, optional
        Of each, groups at least half of whose atoms are among these are alternatives: a particle has one at most.
    lowpass : float, optional
        The resolution, in Å, to which the map is used.
    solvent : bool
        Count scattering above the ice that atoms displace; else above vacuum.
    subregion
        The part of the map to use.
    plot : bool
        Show a plot of the occupancies, where there is a window.
    save_file : str, optional
        A file to save the table to, as JSON where its name ends so, else as comma-separated values.
    return_json : bool
    half_maps, assign, assign_b, attribute, show_unexplained, color, palette, range, key
        Of one map: see `refine_map`.

    Returns
    -------
    list of dict, or JSONResult
        One for each group: group, occupancy, standard_error, b_shift, b_shift_error, atoms, correlation, notes.
        What is not known is NaN, in JSON null. Sums of alternatives and means of copies come last. Of several maps
        one dict, as of `OccupancyMatrix.as_dict`.
    """
    if masks and each_atoms is not None:
        raise UserError("masks are of one box: expected atoms beside them, or no model, not eachAtoms")
    of_atoms = groups or keywords.get("reference") is not None or keywords.get("alternatives")
    if (atoms is None) == (each_atoms is None) and (of_atoms or not masks):
        raise UserError("expected either atoms, of a model for all maps, or eachAtoms, of a model for each of them")
    of_particles = {"particles": particles, "classes": classes, "populations": populations}
    if len(volumes) == 1 and not reference_maps and each_atoms is None:
        check_none(of_particles | {"masks": masks})
        chosen = AtomGroups(atoms, by, segment, groups or ())
        return refine_map(session, volumes[0], chosen, return_json=return_json, **keywords)
    _check_several(keywords)
    classified = {"classified": volumes, "of_particles": of_particles}
    volumes = list(dict.fromkeys([*volumes, *(reference_maps or ())]))
    if atoms is None and each_atoms is None:
        chosen = [NoAtoms()] * len(volumes)
    else:
        chosen = _chosen_for_each(volumes, atoms, each_atoms, by, segment, groups or ())
    shared = {name: value for name, value in keywords.items() if name not in _ON_ATOMS}
    shared |= {"flexibility": flexibility, "return_json": return_json, "masks": masks or ()} | classified
    return refine_maps(session, volumes, chosen, reference_maps or (), **shared)


def refine_map(
    session,
    volume,
    chosen,
    *,
    reference=None,
    alternatives=None,
    lowpass=None,
    half_maps=None,
    solvent=True,
    subregion="all",
    assign=False,
    assign_b=False,
    attribute=True,
    show_unexplained=False,
    plot=True,
    save_file=None,
    return_json=False,
    **coloring,
):
    """Refine the occupancies of groups of atoms against one map.

    Parameters
    ----------
    volume : Volume
    chosen : AtomGroups
    half_maps : list of 2 Volume, optional
        Tell the noise.
    assign : bool
        Write the occupancies, from 0 to 1, into the atoms.
    assign_b : bool
        Add ΔB to the B-factors of the atoms.
    attribute : bool
        Give the residues the attributes refined_occupancy and refined_b_shift.
    show_unexplained : bool
        Show the density that the model does not explain in place of the map.
    reference, alternatives, lowpass, solvent, subregion, plot, save_file, return_json
        As for `refine`.
    **coloring
        color, palette, range, key: color the atoms by the first of these, in which colors, and show a color key.

    Returns
    -------
    list of dict, or JSONResult
        As of `refine`.
    """
    if half_maps is not None and len(half_maps) != 2:
        count = {0: "no map", 1: "one map"}.get(len(half_maps), f"{len(half_maps)} maps")
        raise UserError(f"halfMaps is {count}, but must be two, such as #2,3")
    settings = {"lowpass": lowpass, "half_maps": half_maps, "solvent": solvent}
    job = refine_job(sample(volume, 1, subregion), chosen, reference, alternatives, **settings)
    with user_errors(volume):
        found = result_of(session, job)
    rows = [row.as_dict() for row in found.all_rows]
    _log(session, volume, chosen, found, job.notes)
    with session.undo.aggregate("occupy refine"):
        _assign(session, chosen, found, assign, assign_b)
        if attribute:
            _show_on_atoms(session, chosen, found, Coloring(**coloring))
    if show_unexplained:
        show_map_of_unexplained(session, job, found)
    if save_file is not None:
        save_table(session, table_text(rows), [_without_nan(row) for row in rows], save_file)
    if plot and session.ui.is_gui:
        _plot(session, volume, chosen, rows[: len(found.rows)])
    return JSONResult(dumps([_without_nan(row) for row in rows]), rows) if return_json else rows


def _plot(session, volume, chosen, rows):
    """Show the occupancies, and where the map tells ΔB these against it."""
    from .plot import show_flexibility_plot, show_occupancy_plot

    rows = chosen.along_chains(rows)
    if any(isfinite(row["b_shift"]) for row in rows):
        show_flexibility_plot(session, volume.name, groups_in_figure(rows))
    show_occupancy_plot(session, rows, chosen.by, volume.name)


def _chosen_for_each(volumes, atoms, each_atoms, by, segment, groups):
    """The groups for each of the maps."""
    if each_atoms is None:
        return [AtomGroups(atoms, by, segment, groups)] * len(volumes)
    chosen = groups_of_each_model(each_atoms, by, segment, groups)
    if len(chosen) != len(volumes):
        raise UserError(
            f"eachAtoms is of {len(chosen)} {'model' if len(chosen) == 1 else 'models'}, and there are {len(volumes)} "
            "maps with the reference maps; expected a model for each"
        )
    return chosen


def _check_several(keywords):
    for name, typed in _OF_ONE_MAP.items():
        if keywords.get(name):
            raise UserError(f"{typed} is of one map: expected one map with it, and no referenceMaps or eachAtoms")


def refine_job(sampled, chosen, reference=None, alternatives=None, *, lowpass=None, half_maps=None, solvent=True):
    """The engine's work of this command.

    Parameters
    ----------
    sampled : SampledMap
    chosen : AtomGroups
    reference, alternatives, lowpass, half_maps, solvent
        As for the command.
    """
    names = {
        "reference": reference_names([chosen], reference),
        "alternatives": alternative_names([chosen], alternatives),
        "copies": chosen.copies(),
    }
    settings = names | {"lowpass": lowpass, "half_maps": half_maps, "solvent": solvent}
    return RefineJob(sampled, *chosen.on_map(sampled), settings)


def table_text(rows):
    """Rows as comma-separated values, the notes of a group in one column."""
    return as_csv([_without_nan(row) | {"notes": "; ".join(row["notes"])} for row in rows], first=COLUMNS)


def _assign(session, chosen, found, occupancies, b_factors):
    """Write what was found into the atoms, where files of the model will have it."""
    undo = UndoState("occupy refine")
    if occupancies:
        chosen.assign({row.group: row.occupancy for row in found.rows}, undo)
    if b_factors:
        chosen.assign_b({row.group: row.b_shift for row in found.rows}, undo)
    if occupancies or b_factors:
        session.undo.register(undo)


def _show_on_atoms(session, chosen, found, coloring):
    """Give the residues what was found as attributes, and color by the occupancies."""
    for attribute, field in ((B_ATTRIBUTE, "b_shift"), (ATTRIBUTE, "occupancy")):
        of_groups = {row.group: getattr(row, field) for row in found.rows}
        values = np.array([of_groups[label] for label in chosen.labels])
        set_residue_attribute(session, attribute, chosen.atoms, values)
    color_by_attribute(session, chosen.atoms, ATTRIBUTE, coloring, title="occupancy")


def _log(session, volume, chosen, found, notes):
    labels = labels_of([row.group for row in found.rows])
    several = {one.name: select_link(one.name, one.groups) for one in found.together}
    linked = {group: select_link(label, [group]) for group, label in labels.items()} | several
    cells = [[linked[row.group], *map(escape, _texts(row))] for row in found.all_rows]
    headings = ["group", "occupancy", "ΔB in Å²", "atoms", "correlation", "notes"]
    told = f", ΔB up to {found.b_shift_lowpass:.2g} Å" if isfinite(found.b_shift_lowpass) else ""
    water = f" {chosen.waters} atoms of water were left out." if chosen.waters else ""
    session.logger.info(
        f"<b>Occupancies refined in {escape(volume.name)} #{volume.id_string}</b>{html_table(headings, cells)}"
        f"Occupancies are relative to that of {listed(found.reference, linked.get)}, which is taken to be 1, "
        f"and ΔB to theirs. Map and model correlate by {found.correlation:.2f} at {found.lowpass:.3g} Å{told}.{water}",
        is_html=True,
    )
    warn(session, [volume], map(in_chimerax_spelling, (*notes, *found.warnings)))


def _texts(row):
    """What a row of the table says of a group."""
    correlation = f"{row.correlation:.2f}" if isfinite(row.correlation) else ""
    return occupancy_text(row), b_shift_text(row), f"{row.atoms}", correlation, "; ".join(row.notes)


def _without_nan(row):
    """A row as JSON can hold it."""
    return {name: None if isinstance(value, float) and not isfinite(value) else value for name, value in row.items()}


def register(name, logger):
    description = CmdDesc(
        required=[("volumes", MapsToUseArg)],
        keyword=[
            ("atoms", AtomsArg),
            ("each_atoms", AtomsArg),
            ("by", EnumOf(BY)),
            ("segment", PositiveIntArg),
            ("groups", RepeatOf(AtomsArg)),
            ("reference", AtomsArg),
            ("alternatives", RepeatOf(AtomsArg)),
            ("reference_maps", MapsToUseArg),
            ("lowpass", FloatArg),
            ("half_maps", MapsArg),
            ("solvent", BoolArg),
            ("flexibility", BoolArg),
            *POPULATIONS,
            ("masks", MapsArg),
            ("subregion", MapRegionArg),
            ("assign", BoolArg),
            ("assign_b", BoolArg),
            ("attribute", BoolArg),
            ("show_unexplained", BoolArg),
            ("color", BoolArg),
            *COLORING,
            ("plot", BoolArg),
            ("save_file", SaveFileNameArg),
        ],
        synopsis="Refine occupancies of chains, residues or other groups of atoms against maps",
    )
    register_command(name, description, refine, logger=logger)
