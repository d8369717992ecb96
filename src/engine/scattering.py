"""What an atom adds to a map: its scattering above that of the ice whose place it takes.

A cryo-EM map shows the electrostatic potential above the vitreous ice around the molecule, so
the weight of an atom is f_e(0), the integral of its potential, less that of the ice it displaces.
Hydrogens, which most models lack, are counted to the atoms that bear them.
"""

import re
from dataclasses import dataclass

import numpy as np

ICE = 0.0945
"""Scattering of vitreous ice in Å per Å³: 0.93 g/cm³ of water of 3.04 Å (f_e(0) of two H and one O)."""

# f_e(0) in Å: International Tables for Crystallography, volume C, table 4.3.2.2
_SCATTERING = {
    "H": 0.529,
    "He": 0.418,
    "Li": 3.286,
    "Be": 3.052,
    "B": 2.794,
    "C": 2.509,
    "N": 2.211,
    "O": 1.983,
    "F": 1.801,
    "Ne": 1.652,
    "Na": 4.776,
    "Mg": 5.207,
    "Al": 5.887,
    "Si": 5.827,
    "P": 5.488,
    "S": 5.161,
    "Cl": 4.858,
    "Ar": 4.581,
    "K": 8.983,
    "Ca": 9.913,
    "Sc": 9.305,
    "Ti": 8.774,
    "V": 8.303,
    "Cr": 6.968,
    "Mn": 7.506,
    "Fe": 7.164,
    "Co": 6.853,
    "Ni": 6.562,
    "Cu": 5.599,
    "Zn": 6.063,
    "Ga": 7.107,
    "Ge": 7.376,
    "As": 7.319,
    "Se": 7.204,
    "Br": 7.06,
    "Kr": 6.898,
    "Rb": 11.75,
    "Sr": 13.11,
    "Y": 12.671,
    "Zr": 12.155,
    "Nb": 10.667,
    "Mo": 10.257,
    "Tc": 10.851,
    "Ru": 9.549,
    "Rh": 9.234,
    "Pd": 7.576,
    "Ag": 8.665,
    "Cd": 9.227,
    "In": 10.426,
    "Sn": 10.857,
    "Sb": 10.972,
    "Te": 10.996,
    "I": 10.905,
    "Xe": 10.793,
    "Cs": 16.465,
    "Ba": 18.261,
    "La": 17.787,
    "Ce": 17.363,
    "Pr": 16.974,
    "Nd": 16.602,
    "Pm": 16.233,
    "Sm": 15.887,
    "Eu": 15.549,
    "Gd": 15.259,
    "Tb": 14.946,
    "Dy": 14.635,
    "Ho": 14.368,
    "Er": 14.074,
    "Tm": 13.799,
    "Yb": 13.549,
    "Lu": 13.472,
    "Hf": 13.174,
    "Ta": 12.851,
    "W": 12.537,
    "Re": 12.264,
    "Os": 11.978,
    "Ir": 11.715,
    "Pt": 10.809,
    "Au": 10.571,
    "Hg": 10.963,
    "Tl": 12.098,
    "Pb": 12.594,
    "Bi": 13.093,
    "Po": 13.362,
    "At": 13.469,
    "Rn": 13.491,
    "Fr": 18.704,
    "Ra": 20.538,
    "Ac": 20.471,
    "Th": 20.092,
    "Pa": 19.558,
    "U": 19.116,
    "Np": 18.666,
    "Pu": 18.185,
    "Am": 17.816,
    "Cm": 17.701,
    "Bk": 17.392,
    "Cf": 16.951,
}
_SCATTERING["D"] = _SCATTERING["H"]

# Å³: Fraser, MacRae & Suzuki, J. Appl. Cryst. 11, 693 (1978), doi 10.1107/S0021889878014296
_VOLUMES = {"H": 5.15, "D": 5.15, "C": 16.44, "N": 2.49, "O": 9.13, "P": 5.73, "S": 19.86}
_OTHER_VOLUME = 10.0
_STAND_IN = "C"

