"""The lines of the tutorial on particles are run as they stand, on small maps in place of its own."""

import csv
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import gemmi
import mrcfile
import numpy as np
import pytest
from chimerax.occupy.cli.files.models import write_carbons
from chimerax.occupy.engine import phantom
from chimerax.occupy.particles.files import read_particles

ROOT = Path(__file__).resolve().parents[2]
TITLE = "## 12. From a folder of classes to a star file"
CHAINS, AWAY = ("1", "4", "7", "8", "9"), ((), (), (), ("1", "4"), ("8",), ("1", "4", "9"), ("1",))
SHAPE, VOXEL_SIZE = (48, 48, 48), 3.0
PROGRAMS = {"occupy": ["-m", "chimerax.occupy.cli"], "python": []}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which the tutorial's files are, but for its model and maps: balls of carbon instead of the BBSome."""
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / "classes").mkdir()
    places = phantom.parts_on_ring([1.0] * len(CHAINS), SHAPE, 7)
    atoms = phantom.atoms_of_parts(places, SHAPE, VOXEL_SIZE)
    carbons = {name: at[:, ::-1] * VOXEL_SIZE for name, at in zip(CHAINS, atoms, strict=True)}
    write_carbons(folder / "model.pdb", carbons, 20.0)
    gemmi.read_structure(str(folder / "model.pdb")).make_mmcif_document().write_file(str(folder / "8zzi.cif"))
    rows = [["map", *CHAINS]]
    for i, away in enumerate(AWAY):
        there = [0.0 if name in away else 1.0 for name in CHAINS]
        parts = [phantom.Part(q, part.centre, part.radius) for q, part in zip(there, places, strict=True)]
        density = phantom.density_of_parts(parts, SHAPE, VOXEL_SIZE, 8.0, noise=0.02)
        with mrcfile.new(folder / "classes" / f"vol_{i:03d}.mrc", data=density) as file:
            file.voxel_size = VOXEL_SIZE
        rows.append([f"vol_{i:03d}.mrc", *there])
    with open(folder / "classes/known.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return folder


def lines_of_the_shell():
    """Commands of the section, but for those of ChimeraX."""
    text = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8").split(f"{TITLE}\n")[1].split("\n## ")[0]
    text = text.split("**In ChimeraX**")[0]
    return [line.strip() for line in re.findall(r"^    ((?:occupy|python) .*)$", text, re.MULTILINE)]


def run(line, folder):
    """What a line prints, as a shell would run it in a folder."""
    program, *words = shlex.split(line)
    found = [sorted(path.relative_to(folder).as_posix() for path in folder.glob(word)) for word in words]
    arguments = [text for word, paths in zip(words, found, strict=True) for text in (paths or [word])]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, *PROGRAMS[program], *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_lines_lead_from_a_folder_of_classes_to_a_star_file(folder):
    make, refine, select = lines_of_the_shell()
    known = dict(re.findall(r"(\w+) (\d\.\d{3})", run(make, folder).split("share of particles with")[1]))
    told = re.findall(r"^ +(-?\d\.\d{3}) ± (\d\.\d{3})  (\w+)$", run(refine, folder), re.MULTILINE)
    assert [name for _, _, name in told] == list(CHAINS)
    for share, error, name in told:
        assert abs(float(share) - float(known[name])) < max(0.02, 2 * float(error))
    printed = run(select, folder)
    (kept,) = (i for i, away in enumerate(AWAY) if set(away) >= {"1", "4"} and not {"8", "9"} & set(away))
    everything, subset = (read_particles(folder / name) for name in ("classes/run_data.star", "without_1_4.star"))
    assert subset.classes == [kept]
    count = np.count_nonzero(everything.assigned == everything.classes.index(kept))
    assert len(subset.assigned) == count
    assert f"particles {count} of {len(everything.assigned)}" in printed
