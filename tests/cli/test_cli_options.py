"""The options of the `occupy` program: help, ranges, mistakes in them."""

import argparse
import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

import pytest
from chimerax.occupy import SETTINGS
from chimerax.occupy.cli import program

OUT_OF_RANGE = {
    "lowpass": (("0", "nan", "wide", "1e5"), "a number above 0 and at most 10000"),
    "resolution": (("-3",), "a number above 0 and at most 10000"),
    "kernel-size": (("4", "33"), "an odd whole number at least 3 and at most 31"),
    "kernel-radius": (("33",), "a number at least 1 and at most 32"),
    "tau": (("1",), "a number above 0 and below 1"),
    "tile-size": (("1",), "a whole number at least 2 and at most 128"),
    "full-scale": (("inf",), "a number above 1e-25 and below 1e+25"),
    "max-box": (("4097",), "a whole number at least 32 and at most 4096"),
    "power": (("0.9",), "a number at least 1"),
    "hedge": (("0",), "a number above 0 and at most 100"),
    "scale-limit": (("-0.1",), "a number at least 0 and at most 1"),
    "max-gain": (("0.9",), "a number at least 1"),
    "output-lowpass": (("0",), "a number above 0"),
    "voxel-size": (("0", "inf"), "a number above 0"),
    "pivot": (("0",), "a number above 0 and below 1"),
    "seed": (("4294967296",), "a whole number at least 0 and at most 4294967295"),
    "threshold": (("1.1",), "a number above 0 and at most 1"),
    "soft-edge": (("-1",), "a number at least 0 and at most 1000"),
    "mask-from": (("noise",), "'threshold', 'attenuate', 'sigmoid'"),
    "mode": (("both",), "'occupancy', 'resolution'"),
    "normalization": (("none",), "'tiles', 'maximum'"),
    "solvent-model": (("two",), "'auto', 'uniform', 'varying'"),
}

COMMANDS = [each for name, (_, aliases) in program.SUBCOMMANDS.items() for each in (name, *aliases)]
MODIFICATION = {setting.kebab for setting in SETTINGS.values() if setting.group == "modification"}
ESTIMATION = {setting.kebab for setting in SETTINGS.values() if setting.group == "estimation"}
OF_ESTIMATE = {setting.kebab for setting in SETTINGS.values() if setting.group in ("uncertainty", "flexibility")}
MASK = {"mask-from", "threshold", "soft-edge", "invert"}


@pytest.fixture
def usage_error(occupy, tmp_path):
    """A function that runs the program with unusable arguments and returns the sentence that it gave."""

    def run(*arguments):
        result = occupy(*arguments, cwd=tmp_path)
        assert "Traceback" not in result.stderr
        assert result.returncode == 2
        assert result.stdout == ""
        assert list(tmp_path.iterdir()) == []
        program, sentence, again = re.fullmatch(
            r"(occupy[a-z ]*): error: ([^\n]+)\nsee (occupy[a-z ]*) --help\n", result.stderr
        ).groups()
        assert program == again == " ".join(["occupy", *arguments[: arguments[0] in COMMANDS if arguments else 0]])
        return sentence

    return run


@pytest.mark.parametrize(
    ("command", "without"),
    [
        ("estimate", MODIFICATION | MASK),
        ("equalize", {"pivot", "noise", "seed"} | MASK),
        ("equalise", {"pivot", "noise", "seed"} | MASK),
        ("attenuate", {"pivot", "signal-only", "keep-noise", "resolution-map"} | MASK),
        ("sigmoid", {"keep-noise", "resolution-map"} | MASK),
        ("solvent", MODIFICATION - {"remove-solvent", "hedge"} | MASK),
        ("mask", MODIFICATION - {"power", "pivot"} | ESTIMATION),
    ],
)
def test_the_help_lists_every_setting_that_concerns_the_command(occupy, command, without):
    result = occupy(command, "--help")
    assert result.returncode == 0
    listed = set(re.findall(r"^  --([a-z-]+)", result.stdout, re.MULTILINE))
    settings = {setting.kebab for setting in SETTINGS.values()}
    assert settings & listed == settings - without - (OF_ESTIMATE if command != "estimate" else set())


