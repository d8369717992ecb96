"""The subcommands of the `occupy` program."""

import argparse
import os
import sys
from pathlib import Path

from tqdm import tqdm

from .. import __version__
from ..engine.errors import OccuPyError
from ..engine.settings import ESTIMATION, MASK, SETTINGS
from . import demo, mapfile
from .arguments import add_setting, add_settings, in_shell_spelling, positive_number
from .outputs import removed_on_failure, staged
from .runs import common_scale_of, planned_files, run_on_map

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


def run(arguments=None):
    """Run the program on these arguments; the exit status is 0, or 1 where a map failed."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Å shows a question mark rather than stopping the work.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (OccuPyError, MemoryError) as error:
        return _fail(error)
    except KeyboardInterrupt:
        return _fail("stopped; nothing more was written")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _fail(problem, source=None):
    """Say what went wrong, and with which map, in one line."""
    sentence = (
        "not enough memory; try --max-box 256" if isinstance(problem, MemoryError) else in_shell_spelling(problem)
    )
    where = "" if source is None or str(source) in sentence else f"{source}: "
    tqdm.write(f"occupy: {where}{sentence}", file=sys.stderr)
    return 1


def _parser():
    parser = argparse.ArgumentParser(
        "occupy", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"OccuPy for ChimeraX {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    estimate = _add_map_command(commands, "estimate", "write a map of the local scale")
    _add_estimation(estimate)
    for kind, (summary, aliases) in MODIFICATIONS.items():
        modification = _add_map_command(commands, kind, summary, aliases)
        add_settings(modification, kind)
        _add_estimation(modification)
    _add_solvent(commands)
    _add_mask(commands)
    _add_measure(commands)
    _add_demo(commands)
    return parser


def _add_map_command(commands, name, summary, aliases=(), writes=True):
    parser = commands.add_parser(
        name,
        aliases=aliases,
        help=summary,
        description=f"{summary.capitalize()}.\n\n{DESCRIPTION}",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "maps", nargs="+", metavar="MAP", help="MRC or CCP4 file, may be .gz or .bz2; or an entry, such as emdb:3061"
    )
    if writes:
        _add_output_options(parser)
    parser.add_argument(
        "--voxel-size", type=positive_number, metavar="Å", help="voxel size, instead of what the file says"
    )
    parser.set_defaults(run=_over_maps, command=name, common_scale=False)
    return parser


def _add_estimation(parser):
    parser.add_argument(
        "--common-scale", action="store_true", help="put all maps on the full scale of the strongest of them"
    )
    add_settings(parser, ESTIMATION)


def _add_solvent(commands):
    parser = _add_map_command(
        commands, "solvent", "fit the solvent model; write the confidence map or the map without solvent"
    )
    for name in ("remove_solvent", "hedge"):
        add_setting(parser, SETTINGS[name], default=SETTINGS[name].default)
    _add_estimation(parser)


def _add_mask(commands):
    summary = "write a solvent definition or a signal-subtraction mask from a scale map"
    add_settings(_add_map_command(commands, "mask", summary), MASK)


def _add_measure(commands):
    parser = _add_map_command(commands, "measure", "tell the occupancy of regions in a scale map", writes=False)
    parser.add_argument(
        "--masks", nargs="+", type=Path, default=[], metavar="MASK", help="one region each: where it is above half"
    )
    parser.add_argument(
        "--atoms", nargs="+", type=Path, default=[], metavar="MODEL", help="PDB or mmCIF files; needs gemmi"
    )
    parser.add_argument(
        "--by",
        choices=("chain", "residue", "model"),
        default="chain",
        help="what atoms are grouped by [default: chain]",
    )
    parser.add_argument(
        "--map", type=Path, help="the density map: tells relative density and the published program's figure as well"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON as well")
    parser.add_argument("--overwrite", action="store_true", help="replace the JSON file if it exists already")


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


def _over_maps(options):
    """Run one command on every map; a map that fails does not keep the others from theirs."""
    planned, failed = _plan(options)
    if options.common_scale and planned:
        options.full_scale = common_scale_of([source for source, _ in planned], options)
    several = len(options.maps) > 1
    for source, files in tqdm(planned, desc="maps", unit="map", disable=not several):
        try:
            message = run_on_map(options.command, source, files, options)
        except (OccuPyError, MemoryError) as error:
            failed = _fail(error, source)
        else:
            tqdm.write(message) if several else print(message, flush=True)
    return failed


def _plan(options):
    """Maps with the files that will be made of them; those that may not be are told of and left out."""
    planned, failed, taken = [], 0, {}
    for source in options.maps:
        try:
            files = planned_files(options.command, source, options)
            for path in files.paths if files else ():
                if path in taken:
                    raise OccuPyError(f"{path} would be written for {taken[path]} and {source}; give them other names")
            taken |= dict.fromkeys(files.paths if files else (), source)
            planned.append((source, files))
        except OccuPyError as error:
            failed = _fail(error, source)
    return planned, failed


def run_demo(options):
    """`occupy demo`: the main job on a map whose truth is known."""
    folder = options.output_dir = options.output_dir or Path("occupy_demo")
    path = folder / "demo.mrc"
    options.voxel_size = None
    runs = [(command, planned_files(command, path, options)) for command in ("estimate", "equalize")]
    with removed_on_failure([path, *(p for _, files in runs for p in files.paths)]):
        with staged([path], options.overwrite) as place:
            demo.write_map(place(path))
        messages = [run_on_map(command, path, files, options) for command, files in runs]
        maps = [mapfile.read(p).density for p in (path, *(files.map for _, files in runs))]
    print(*messages, demo.comparison(*maps), sep="\n")
    print(f"\nTo look at it: chimerax {folder / 'demo_equalized.cxc'}", flush=True)
    return 0
