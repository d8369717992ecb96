"""Render the pictures of the help pages, in ChimeraX:

    chimerax --offscreen --nogui --exit --script "docs/make_help_pictures.py MAPS [PICTURES]"

MAPS is a folder with emd_11007.map and 8zzi.cif; what is missing there is fetched. PICTURES
is where the pictures go, src/docs/user/images beside this folder if it is not given.
"""

import sys
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from chimerax import occupy
from chimerax.core.commands import StringArg
from chimerax.core.commands import run as run_command
from chimerax.map import volume_from_grid_data
from chimerax.map_data import ArrayGridData
from chimerax.occupy.engine.modification.factors import factor_of
from chimerax.occupy.figures.palette import KEY_TITLE, NEW_KEY, PALETTE, key_entries
from chimerax.occupy.figures.solvent import draw_solvent
from matplotlib.figure import Figure
from PIL import Image

MAPS = Path(sys.argv[1])
PICTURES = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).resolve().parents[1] / "src/docs/user/images"
WIDTH, HEIGHT = 720, 540
SMALLEST_BLOB = 12
"""Å; isolated blobs below it are hidden, so that the molecule is seen."""

OCCUPANCIES = {"4": 0.3, "7": 0.6}
"""Of chains of the BBSome; the others are fully occupied."""

RESOLUTION, VOXEL_SIZE, NOISE, SEED = 4, 1.5, 0.03, 1


def run(text):
    return run_command(session, text, log=False)  # noqa: F821 - ChimeraX gives scripts their session


def new_scene():
    run("close")
    run(f"windowsize {WIDTH} {HEIGHT}")
    run("set bgColor white; lighting soft; graphics silhouettes true")


def open_model(file_name, fetched):
    path = MAPS / file_name
    opened = run(f"open {StringArg.unparse(str(path)) if path.exists() else fetched}")
    return opened[0]


def open_polymerase():
    """EMD-11007 as #1, seen from the side."""
    polymerase = open_model("emd_11007.map", "emdb:11007")
    polymerase.name = "EMD-11007"
    run("volume #1 level 3; view orient; turn x 90; turn z 10; view")
    return polymerase


def spec(model):
    return f"#{model.id_string}"


def picture(width):
    """What is displayed, this many pixels wide."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        run(f"save {StringArg.unparse(str(path))} supersample 3")
        return Image.open(path).convert("RGB").resize((width, width * HEIGHT // WIDTH), Image.Resampling.LANCZOS)


def save(image, name):
    """A small file: 256 colors, of which the background is white."""
    palette = image.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=3)
    few = image.quantize(palette=palette)
    colors, background = few.getpalette(), few.getpixel((0, 0))
    colors[3 * background : 3 * background + 3] = 255, 255, 255
    few.putpalette(colors)
    few.save(PICTURES / name, optimize=True)


def side_by_side(panels):
    whole = Image.new("RGB", (sum(panel.width for panel in panels), panels[0].height))
    for i, panel in enumerate(panels):
        whole.paste(panel, (i * panel.width, 0))
    return whole


def estimated():
    new_scene()
    open_polymerase()
    run("zoom 1.05; occupy estimate #1")
    run(f"surface dust #1 size {SMALLEST_BLOB}")
    save(picture(600), "occupy_estimate.png")


def masked():
    """The mask around what `estimated` left."""
    mask = run("occupy mask #2 threshold 0.2")
    run(f"color {spec(mask)} gray; transparency {spec(mask)} 75; key delete; zoom 0.95; move y -4")
    save(picture(480).crop((0, 0, 480, 310)), "occupy_mask.png")


def equalized():
    """The map as it is, with power 2 and with full power, at one level."""
    new_scene()
    polymerase = open_polymerase()
    run("zoom 1.15; move y -8; occupy estimate #1 key false")
    panels = []
    for label, command in (
        ("as deposited", None),
        ("power 2", "occupy equalize #1 power 2 key false"),
        ("power inf, the default", "occupy equalize #1 key false"),
    ):
        run("hide models")
        shown = run(command) if command else polymerase
        run(f"show {spec(shown)} models; surface dust {spec(shown)} size {SMALLEST_BLOB}")
        run(f'2dlabels text "{label}" color black size 32 xpos 0.04 ypos 0.06')
        panels.append(picture(360))
        run("2dlabels delete")
    save(side_by_side(panels), "occupy_equalize.png")


def simulated():
    """The BBSome as #1, and a map of it in which some chains have less than full occupancy, as #2."""
    molecule = open_model("8zzi.cif", "8zzi")
    grid = run(f"molmap #1 {RESOLUTION} gridSpacing {VOXEL_SIZE} edgePadding 30")
    array = np.zeros(grid.full_matrix().shape, np.float32)
    for chain in molecule.chains.chain_ids:
        part = run(f"molmap #1/{chain} {RESOLUTION} onGrid {spec(grid)} replace false")
        array += OCCUPANCIES.get(chain, 1) * part.full_matrix()
        run(f"close {spec(part)}")
    array /= array.max()
    array += np.random.default_rng(SEED).normal(0, NOISE, array.shape).astype(np.float32)
    data = ArrayGridData(array, grid.data.origin, grid.data.step, name="simulated")
    run(f"close {spec(grid)}")
    return volume_from_grid_data(data, session, show_dialog=False)  # noqa: F821


