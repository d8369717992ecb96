"""The layout of the benchmarks: which packages use which, in one direction."""

import ast
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
MODULES = sorted(BENCHMARKS.glob("*/*.py"))
USES = {
    "simulation": set(),
    "documents": {"simulation"},
    "accuracy": {"simulation", "documents", "environment"},
    "speed": {"simulation", "documents", "environment"},
}
"""Which others each package uses."""


def relative_imports(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(BENCHMARKS).as_posix())
def test_a_module_uses_the_packages_below_its_own_only(path):
    for node in relative_imports(path):
        if node.level == 2:
            used = {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
            assert used <= USES[path.parent.name]


@pytest.mark.parametrize("name", ["worker", "preview"])
def test_what_is_run_by_its_path_uses_no_module_beside_it(name):
    assert not relative_imports(BENCHMARKS / f"speed/{name}.py")
