"""A map that was observed, in which all chains are there: haemoglobin, EMD-3488 and PDB 5NI1."""

import gemmi
import numpy as np
from chimerax.occupy.cli.files import mapfile

from ..simulation import complexes, families

_MAP, _MODEL = (families.DATA / name for name in ("emd_3488.mrc.gz", "5ni1_updated.cif.gz"))


def missing():
    """In a sentence what is missing; else an empty list."""
    return families.missing(_MAP, _MODEL)


def read():
    """The map, as `mapfile.read` gives it, and its model, a `complexes.Complex`."""
    return mapfile.read(_MAP), complexes.read_complex(_MODEL, "haemoglobin")


def b_factors():
    """The refined B-factor of each atom of the model, Å²."""
    structure = gemmi.read_structure(str(_MODEL))
    structure.remove_waters()
    structure.remove_alternative_conformations()
    return np.array([atom.b_iso for chain in structure[0] for residue in chain for atom in residue])
