"""Install src/ as the ordinary Python package chimerax.occupy, where there is no ChimeraX.

ChimeraX itself reads bundle_info.xml and ignores this file.
"""

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
TEST = ["pytest>=8", "pytest-xdist>=3.6", "hypothesis>=6.100", "dask-jobqueue>=0.8.5", "starfile>=0.5"]

setup(
    name=BUNDLE.get("name"),
    version=BUNDLE.get("version"),
    description=BUNDLE.findtext("Synopsis"),
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="BSD-3-Clause",
    python_requires=">=3.11",
    package_dir={PACKAGE: "src"},
    packages=[PACKAGE, *(f"{PACKAGE}.{name}" for name in find_packages(str(HERE / "src")))],
    package_data={PACKAGE: ["docs/user/*/*.html", "docs/user/images/*.png"]},
    install_requires=NEEDED,
    extras_require={"batch": BATCH, "test": [*BATCH, *TEST]},
    entry_points={"console_scripts": [f"occupy = {PACKAGE}.cli:main"]},
)
