"""What a refinement gives: occupancies of groups of atoms, with their standard errors."""

from dataclasses import asdict, dataclass, field

import numpy as np


@dataclass(frozen=True)
class GroupOccupancy:
    """What the map says of one group.

    Attributes
    ----------
    group : str
    occupancy : float
        Relative to the reference; neither clipped at 0 nor at 1.
    standard_error : float
        Of the occupancy: noise, misfit of the model, and displaced solvent.
    b_shift : float
        ΔB in Å²: what the map adds to the B-factors of the model in this group, relative to the reference.
        NaN where it does not tell.
    b_shift_error : float
        Standard error of this.
    atoms : int
        Atoms of the group inside the map.
    correlation : float
        Of the map, less the other groups, with the group's own density where that is.
    notes : list of str
        What to mistrust.
    """

    group: str
    occupancy: float
    standard_error: float
    b_shift: float
    b_shift_error: float
    atoms: int
    correlation: float
    notes: list

    def as_dict(self):
        """Plain values for a table or a JSON file."""
        return asdict(self)


@dataclass(frozen=True)
class Together:
    """What a map says of several groups together: what alternatives add up to, or the mean of copies.

    Attributes
    ----------
    name : str
    groups : list of str
    occupancy, standard_error : float
        The sum of the occupancies of alternatives, at most 1, or the mean of those of copies, with standard error.
    what : str
        Which of both it is.
    remarks : list of str
        What to mistrust.
    spread, expected_spread : float
        Standard deviation of the occupancies of copies, and what their errors alone make of it; NaN of a sum.
    """

    name: str
    groups: list
    occupancy: float
    standard_error: float
    what: str
    remarks: list
    spread: float = float("nan")
    expected_spread: float = float("nan")

    def as_dict(self):
        """Plain values for a JSON file; what is not known is None."""
        return {name: None if value != value else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, found):
        """What `as_dict` gave these values of."""
        return cls(**{name: float("nan") if value is None else value for name, value in found.items()})

    def as_row(self, rows):
        """The same as a row of the table of these groups, a `GroupOccupancy`."""
        unknown = float("nan")
        atoms = sum(row.atoms for row in rows if row.group in self.groups)
        return GroupOccupancy(
            self.name, self.occupancy, self.standard_error, unknown, unknown, atoms, unknown,
            [self.what, *self.remarks],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Refinement:
    """Occupancies of groups of atoms in a map.

    Attributes
    ----------
    rows : list of GroupOccupancy
        In the order of the groups.
    reference : list of str
        The groups whose mean occupancy is 1, and whose mean ΔB is 0.
    correlation : float
        Of map and fitted model where the model is.
    unexplained : float
        Share of the map's density that the model does not explain: what it lacks. 0 where that is little.
    unexplained_at : array of float, shape (beads, 3)
        Where that is, x, y, z in Å from the first voxel: see `unexplained_density`.
    lowpass : float
        Å, for occupancies.
    b_shift_lowpass : float
        The resolution in Å up to which the map told ΔB; NaN where it did not.
    frequencies, transfer : arrays of float
        The transfer function H that was found, at frequencies in 1/Å.
    warnings : list of str
        Sentences for the user.
    together : list of Together
        What alternatives add up to, and means of copies.
    """

    rows: list
    reference: list
    correlation: float
    unexplained: float
    unexplained_at: np.ndarray
    lowpass: float
    b_shift_lowpass: float
    frequencies: np.ndarray
    transfer: np.ndarray
    warnings: list
    together: list = field(default_factory=list)

    @property
    def all_rows(self):
        """The rows of the groups, and then those of groups together."""
        return [*self.rows, *(one.as_row(self.rows) for one in self.together)]

    def as_dict(self):
        """Plain values for a log or a JSON file."""
        return {
            "rows": [row.as_dict() for row in self.rows],
            "together": [one.as_dict() for one in self.together],
            "reference": self.reference,
            "correlation": self.correlation,
            "unexplained": self.unexplained,
            "lowpass": self.lowpass,
            "b_shift_lowpass": self.b_shift_lowpass,
            "warnings": self.warnings,
        }
