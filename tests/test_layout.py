"""The layout of the code: which packages use which, in one direction, and what each may use from outside."""

import ast
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"
MODULES = {".".join(path.relative_to(SOURCE).with_suffix("").parts): path for path in sorted(SOURCE.rglob("*.py"))}
VERSION = "__init__"
ENGINE = "errors parallel csv_text"
"""Modules of the engine that all its packages use."""

USES = {
    "engine": ENGINE,
    "engine.grids": ENGINE,
    "engine.settings": f"{ENGINE} grids",
    "engine.solvent": f"{ENGINE} grids settings",
    "engine.scale": f"{ENGINE} grids settings solvent",
    "engine.modification": f"{ENGINE} grids settings solvent scale",
    "engine.refinement": f"{ENGINE} grids settings",
    "engine.matrix": f"{ENGINE} grids settings refinement",
    "engine.ensemble": f"{ENGINE} settings refinement matrix",
    "engine.phantom": f"{ENGINE} grids",
}
"""Which others of the engine each of its packages uses."""

DOORS = {
    "": {"commands", "tool"},
    "figures": {"engine"},
    "particles": {"engine"},
    "commands": {"engine", "figures", "particles"},
    "tool": {"engine", "figures", "commands"},
    "cli": {"engine", "figures", "particles", "cli.files", "cli.runs", VERSION},
    "cli.files": {"engine", "figures", "cli.arguments", "cli.report", VERSION},
    "cli.runs": {"engine", "cli.files", "cli.arguments", "cli.report", "cli.__init__", VERSION},
}
"""Which other packages each one beside the engine uses; the first is the bundle itself."""

OUTSIDE_OF_ENGINE = {"numpy", "scipy"}
LONGEST, LONGER = 350, {"engine.settings.table"}
"""Lines of a module, as many as are read in one sitting; and those that are one table."""


def imports(name):
    """What a module imports: names of modules, this project's without its root."""
    path = MODULES[name]
    package = name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) + 1 - node.level], *(node.module or "").split(".")]
            source = ".".join(part for part in base if part)
            yield from (_module(source, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def _module(source, name):
    """The module that `from source import name` loads: a module of a package, or the source itself."""
    inner = f"{source}.{name}" if source else name
    outer = f"{source}.__init__".lstrip(".")
    return next(found for found in (inner, f"{inner}.__init__", source, outer) if found in MODULES)


def own_imports(name):
    return {found for found in imports(name) if found in MODULES}


def package_of(name):
    """The package of a module, of engine and shell one level deeper."""
    parts = name.split(".")
    return ".".join(parts[: min(len(parts) - 1, 2 if parts[0] in ("engine", "cli") else 1)])


def allowed(name):
    package = package_of(name)
    if package.startswith("engine"):
        return {f"engine.{other}" for other in USES.get(name, USES[package]).split()}
    return DOORS[package]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_uses_the_packages_below_its_own_only(name):
    for other in own_imports(name):
        places = {other, package_of(other), other.split(".")[0]}
        assert package_of(other) == package_of(name) or places & allowed(name), other


def test_no_module_leads_back_to_itself():
    TopologicalSorter({name: own_imports(name) for name in MODULES}).prepare()


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("engine.")])
def test_the_engine_imports_numpy_and_scipy_only(name):
    outside = {found.split(".")[0] for found in imports(name)} - {"engine"}
    assert outside <= OUTSIDE_OF_ENGINE | sys.stdlib_module_names


@pytest.mark.parametrize("name", sorted(MODULES.keys() - LONGER))
def test_a_module_is_read_in_one_sitting(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("name", [name for name in MODULES if name.endswith("__init__") and name != "__init__"])
def test_a_package_says_what_it_holds(name):
    assert ast.get_docstring(ast.parse(MODULES[name].read_text(encoding="utf-8")))


def test_a_reader_who_opens_the_engine_sees_few_rooms():
    shown = [path for path in (SOURCE / "engine").iterdir() if path.name not in ("__init__.py", "__pycache__")]
    assert len([path for path in shown if path.is_dir()]) <= 8
    assert len([path for path in shown if path.is_file()]) <= 4
