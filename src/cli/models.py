"""Atomic models, read with gemmi where it is installed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engine.errors import OccuPyError


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms of a model.

    Attributes
    ----------
    positions : array of float, shape (atoms, 3)
        x, y, z in Å.
    labels : dict of str to list of str
        Under chain, residue and model, what each atom belongs to.
    """

    positions: np.ndarray
    labels: dict


def read_atoms(path):
    """The atoms of the first model of a PDB or mmCIF file, which may be compressed with gzip.

    Raises
    ------
    OccuPyError
        If gemmi is not installed, or the file is no model.
    """
    try:
        import gemmi
    except ImportError:
        raise OccuPyError("reading atomic models needs gemmi: pip install gemmi") from None
    path = Path(path)
    if not path.exists():
        raise OccuPyError(f"{path}: no such file")
    try:
        structure = gemmi.read_structure(str(path))
        structure.setup_entities()
        found = [(chain.name, residue, atom) for chain in structure[0] for residue in chain for atom in residue]
    except (RuntimeError, ValueError, IndexError, OSError) as error:
        reason = (str(error).strip().splitlines() or ["it holds no atoms"])[0]
        raise OccuPyError(f"{path} cannot be read as an atomic model (PDB or mmCIF): {reason}") from None
    if not found:
        raise OccuPyError(f"{path} cannot be read as an atomic model (PDB or mmCIF): it holds no atoms")
    labels = {
        "model": [path.name] * len(found),
        "chain": [f"/{chain}" for chain, _, _ in found],
        "residue": [f"/{chain}:{residue.seqid} {residue.name}" for chain, residue, _ in found],
    }
    return Atoms(np.array([[*atom.pos] for _, _, atom in found], float), labels)
