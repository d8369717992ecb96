"""What one setting is, and the check of a value for it."""

from dataclasses import dataclass
from math import inf, isfinite, isnan
from numbers import Integral, Real

import numpy as np

from ..errors import SettingError
from .kinds import KINDS


@dataclass(frozen=True)
class Setting:
    """One thing that can be set.

    Attributes
    ----------
    name : str
        In Python's spelling, snake_case.
    group : str
        What it belongs to: estimation or modification.
    kind : {'float', 'int', 'bool', 'choice', 'map', 'maps'}
    default : object
        None where the default follows from other things; `derived` says from what.
    help : str
        One sentence for the user.
    unit : str
    lowest, highest : float
        The range, its ends included unless `open_ended` says otherwise.
    open_ends : str
        'low', 'high' or 'both' where that end is not part of the range.
    choices : tuple of str
    derived : str
        What the default follows from.
    odd : bool
        Whether only odd numbers will do.
    kinds : tuple of str
        The kinds of modification that it concerns.
    default_by_kind : tuple of (str, object)
        Defaults for kinds of modification that differ from `default`.
    published_default : object
        The default in the published modes, where it is another than in mode calibrated; else None.
    """

    name: str
    group: str
    kind: str
    default: object
    help: str
    unit: str = ""
    lowest: float = -inf
    highest: float = inf
    open_ends: str = ""
    choices: tuple = ()
    derived: str = ""
    odd: bool = False
    kinds: tuple = tuple(KINDS)
    default_by_kind: tuple = ()
    published_default: object = None

    @property
    def camel(self):
        """ChimeraX's spelling."""
        first, *others = self.name.split("_")
        return first + "".join(word.capitalize() for word in others)

    @property
    def kebab(self):
        """The shell's spelling."""
        return self.name.replace("_", "-")

    @property
    def expected(self):
        """What a value has to be, in words that complete «must be …»."""
        if self.kind == "choice":
            return " or ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
        kind = ("an odd" if self.odd else "a") + (" whole number" if self.kind == "int" else " number")
        return kind + self._range_in_words()

    def _range_in_words(self):
        lowest, highest = (int(end) if self.kind == "int" and isfinite(end) else f"{end:g}" for end in self._ends)
        low = f"above {lowest}" if self.open_ends in ("low", "both") else f"at least {lowest}"
        high = f"below {highest}" if self.open_ends in ("high", "both") else f"at most {highest}"
        parts = [low] * isfinite(self.lowest) + [high] * isfinite(self.highest)
        return (" " if parts else "") + " and ".join(parts)

    @property
    def _ends(self):
        return self.lowest, self.highest

    def check(self, value):
        """The value in its proper type.

        Raises
        ------
        SettingError
            If it is of the wrong kind or out of range; the message names the range.
        """
        if value is None and self.default is None:
            return None
        if self.kind in ("map", "maps"):
            return value
        if not self._is_right_kind(value) or not self._is_in_range(value):
            raise SettingError(self.name, f"is {value}, but must be {self.expected}")
        return {"float": float, "int": int, "bool": bool, "choice": str}[self.kind](value)

    def _is_right_kind(self, value):
        if self.kind == "bool":
            return isinstance(value, bool | np.bool_)
        if self.kind == "choice":
            return isinstance(value, str) and value in self.choices
        if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
            return False
        if self.kind == "int":
            return isinstance(value, Integral) or (isfinite(value) and value == int(value))
        return not isnan(value)

    def _is_in_range(self, value):
        if self.kind not in ("float", "int"):
            return True
        above = value > self.lowest or (value == self.lowest and self.open_ends not in ("low", "both"))
        below = value < self.highest or (value == self.highest and self.open_ends not in ("high", "both"))
        return above and below and not (self.odd and value % 2 == 0)