def measured():
    """The chains of the BBSome colored by their occupancy."""
    new_scene()
    density = simulated()
    scale_map = run(f"occupy estimate {spec(density)} color false")
    for row in run(f"occupy measure {spec(scale_map)} atoms #1 map {spec(density)}"):
        print(row)
    show_chains(density)
    run(f"color byattribute map_occupancy #1 palette {':'.join(PALETTE)} range 0,1")
    show_key()
    save(picture(600), "occupy_measure.png")


def refined():
    """The chains of the BBSome colored by their refined occupancy."""
    new_scene()
    density = simulated()
    show_chains(density)
    for row in run(f"occupy refine {spec(density)} atoms #1 key false plot false"):
        print(row)
    show_key("occupancy")
    save(picture(600), "occupy_refine.png")


def show_chains(density):
    """Show the BBSome as tubes without its map."""
    run(f"hide {spec(density)} models; hide #1 atoms,pseudobonds")
    run("cartoon #1; cartoon style modeHelix tube; graphics silhouettes width 1.5; view orient; view; zoom 1.15")


def show_key(title=KEY_TITLE):
    """Show a key whose labels a small picture has room for."""
    entries = key_entries(PALETTE, (0, 0, 0, 0, 1), title)
    run(f"key {' '.join(StringArg.unparse(entry) for entry in entries)} {NEW_KEY}")


def solvent():
    """A solvent that varies in space, as one Gaussian and as one that follows place."""
    new_scene()
    polymerase = open_polymerase()
    figure = Figure(figsize=(13, 4.4), dpi=80, layout="constrained")
    left, right = figure.subplots(1, 2)
    found = occupy.fit_solvent(polymerase.full_matrix(), polymerase.data.step[::-1])
    draw_solvent(left, found.uniform, "EMD-11007, one Gaussian everywhere: a poor fit")
    draw_solvent(right, found, "EMD-11007, a solvent that varies: a good fit")
    figure.savefig(PICTURES / "occupy_solvent.png")


def curves():
    """The scale that each kind of modification makes of each scale."""
    figure = Figure(figsize=(10, 3.4), dpi=100, layout="constrained")
    scale = np.linspace(0.001, 1, 1000)
    for axes, kind, powers in zip(
        figure.subplots(1, 3, sharey=True),
        ("equalize", "attenuate", "sigmoid"),
        ((2, 3, inf), (2, 3), (2, 4)),
        strict=True,
    ):
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, linestyle=":")
        for power, color in zip(powers, ("#d9583b", "#1f4e9c", "#111111"), strict=False):
            made = scale * factor_of(kind, {"power": power, "pivot": 0.5})(scale)
            axes.plot(scale, made, color=color, label=f"power {power:g}")
        axes.set(title=f"occupy {kind}", xlabel="scale of the map", xlim=(0, 1), ylim=(0, 1.03), aspect="equal")
        axes.legend(fontsize=9, loc="lower right" if kind == "equalize" else "upper left")
    figure.axes[0].set_ylabel("scale of the result")
    figure.savefig(PICTURES / "occupy_curves.png")


PICTURES.mkdir(parents=True, exist_ok=True)
estimated()
masked()
equalized()
measured()
refined()
solvent()
curves()
