"""The subcommands of the `occupy` program."""

import argparse
import sys
from functools import partial
from pathlib import Path

from tqdm import tqdm

from .. import __version__
from ..engine.errors import OccuPyError
from ..engine.settings import ESTIMATION, MASK, SETTINGS
from . import demo, mapfile
from .arguments import add_setting, add_settings, in_shell_spelling, positive_number
from .outputs import staged
from .runs import common_scale_of, estimate_files, mask_files, measure_files, modify_files, solvent_files

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
    estimate = _add_map_command(commands, "estimate", estimate_files, "write a map of the local scale")
    _add_estimation(estimate)
    for kind, (summary, aliases) in MODIFICATIONS.items():
        modification = _add_map_command(commands, kind, partial(modify_files, kind), summary, aliases)
        add_settings(modification, kind)
        _add_estimation(modification)
    _add_solvent(commands)
    _add_mask(commands)
    _add_measure(commands)
    _add_demo(commands)
    return parser


def _add_map_command(commands, name, function, summary, aliases=()):
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
    _add_output_options(parser)
    parser.add_argument(
        "--voxel-size", type=positive_number, metavar="Å", help="voxel size, instead of what the file says"
    )
    parser.set_defaults(run=lambda options: _over_maps(function, options), common_scale=False)
    return parser


def _add_estimation(parser):
    parser.add_argument(
        "--common-scale", action="store_true", help="put all maps on the full scale of the strongest of them"
    )
    add_settings(parser, ESTIMATION)


def _add_solvent(commands):
    parser = _add_map_command(
        commands, "solvent", solvent_files, "fit the solvent model; write the confidence map or the map without solvent"
    )
    for name in ("remove_solvent", "hedge"):
        add_setting(parser, SETTINGS[name], default=SETTINGS[name].default)
    _add_estimation(parser)


def _add_mask(commands):
    summary = "write a solvent definition or a signal-subtraction mask from a scale map"
    add_settings(_add_map_command(commands, "mask", mask_files, summary), MASK)


def _add_measure(commands):
    parser = _add_map_command(commands, "measure", measure_files, "tell the occupancy of regions in a scale map")
    parser.add_argument(
        "--masks", nargs="+", type=Path, required=True, metavar="MASK", help="one region each: where it is above half"
    )
    parser.add_argument("--map", type=Path, help="the density map: tells the published program's figure as well")


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
        options.full_scale = common_scale_of(options)
    for path in tqdm(options.maps, desc="maps", unit="map", disable=not several):
        try:
            message = function(path, options)
        except OccuPyError as error:
            failed = _fail(error)
        else:
            tqdm.write(message) if several else print(message)
    return failed


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
