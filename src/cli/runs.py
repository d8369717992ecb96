"""What each subcommand does with one map file."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm

from .. import __version__
from ..engine.errors import OccuPyError
from ..engine.estimate import common_full_scale, estimate
from ..engine.masks import make_mask
from ..engine.modify import modify
from ..engine.regions import mask_region, occupancy_of, published_occupancy
from ..engine.settings import split
from . import emdb, mapfile
from .arguments import given
from .outputs import RunFiles

MAP_SUFFIX = {"equalize": "equalized", "attenuate": "attenuated", "sigmoid": "sigmoid"}
SCALE_SUFFIX = {"occupancy": "occupancy", "resolution": "local_scale"}


def estimate_files(source, options):
    """`occupy estimate` on one map; returns what to tell the user."""
    settings = given(options)
    path = local_path(source)
    files = _files(source, path, options, SCALE_SUFFIX[settings.get("mode", "occupancy")])
    density_map = mapfile.read(path, options.voxel_size)
    found = estimate(density_map.density, density_map.voxel_size, **_with_maps_read(settings, density_map))
    with files.staged() as place:
        mapfile.write(place(files.map), found.scale, density_map, _labels("local scale 0-1", found))
        files.write_record(place, _record(path, found))
        files.write_companions(place, path, found.solvent, shown=path.resolve())
    return _summary(path, found, [], files)


def modify_files(kind, source, options):
    """`occupy equalize`, `attenuate` or `sigmoid` on one map; returns what to tell the user."""
    path = local_path(source)
    files = _files(source, path, options, MAP_SUFFIX[kind], scale_map=True)
    density_map = mapfile.read(path, options.voxel_size)
    estimation, modification = split(_with_maps_read(given(options), density_map))
    found = estimate(density_map.density, density_map.voxel_size, **estimation)
    result = modify(density_map.density, density_map.voxel_size, kind, estimate=found, **modification)
    scale = modification.get("scale_map", found.scale)
    with files.staged() as place:
        mapfile.write(place(files.map), result.density, density_map, _labels(MAP_SUFFIX[kind], found))
        mapfile.write(place(files.scale_map), scale, density_map, _labels("local scale 0-1", found))
        files.write_record(place, _record(path, found) | {"modification": result.as_dict()})
        files.write_companions(place, path, found.solvent, Path(files.map.name), path.resolve())
    limits = result.limits
    gain = f"  gain      {limits.gain:.3g} (limit {limits.max_gain:.3g}), none below scale {limits.scale_limit:.3g}"
    return _summary(path, found, [gain], files)


def solvent_files(source, options):
    """`occupy solvent` on one map: its confidence map, or the map without solvent."""
    path = local_path(source)
    remove, hedge = options.remove_solvent, options.hedge
    files = _files(source, path, options, "without_solvent" if remove else "confidence", scale_map=True)
    density_map = mapfile.read(path, options.voxel_size)
    settings, _ = split(_with_maps_read(given(options), density_map))
    found = estimate(density_map.density, density_map.voxel_size, **settings)
    made = found.confidence(hedge)
    if remove:
        made = modify(
            density_map.density,
            density_map.voxel_size,
            estimate=found,
            power=1,
            remove_solvent=True,
            hedge=hedge,
            clip=False,
        ).density
    with files.staged() as place:
        mapfile.write(
            place(files.map), made, density_map, _labels("without solvent" if remove else "confidence", found)
        )
        mapfile.write(place(files.scale_map), found.scale, density_map, _labels("local scale 0-1", found))
        files.write_record(place, _record(path, found) | {"hedge": hedge})
        shown = Path(files.map.name) if remove else path.resolve()
        files.write_companions(place, path, found.solvent, shown)
    model = found.solvent
    fit = f"  fit       below the peak, histogram and model differ by {model.misfit:.0%}"
    level = f"  noise     more likely not solvent above {model.noise_level:.3g}"
    return _summary(path, found, [fit, level], files)


def mask_files(source, options):
    """`occupy mask` on one scale map."""
    path = local_path(source)
    files = _files(source, path, options, "mask", companions=False)
    scale_map = mapfile.read(path, options.voxel_size)
    settings = given(options)
    mask = make_mask(scale_map.density, scale_map.voxel_size, **settings)
    with files.staged() as place:
        mapfile.write(place(files.map), mask, scale_map, [f"OccuPy {__version__}: mask, {settings}"])
        files.write_record(place, _program_record(path) | {"mask": settings})
    return f"{path}\n  mask      {mask.mean(dtype=float):.1%} of the box\n  wrote     {_names(files)}"


def measure_files(source, options):
    """`occupy measure` on one scale map: a table of the occupancy of regions."""
    scale_map = mapfile.read(local_path(source), options.voxel_size)
    rows = [f"{source}", f"  {'mean':>6} {'25 %':>6} {'median':>6} {'75 %':>6} {'voxels':>9} {'published':>9}  mask"]
    for path in options.masks:
        region = mask_region(_read_on_grid(path, scale_map), scale_map.density.shape)
        found = occupancy_of(scale_map.density[region])
        published = "" if options.map is None else f"{_published(options.map, scale_map, region):.3f}"
        quartiles = f"{found.lower_quartile:6.3f} {found.median:6.3f} {found.upper_quartile:6.3f}"
        rows.append(f"  {found.mean:6.3f} {quartiles} {found.count:9d} {published:>9}  {path}")
    return "\n".join(rows)


def _published(path, scale_map, region):
    density = _read_on_grid(path, scale_map)
    found = estimate(density, scale_map.voxel_size)
    return published_occupancy(found.lowpassed, region)


def common_scale_of(options):
    """The full scale of the strongest of the maps."""
    settings, _ = split(given(options))
    settings = {name: value for name, value in settings.items() if not isinstance(value, Path | list)}
    maps = (mapfile.read(local_path(source), options.voxel_size) for source in options.maps)
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


def _files(source, path, options, suffix, **keywords):
    folder = options.output_dir or (Path() if emdb.is_entry(source) else path.parent)
    return RunFiles(folder, f"{mapfile.map_name(path)}_{suffix}", options.overwrite, **keywords)


def _with_maps_read(settings, source):
    """The settings with files among them replaced by arrays, which must be on the grid of the map."""

    def read(value):
        if isinstance(value, list):
            return [read(path) for path in value]
        return _read_on_grid(value, source) if isinstance(value, Path) else value

    return {name: read(value) for name, value in settings.items()}


def _read_on_grid(path, source):
    """The data of a map file; of another shape they are refused by the engine, which knows what they are for."""
    other = mapfile.read(path)
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
        "map": str(path.resolve()),
    }


def _record(path, found):
    """All that is needed to repeat a run."""
    return _program_record(path) | {
        "estimation": found.settings.as_dict(),
        "limits": found.limits(),
        "warnings": found.warnings,
        "notes": found.notes,
    }


def _labels(what, found):
    settings = found.settings
    return [
        f"OccuPy {__version__}: {what}; {settings.mode}, low-pass {settings.lowpass:.3g} A, N {found.full_scale:.4g}"
    ]


def _summary(path, found, lines, files):
    settings, solvent = found.settings, found.solvent
    return "\n".join(
        [
            f"{path}",
            f"  settings  mode {settings.mode}, low-pass {settings.lowpass:.4g} Å, kernel of {settings.kernel.voxels} "
            f"voxels, tau {settings.tau:.4f}",
            f"  scale     1 at density {found.full_scale:.4g}",
            f"  solvent   {solvent.mean:.3g} ± {solvent.sigma:.3g}",
            *lines,
            *(f"  warning   {sentence}" for sentence in found.warnings),
            *(f"  note      {sentence}" for sentence in found.notes),
            f"  wrote     {_names(files)}",
        ]
    )


def _names(files):
    return ", ".join(str(path) for path in files.paths)
