"""What is done to maps in ice, and which maps there are of each molecule."""

from ..simulation import ice
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

TURNS = (0, 3)
DEALINGS = tuple(zip(TURNS, ice.SOLVENTS, strict=True))
"""Which way the occupancies are dealt, and how ice is displaced, of the two maps of each condition."""
