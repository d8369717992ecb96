"""Scale maps that an atomic model guides: what occupy estimate does with --atoms."""

from functools import partial
from pathlib import Path

from ..engine.errors import OccuPyError
from ..engine.refinement.guided import guided_scale
from ..figures.maps import guided_figure
from .files import mapfile
from .files.atom_groups import AtomChoice
from .refinement import add_reference, add_solvent, read_all, record, result_lines, title_of
from .report import file_lines, label
from .runs.work import Done

SUFFIX = "guided_occupancy"
SETTINGS = ("reference", "solvent", "lowpass", "half_maps")
"""Settings that count with a model; those of the scale from the map alone do not."""

_OF_MODEL = ("reference", "solvent")
_SPELLED = {"solvent": "no-solvent"}


def checked_choice(atoms, settings, common_scale=False):
    """The atoms of models, by chain; None where there are no models.

    Raises
    ------
    OccuPyError
        If a setting was given that has no effect with a model, or without.
    """
    given = [*settings, "common_scale"] if common_scale else [*settings]
    idle = [name for name in given if (name not in SETTINGS if atoms else name in _OF_MODEL)]
    if idle:
        name = _SPELLED.get(idle[0], idle[0].replace("_", "-"))
        raise OccuPyError(f"--{name} has no effect {'with' if atoms else 'without'} --atoms; leave out one of them")
    return AtomChoice(tuple(atoms)) if atoms else None


def guided_one(source, files, *, voxel_size, choice, settings):
    """Estimate one map, write its files and return what to tell: from plain values, for a process of its own."""
    sampled, chosen, given = read_all(source, choice, voxel_size, settings)
    found = guided_scale(
        sampled.density, sampled.voxel_size, chosen.groups, origin=tuple(sampled.origin)[::-1], **given
    )
    rows = [row.as_dict() for row in found.refinement.rows]
    with files.staged() as place:
        files.write_figure(place, partial(guided_figure, found.scale, rows, sampled.density, title_of(sampled)))
        files.write_input_copy(place, sampled)
        mapfile.write(place(files.map), found.scale, sampled, label("local scale 0-1, guided by a model"))
        files.write_record(place, record(sampled.path, choice, found.refinement, settings))
        files.write_script(place)
    return Done([*result_lines(source, sampled, chosen, found.refinement), *file_lines(files)])


def add_model_options(parser):
    """Add the options on the model."""
    section = parser.add_argument_group("with a model")
    text = "PDB or mmCIF files, in place in the map: the scale follows the occupancies of their chains and parts"
    section.add_argument("--atoms", nargs="+", type=Path, default=[], metavar="MODEL", help=text)
    add_reference(section)
    add_solvent(section)
