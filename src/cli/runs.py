"""What each subcommand does with one map."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm

from .. import __version__, plots
from ..engine.checks import checked, split
from ..engine.errors import OccuPyError
from ..engine.estimate import common_full_scale, estimate
from ..engine.masks import make_mask
from ..engine.modify import check_modification, modify, without_solvent
from ..engine.regions import make_relative, mask_region, occupancy_of, published_occupancy, values_at
from ..engine.settings import ESTIMATION, KINDS, MASK, RESULT_NAMES
from ..engine.suitability import checked_scale
from . import emdb, mapfile
from .arguments import given, in_shell_spelling
from .models import read_atoms
from .outputs import RunFiles, staged

_SUFFIXES = RESULT_NAMES | {"mask": "mask"}
_SCALE_SUFFIXES = {"occupancy": "occupancy", "resolution": "local_scale"}


def planned_files(command, source, options):
    """Where a subcommand will write for one map; an error if it may not.

    Parameters
    ----------
    command : str
    source : str
        A file or an EMDB entry.
    options : argparse.Namespace

    Returns
    -------
    RunFiles, or None where nothing is written
    """
    if command == "measure":
        return None
    fetched = emdb.is_entry(source)
    path = Path(emdb.file_name(source) if fetched else source)
    folder = options.output_dir or (Path() if fetched else path.parent)
    return RunFiles(
        folder,
        f"{mapfile.map_name(path)}_{_suffix(command, options)}",
        options.overwrite,
        scale_map=command in (*KINDS, "solvent"),
        companions=command != "mask",
        input_copy=mapfile.is_compressed(path) and _shows_input(command, options),
    )


def _suffix(command, options):
    if command == "estimate":
        return _SCALE_SUFFIXES[getattr(options, "mode", "occupancy")]
    if command == "solvent":
        return "without_solvent" if options.remove_solvent else "confidence"
    return _SUFFIXES[command]


def _shows_input(command, options):
    """Whether the ChimeraX script shows the input rather than what was made."""
    return command == "estimate" or (command == "solvent" and not options.remove_solvent)


def run_on_map(command, source, files, options):
    """Run a subcommand on one map and return what to tell the user."""
    density_map = mapfile.read(local_path(source), options.voxel_size)
    if command in (MASK, "measure"):
        return {MASK: _make_mask, "measure": _measure}[command](density_map, files, options)
    settings = _with_maps_read(given(options), density_map, options)
    estimation, modification = split(settings)
    if command in KINDS:
        check_modification(density_map.density.shape, density_map.voxel_size, command, modification)
    found = estimate(density_map.density, density_map.voxel_size, **estimation)
    made, label, lines, record, figure = _made(command, density_map, found, modification, options)
    with files.staged() as place:
        mapfile.write(place(files.map), made, density_map, _label(label, found))
        if files.scale_map != files.map:
            scale = modification.get("scale_map", found.scale)
            mapfile.write(place(files.scale_map), scale, density_map, _label("local scale 0-1", found))
        if files.input_copy:
            mapfile.write(place(files.input_copy), density_map.density, density_map, "OccuPy: the input, uncompressed")
        files.write_record(place, _record(density_map.path, found, given(options)) | record)
        files.write_figure(place, figure)
        _write_script(command, place, files, density_map.path, options)
    notes = ["This map was made by OccuPy; the scale of such a map means little."] if density_map.is_ours else []
    return _summary(source, found, lines, files, notes)


def _made(command, density_map, found, modification, options):
    """What a subcommand makes: map, label, lines for the summary, entries for the record, figure."""
    title = f"Solvent model of {mapfile.map_name(density_map.path)}"
    if command == "estimate":
        return found.scale, "local scale 0-1", [], {}, plots.estimate_figure(found, density_map.density, title)
    if command == "solvent":
        return *_solvent(density_map, found, options), plots.solvent_figure(found.solvent, title)
    result = modify(density_map.density, density_map.voxel_size, command, estimate=found, **modification)
    limits = result.limits
    line = f"  gain      {limits.gain:.3g} (limit {limits.max_gain:.3g}), none below scale {limits.scale_limit:.3g}"
    maps = {name: value for name, value in given(options).items() if name == "scale_map"}
    record = {"modification": {"scale_map": None} | result.as_dict() | maps}
    figure = plots.modification_figure(found, result, density_map.density, title)
    lines = [line, *(f"  warning   {in_shell_spelling(sentence)}" for sentence in result.warnings)]
    return result.density, _SUFFIXES[command], lines, record, figure


def _solvent(density_map, found, options):
    model = found.solvent
    lines = [
        f"  fit       below the peak, histogram and model differ by {model.misfit:.0%}",
        f"  noise     more likely not solvent above {model.noise_level:.3g}",
    ]
    record = {"hedge": options.hedge, "remove_solvent": options.remove_solvent}
    if not options.remove_solvent:
        return found.confidence(options.hedge), "confidence", lines, record
    made = without_solvent(density_map.density, density_map.voxel_size, found, options.hedge)
    return made, "without solvent", lines, record


def _write_script(command, place, files, path, options):
    input_file = None if mapfile.is_compressed(path) else path.resolve()
    if files.input_copy:
        input_file = Path(files.input_copy.name)
    made = Path(files.map.name)
    if not _shows_input(command, options):
        files.write_script(place, made, [input_file] if input_file else [])
    else:
        files.write_script(place, input_file, [] if files.map == files.scale_map else [made])


def _make_mask(scale_map, files, options):
    settings = given(options)
    mask = make_mask(scale_map.density, scale_map.voxel_size, **settings)
    with files.staged() as place:
        mapfile.write(place(files.map), mask, scale_map, f"OccuPy {__version__}: mask {settings}")
        files.write_record(place, _program_record(scale_map.path) | {"mask": checked(settings, MASK)})
    return f"{scale_map.path}\n  mask      {mask.mean(dtype=float):.1%} of the box\n  wrote     {_names(files)}"


def _measure(scale_map, _, options):
    """A table of the occupancy of regions, and its rows as JSON if asked for."""
    checked_scale(scale_map.density)
    if not options.masks and not options.atoms:
        raise OccuPyError("there is nothing to measure; give --masks or --atoms")
    density = None
    if options.map is not None:
        found = _read_on_grid(options.map, scale_map, options)
        density = estimate(found, scale_map.voxel_size).lowpassed
    rows = [_of_mask(path, scale_map, density, options) for path in options.masks]
    for path in options.atoms:
        rows += _of_atoms(path, scale_map, density, options.by)
    make_relative(rows)
    if options.json is not None:
        with staged([options.json], options.overwrite) as place:
            place(options.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return "\n".join([f"{scale_map.path}", *_table(rows)])


def _of_mask(path, scale_map, density, options):
    region = mask_region(_read_on_grid(path, scale_map, options), scale_map.density.shape)
    row = {"region": str(path)} | occupancy_of(scale_map.density[region]).as_dict()
    if density is not None:
        row["relative_density"] = float(density[region].mean(dtype=float))
        row["published"] = published_occupancy(density, region)
    return row


def _of_atoms(path, scale_map, density, by):
    """Rows for the chains, residues or whole of a model, of those atoms that are inside the map."""
    atoms = read_atoms(path)
    places = (atoms.positions[:, ::-1] - scale_map.origin) / scale_map.voxel_size
    scales = values_at(scale_map.density, places)
    members = {}
    for i, label in enumerate(atoms.labels[by]):
        if scales[i] == scales[i]:
            members.setdefault(label, []).append(i)
    if not members:
        raise OccuPyError(f"all {len(scales)} atoms of {path} are outside {scale_map.path}")
    rows = [{"region": label} | occupancy_of(scales[inside]).as_dict() for label, inside in members.items()]
    if density is not None:
        densities = values_at(density, places)
        for row, inside in zip(rows, members.values(), strict=True):
            row["relative_density"] = float(densities[inside].mean())
    return rows


def _table(rows):
    extra = [name for name in ("relative_density", "published") if any(name in row for row in rows)]
    head = f"  {'mean':>6} {'25 %':>6} {'median':>6} {'75 %':>6} {'count':>9}"
    yield head + "".join(f" {name.replace('_', ' '):>16}" for name in extra) + "  region"
    for row in rows:
        quartiles = f"{row['lower_quartile']:6.3f} {row['median']:6.3f} {row['upper_quartile']:6.3f}"
        others = "".join(f" {row[name]:16.3f}" if name in row else " " * 17 for name in extra)
        yield f"  {row['mean']:6.3f} {quartiles} {row['count']:9d}{others}  {row['region']}"


def common_scale_of(sources, options):
    """The full scale of the strongest of several maps."""
    settings, _ = split(given(options))
    settings = {name: value for name, value in settings.items() if not isinstance(value, Path | list)}
    maps = (mapfile.read(local_path(source), options.voxel_size) for source in sources)
    return common_full_scale(((m.density, m.voxel_size) for m in maps), **settings)


def local_path(source):
    """The file of a map that may be an EMDB entry, which is fetched."""
    if not emdb.is_entry(source):
        return Path(source)
    bars = []

    def report(have, expected):
        bars[:] = bars or [tqdm(desc=source, total=expected, unit="B", unit_scale=True)]
        bars[0].update(have - bars[0].n)

    try:
        return emdb.fetch(source, report)
    finally:
        for bar in bars:
            bar.close()


def _with_maps_read(settings, source, options):
    """The settings with files among them replaced by arrays, which must be on the grid of the map."""

    def read(value):
        if isinstance(value, list):
            return [read(path) for path in value]
        return _read_on_grid(value, source, options) if isinstance(value, Path) else value

    return {name: read(value) for name, value in settings.items()}


def _read_on_grid(path, source, options):
    """The data of a map file; of another shape they are refused by the engine, which knows what they are for."""
    other = mapfile.read(path, options.voxel_size)
    if other.density.shape == source.density.shape and not _same_size(other.voxel_size, source.voxel_size):
        raise OccuPyError(
            f"{path} has voxels of {_sizes(other.voxel_size)} Å, but {source.path} has "
            f"{_sizes(source.voxel_size)} Å; both must be on one grid"
        )
    return other.density


def _same_size(some, others):
    return all(abs(a / b - 1) < 1e-3 for a, b in zip(some, others, strict=True))


def _sizes(voxel_size):
    return " x ".join(f"{v:.4g}" for v in reversed(voxel_size))


def _program_record(path):
    return {
        "program": f"OccuPy for ChimeraX {__version__}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "arguments": sys.argv[1:],
        "map": path,
    }


def _record(path, found, settings):
    """All that is needed to repeat a run."""
    estimation, _ = split(settings)
    return _program_record(path) | {
        "estimation": checked(estimation, ESTIMATION) | found.settings.as_dict(),
        "limits": found.limits(),
        "warnings": found.warnings,
        "notes": found.notes,
    }


def _label(what, found):
    settings = found.settings
    return f"OccuPy {__version__}: {what}; {settings.mode}, low-pass {settings.lowpass:.3g} A, N {found.full_scale:.4g}"


def _summary(source, found, lines, files, notes=()):
    settings, solvent = found.settings, found.solvent
    return "\n".join(
        [
            f"{source}",
            f"  settings  mode {settings.mode}, low-pass {settings.lowpass:.4g} Å, kernel of {settings.kernel.voxels} "
            f"voxels, tau {settings.tau:.4f}",
            f"  scale     1 at density {found.full_scale:.4g}",
            f"  solvent   {solvent.mean:.3g} ± {solvent.sigma:.3g}",
            *lines,
            *(f"  warning   {in_shell_spelling(sentence)}" for sentence in found.warnings),
            *(f"  note      {in_shell_spelling(sentence)}" for sentence in [*found.notes, *notes]),
            f"  wrote     {_names(files)}",
        ]
    )


def _names(files):
    return ", ".join(str(path) for path in files.paths)
