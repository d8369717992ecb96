"""What is done to maps in ice, and which maps there are of each molecule."""

from itertools import product

from ..simulation import ice, vacuum
from ..simulation.ice import Condition

CONDITIONS = (
    Condition(3.0, 0.02, "plain"),
    Condition(4.0, 0.1, "plain"),
    Condition(6.0, 0.1, "plain"),
    Condition(3.0, 0.3, "plain"),
    Condition(6.0, 0.3, "plain"),
    Condition(4.0, 0.1, "sharpened"),
    Condition(3.0, 0.3, "sharpened"),
    Condition(4.0, 0.1, "soft mask"),
    Condition(4.0, 0.1, "without low frequencies"),
    Condition(6.0, 0.3, "without low frequencies"),
)
QUICK = Condition(4.0, 0.1, "plain")

TURNS = (0, 3, 1, 2)
DEALINGS = tuple(
    (turn, solvent, dealt) for turn, (dealt, solvent) in zip(TURNS, product(vacuum.DEALT, ice.SOLVENTS), strict=True)
)
"""Which way the occupancies are dealt, and how ice is displaced, of the maps of each condition: two of each dealing."""
