"""The subcommands of the `occupy` program."""

import argparse
import json
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tqdm import tqdm

from .. import __version__, plots
from ..engine.errors import OccuPyError
from ..engine.estimate import common_full_scale, estimate
from ..engine.modify import modify
from ..engine.settings import ESTIMATION, split
from . import demo, mapfile
from .arguments import add_settings, given, in_shell_spelling, positive_number
from .outputs import check_absent, staged
from .script import chimerax_script

DESCRIPTION = """\
Estimate, from a single cryo-EM map, how far each region rises above solvent, on a scale
from 0 to 1: a proxy for occupancy. And equalise the map: bring every region to one level
without amplifying solvent. Best on unsharpened maps with solvent around the molecule."""

EPILOG = """\
examples:
  occupy demo                             see all of it on a small map made for it
  occupy estimate map.mrc                 writes map_occupancy.mrc and, beside it, a figure
                                          (.png), a ChimeraX script (.cxc) and settings (.json)
  occupy equalize map.mrc                 writes map_equalized.mrc and the same beside it
  occupy equalize *.mrc --power 2 --output-dir equalized

The scale is relative to the strongest region of a map; less mass, flexibility and B-factors
lower it too, not only occupancy. The method: doi.org/10.1038/s41467-023-41478-1"""

MODIFICATIONS = {
    "equalize": ("write a map with all its parts at one level, solvent not amplified", ["equalise"]),
    "attenuate": ("write a map with its weak parts weakened further, into solvent", []),
    "sigmoid": ("write a map with weak parts weakened and strong ones strengthened", []),
}
MAP_SUFFIX = {"equalize": "equalized", "attenuate": "attenuated", "sigmoid": "sigmoid"}
SCALE_SUFFIX = {"occupancy": "occupancy", "resolution": "local_scale"}


