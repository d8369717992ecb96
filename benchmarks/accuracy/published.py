"""Hold estimates against known occupancies, beside the published OccuPy 0.1.13, and write the errors down.

python -m benchmarks.accuracy.published            # 82 maps: about 10 minutes
python -m benchmarks.accuracy.published --quick    # one condition: half a minute
"""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import chimerax.occupy as occupy
import mrcfile
import numpy as np
from chimerax.occupy.engine.grids import fourier
from tqdm import tqdm

from .. import environment
from ..documents import published as report
from ..documents.published_errors import DENSITY, Reading, VacuumCondition, VacuumResults
from ..documents.results import PUBLISHED
from ..simulation import vacuum
from ..simulation.families import BBSOME, BBSOME_MODEL, BUNDLES, missing
from . import frame

RESOLUTIONS = (3.0, 4.0, 6.0)
B_FACTORS = ("uniform", "mixed")
NOISES = (("none", 0.0), ("moderate", 0.1), ("strong", 0.3))
TURNS = (0, 2)
VOXEL_SIZES = (0.8, 1.0, 1.2, 1.5, 2.0)
REPRESENTATIVE = {"resolution": 4.0, "b_factors": "mixed", "noise": "moderate"}
_SMALLEST_LOWPASS = 8.0
_TILE_SIZE = 12
_AT_FULL = 1 - 1e-6

_CALL_PUBLISHED = """\
import os, sys
from pathlib import Path
from occupy_lib import estimate as published  # before args: it and args import each other
from occupy_lib.args import occupy_options

for path in map(Path, sys.argv[1:]):
    for name, tile_size in (("published", None), ("published_tile", TILE_SIZE)):
        folder = path.parent / name
        folder.mkdir(exist_ok=True)
        os.chdir(folder)
        published.occupy_run(occupy_options(input_map=str(path), scale_mode="occ", lp_scale=True, tile_size=tile_size,
                                            chimerax=False, plot=False, quiet=True))
""".replace("TILE_SIZE", str(_TILE_SIZE))


@dataclass(frozen=True, eq=False)
class Simulated:
    """The maps of one molecule that differ in nothing but noise, and what is known about them."""

    molecule: vacuum.Molecule
    occupancies: np.ndarray
    b_factors: np.ndarray
    box: vacuum.Box
    maps: dict

    def places(self):
        return vacuum.in_voxels(self.molecule, self.box)


def molecules():
    """The molecules by name and turn, and in a sentence what is missing."""
    problems = missing(BBSOME_MODEL)
    found = {}
    for turn in TURNS:
        if not problems:
            found[BBSOME, turn] = vacuum.read_molecule(BBSOME_MODEL, BBSOME)
        found[BUNDLES, turn] = vacuum.packed_bundles(len(vacuum.OCCUPANCIES), BUNDLES, seed=turn)
    return found, problems


def chain_seed(condition):
    """For what is random in the molecule."""
    return [(BBSOME, BUNDLES).index(condition.molecule), condition.turn]


def map_seed(condition):
    """For what is random in a map; the same whichever other maps are made."""
    noises = [name for name, _ in NOISES]
    numbers = (round(10 * condition.resolution), B_FACTORS.index(condition.b_factors), noises.index(condition.noise))
    return [*chain_seed(condition), *numbers]


def conditions(names_and_turns, quick):
    """Conditions of all maps, those that differ in nothing but noise in one list."""
    for name, turn in names_and_turns:
        for resolution in RESOLUTIONS:
            for b_factors in B_FACTORS:
                voxel_size = min(resolution / 3, vacuum.LARGEST_VOXEL)
                every = [VacuumCondition(name, turn, resolution, voxel_size, b_factors, noise) for noise, _ in NOISES]
                wanted = [c for c in every if not quick or _is_representative(c)]
                if wanted:
                    yield wanted


def _is_representative(condition):
    return condition.turn == TURNS[0] and all(getattr(condition, k) == v for k, v in REPRESENTATIVE.items())


def sampling_conditions():
    """Conditions that differ in voxel size alone."""
    for voxel_size in VOXEL_SIZES:
        for turn in TURNS:
            yield [VacuumCondition(BUNDLES, turn, RESOLUTIONS[-1], voxel_size, "uniform", "none")]