# Hydrogens on the atoms of residues; backbone and sugar are those of _BACKBONE and _SUGAR.
_BACKBONE = {"N": 1, "CA": 1}
_SUGAR = {"C5'": 2, "C4'": 1, "C3'": 1, "C2'": 1, "O2'": 1, "C1'": 1}
_SIDE_CHAINS = {
    "ALA": "CB3", "ARG": "CB2 CG2 CD2 NE1 NH1:2 NH2:2", "ASN": "CB2 ND2:2", "ASP": "CB2", "CYS": "CB2 SG1",
    "GLN": "CB2 CG2 NE2:2", "GLU": "CB2 CG2", "GLY": "CA2", "HIS": "CB2 ND1:1 CD2:1 CE1:1",
    "ILE": "CB1 CG1:2 CG2:3 CD1:3", "LEU": "CB2 CG1 CD1:3 CD2:3", "LYS": "CB2 CG2 CD2 CE2 NZ3",
    "MET": "CB2 CG2 CE3", "MSE": "CB2 CG2 CE3", "PHE": "CB2 CD1:1 CD2:1 CE1:1 CE2:1 CZ1",
    "PRO": "N0 CB2 CG2 CD2", "SER": "CB2 OG1", "THR": "CB1 OG1:1 CG2:3",
    "TRP": "CB2 CD1:1 NE1:1 CE3:1 CZ2:1 CZ3:1 CH2:1",
    "TYR": "CB2 CD1:1 CD2:1 CE1:1 CE2:1 OH1", "VAL": "CB1 CG1:3 CG2:3",
}  # fmt: skip
_BASES = {
    "A": "C8:1 N6:2 C2:1", "C": "N4:2 C5:1 C6:1", "G": "C8:1 N1:1 N2:2", "U": "N3:1 C5:1 C6:1",
    "DA": "C2':2 C8:1 N6:2 C2:1", "DC": "C2':2 N4:2 C5:1 C6:1", "DG": "C2':2 C8:1 N1:1 N2:2",
    "DT": "C2':2 N3:1 C7:3 C6:1",
}  # fmt: skip
_USUAL_HYDROGENS = {"C": 1.2, "N": 0.7, "O": 0.4, "S": 0.2}
"""Hydrogens on an atom of a residue that is not in the tables: the means over common ligands and sugars."""

_FORMULAS = {
    "ALA": "C3H5NO", "ARG": "C6H13N4O", "ASN": "C4H6N2O2", "ASP": "C4H4NO3", "CYS": "C3H5NOS", "GLN": "C5H8N2O2",
    "GLU": "C5H6NO3", "GLY": "C2H3NO", "HIS": "C6H7N3O", "ILE": "C6H11NO", "LEU": "C6H11NO", "LYS": "C6H13N2O",
    "MET": "C5H9NOS", "PHE": "C9H9NO", "PRO": "C5H7NO", "SER": "C3H5NO2", "THR": "C4H7NO2", "TRP": "C11H10N2O",
    "TYR": "C9H9NO2", "VAL": "C5H9NO",
    "A": "C10H11N5O6P", "C": "C9H11N3O7P", "G": "C10H11N5O7P", "U": "C9H10N2O8P",
    "DA": "C10H11N5O5P", "DC": "C9H11N3O6P", "DG": "C10H11N5O6P", "DT": "C10H12N2O7P",
}  # fmt: skip
_TRACE_ATOMS = ("CA", "P", "C4'")
_TRACE_WIDTH = 2.2
"""Radius of gyration of a residue in Å, for models that have one atom for each."""


def _counts(text):
    """Hydrogens by atom name from words such as CB2 or, where the name ends in a digit, CG1:2."""
    pairs = (word.split(":") if ":" in word else (word[:-1], word[-1]) for word in text.split())
    return {name: int(count) for name, count in pairs}


_HYDROGENS = {name: _BACKBONE | _counts(text) for name, text in _SIDE_CHAINS.items()}
_HYDROGENS |= {name: _SUGAR | _counts(text) for name, text in _BASES.items()}
_HYDROGENS["HOH"] = {"O": 2}


@dataclass(frozen=True, eq=False)
class Scattering:
    """What atoms scatter and displace, each with the hydrogens that it bears.

    Attributes
    ----------
    potential : array of float, shape (atoms,)
        f_e(0), Å.
    volume : array of float, shape (atoms,)
        Displaced solvent, Å³.
    width : array of float, shape (atoms,)
        Variance along each axis in Å² of what one atom stands for, beyond its B-factor: of a
        whole residue in models that have one atom for each, else 0.
    notes : list of str
        Sentences for the user on what had to be assumed.
    """

    potential: np.ndarray
    volume: np.ndarray
    width: np.ndarray
    notes: list


