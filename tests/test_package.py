"""The package as a whole: what it offers, and what it needs."""

import inspect
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from chimerax import occupy

PROJECT = Path(__file__).resolve().parents[1]


def in_new_python(code):
    """What a Python started for this prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_importing_the_package_imports_no_numbers_yet():
    loaded = in_new_python("import sys, chimerax.occupy; print(*sys.modules)")
    assert "chimerax.occupy" in loaded
    assert not {name.split(".")[0] for name in loaded} & {"numpy", "scipy", "matplotlib", "mrcfile"}


def test_the_engine_loads_neither_chimerax_nor_files_nor_figures():
    names = [name for name in occupy.__all__ if name != "__version__"]
    loaded = in_new_python(f"import sys; from chimerax.occupy import {', '.join(names)}; print(*sys.modules)")
    assert "chimerax.occupy.engine.modification.modify" in loaded
    assert not [name for name in loaded if name.startswith(("matplotlib", "mrcfile", "tqdm", "chimerax.core"))]
    own = {name for name in loaded if name.startswith("chimerax.")} - {"chimerax.occupy", "chimerax.occupy.engine"}
    assert all(name.startswith(("chimerax.occupy.engine.", "chimerax.occupy.particles")) for name in own)


@pytest.mark.parametrize("name", sorted(set(occupy.__all__) - {"__version__", "SETTINGS"}))
def test_every_public_name_has_a_docstring_of_its_own(name):
    doc = inspect.getdoc(getattr(occupy, name))
    assert doc.endswith((".", "`", ")")) or "\n" in doc
    assert not doc.startswith(f"{name}(")


def test_the_public_names_are_those_of_the_design():
    promised = {"estimate", "fit_solvent", "equalize", "attenuate", "sigmoid", "modify", "SETTINGS", "OccuPyError"}
    assert promised <= set(occupy.__all__)
    assert set(occupy.__all__) <= set(dir(occupy))


def test_an_unknown_name_raises_as_usual():
    with pytest.raises(AttributeError, match=r"chimerax.occupy.* has no attribute 'unheard_of'"):
        _ = occupy.unheard_of


def test_the_version_is_that_of_the_bundle():
    assert occupy.__version__ == ElementTree.parse(PROJECT / "bundle_info.xml").getroot().get("version")