def simulated(molecule, wanted):
    """Maps of these conditions, which differ in nothing but noise.

    Parameters
    ----------
    molecule : vacuum.Molecule
    wanted : list of VacuumCondition

    Returns
    -------
    Simulated
    """
    first = wanted[0]
    box = vacuum.box_around(molecule, first.voxel_size)
    occupancies = vacuum.assigned_occupancies(molecule, first.turn)
    b_factors = vacuum.residue_b_factors(molecule, first.b_factors, chain_seed(first))
    clean = vacuum.clean_map(molecule, occupancies, b_factors, box, first.resolution)
    result = Simulated(molecule, occupancies, b_factors, box, {})
    mean = _mean_of_full_chains(result, clean, first.resolution)
    for condition in wanted:
        level = dict(NOISES)[condition.noise] * mean
        noise = vacuum.noise_like(clean, level, box, condition.resolution, map_seed(condition)) if level else 0
        result.maps[replace(condition, voxel_size=box.voxel_size)] = clean + np.float32(noise)
    return result


def _mean_of_full_chains(made, clean, resolution):
    """Mean density, low-passed, at the atoms of the chains whose occupancy is 1."""
    lowpass = max(_SMALLEST_LOWPASS, resolution)
    smooth = fourier.lowpass(clean, lowpass, (made.box.voxel_size,) * 3)
    full = made.occupancies[made.molecule.chains] == 1
    return float(vacuum.values_at(smooth, made.places()[full]).mean())


def readings(made, published_python):
    """What both programs find in these maps.

    Parameters
    ----------
    made : Simulated
    published_python : Path or None

    Returns
    -------
    list of Reading
    """
    found = []
    with tempfile.TemporaryDirectory() as folder:
        published = _published_scales(made, published_python, Path(folder)) if published_python else {}
        for condition, density in made.maps.items():
            estimate = occupy.estimate(density, made.box.voxel_size, mode="occupancy")
            sigma = estimate.solvent.raw_sigma / estimate.full_scale
            scales = {"ours": estimate.scale, DENSITY: estimate.lowpassed / estimate.full_scale}
            scales |= {name: mrcfile.read(path) for name, path in published.get(condition, ())}
            for program, scale in scales.items():
                found += _chain_readings(made, condition, program, scale, sigma)
    return found


def _published_scales(made, python, folder):
    """For each condition, the name of each of the published program's runs and its scale map's path."""
    paths = {}
    for i, (condition, density) in enumerate(made.maps.items()):
        paths[condition] = folder / f"map{i}.mrc"
        with mrcfile.new(paths[condition], data=density) as file:
            file.voxel_size = made.box.voxel_size
    environment.run(python, ["-c", _CALL_PUBLISHED, *map(str, paths.values())], folder)
    return {
        condition: [(name, folder / name / f"scale_occ_{path.name}") for name in ("published", "published_tile")]
        for condition, path in paths.items()
    }


def _chain_readings(made, condition, program, scale, sigma):
    """A reading for each chain."""
    molecule = made.molecule
    at_atoms = vacuum.values_at(scale, made.places())
    by_residue = np.bincount(molecule.residues, at_atoms) / np.bincount(molecule.residues)
    of_chain = molecule.residue_chains()
    for chain, name in enumerate(molecule.chain_names):
        values = at_atoms[molecule.chains == chain]
        mine = of_chain == chain
        yield Reading(
            **vars(condition), program=program, noise_sigma=sigma, chain=name, residues=int(mine.sum()),
            true=float(made.occupancies[chain]), mean=float(values.mean()), spread=float(values.std()),
            at_full=float((values >= _AT_FULL).mean()),
            residue_scales=by_residue[mine], residue_b_factors=made.b_factors[mine],
        )  # fmt: skip


def _measure(molecules, groups, python, title):
    found = []
    for wanted in tqdm(groups, desc=title, unit="maps"):
        found += readings(simulated(molecules[wanted[0].molecule, wanted[0].turn], wanted), python)
    return found


def measure(options):
    """All that goes into the part of the document."""
    python, no_published = environment.found_published(options.published_python)
    known, problems = molecules()
    if no_published:
        problems = [*problems, f"{PUBLISHED} was not run: {no_published}"]
    frame.told(problems)
    found = _measure(known, list(conditions(known, options.quick)), python, "conditions")
    sampling = [] if options.quick else _measure(known, list(sampling_conditions()), python, "voxel sizes")
    versions = {"ours": environment.versions()}
    if python:
        versions["published"] = environment.versions(python)
    return VacuumResults(found, versions, problems, sampling, REPRESENTATIVE, dict(NOISES))


if __name__ == "__main__":
    parser = frame.parser_of(__doc__)
    environment.add_option(parser)
    frame.run(parser, measure, report.write)