def scattering_of(elements, residue_names=None, atom_names=None, residues=None):
    """Scattering and displaced volume of the atoms of a model.

    Parameters
    ----------
    elements : sequence of str
        Symbols. An unknown one counts as carbon, and a note says so.
    residue_names, atom_names : sequence of str, optional
        Of each atom. With both, hydrogens that the model lacks are counted to the atoms that
        bear them; without, the usual number of each element is.
    residues : sequence of int, optional
        Number of the residue that each atom is in. Residues that hold hydrogens get no more.

    Returns
    -------
    Scattering
    """
    symbols = np.array([str(element).strip().capitalize() for element in elements])
    unknown = sorted(set(symbols) - set(_SCATTERING))
    notes = [_note_on_unknown(unknown)] if unknown else []
    known = np.where(np.isin(symbols, unknown), _STAND_IN, symbols)
    traced = _traced(atom_names, residue_names, known)
    if traced is not None:
        return _of_residues(traced, notes)
    potential, volume = _by_symbol(known)
    hydrogens = _missing_hydrogens(known, residue_names, atom_names, residues)
    h_potential, h_volume = _SCATTERING["H"], _VOLUMES["H"]
    return Scattering(potential + hydrogens * h_potential, volume + hydrogens * h_volume, np.zeros(len(known)), notes)


def _note_on_unknown(unknown):
    names = ", ".join(name or "(blank)" for name in unknown)
    return f"Unknown elements count as carbon: {names}."


def _by_symbol(symbols):
    """Potential and volume of each atom by its element."""
    found, index = np.unique(symbols, return_inverse=True)
    potential = np.array([_SCATTERING[symbol] for symbol in found])
    volume = np.array([_VOLUMES.get(symbol, _OTHER_VOLUME) for symbol in found])
    return potential[index], volume[index]


def _missing_hydrogens(symbols, residue_names, atom_names, residues):
    """Hydrogens to add to each atom."""
    heavy = ~np.isin(symbols, ("H", "D"))
    usual = np.array([_USUAL_HYDROGENS.get(symbol, 0.0) for symbol in symbols])
    if residue_names is None or atom_names is None:
        return np.where(heavy, usual, 0.0) if heavy.all() else np.zeros(len(symbols))
    pairs = zip(residue_names, atom_names, usual, strict=True)
    counts = np.array([_HYDROGENS[r].get(a, 0) if r in _HYDROGENS else other for r, a, other in pairs], float)
    number = np.zeros(len(symbols), int) if residues is None else np.unique(residues, return_inverse=True)[1]
    has_hydrogens = np.bincount(number, ~heavy) > 0
    return np.where(heavy & ~has_hydrogens[number], counts, 0.0)


def _traced(atom_names, residue_names, symbols):
    """Names of the residues where a model has one atom for each, else None."""
    if atom_names is None or residue_names is None or len(symbols) < 2:
        return None
    names = [str(name).strip() for name in residue_names]
    is_trace = np.isin(np.char.strip(np.asarray(atom_names, str)), _TRACE_ATOMS)
    known = np.array([name in _FORMULAS for name in names])
    return names if (is_trace & known).mean() > 0.9 else None


def _of_residues(names, notes):
    """Whole residues in the place of the one atom that a model has of each."""
    found, index = np.unique(names, return_inverse=True)
    sums = np.array([_sums(_FORMULAS.get(name, "C5H8N1O2")) for name in found])[index]
    note = "The model has one atom for each residue, so each stands for the mass of its whole residue."
    return Scattering(sums[:, 0], sums[:, 1], np.full(len(names), _TRACE_WIDTH**2 / 3), [*notes, note])


def _sums(formula):
    atoms = [(symbol, int(count or 1)) for symbol, count in re.findall(r"([A-Z])(\d*)", formula)]
    return [sum(table[symbol] * count for symbol, count in atoms) for table in (_SCATTERING, _VOLUMES)]
