"""What a program hands to the report that writes its part."""

from dataclasses import dataclass

OURS, PUBLISHED = "OccuPy for ChimeraX", "OccuPy 0.1.13"


@dataclass(frozen=True, eq=False)
class Results:
    """All that goes into a part.

    Attributes
    ----------
    readings : list
        Of the report's own class.
    versions : dict
        Of Python and packages.
    problems : list of str
        What is missing, in sentences.
    """

    readings: list
    versions: dict
    problems: list


def where(readings, **fields):
    """The readings whose fields have these values."""
    return [r for r in readings if all(getattr(r, name) == value for name, value in fields.items())]


def ordered(readings, field):
    """Values of a field, each once, in the order in which they were measured."""
    return list(dict.fromkeys(getattr(r, field) for r in readings))
