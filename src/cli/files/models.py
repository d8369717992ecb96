"""Atomic models: files of them, read and written with gemmi."""

from pathlib import Path

import numpy as np

from ...engine.errors import OccuPyError

_CARBONS = 12
WRITABLE = (".cif", ".mmcif", ".pdb", ".ent")
"""Endings of names of files that models are written to."""

_MMCIF = (".cif", ".mmcif")


class AtomicModel:
    """The first model of a PDB or mmCIF file, which may be compressed with gzip.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    path : Path
    residues : list of tuple (str, gemmi.Residue)
        With the names of their chains as in the file.
    atoms : list of gemmi.Atom
        Alternate locations are atoms of their own.
    of_residue : array of int, shape (atoms,)
        Which of the residues each atom is in.
    positions : array of float, shape (atoms, 3)
        x, y, z in Å.
    count : int
        Models in the file.

    Raises
    ------
    OccuPyError
        If the file is no model, or gemmi is not installed.
    """

    def __init__(self, path):
        self.path = Path(path)
        if not self.path.exists():
            raise OccuPyError(f"{path}: no such file")
        try:
            self._structure = _gemmi().read_structure(str(path))
            self._structure.setup_entities()
            self.count = len(self._structure)
            self.residues = [(chain.name or "_", residue) for chain in self._structure[0] for residue in chain]
            self.atoms = [atom for _, residue in self.residues for atom in residue]
            self._check_names()
        except UnicodeDecodeError:
            raise self._unreadable(
                "a name in it is not UTF-8; expected names of chains, residues and atoms in ASCII"
            ) from None
        except (RuntimeError, ValueError, IndexError, OSError) as error:
            raise self._unreadable((str(error).strip().splitlines() or ["it holds no atoms"])[0]) from None
        self._occupancies = [atom.occ for atom in self.atoms]
        self._b_factors = [atom.b_iso for atom in self.atoms]
        self.of_residue = np.repeat(np.arange(len(self.residues)), [len(residue) for _, residue in self.residues])
        if not self.atoms:
            raise self._unreadable("it holds no atoms")
        self.positions = np.array([[*atom.pos] for atom in self.atoms], float)
        if not np.isfinite(self.positions).all():
            raise self._unreadable("coordinates of an atom are missing or no numbers")

    def _check_names(self):
        """Ask for all names: gemmi decodes each when it is asked for."""
        for _, residue in self.residues:
            _ = residue.name, str(residue.seqid)
        for atom in self.atoms:
            _ = atom.name, atom.altloc

    def _unreadable(self, reason):
        return OccuPyError(f"{self.path} cannot be read as an atomic model (PDB or mmCIF): {reason.rstrip(':.')}")

    def selected(self, selection):
        """Which atoms a selection means.

        Parameters
        ----------
        selection : str
            In the syntax of gemmi (CID), such as ``//A/1-100`` or ``//A/(HEM)``.

        Returns
        -------
        bool array, shape (atoms,)
        """
        try:
            chosen = _gemmi().Selection(selection)
        except (RuntimeError, ValueError):
            raise OccuPyError(
                f"{selection} is no selection of atoms; expected one such as //A/1-100 or '//A/(HEM)'"
            ) from None
        numbered = self._structure.clone()
        for number, atom in enumerate(a for chain in numbered[0] for residue in chain for a in residue):
            atom.serial = number
        found = np.zeros(len(self.atoms), bool)
        for model in list(chosen.models(numbered))[:1]:
            if model.num == numbered[0].num:
                residues = (residue for chain in chosen.chains(model) for residue in chosen.residues(chain))
                found[[atom.serial for residue in residues for atom in chosen.atoms(residue)]] = True
        return found

    def write(self, path, occupancies, b_shifts):
        """Write the model with other occupancies and B-factors.

        Parameters
        ----------
        path : Path
            Its ending, one of `WRITABLE`, tells the format. What else an mmCIF file held stays in it.
        occupancies : array of float, shape (atoms,)
            Clipped to the range 0 to 1; where NaN, the atom keeps that of the file.
        b_shifts : array of float, shape (atoms,)
            Å², added to the B-factors of the file, of which none gets below 0; NaN adds nothing.
        """
        for atom, value, own in zip(self.atoms, np.clip(occupancies, 0, 1), self._occupancies, strict=True):
            atom.occ = float(value) if np.isfinite(value) else own
        for atom, shift, own in zip(self.atoms, b_shifts, self._b_factors, strict=True):
            atom.b_iso = max(own + float(shift), 0.0) if np.isfinite(shift) else own
        try:
            if path.suffix.lower() in _MMCIF:
                self._mmcif().write_file(str(path))
            else:
                self._structure.write_pdb(str(path))
        except RuntimeError as error:
            raise OccuPyError(f"{self.path} cannot be written as {path.name}: {error}") from None

    def _mmcif(self):
        gemmi = _gemmi()
        if self._structure.input_format != gemmi.CoorFormat.Mmcif:
            return self._structure.make_mmcif_document()
        document = gemmi.cif.read(str(self.path))
        self._structure.update_mmcif_block(document[0], gemmi.MmcifOutputGroups(False, atoms=True, auth_all=True))
        return document


def write_carbons(path, chains, b_factor):
    """Write a PDB file of carbon atoms, twelve to a residue.

    Parameters
    ----------
    path : Path
    chains : dict of str to array of float, shape (atoms, 3)
        x, y, z in Å.
    b_factor : float
        Å², of all atoms.
    """
    gemmi = _gemmi()
    structure = gemmi.Structure()
    structure.add_model(gemmi.Model(1))
    for name, positions in chains.items():
        chain = gemmi.Chain(name)
        for i, position in enumerate(positions):
            if i % _CARBONS == 0:
                residue = gemmi.Residue()
                residue.name, residue.seqid = "UNK", gemmi.SeqId(1 + i // _CARBONS, " ")
                chain.add_residue(residue)
            atom = gemmi.Atom()
            atom.name, atom.element, atom.b_iso = f"C{1 + i % _CARBONS}", gemmi.Element("C"), b_factor
            atom.pos = gemmi.Position(*position)
            chain[-1].add_atom(atom)
        structure[0].add_chain(chain)
    structure.write_pdb(str(path))


def _gemmi():
    try:
        import gemmi
    except ImportError:
        raise OccuPyError("gemmi is not installed, which reads atomic models: pip install gemmi") from None
    return gemmi
