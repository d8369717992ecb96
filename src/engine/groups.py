"""Groups of atoms whose occupancies are asked for, and what each adds to a map."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from .errors import OccuPyError
from .scattering import ICE, scattering_of

BY = ("chain", "residue", "model", "segment")
"""What atoms may be grouped by."""

DEFAULT_SEGMENT = 30
"""Residues in a segment."""

B_TO_VARIANCE = 1 / (8 * np.pi**2)
LARGEST_B = 400.0
"""Å². A larger B-factor says nothing that an experiment could have told."""


@dataclass(frozen=True, eq=False)
class Group:
    """Atoms that share one occupancy.

    Attributes
    ----------
    positions : array of float, shape (atoms, 3)
        x, y, z in Å, in the frame of the map.
    potential : array of float, shape (atoms,)
        f_e(0) of each atom, Å, with the hydrogens that it bears.
    volume : array of float, shape (atoms,)
        Solvent that it displaces, Å³.
    variance : array of float, shape (atoms,)
        Spread along each axis in Å²: of a B-factor, B/8π².
    """

    positions: np.ndarray
    potential: np.ndarray
    volume: np.ndarray
    variance: np.ndarray

    def __len__(self):
        return len(self.positions)

    def weights(self, solvent=True):
        """Scattering of each atom, Å, above the ice that it displaces or, without solvent, above vacuum."""
        return self.potential - ICE * self.volume if solvent else self.potential

    def part(self, which):
        """The group of some of the atoms: a slice, or an array of bool or int."""
        return Group(self.positions[which], self.potential[which], self.volume[which], self.variance[which])


def distinct(names, longer):
    """Names, and in place of those that several have longer ones.

    Parameters
    ----------
    names, longer : sequences of str

    Returns
    -------
    list of str
    """
    counts = Counter(names)
    return [name if counts[name] == 1 else full for name, full in zip(names, longer, strict=True)]


def make_groups(
    positions,
    elements,
    labels,
    *,
    residue_names=None,
    atom_names=None,
    residues=None,
    b_factors=None,
    fractions=None,
):
    """Groups of the atoms that share a label.

    Parameters
    ----------
    positions : array of float, shape (atoms, 3)
        x, y, z in Å.
    elements : sequence of str
        Symbols. An unknown one counts as carbon, and a note says so.
    labels : sequence of str
        Name of the group of each atom.
    residue_names, atom_names : sequence of str, optional
        Tell which hydrogens a model lacks; without them the usual number of each element is added.
    residues : sequence of int, optional
        Number of the residue that each atom is in.
    b_factors : array of float, shape (atoms,), optional
        Å²; without them 0, as the fit's transfer function takes up what all atoms share.
    fractions : array of float, shape (atoms,), optional
        Share of each atom's alternate location, 1 where there is one location only.

    Returns
    -------
    groups : dict of str to Group
        In the order in which labels appear first.
    notes : list of str
        Sentences for the user on what had to be assumed.

    Raises
    ------
    OccuPyError
        If the arrays do not belong together, a position is not finite or a fraction not within 0 to 1.
    """
    positions = _numbers("positions", positions)
    if positions.ndim != 2 or positions.shape[1] != 3 or not np.isfinite(positions).all():
        raise OccuPyError("positions must be finite and have shape (atoms, 3), x, y, z in Å")
    count = len(positions)
    _check_counts(count, elements=elements, labels=labels)
    several = {"residue_names": residue_names, "atom_names": atom_names, "residues": residues}
    several |= {"b_factors": b_factors, "fractions": fractions}
    _check_counts(count, **{name: values for name, values in several.items() if values is not None})
    scattering = scattering_of(elements, residue_names, atom_names, residues)
    share = np.ones(count) if fractions is None else _numbers("fractions", fractions)
    if not ((share >= 0) & (share <= 1)).all():
        raise OccuPyError("fractions must be numbers from 0 to 1: shares of the locations of one atom")
    b = np.zeros(count) if b_factors is None else np.clip(np.nan_to_num(_numbers("b_factors", b_factors)), 0, LARGEST_B)
    everything = Group(
        positions, scattering.potential * share, scattering.volume * share, b * B_TO_VARIANCE + scattering.width
    )
    names, first, index = np.unique(np.asarray(labels, str), return_index=True, return_inverse=True)
    members = np.split(np.argsort(index, kind="stable"), np.cumsum(np.bincount(index))[:-1])
    return {str(names[i]): everything.part(members[i]) for i in np.argsort(first)}, scattering.notes


def _numbers(name, values):
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        raise OccuPyError(f"{name} must be numbers, as many for each atom") from None


def _check_counts(count, **given):
    """Raise `OccuPyError` where there is not one value for each atom."""
    for name, values in given.items():
        found = len(values) if np.iterable(values) else "no"
        if found != count or getattr(values, "ndim", 1) != 1:
            raise OccuPyError(f"there are {found} {name}, but {count} positions; expected one for each atom")


def alternate_shares(keys, alternates, occupancies):
    """Share of each atom's alternate location among those of the same atom.

    Parameters
    ----------
    keys : sequence
        What tells an atom apart from all others but its alternate locations.
    alternates : sequence of str
        Names of the locations, blank where there is one only.
    occupancies : array of float, shape (atoms,)

    Returns
    -------
    array of float, shape (atoms,)
        1 for atoms of one location, whatever their occupancy; the locations of one atom add up to 1.
    """
    occupancies = np.maximum(np.asarray(occupancies, float), 0)
    shares = np.ones(len(occupancies))
    several = {}
    for i, (key, alternate) in enumerate(zip(keys, alternates, strict=True)):
        if str(alternate).strip("\0 ."):
            several.setdefault(key, []).append(i)
    for members in several.values():
        total = occupancies[members].sum()
        shares[members] = occupancies[members] / total if total > 0 else 1 / len(members)
    return shares


def segment_numbers(chains, residues, length=DEFAULT_SEGMENT):
    """The segment of its chain that each atom is in.

    Parameters
    ----------
    chains : sequence of str
        What chain each atom is in.
    residues : sequence of int
        Number of the residue that each atom is in, ascending along each chain.
    length : int
        Residues in a segment; those of one chain are of equal length to within one.

    Returns
    -------
    array of int, shape (atoms,)
        From 0 in each chain.
    """
    residues = np.asarray(residues)
    _, chain = np.unique(np.asarray(chains, str), return_inverse=True)
    segments = np.zeros(len(residues), int)
    for i in range(chain.max() + 1):
        mine = chain == i
        _, rank = np.unique(residues[mine], return_inverse=True)
        count = max(1, round((rank.max() + 1) / length))
        segments[mine] = rank * count // (rank.max() + 1)
    return segments
