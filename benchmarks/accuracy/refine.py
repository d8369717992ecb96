"""Hold occupancies refined from a model against known ones, on maps simulated in ice, beside other methods.

python -m benchmarks.accuracy.refine            # 60 maps: three minutes
python -m benchmarks.accuracy.refine --quick    # one condition: half a minute
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import chimerax.occupy as occupy
import gemmi
import numpy as np
from chimerax.occupy.cli import mapfile
from scipy.spatial import cKDTree
from tqdm import tqdm

from .. import environment
from ..documents import refine as report
from ..simulation import complexes, ice, vacuum
from . import other_methods

TURNS = (0, 3)
CONDITIONS = (
    (3.0, 0.02, "plain"),
    (4.0, 0.1, "plain"),
    (6.0, 0.1, "plain"),
    (3.0, 0.3, "plain"),
    (6.0, 0.3, "plain"),
    (4.0, 0.1, "sharpened"),
    (3.0, 0.3, "sharpened"),
    (4.0, 0.1, "soft mask"),
    (4.0, 0.1, "without low frequencies"),
    (6.0, 0.3, "without low frequencies"),
)
QUICK_CONDITION = (4.0, 0.1, "plain")
COORDINATE_ERROR, LARGEST_B_ERROR, ASSUMED_B = 0.5, 60.0, 60.0  # Å, Å², Å²
_CONTACT = 5.0  # Å
_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
_BBSOME, HAEMOGLOBIN_MAP, HAEMOGLOBIN = (
    _SHARED / name for name in ("8zzi.cif.gz", "emd_3488.mrc.gz", "5ni1_updated.cif.gz")
)
_DOCUMENT = Path("docs/validation.md")


@dataclass(frozen=True, eq=False)
class GivenModel:
    """The model that a user would have of a molecule: wrong in coordinates and B-factors.

    Attributes
    ----------
    molecule : complexes.Complex
    kept : array of bool, shape (atoms,)
        Atoms that the model has: all, or all but hydrogens.
    shifts : array of float, shape (atoms, 3)
        Errors of the coordinates, z, y, x in Å.
    b_factors : array of float
        Of each residue.
    """

    molecule: complexes.Complex
    kept: np.ndarray
    shifts: np.ndarray
    b_factors: np.ndarray

    @property
    def chains(self):
        """The chain of each atom of the model."""
        return self.molecule.chains[self.kept]

    def places(self, box):
        """z, y, x of the atoms of the model in voxels."""
        return (vacuum.in_voxels(self.molecule, box) + self.shifts / box.voxel_size)[self.kept]

    def groups(self, box):
        """The chains as `occupy.refine` takes them."""
        molecule, kept = self.molecule, self.kept
        found, _ = occupy.make_groups(
            self.places(box)[:, ::-1] * box.voxel_size,
            np.array(molecule.elements)[kept],
            np.array(molecule.chain_names)[self.chains],
            residue_names=molecule.residue_names[kept],
            atom_names=molecule.atom_names[kept],
            residues=molecule.residues[kept],
            b_factors=self.b_factors[molecule.residues[kept]],
        )
        return {name: found[name] for name in molecule.chain_names}


def given_model(molecule, b_factors, number):
    """The model for one map: with hydrogens or without, all B-factors 60 Å² or those of each chain shifted.

    Parameters
    ----------
    molecule : complexes.Complex
    b_factors : array of float
        The true ones, of each residue.
    number : int
        Of the map: tells which, and seeds the errors.

    Returns
    -------
    GivenModel
    """
    random = np.random.default_rng(number)
    shifts = random.standard_normal(molecule.positions.shape) * COORDINATE_ERROR / np.sqrt(3)
    wrong = random.uniform(-LARGEST_B_ERROR, LARGEST_B_ERROR, len(molecule.chain_names))
    heavy = np.array(molecule.elements) != "H"
    if number % 2:
        return GivenModel(molecule, heavy, shifts, np.full(len(b_factors), ASSUMED_B))
    of_residues = np.maximum(b_factors + wrong[molecule.residue_chains()], 0)
    return GivenModel(molecule, np.ones(len(heavy), bool), shifts, of_residues)


def families():
    """Functions that make the molecule of a turn, by name, and in a sentence what is missing."""
    made = {
        report.BUNDLES: lambda turn: complexes.bundles(len(vacuum.OCCUPANCIES), report.BUNDLES, seed=turn),
        report.COMPLEX: lambda turn: complexes.ribonucleoprotein(report.COMPLEX, seed=turn),
    }
    if not _BBSOME.exists():
        return made, [f"{_BBSOME.name} is not in {_BBSOME.parent.name} beside the repository"]
    return {report.BBSOME: lambda _: complexes.read_complex(_BBSOME, report.BBSOME)} | made, []


def measured(molecule, turn, solvent, conditions):
    """Readings of all chains in the maps of one molecule.

    Parameters
    ----------
    molecule : complexes.Complex
    turn : int
        Which way the occupancies are dealt.
    solvent : str
        One of ice.SOLVENTS.
    conditions : sequence of tuple
        Resolution, noise and filter.

    Yields
    ------
    list of report.Reading
        One for each chain of a map.
    """
    occupancies = vacuum.assigned_occupancies(molecule, turn)
    b_factors = vacuum.residue_b_factors(molecule, "mixed", turn)
    made = ice.potential(molecule, occupancies, b_factors, solvent)
    for condition in conditions:
        # The same for this map whichever others are made; of the two turns one gets the model with hydrogens.
        number = CONDITIONS.index(condition) + TURNS.index(turn)
        density, box = ice.observed(made, *condition, seed=[number, turn])
        model = given_model(molecule, b_factors, number)
        yield _readings(density, box, condition, model, occupancies, solvent)


def _readings(density, box, condition, model, occupancies, solvent):
    guided = occupy.guided_scale(density, box.voxel_size, model.groups(box))
    molecule, places = model.molecule, model.places(box)
    elements = np.array(molecule.elements)[model.kept]
    heavy = elements != "H"
    places, chains = places[heavy], model.chains[heavy]
    charges = np.array([gemmi.Element(element).atomic_number for element in elements[heavy]], float)
    others = other_methods.readings(density, box, condition[0], places, charges, chains, occupancies == 1)
    scale = vacuum.values_at(guided.scale, places)
    at_contact = _at_contact(places * box.voxel_size, chains, np.flatnonzero(occupancies == 1))
    counts = molecule.residue_counts()
    found = []
    for chain, row in enumerate(guided.refinement.rows):
        mine, true = chains == chain, occupancies[chain]
        errors = np.abs(scale - true)
        touching = mine & at_contact
        found.append(
            report.Reading(
                molecule.name, solvent, report.Condition(*condition), row.group, int(counts[chain]), float(true),
                row.occupancy, row.standard_error,
                {name: float(values[chain]) for name, values in others.items()} | {"guided": float(scale[mine].mean())},
                float(errors[mine].mean()), int(touching.sum()),
                float(errors[touching].mean()) if touching.any() else float("nan"),
            )
        )  # fmt: skip
    return found


def _at_contact(positions, chains, full):
    """Which atoms are near an atom of a full chain of which they are no part."""
    is_full = np.isin(chains, full)
    distances, _ = cKDTree(positions[is_full]).query(positions, distance_upper_bound=_CONTACT)
    return (distances <= _CONTACT) & ~is_full


def haemoglobin():
    """The rows of the four chains of 5NI1 in EMD-3488, and in a sentence what is missing."""
    missing = [path.name for path in (HAEMOGLOBIN_MAP, HAEMOGLOBIN) if not path.exists()]
    if missing:
        return [], [f"{' and '.join(missing)} not in {_SHARED.name} beside the repository"]
    found = mapfile.read(HAEMOGLOBIN_MAP)
    model = complexes.read_complex(HAEMOGLOBIN, "haemoglobin")
    groups, _ = occupy.make_groups(
        model.positions, model.elements, np.array(model.chain_names)[model.chains],
        residue_names=model.residue_names, atom_names=model.atom_names, residues=model.residues,
    )  # fmt: skip
    return occupy.refine(found.density, found.voxel_size, groups, origin=found.origin[::-1]).rows, []


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one condition instead of all")
    parser.add_argument(
        "--output",
        type=Path,
        help=f"Markdown file, with images/ beside it [default: {_DOCUMENT}; with --quick in the temporary folder]",
    )
    return parser.parse_args()


def main():
    options = _options()
    conditions = (QUICK_CONDITION,) if options.quick else CONDITIONS
    known, problems = families()
    found = []
    with tqdm(total=len(known) * len(TURNS) * len(conditions), unit="maps") as progress:
        for make in known.values():
            for turn, solvent in zip(TURNS, ice.SOLVENTS, strict=True):
                for readings in measured(make(turn), turn, solvent, conditions):
                    found += readings
                    progress.update()
    rows, missing = haemoglobin()
    for problem in (problems := problems + missing):
        print(problem, file=sys.stderr)
    quick_output = Path(tempfile.gettempdir()) / "occupy-validation" / _DOCUMENT.name
    output = options.output or (quick_output if options.quick else _DOCUMENT)
    report.write(output, report.Results(found, rows, environment.versions(sys.executable), problems))
    print(f"Written: {output}")


if __name__ == "__main__":
    main()
