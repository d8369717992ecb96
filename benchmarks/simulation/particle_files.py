"""Particles over the maps of an ensemble, each with known chains, and files of them as programs write them.

python -m benchmarks.simulation.particle_files classes    # files of 100,000 particles for the tutorial's folder
"""

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

COUNT, SEED = 100_000, 6

_SPREAD = 1.0
"""Of the logarithm of the number of particles in a map."""

_LEAST_POSTERIOR = 0.6
"""Of the class that a particle is in, where files have posteriors."""

_STAR_HEAD = """
# version 30001

data_optics

loop_
_rlnOpticsGroupName #1
_rlnOpticsGroup #2
_rlnImagePixelSize #3
opticsGroup1            1     1.060000

# version 30001

data_particles

loop_
_rlnImageName #1
_rlnDefocusU #2
_rlnAngleRot #3
_rlnClassNumber #4
_rlnOpticsGroup #5
"""


@dataclass(frozen=True, eq=False)
class Particles:
    """Particles, the map that each is in, and the chains that it has.

    Attributes
    ----------
    maps : array of int, shape (particles,)
        From 0.
    has : bool array, shape (particles, chains)
    """

    maps: np.ndarray
    has: np.ndarray


def particles_of(occupancies, count=COUNT, seed=SEED):
    """Particles of maps in which chains have known occupancies.

    Parameters
    ----------
    occupancies : array of float, shape (maps, chains)
    count, seed : int
    """
    random = np.random.default_rng(seed)
    weights = random.lognormal(0, _SPREAD, len(occupancies))
    maps = random.choice(len(occupancies), count, p=weights / weights.sum())
    maps[: len(occupancies)] = np.arange(len(occupancies))  # None is without particles.
    maps = random.permutation(maps)
    return Particles(maps, random.random((count, occupancies.shape[1])) < occupancies[maps])


def ambiguous_particles(particles, occupancies, seed=SEED):
    """Particles of which only posteriors are known, two classes each, and these, an array (particles, classes).

    Parameters
    ----------
    particles : Particles
        Their maps are the more probable classes.
    occupancies : array of float, shape (maps, chains)
    seed : int
    """
    random = np.random.default_rng(seed)
    maps, count = particles.maps, len(occupancies)
    other = (maps + random.integers(1, count, len(maps))) % count
    best = random.uniform(_LEAST_POSTERIOR, 1, len(maps))
    posteriors, rows = np.zeros((len(maps), count)), np.arange(len(maps))
    posteriors[rows, maps], posteriors[rows, other] = best, 1 - best
    drawn = np.where(random.random(len(maps)) < best, maps, other)
    return Particles(drawn, random.random(particles.has.shape) < occupancies[drawn]), posteriors


def write_star(path, particles, first=0):
    """A star file with an optics group, its classes counted from `first`."""
    random = np.random.default_rng(SEED)
    defocus, angles = random.uniform(8e3, 2.5e4, len(particles.maps)), random.uniform(-180, 180, len(particles.maps))
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(_STAR_HEAD)
        for i, (number, u, rot) in enumerate(zip(particles.maps, defocus, angles, strict=True)):
            file.write(f"{i + 1:06d}@Extract/job007/a.mrcs {u:12.6f} {rot:12.6f} {number + first:12d} {1:12d} \n")
        file.write(" \n")


def write_cs(path, particles, posteriors=None):
    """A .cs file with classes from 0, and with posteriors of all classes where they are given."""
    random = np.random.default_rng(SEED)
    count = len(particles.maps)
    columns = [("uid", "<u8"), ("blob/path", "S20"), ("blob/idx", "<u4"), ("alignments3D/pose", "<f4", (3,))]
    columns += [("alignments3D/class", "<u4"), ("alignments3D/class_posterior", "<f4")]
    if posteriors is not None:
        shape = (posteriors.shape[1],)
        columns += [("alignments3D_multi/class", "<u4", shape), ("alignments3D_multi/class_posterior", "<f4", shape)]
    rows = np.zeros(count, columns)
    rows["uid"], rows["blob/path"] = random.integers(1 << 62, size=count), b"J7/extract/a.mrc"
    rows["blob/idx"], rows["alignments3D/pose"] = np.arange(count), random.standard_normal((count, 3))
    rows["alignments3D/class"], rows["alignments3D/class_posterior"] = particles.maps, 1
    if posteriors is not None:
        rows["alignments3D_multi/class"] = np.arange(posteriors.shape[1])
        rows["alignments3D_multi/class_posterior"] = posteriors
    with open(path, "wb") as file:
        np.save(file, rows)


def write_csv(path, particles, names):
    """A table of particles and the names of their maps."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["particle", "map"])
        writer.writerows((i, names[number]) for i, number in enumerate(particles.maps))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of benchmarks.simulation.class_volumes, with known.csv")
    options = parser.parse_args()
    with open(options.folder / "known.csv", newline="", encoding="utf-8") as file:
        (_, *chains), *rows = csv.reader(file)
    particles = particles_of(np.array([row[1:] for row in rows], float))
    write_star(options.folder / "run_data.star", particles)
    write_cs(options.folder / "particles.cs", particles)
    write_csv(options.folder / "particles.csv", particles, [Path(row[0]).stem for row in rows])
    shares = "  ".join(f"{chain} {share:.3f}" for chain, share in zip(chains, particles.has.mean(axis=0), strict=True))
    print(f"Written to {options.folder}: run_data.star, particles.cs, particles.csv; share of particles with {shares}")


if __name__ == "__main__":
    main()
