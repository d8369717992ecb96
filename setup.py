"""Install src/ as the ordinary Python package chimerax.occupy, where there is no ChimeraX; or make ChimeraX's bundle.

ChimeraX itself builds the bundle from bundle_info.xml and ignores this file. `python3 dev.py wheels` makes both wheels
without ChimeraX: with OCCUPY_BUNDLE set the wheel is the bundle, which tells ChimeraX what is in it.
"""

import json
import os
from pathlib import Path
from xml.etree import ElementTree

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent
BUNDLE = ElementTree.parse(HERE / "bundle_info.xml").getroot()
PACKAGE = BUNDLE.get("package")
NEEDED = [
    *("numpy>=1.26", "scipy>=1.13", "mrcfile>=1.5", "matplotlib>=3.8", "tqdm>=4.60", "gemmi>=0.7"),
    *("requests>=2.32", "urllib3>=2", "filelock>=4", "networkx>=3.2"),
]
BATCH = ["dask>=2024.1", "distributed>=2024.1", "cryptography>=42"]
TEST = ["pytest>=8", "pytest-xdist>=3.6", "hypothesis>=6.100", "dask-jobqueue>=0.8.5", "mkdocs>=1.6", "starfile>=0.5"]


def of_python():
    """What the wheel of the Python package has and the bundle has not."""
    return {
        "install_requires": NEEDED,
        "extras_require": {"batch": BATCH, "test": [*BATCH, *TEST]},
        "entry_points": {"console_scripts": [f"occupy = {PACKAGE}.cli:main"]},
    }


def of_bundle():
    """What ChimeraX reads of a bundle: which others it needs and, as classifiers, what it offers."""
    needed = [dependency.get("name") + dependency.get("version", "") for dependency in BUNDLE.iter("Dependency")]
    categories = ", ".join(category.get("name") for category in BUNDLE.iter("Category"))
    sessions = f"{BUNDLE.get('minSessionVersion')},{BUNDLE.get('maxSessionVersion')}"
    bundle = f"Bundle :: {categories} :: {sessions} :: {PACKAGE} ::  :: {BUNDLE.get('customInit')}"
    offered = [bundle, *map(provider, BUNDLE.iter("Provider")), *(e.text for e in BUNDLE.iter("ChimeraXClassifier"))]
    general = ["Framework :: ChimeraX", *(element.text for element in BUNDLE.iter("PythonClassifier"))]
    return {"install_requires": needed, "classifiers": [*general, *(f"ChimeraX :: {text}" for text in offered)]}


def provider(element):
    """The classifier of something for one of ChimeraX's managers, such as a button of the toolbar."""
    given = {key: value for key, value in element.items() if key != "name"}
    words = [f"{key}:{json.dumps(value) if ' ' in value else value}" for key, value in given.items()]
    return " :: ".join(["Provider", element.get("name"), "toolbar", *words])


setup(
    name=BUNDLE.get("name"),
    version=BUNDLE.get("version"),
    description=BUNDLE.findtext("Synopsis"),
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=BUNDLE.findtext("Author"),
    author_email=BUNDLE.findtext("Email"),
    url=BUNDLE.findtext("URL"),
    license="BSD-3-Clause",
    python_requires=">=3.11",
    package_dir={PACKAGE: "src"},
    packages=[PACKAGE, *(f"{PACKAGE}.{name}" for name in find_packages(str(HERE / "src")))],
    package_data={PACKAGE: ["docs/user/*/*.html", "docs/user/images/*.png", "icons/*.png"]},
    **(of_bundle() if os.environ.get("OCCUPY_BUNDLE") else of_python()),
)