def run(arguments=None):
    """Run the program on these arguments; the exit status is 0, or 1 where a map failed."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except OccuPyError as error:
        return _fail(error)
    except KeyboardInterrupt:
        return _fail("stopped; nothing more was written")


def _fail(problem):
    print(f"occupy: {in_shell_spelling(problem)}", file=sys.stderr)
    return 1


def _parser():
    parser = argparse.ArgumentParser(
        "occupy", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"OccuPy for ChimeraX {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_map_command(commands, "estimate", estimate_files, "write a map of the local scale", (ESTIMATION,))
    for kind, (summary, aliases) in MODIFICATIONS.items():
        function = partial(modify_files, kind)
        _add_map_command(commands, kind, function, summary, (kind, ESTIMATION), aliases)
    _add_demo(commands)
    return parser


def _add_map_command(commands, name, function, summary, groups, aliases=()):
    parser = commands.add_parser(
        name,
        aliases=aliases,
        help=summary,
        description=f"{summary.capitalize()}.\n\n{DESCRIPTION}",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("maps", nargs="+", type=Path, metavar="MAP", help="MRC or CCP4 file, may be .gz or .bz2")
    _add_output_options(parser)
    parser.add_argument(
        "--voxel-size", type=positive_number, metavar="Å", help="voxel size, instead of what the file says"
    )
    parser.add_argument(
        "--common-scale", action="store_true", help="put all maps on the full scale of the strongest of them"
    )
    add_settings(parser, *groups)
    parser.set_defaults(run=lambda options: _over_maps(function, options))


def _add_output_options(parser):
    parser.add_argument(
        "--output-dir", type=Path, metavar="DIR", help="where to write [default: beside the map; demo: occupy_demo]"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist already")


def _add_demo(commands):
    parser = commands.add_parser(
        "demo",
        help="make a small map with parts of known occupancy, and estimate and equalise it",
        description="Make a small map with parts of known occupancy, estimate and equalise it, and compare.",
    )
    _add_output_options(parser)
    parser.set_defaults(run=run_demo)


def _over_maps(function, options):
    """Run one command on every map; a map that fails does not keep the others from theirs."""
    failed = 0
    several = len(options.maps) > 1
    if options.common_scale:
        options.full_scale = _common_full_scale(options)
    for path in tqdm(options.maps, desc="maps", unit="map", disable=not several):
        try:
            message = function(path, options)
        except OccuPyError as error:
            failed = _fail(error)
        else:
            tqdm.write(message) if several else print(message)
    return failed


def _common_full_scale(options):
    settings, _ = split(given(options))
    settings = {name: value for name, value in settings.items() if not isinstance(value, Path | list)}
    sources = (mapfile.read(path, options.voxel_size) for path in options.maps)
    return common_full_scale(((s.density, s.voxel_size) for s in sources), **settings)


def estimate_files(path, options):
    """`occupy estimate` on one file; returns what to tell the user."""
    settings = given(options)
    stem = f"{mapfile.map_name(path)}_{SCALE_SUFFIX[settings.get('mode', 'occupancy')]}"
    outputs = _Outputs(path, options, stem)
    source = mapfile.read(path, options.voxel_size)
    found = estimate(source.density, source.voxel_size, **_with_maps_read(settings, source))
    with outputs.staged() as place:
        mapfile.write(place(outputs.map), found.scale, source, _labels("local scale 0-1", found))
        outputs.write_companions(place, path, found, shown=Path(path).resolve())
    return _summary(path, found, [], outputs)


def modify_files(kind, path, options):
    """`occupy equalize`, `attenuate` or `sigmoid` on one file; returns what to tell the user."""
    outputs = _Outputs(path, options, f"{mapfile.map_name(path)}_{MAP_SUFFIX[kind]}", scale_map=True)
    source = mapfile.read(path, options.voxel_size)
    estimation, modification = split(_with_maps_read(given(options), source))
    found = estimate(source.density, source.voxel_size, **estimation)
    result = modify(source.density, source.voxel_size, kind, estimate=found, **modification)
    scale = modification.get("scale_map", found.scale)
    with outputs.staged() as place:
        mapfile.write(place(outputs.map), result.density, source, _labels(MAP_SUFFIX[kind], found))
        mapfile.write(place(outputs.scale_map), scale, source, _labels("local scale 0-1", found))
        outputs.write_companions(place, path, found, shown=Path(outputs.map.name), result=result)
    limits = result.limits
    gain = f"  gain      {limits.gain:.3g} (limit {limits.max_gain:.3g}), none below scale {limits.scale_limit:.3g}"
    return _summary(path, found, [gain], outputs)


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


class _Outputs:
    """Where the files of one run go. It is an error, before any work, that one exists already."""

    def __init__(self, path, options, stem, scale_map=False):
        folder = options.output_dir or Path(path).parent
        self.map, self.figure, self.script, self.record = (
            folder / f"{stem}{ending}" for ending in (".mrc", ".png", ".cxc", ".json")
        )
        self.scale_map = folder / f"{stem}_scale.mrc" if scale_map else self.map
        self._overwrite = options.overwrite
        check_absent(self.paths, self._overwrite)

    @property
    def paths(self):
        return list(dict.fromkeys([self.map, self.scale_map, self.figure, self.script, self.record]))

    def staged(self):
        return staged(self.paths, self._overwrite)

    def write_companions(self, place, path, found, shown, result=None):
        """The figure, the ChimeraX script and the record of settings and limits."""
        figure = plots.solvent_figure(found.solvent, f"Solvent model of {mapfile.map_name(path)}")
        figure.savefig(place(self.figure))
        hidden = None if result is None else Path(path).resolve()
        script = chimerax_script(shown, Path(self.scale_map.name), hidden)
        place(self.script).write_text(script, encoding="utf-8")
        record = json.dumps(_record(path, found, result), indent=1, ensure_ascii=False)
        place(self.record).write_text(record + "\n", encoding="utf-8")


def _record(path, found, result):
    """All that is needed to repeat a run."""
    record = {
        "program": f"OccuPy for ChimeraX {__version__}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "arguments": sys.argv[1:],
        "map": str(Path(path).resolve()),
        "estimation": found.settings.as_dict(),
        "limits": found.limits(),
        "warnings": found.warnings,
        "notes": found.notes,
    }
    if result is not None:
        record["modification"] = _without_infinities(result.as_dict())
    return record


def _without_infinities(values):
    """JSON has no infinity: it is written as the text that the shell takes."""
    return {name: "inf" if value == float("inf") else value for name, value in values.items()}


def _labels(what, found):
    settings = found.settings
    return [
        f"OccuPy {__version__}: {what}; {settings.mode}, low-pass {settings.lowpass:.3g} A, N {found.full_scale:.4g}"
    ]


def _summary(path, found, lines, outputs):
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
            f"  wrote     {', '.join(str(p) for p in outputs.paths)}",
        ]
    )


def run_demo(options):
    """`occupy demo`: the main job on a map whose truth is known."""
    options.output_dir = options.output_dir or Path("occupy_demo")
    path = options.output_dir / "demo.mrc"
    with staged([path], options.overwrite) as place:
        demo.write_map(place(path))
    options.voxel_size = None
    print(estimate_files(path, options))
    print(modify_files("equalize", path, options))
    scale = mapfile.read(options.output_dir / "demo_occupancy.mrc").density
    equalized = mapfile.read(options.output_dir / "demo_equalized.mrc").density
    print(demo.comparison(mapfile.read(path).density, scale, equalized))
    print(f"\nTo look at it: chimerax {options.output_dir / 'demo_equalized.cxc'}")
    return 0
