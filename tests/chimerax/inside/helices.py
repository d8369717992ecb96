"""A model of helices, and maps of it in which the occupancy of each chain is known."""

import numpy as np
from chimerax.atomic import AtomicStructure
from chimerax.core.commands import run
from support import session

ATOMS = {
    "N": (1.55, -28, -0.9),
    "CA": (2.29, 0, 0.0),
    "C": (1.67, 26, 1.1),
    "O": (2.0, 20, 2.3),
    "CB": (3.3, -19, -0.3),
}
"""Radius in Å, angle in degrees and height in Å of the atoms of an alpha helix, about its axis."""

TURN, RISE = 100, 1.5
RESIDUES = 20
"""In a helix."""

PLACES = {"A": (0, 0), "B": (26, 0)}
"""Where chains begin, x and y in Å."""

RESOLUTION = 4.0
GRID = 1.5


def helix(structure, chain, first, x, y):
    """Add a helix to a chain, from a residue number on, with its axis along z."""
    for i in range(RESIDUES):
        residue = structure.new_residue("ALA", chain, first + i)
        for name, (radius, angle, height) in ATOMS.items():
            atom = structure.new_atom(name, name[0])
            phase = np.radians(angle + TURN * i)
            atom.coord = (x + radius * np.cos(phase), y + radius * np.sin(phase), height + RISE * i)
            atom.occupancy, atom.bfactor = 1.0, 20.0
            residue.add_atom(atom)


def open_model(name="helices", places=PLACES):
    """A structure with four helices in each chain."""
    structure = AtomicStructure(session, name=name)
    for chain, (x, y) in places.items():
        for i, (dx, dy) in enumerate(((0, 0), (10, 0), (0, 10), (10, 10))):
            helix(structure, chain, 1 + RESIDUES * i, x + dx, y + dy)
    session.models.add([structure])
    return structure


def open_map_of(structure, occupancies, noise=0.0):
    """The map that ChimeraX simulates from the chains of a structure, each times its occupancy.

    Parameters
    ----------
    structure : AtomicStructure
    occupancies : dict of str to float
        By chain.
    noise : float
        Standard deviation relative to the highest density.
    """
    spec = f"#{structure.id_string}"
    made = run(session, f"molmap {spec} {RESOLUTION} gridSpacing {GRID} edgePadding 20 replace false", log=False)
    density = np.zeros_like(made.full_matrix())
    for chain, occupancy in occupancies.items():
        words = f"gridSpacing {GRID} onGrid #{made.id_string} replace false"
        one = run(session, f"molmap {spec}/{chain} {RESOLUTION} {words}", log=False)
        density += np.float32(occupancy) * one.full_matrix()
        session.models.close([one])
    density += np.random.default_rng(5).normal(0, noise * density.max(), density.shape).astype(np.float32)
    made.data.array[:] = density
    made.data.values_changed()
    made.name = "simulated"
    return made


def open_maps_of(structure, truths):
    """Maps with a little noise, as of `open_map_of`, and how they are typed together.

    Parameters
    ----------
    structure : AtomicStructure
    truths : dict of str to dict
        Occupancies by chain, by what the maps are called.
    """
    maps = [open_map_of(structure, truth, 0.02) for truth in truths.values()]
    for volume, name in zip(maps, truths, strict=True):
        volume.name = name
    return maps, "#" + ",".join(volume.id_string for volume in maps)
