"""occupy refine on several maps: one matrix of occupancies, as a table, as JSON and as a heat map."""

import warnings
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path

from .. import heatmap
from ..engine.matrix import MatrixBox, Reading, listed, occupancy_matrix
from ..engine.matrix_sums import MapSums
from . import emdb, mapfile
from .atom_groups import read_groups
from .maps import file_of, sample
from .outputs import check_absent, staged, write_json
from .report import program_record, tell, warning_lines
from .work import Batch, Done

NAME = "occupancy_matrix"
"""Of the files, before their endings."""

_MOST_SETS = 30


@dataclass(frozen=True)
class ReadMap(Done):
    """What was read of one map: plain values, so that they may come from another process.

    Attributes
    ----------
    sums : MapSums
    box : tuple
        Shape, voxel size and origin (z, y, x) of the map.
    lowpass : float
        Å.
    """

    sums: MapSums = None
    box: tuple = ()
    lowpass: float = 0.0


class MatrixFiles:
    """Where the files of a matrix go. It is an error, before any work, that one exists already.

    Parameters
    ----------
    maps : list of str
    output_dir : Path or None
        The folder, else that of the first map.
    json_file, csv_file : Path or None
        Names of their own for these.
    overwrite : bool
    """

    def __init__(self, maps, output_dir, json_file, csv_file, overwrite):
        folder = output_dir or (Path() if emdb.is_entry(maps[0]) else file_of(maps[0]).parent)
        self.figure = folder / f"{NAME}.png"
        self.csv, self.json = csv_file or folder / f"{NAME}.csv", json_file or folder / f"{NAME}.json"
        self.paths = [self.csv, self.json, self.figure]
        self._overwrite = overwrite
        check_absent(self.paths, overwrite)

    def write(self, matrix, names, record):
        """Write a matrix, its maps called by these names in the figure."""
        figure = heatmap.matrix_figure(matrix, names, f"Occupancies in {len(names)} maps")
        with staged(self.paths, self._overwrite) as place, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph", UserWarning)  # letters that the font has not
            figure.savefig(place(self.figure))
            write_json(place(self.json), record | {"matrix": matrix.as_dict()})
            place(self.csv).write_text(matrix.as_csv(), encoding="utf-8", errors="backslashreplace", newline="")


def refine_maps(maps, choices, files, *, reference_maps=(), voxel_size=None, settings):
    """Refine against several maps, write the matrix and tell of it.

    Parameters
    ----------
    maps : list of str
        Files and EMDB entries.
    choices : list of AtomChoice
        The groups of each map.
    files : MatrixFiles
    reference_maps : list of str
        Those of the maps that are known to be complete.
    voxel_size : float, optional
        Å, instead of what the files say.
    settings : dict
        lowpass, reference and solvent, those that were given.

    Returns
    -------
    int
        The exit status.
    """
    choice_of = dict(zip(maps, choices, strict=True))
    for choice in dict.fromkeys(choices[:1]):
        read_groups(choice)  # what is wrong with the model is told once, not for every map
    of_box = {name: settings[name] for name in ("lowpass", "solvent") if name in settings}
    batch = Batch(maps)
    read = partial(read_one, voxel_size=voxel_size, choice_of=choice_of)
    done = dict(batch.run(partial(read, settings=of_box)))
    if not done:
        return 1
    # Maps with larger voxels are known to a lower resolution, which is then that of all.
    lowpass = max(found.lowpass for found in done.values())
    for source in [source for source, found in done.items() if found.lowpass < lowpass]:
        done[source] = read(source, settings=of_box | {"lowpass": lowpass})
    readings = [_reading(source, done.get(source), choice_of[source], of_box, batch.problems) for source in maps]
    matrix = occupancy_matrix(readings, lowpass, reference=settings.get("reference"), reference_maps=reference_maps)
    files.write(matrix, short_names(maps), _record(maps, choices, voxel_size, settings))
    tell([*result_lines(matrix, short_names(maps)), f"  wrote     {', '.join(map(str, files.paths))}"])
    new = {source: problem for source, problem in matrix.failed.items() if source not in batch.problems}
    tell([f"  failed    {source}: {problem}" for source, problem in new.items()] if new else [])
    return int(batch.failed or bool(new))


def read_one(source, files=None, *, voxel_size, choice_of, settings):
    """Read one map, from plain values, for a process of its own.

    Parameters
    ----------
    source : str
    files : None
    voxel_size : float or None
    choice_of : dict of str to AtomChoice
    settings : dict
        lowpass and solvent, those that were given.

    Returns
    -------
    ReadMap
    """
    sampled = sample(source, voxel_size)
    box = (sampled.density.shape, sampled.voxel_size, tuple(sampled.origin))
    model = _matrix_box(choice_of[source], box, **settings)
    return ReadMap([], [], model.sums(sampled.density), box, model.lowpass)


@lru_cache(maxsize=2)
def _matrix_box(choice, box, **settings):
    shape, voxel_size, origin = box
    return MatrixBox(shape, voxel_size, read_groups(choice).groups, origin[::-1], **settings)


@cache
def _model_sums(choice, box, **settings):
    return _matrix_box(choice, box, **settings).model_sums


def _reading(source, found, choice, settings, problems):
    if found is None:
        return Reading(source, None, None, problems.get(source, "it could not be read"))
    return Reading(source, found.sums, _model_sums(choice, found.box, **settings | {"lowpass": found.lowpass}))


def _record(maps, choices, voxel_size, settings):
    """What is needed to repeat it."""
    models = list(dict.fromkeys(path for choice in choices for path in choice.paths))
    first = choices[0]
    atoms = {"models": models, "by": first.by, "segment": first.segment, "groups": dict(first.selections)}
    record = program_record(None) | {"atoms": atoms, "settings": settings, "voxel_size": voxel_size}
    return {name: value for name, value in record.items() if name != "map"}


def short_names(sources):
    """What maps are called: the names of their files, with their folders where names are not their own."""
    stems = [mapfile.map_name(file_of(source)) for source in sources]
    return [stem if stems.count(stem) == 1 else str(source) for stem, source in zip(stems, sources, strict=True)]


def result_lines(matrix, names):
    """What was found: how the maps were read, the sets of maps that agree, warnings."""
    name_of = dict(zip(matrix.maps, names, strict=True))
    sets = matrix.described()
    yield f"{len(matrix.maps)} maps, {len(matrix.groups)} groups, at {matrix.lowpass:.3g} Å"
    if matrix.reference_maps:
        yield f"  reference {listed([name_of[name] for name in matrix.reference_maps])}: every group is full there"
    yield f"  {'set':>3} {'maps':>5}  maps that agree"
    for one in sorted(sets, key=lambda one: -len(one["maps"]))[:_MOST_SETS]:
        members = listed([name_of[name] for name in one["maps"]])
        yield f"  {one['number']:3d} {len(one['maps']):5d}  {one['words']}: {members}"
    if len(sets) > _MOST_SETS:
        yield f"            and {len(sets) - _MOST_SETS} smaller sets"
    yield from warning_lines(matrix.warnings)