@pytest.mark.parametrize(
    ("command", "default"),
    [("equalize", "yes; no in the modes occupancy and resolution"), ("attenuate", "no"), ("solvent", "no")],
)
def test_the_help_tells_a_default_of_the_published_modes_only_where_it_is_another(occupy, command, default):
    words = " ".join(occupy(command, "--help").stdout.split())
    (told,) = re.findall(r"--remove-solvent, --no-remove-solvent [^\[]*\[default: ([^]]*)\]", words)
    assert told == default


def test_the_help_can_be_printed_where_there_is_no_letter_for_angstrom(occupy):
    result = occupy("estimate", "--help", encoding="gbk")
    assert result.returncode == 0
    assert "--voxel-size" in result.stdout


def test_version_is_that_of_the_package(occupy):
    assert occupy("--version").stdout.split()[-1] == version("ChimeraX-OccuPy")


def test_the_ranges_of_all_numeric_settings_are_tested_here():
    limited = {setting.kebab for setting in SETTINGS.values() if setting.kind in ("float", "int", "choice")}
    assert limited <= OUT_OF_RANGE.keys()


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [(option, value, expected) for option, (values, expected) in OUT_OF_RANGE.items() for value in values],
)
def test_a_value_out_of_range_is_refused_with_option_value_and_range(usage_error, option, value, expected):
    sentence = usage_error("mask" if option in MASK else "sigmoid", "map.mrc", f"--{option}={value}")
    assert f"--{option}: " in sentence
    assert value in sentence
    assert sentence.rstrip(")").endswith(expected)


def test_an_unknown_option_is_named(usage_error):
    assert usage_error("estimate", "map.mrc", "--sharpen", "3") == "unrecognized arguments: --sharpen 3"


def test_an_option_of_equalize_is_unknown_to_estimate(usage_error):
    assert "--power" in usage_error("estimate", "map.mrc", "--power", "3")


@pytest.mark.parametrize(
    "arguments", [(), ("estimate",), ("blur", "map.mrc")], ids=["no command", "no map", "unknown command"]
)
def test_a_command_line_without_command_or_map_is_told_what_is_missing(usage_error, arguments):
    assert re.search("COMMAND|MAP", usage_error(*arguments))


@pytest.mark.parametrize("option", ["lowpass", "output-lowpass"])
def test_a_lowpass_beyond_nyquist_is_refused_with_the_finest_that_can_be(refusal, map_file, option):
    sentence = refusal("equalize", map_file, f"--{option}", "2.9")
    assert sentence.endswith(f"--{option} is 2.9 Å, but must be at least two voxels, 3 Å here")


def test_libraries_use_one_thread_unless_the_user_says_how_many():
    """They read it when they are loaded, so the program must not have loaded NumPy before."""
    code = """if True:
        import os, sys
        from chimerax.occupy import cli
        print("numpy" in sys.modules)
        try:
            cli.main(["--version"])
        finally:
            print(os.environ["OPENBLAS_NUM_THREADS"], os.environ["MKL_NUM_THREADS"])
    """
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command, environment = [sys.executable, "-c", code], environment | {"OPENBLAS_NUM_THREADS": "3"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split()[0] == "False"
    assert done.stdout.split()[-2:] == ["3", "1"]


def test_the_list_of_subcommands_is_what_they_register():
    for name, (summary, aliases) in program.SUBCOMMANDS.items():
        parser = argparse.ArgumentParser()
        subcommands = parser.add_subparsers()
        import_module(f"chimerax.occupy.cli.{name}").register(subcommands)
        assert subcommands.choices.keys() == {name, *aliases}
        (listed,) = subcommands._choices_actions
        assert listed.help == summary


def test_the_help_needs_neither_scipy_nor_matplotlib_nor_dask():
    code = """
import sys
from chimerax.occupy.cli import main
try:
    main(["--help"])
except SystemExit:
    print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert "chimerax" in loaded
    assert not loaded & {"scipy", "matplotlib", "dask", "distributed", "mrcfile"}


def test_no_run_without_workers_imports_dask(map_file, tmp_path):
    code = f"""
import sys
from chimerax.occupy.cli import main
assert main(["estimate", {str(map_file)!r}, "--output-dir", {str(tmp_path / "out")!r}]) == 0
assert not {{"dask", "distributed"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
