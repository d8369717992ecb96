"""How the subcommands are laid out: one file each, shared parts that know none of them, work that can go elsewhere."""

import ast
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import chimerax.occupy as library
import chimerax.occupy.cli as package
import numpy as np
import pytest
from chimerax.occupy.cli import equalize, estimate, modify
from chimerax.occupy.cli.program import SUBCOMMANDS

FOLDER = Path(package.__file__).parent
NAMES = set(SUBCOMMANDS)
SHARED = [path for path in FOLDER.glob("*.py") if path.stem not in NAMES]


def test_every_file_with_a_subcommand_is_in_the_list():
    registered = {path.stem for path in FOLDER.glob("*.py") if "def register(" in path.read_text(encoding="utf-8")}
    assert registered == NAMES


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_the_file_of_a_subcommand_has_the_function_of_its_name(name):
    assert callable(getattr(import_module(f"chimerax.occupy.cli.{name}"), name))


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.stem)
def test_what_subcommands_share_compares_nothing_with_the_name_of_one(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    compared = [node for compare in ast.walk(tree) if isinstance(compare, ast.Compare) for node in ast.walk(compare)]
    assert not {node.value for node in compared if isinstance(node, ast.Constant)} & NAMES


def test_one_map_can_be_worked_on_in_another_process(map_file, density, load, tmp_path):
    works = {
        estimate.files_of: partial(estimate.estimate_one, voxel_size=None, settings={"tau": 0.9}),
        partial(modify.files_of, kind="equalize"): partial(
            modify.modify_one, kind="equalize", voxel_size=None, estimation={"tau": 0.9}, modification={"power": 2.0}
        ),
    }
    planned = [(files_of(str(map_file), output_dir=tmp_path / "out"), work) for files_of, work in works.items()]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        done = [pool.submit(work, str(map_file), files).result() for files, work in planned]
    for (files, _), found in zip(planned, done, strict=True):
        assert sorted(files.paths) == sorted(path for path in files.paths if path.exists())
        assert all(str(path) in found.lines[-1] for path in files.paths)
    scale, equalized = (load(files.map)[0] for files, _ in planned)
    assert np.array_equal(scale, library.estimate(density, 1.5, tau=0.9).scale)
    assert np.array_equal(equalized, library.equalize(density, 1.5, tau=0.9, power=2))


def test_mode_occupancy_is_the_published_method_whole(map_file, density, load, tmp_path):
    assert equalize.equalize([str(map_file)], output_dir=tmp_path, mode="occupancy") == 0
    made = load(tmp_path / "map_equalized.mrc")[0]
    published = {"mode": "occupancy", "solvent_model": "uniform", "signal_only": False}
    assert np.array_equal(made, library.equalize(density, 1.5, **published))
    record = json.loads((tmp_path / "map_equalized.json").read_text())
    used = record["estimation"] | record["modification"]
    assert published.items() <= used.items()


def test_without_signal_only_the_map_is_multiplied(map_file, density, load, tmp_path):
    assert equalize.equalize([str(map_file)], output_dir=tmp_path, signal_only=False) == 0
    made, _ = load(tmp_path / f"{map_file.stem}_equalized.mrc")
    assert np.array_equal(made, library.equalize(density, 1.5, signal_only=False))
    assert not np.array_equal(made, library.equalize(density, 1.5))


def test_a_subcommand_is_a_function_that_returns_the_exit_status(map_file, tmp_path, capsys):
    assert equalize.equalize([str(map_file)], output_dir=tmp_path / "out", power=2.0) == 0
    assert equalize.equalize([str(map_file)], output_dir=tmp_path / "out") == 1
    assert "exists already" in capsys.readouterr().err
