"""Atoms of ChimeraX's models: where they are in a map, what they are called, and attributes of their residues."""

import numpy as np
from chimerax.atomic import Residue, Residues


def places(volume, scene_coords):
    """z, y, x of points of the scene in voxels of a map."""
    to_grid = volume.data.xyz_to_ijk_transform * volume.scene_position.inverse()
    return (to_grid * scene_coords)[:, ::-1]


def residues_of(atoms):
    """The residues of atoms by model, chain and number, and which of them each atom is in."""
    residues = Residues(sorted(atoms.unique_residues, key=_place_of))
    return residues, residues.indices(atoms.residues)


def name_of(residue, by, within_model=False):
    """What a model, a chain or a residue is called in commands, within its model without the number of that."""
    model = "" if within_model else f"#{residue.structure.id_string}"
    named = {"model": model or "model", "chain": f"{model}/{residue.chain_id}"}
    return named.get(by) or residue.string(style="command", omit_structure=within_model)


def set_residue_attribute(session, name, atoms, values):
    """Give the residues of atoms an attribute: the mean of what their atoms have.

    Parameters
    ----------
    session : Session
    name : str
    atoms : Atoms
    values : array of float, shape (atoms,)
        NaN where there is none; a residue that has none at any atom loses the attribute.
    """
    Residue.register_attr(session, name, "OccuPy", attr_type=float)
    residues = atoms.unique_residues
    of_residue = residues.indices(atoms.residues)
    known = np.isfinite(values)
    totals = np.bincount(of_residue[known], values[known], len(residues))
    counts = np.bincount(of_residue[known], minlength=len(residues))
    for residue, total, count in zip(residues, totals, counts, strict=True):
        if count:
            setattr(residue, name, float(total / count))
        elif hasattr(residue, name):
            delattr(residue, name)


def _place_of(residue):
    return residue.structure.id, residue.chain_id, residue.number, residue.insertion_code
