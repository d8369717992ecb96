"""occupy measure: the occupancy of regions, by mask, chain or residue."""

from html import escape
from json import dumps

import numpy as np
from chimerax.atomic import AtomsArg
from chimerax.core.commands import BoolArg, CmdDesc, EnumOf, JSONResult, SaveFileNameArg
from chimerax.core.commands import register as register_command
from chimerax.core.errors import UserError
from chimerax.map.mapargs import MapArg, MapsArg

from ..engine.scale.estimate import lowpassed
from ..engine.scale.regions import BY, RegionTable, as_csv, columns_of, flexibility_at
from ..figures.flexibility import regions_in_figure
from ..figures.palette import KEY_TITLE
from .arguments import user_errors
from .atoms import name_of, places, residues_of, set_residue_attribute
from .maps import sample, values_on_grid
from .tables import html_table, save_table

ATTRIBUTE, FLEXIBILITY_ATTRIBUTE = "map_occupancy", "map_flexibility"


def measure(
    session,
    scale_map,
    *,
    masks=None,
    atoms=None,
    by="chain",
    map=None,
    flexibility_map=None,
    attribute=True,
    plot=True,
    save_file=None,
    return_json=False,
):
    """Tell the occupancy of regions in a scale map.

    Parameters
    ----------
    scale_map : Volume
        What `occupy estimate` made.
    masks : list of Volume, optional
        A region is where a mask is above the middle of its range; on any grid.
    atoms : Atoms, optional
        The scale is read at their centres.
    by : {'chain', 'residue', 'model'}
        What the atoms are grouped by.
    map : Volume, optional
        The density map that the scale was estimated from: also the mean density of each
        region relative to the strongest of them is given, low-passed as for the estimate,
        and with masks the published program's figure.
    flexibility_map : Volume, optional
        What `occupy estimate` made with the scale map: also the mean ΔB of each region is given, in Å².
    attribute : bool
        Give the residues of the atoms the attribute map_occupancy, and with a flexibility map map_flexibility.
    plot : bool
        With a flexibility map, show a plot of the scale against the flexibility, where there is a window.
    save_file : str, optional
        A file to save the table to, as JSON where its name ends so, else as comma-separated values.
    return_json : bool

    Returns
    -------
    list of dict, or JSONResult
        One for each region: region, mean, lower_quartile, median, upper_quartile, count,
        and with a map relative_density and, for masks, published; with a flexibility map flexibility.
    """
    if masks is None and atoms is None:
        raise UserError("Nothing to measure; expected masks, such as masks #3, or atoms, such as atoms #4")
    if atoms is not None and len(atoms) == 0:
        raise UserError("There are no atoms to measure at; expected those of an atomic model, such as atoms #11")
    sampled = sample(scale_map)
    density = None if map is None else _lowpassed(map, sampled)
    flexibility = None if flexibility_map is None else sample(flexibility_map).density
    with user_errors(scale_map):
        table = RegionTable(sampled.density, density, flexibility)
    _add_masks(table, sampled, masks or [])
    if atoms is not None:
        scales = _add_atoms(session, table, sampled, atoms, by)
        if attribute:
            set_residue_attribute(session, ATTRIBUTE, atoms, scales)
        if attribute and flexibility is not None:
            shifts = flexibility_at(flexibility, places(scale_map, atoms.scene_coords))
            set_residue_attribute(session, FLEXIBILITY_ATTRIBUTE, atoms, shifts)
    found = table.rows()
    _log(session, scale_map, found)
    if save_file is not None:
        save_table(session, as_csv(found), found, save_file)
    if plot and flexibility is not None and session.ui.is_gui:
        from .plot import show_flexibility_plot

        show_flexibility_plot(session, scale_map.name, regions_in_figure(found), KEY_TITLE)
    return JSONResult(dumps(found), found) if return_json else found


def _lowpassed(volume, sampled):
    """A density map low-passed as for an estimate, on the grid of a sampled map."""
    with user_errors(volume):
        return lowpassed(values_on_grid(volume, sampled), sampled.voxel_size)


def _add_masks(table, sampled, masks):
    for mask in masks:
        with user_errors(mask):
            table.add_mask(f"{mask.name} #{mask.id_string}", values_on_grid(mask, sampled))


def _add_atoms(session, table, sampled, atoms, by):
    """Add rows for groups of atoms, and return the scale at each of the atoms; NaN for those outside the map."""
    residues, of_residue = residues_of(atoms)
    names = np.array([name_of(residue, by) for residue in residues], object)
    order = np.argsort(of_residue, kind="stable")
    scales = np.empty(len(atoms))
    with user_errors(sampled.volume):
        scales[order] = table.add_atoms(places(sampled.volume, atoms.scene_coords)[order], names[of_residue[order]])
    outside = np.count_nonzero(np.isnan(scales))
    if outside:
        session.logger.warning(f"{outside} of {len(scales)} atoms are outside the map and were left out.")
    return scales


def _log(session, scale_map, found):
    columns = columns_of(found)
    table = html_table(
        [column.replace("_", " ") for column in columns],
        [[_cell(row.get(column)) for column in columns] for row in found],
    )
    session.logger.info(
        f"<b>Occupancy of regions in {escape(scale_map.name)} #{scale_map.id_string}</b>{table}", is_html=True
    )


def _cell(value):
    return escape("" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value))


def register(name, logger):
    description = CmdDesc(
        required=[("scale_map", MapArg)],
        keyword=[
            ("masks", MapsArg),
            ("atoms", AtomsArg),
            ("by", EnumOf(BY)),
            ("map", MapArg),
            ("flexibility_map", MapArg),
            ("attribute", BoolArg),
            ("plot", BoolArg),
            ("save_file", SaveFileNameArg),
        ],
        synopsis="Measure the occupancy of regions, chains or residues in a scale map",
    )
    register_command(name, description, measure, logger=logger)
