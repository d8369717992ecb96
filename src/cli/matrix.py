"""occupy refine on several maps: one matrix of occupancies, as a table, as JSON and as a heat map."""

import os
import zlib
from functools import cache, lru_cache, partial
from pathlib import Path

from ..engine.ensemble.assembly import assembly_of
from ..engine.ensemble.pairs import pairs_of
from ..engine.ensemble.shares import with_shares
from ..engine.matrix.mask_columns import check_columns
from ..engine.matrix.occupancies import MatrixBox, Reading, occupancy_matrix
from ..engine.matrix.sets import listed
from ..engine.refinement.alternatives import checked_alternatives
from ..engine.refinement.groups import distinct
from ..engine.refinement.inputs import checked_groups, default_lowpass
from ..engine.refinement.shell_fit import MOST_BY_SHELLS
from ..engine.refinement.symmetry import names_of_copies
from ..engine.settings.checks import check_among
from ..figures import heatmap
from ..figures.assembly import assembly_figure
from .files import mapfile
from .files.atom_groups import read_groups
from .files.maps import file_of, sample, voxel_size_of
from .files.outputs import ReportFiles, draw, folder_of, write_json
from .files.places import check_absent
from .files.staging import recover, staged
from .kept_sums import row_of, sums_of
from .masks import check_masks, mask_densities, read_masks
from .populations import population_lines, share_lines
from .report import program_record, tell, warning_lines
from .runs.work import Batch, Done
from .symmetry import assembled, copies_of_all, told_with_symmetry, with_copies

NAME = "occupancy_matrix"
"""Of the files, before their endings."""

SUMS = f"{NAME}_sums"
"""The folder of what was read of each map."""

_PAIRS, _ASSEMBLY = "occupancy_pairs.csv", "occupancy_assembly.png"
_MOST_SETS = _MOST_STEPS = 30
_OF_BOX = "solvent", "flexibility", "symmetry"


