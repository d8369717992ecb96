"""Draw the pictures of the toolbar's buttons, src/icons/*.png.

python docs/make_icons.py
"""

from pathlib import Path

from chimerax.occupy.figures.palette import PALETTE
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

FOLDER = Path(__file__).resolve().parents[1] / "src/icons"
PIXELS = 128
ABSENT, WEAK, MIDDLE, STRONG, FULL = PALETTE
INK = "#606060"


def axes():
    figure = Figure(figsize=(1, 1), dpi=PIXELS)
    place = figure.add_axes([0, 0, 1, 1])
    place.set_xlim(0, 1)
    place.set_ylim(0, 1)
    place.set_axis_off()
    return place


def molecule(place, colors, radii=(0.27, 0.2, 0.15)):
    """Three parts of a molecule, side by side."""
    for centre, radius, color in zip(((0.36, 0.36), (0.68, 0.56), (0.5, 0.82)), radii, colors, strict=True):
        place.add_patch(Circle(centre, radius, facecolor=color, edgecolor=INK, linewidth=2))


def estimate(place):
    molecule(place, (FULL, STRONG, WEAK))


def equalize(place):
    molecule(place, (FULL, FULL, FULL))
    place.add_patch(Circle((0.5, 0.82), 0.08, fill=False, edgecolor="white", linewidth=2, linestyle=":"))
    arrow = {"arrowstyle": "-|>", "mutation_scale": 22, "color": WEAK, "linewidth": 4}
    place.add_patch(FancyArrowPatch((0.88, 0.68), (0.88, 0.98), **arrow))


def refine(place):
    """Bars with their standard errors."""
    for x, height, color in ((0.1, 0.8, FULL), (0.4, 0.55, STRONG), (0.7, 0.25, WEAK)):
        place.add_patch(Rectangle((x, 0.08), 0.2, height, facecolor=color, edgecolor=INK, linewidth=2))
        place.plot([x + 0.1] * 2, [0.02 + height, 0.14 + height], color="black", linewidth=3)


def panel(place):
    """Sliders."""
    for y, x, color in ((0.78, 0.7, FULL), (0.5, 0.35, MIDDLE), (0.22, 0.55, WEAK)):
        place.plot([0.1, 0.9], [y, y], color=INK, linewidth=5, solid_capstyle="round")
        place.add_patch(Circle((x, y), 0.1, facecolor=color, edgecolor=INK, linewidth=2))


def main():
    FOLDER.mkdir(exist_ok=True)
    for draw in (estimate, equalize, refine, panel):
        place = axes()
        draw(place)
        place.get_figure().savefig(FOLDER / f"{draw.__name__}.png", transparent=True)


if __name__ == "__main__":
    main()