class SumsFile(ReportFiles):
    """What was read of a map, in a file: from it `--resume` goes on, with other references too.

    Parameters
    ----------
    source : str
        The map.
    choice : AtomChoice
        Its groups.
    folder : Path
        Of the matrix.
    """

    silent = True

    def __init__(self, source, choice, folder):
        super().__init__(source, "sums", folder / SUMS, overwrite=True)
        self.own_settings = {"choice": choice}
        self.figure = None
        # Maps of one name may be in several folders.
        own = zlib.crc32(os.fsencode(Path(source).absolute()))
        self.record = folder / SUMS / f"{mapfile.map_name(file_of(source))}_{own:08x}.json"


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
    figures : bool
        Whether there are a heat map and a graph of the order of assembly among them.

    Attributes
    ----------
    folder : Path
    paths : list of Path
    """

    def __init__(self, maps, output_dir, json_file, csv_file, overwrite, figures=True):
        self.folder = folder = folder_of(maps[0], output_dir)
        self._heat_map, self._graph = (folder / f"{NAME}.png", folder / _ASSEMBLY) if figures else (None, None)
        self._csv, self._json = csv_file or folder / f"{NAME}.csv", json_file or folder / f"{NAME}.json"
        self._pairs = folder / _PAIRS
        paths = self._heat_map, self._csv, self._json, self._pairs, self._graph
        self.paths = [path for path in paths if path]
        self._overwrite = overwrite
        recover([self.paths])
        check_absent(self.paths, overwrite)

    def write(self, matrix, assembly, names, record):
        """Write a matrix, its maps called by these names in the figure, what comes with what and the order of it."""
        pairs = pairs_of(matrix)
        told = {"matrix": matrix.as_dict(), "pairs": pairs.as_dict(), "assembly": assembly.as_dict()}
        with staged(self.paths, self._overwrite) as place:
            if self._heat_map:
                drawn, count = len(matrix.map_order.places), len(names)
                title = f"Occupancies in {f'{drawn} of ' if drawn < count else ''}{count} maps"
                draw(heatmap.matrix_figure(matrix, names, title), place(self._heat_map))
                draw(assembly_figure(assembly), place(self._graph))
            write_json(place(self._json), record | told)
            for path, table in ((self._csv, matrix), (self._pairs, pairs)):
                place(path).write_text(table.as_csv(), encoding="utf-8", errors="backslashreplace", newline="")


def refine_maps(
    maps,
    choices,
    reference_maps=(),
    *,
    output_dir=None,
    overwrite=False,
    voxel_size=None,
    json_file=None,
    csv_file=None,
    running=None,
    populations=None,
    of_particles=None,
    masks=(),
    **settings,
):
    """Refine against several maps, write the matrix and tell of it.

    Parameters
    ----------
    maps : list of str
        Files and EMDB entries.
    choices : list of AtomChoice
        The groups of each map.
    reference_maps : list of str
        Those of the maps that are known to be complete.
    output_dir, overwrite, json_file, csv_file
        See `MatrixFiles`.
    voxel_size : float, optional
        Å, instead of what the files say.
    running : Running, optional
        How the run goes.
    populations : Populations, optional
        How particles are shared among maps, without those that are references only.
    of_particles : dict, optional
        The options that they follow from, for the record.
    masks : sequence of Path
        Masks that are columns beside the groups.
    **settings
        lowpass, reference, solvent, flexibility and alternatives, as the engine's `refine_maps` has them;
        symmetry (str).

    Returns
    -------
    int
        The exit status.
    """
    files = MatrixFiles(maps, output_dir, json_file, csv_file, overwrite, running is None or running.figures)
    choice_of = dict(zip(maps, choices, strict=True))
    names = check_masks(list(masks), maps)
    _check_models(choices, settings, names)
    if populations is not None:
        tell(population_lines(populations, short_names(populations.maps)))
    batch = Batch(maps, lambda source: SumsFile(source, choice_of[source], files.folder), running, results=files.paths)
    batch.check_apart(files.paths)
    lowpass = settings.get("lowpass") or _lowpass_of_all(maps, voxel_size)
    of_box = {"lowpass": lowpass} | {name: settings[name] for name in _OF_BOX if name in settings}
    if masks:
        of_box["masks"] = read_masks(masks, names, maps, voxel_size, lowpass, files.folder / SUMS)
    done = dict(batch.run(partial(read_one, voxel_size=voxel_size, settings=of_box)))
    if not done:
        return batch.status
    model_sums = cache(lambda choice, box: _matrix_box(choice, box, **of_box).model_sums)
    readings = [_reading(source, done.get(source), choice_of[source], model_sums, batch.problems) for source in maps]
    named = with_copies(settings, choices)
    of_groups = {name: named[name] for name in ("reference", "alternatives") if name in named}
    of_groups["copies"] = copies_of_all(choices, settings)
    matrix = occupancy_matrix(readings, lowpass, reference_maps=reference_maps, **of_groups)
    if populations is not None:
        matrix = with_shares(matrix, populations)
    of_all = settings | ({"masks": list(masks)} if masks else {})
    record = _record(maps, choices, voxel_size, of_all) | ({"particles": of_particles} if populations else {})
    assembly = assembly_of(matrix)
    files.write(matrix, assembly, short_names(maps), record)
    lines = [*result_lines(matrix, assembly, short_names(maps))]
    tell([*lines, f"  wrote     {', '.join(map(str, files.paths))}"])
    new = {source: problem for source, problem in matrix.failed.items() if source not in batch.problems}
    tell([f"  failed    {source}: {problem}" for source, problem in new.items()] if new else [])
    return int(batch.failed or bool(new))


def _check_models(choices, settings, masks):
    """Tell of what is wrong with a model once, not for every map, and before any work."""
    chosen = list(dict.fromkeys(choices))
    first = read_groups(chosen[0]).groups
    if first:
        checked_groups(first, MOST_BY_SHELLS)
    groups = dict.fromkeys(first)
    if masks:  # which are beside one model, or none
        check_columns(names_of_copies(groups, copies_of_all(chosen, settings)), masks)
    if not settings.keys() & {"reference", "alternatives"}:
        return
    for choice in chosen[1:]:
        groups |= dict.fromkeys(read_groups(choice).groups)
    names, named = names_of_copies(groups, copies_of_all(choices, settings)), with_copies(settings, choices)
    check_among(named.get("reference"), [*names, *masks], "group")
    checked_alternatives(named.get("alternatives", ()), names, named.get("reference"))


def _lowpass_of_all(maps, voxel_size):
    """Maps with larger voxels are known to a lower resolution, which is then that of all."""
    sizes = [voxel_size_of(source, voxel_size) for source in maps]
    return max((default_lowpass(size) for size in sizes if size), default=None)


def read_one(source, files, *, voxel_size, settings):
    """Read one map and keep what was read: from plain values, for a process of its own.

    Parameters
    ----------
    source : str
    files : SumsFile
    voxel_size : float or None
    settings : dict
        lowpass, and those of `_OF_BOX` that were given.

    Returns
    -------
    Done
        With one row, which `_reading` takes.
    """
    sampled = sample(source, voxel_size)
    box = (sampled.density.shape, sampled.voxel_size, tuple(sampled.origin))
    with told_with_symmetry(sampled, settings):
        sums = _matrix_box(files.own_settings["choice"], box, **settings).sums(sampled.density)
    row = {"box": box} | row_of(sums)
    with files.staged() as place:
        files.write_record(place, program_record(sampled.path) | {"refinement": {"rows": [row]}})
    return Done([], [row])


@lru_cache(maxsize=2)
def _matrix_box(choice, box, *, symmetry=None, masks=None, **settings):
    shape, voxel_size, origin = box
    groups, _ = assembled(choice, *box, symmetry)
    held = masks and mask_densities(masks)
    return MatrixBox(shape, voxel_size, groups, origin[::-1], masks=held, **settings)


def _reading(source, found, choice, model_sums, problems):
    if found is None:
        return Reading(source, None, None, problems.get(source, "it could not be read"))
    (row,) = found.rows
    return Reading(source, sums_of(row), model_sums(choice, tuple(map(tuple, row["box"]))))


def _record(maps, choices, voxel_size, settings):
    """What is needed to repeat it."""
    models = list(dict.fromkeys(path for choice in choices for path in choice.paths))
    first = choices[0]
    atoms = {"models": models, "by": first.by, "segment": first.segment, "groups": dict(first.selections)}
    record = program_record(None) | {"atoms": atoms, "settings": settings, "voxel_size": voxel_size}
    return {name: value for name, value in record.items() if name != "map"}


def short_names(sources):
    """What maps are called: the names of their files, with their folders where names are not their own."""
    return distinct([mapfile.map_name(file_of(source)) for source in sources], sources)


def result_lines(matrix, assembly, names):
    """What was found: how maps were read, sets that agree, what comes only with what, groups with notes, warnings."""
    name_of = dict(zip(matrix.maps, names, strict=True))
    sets = matrix.described()
    yield f"{len(matrix.maps)} maps, {len(matrix.groups)} groups, at {matrix.lowpass:.3g} Å"
    yield f"  fit       {matrix.fit}"
    if matrix.b_shifts is not None:
        yield f"  ΔB        {matrix.moving(names)}"
    if matrix.reference_maps:
        yield f"  reference {listed([name_of[name] for name in matrix.reference_maps])}: every group is full there"
    for sentence in matrix.together_in_words:
        yield f"  together  {sentence}"
    yield f"  {'set':>3} {'maps':>5} {'correlation':>11}  maps that agree"
    for one in sorted(sets, key=lambda one: -len(one["maps"]))[:_MOST_SETS]:
        members = listed([name_of[name] for name in one["maps"]])
        yield f"  {one['number']:3d} {len(one['maps']):5d} {one['correlation']:11.2f}  {one['words']}: {members}"
    if len(sets) > _MOST_SETS:
        yield f"                        and {len(sets) - _MOST_SETS} smaller sets"
    if matrix.common:
        yield f"  all sets  {matrix.common}"
    yield from _order_lines(assembly.sentences())
    if matrix.noted:
        yield f"  notes     on {matrix.noted}"
    yield from share_lines(matrix)
    yield from warning_lines(matrix.warnings)


def _order_lines(sentences):
    """What comes only with what."""
    for number, sentence in enumerate(sentences[:_MOST_STEPS]):
        yield f"  {'order' if number == 0 else '':9} {sentence}"
    if len(sentences) > _MOST_STEPS:
        yield f"            and {len(sentences) - _MOST_STEPS} further steps"
