"""Make the pictures of docs/flexibility.md, in a ChimeraX that has the bundle, and print its numbers.

From the folder of the project, the quotes included:

    chimerax --offscreen --nogui --exit --script "docs/make_flexibility_pictures.py FOLDER"

FOLDER holds occupy_demo, which `occupy demo` makes; emd_3488.mrc and 5ni1.cif are fetched where they are not there.
What the script runs is what the document tells the reader to type. `--offscreen` is for Linux; elsewhere leave it and
`--nogui` out.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from chimerax.core.commands import StringArg
from chimerax.core.commands import run as run_command
from chimerax.occupy.figures.flexibility import flexibility_figure, groups_in_figure, regions_in_figure
from chimerax.occupy.figures.palette import KEY_TITLE
from chimerax.occupy.figures.style import write_png
from PIL import Image

FOLDER = Path(sys.argv[1])
PICTURES = Path(__file__).resolve().parent / "images"
SIZE = (480, 400)
SUPERSAMPLE = 3
COLORS = 256
PLOT_DPI = 100


def run(text):
    return run_command(session, text, log=False)  # noqa: F821 - ChimeraX gives scripts their session


def open_file(name, fetched=""):
    path = FOLDER / name
    return run(f"open {StringArg.unparse(str(path)) if path.exists() or not fetched else fetched}")[0]


def new_scene():
    run("close")
    run("windowsize {} {}; set bgColor white; lighting soft; graphics silhouettes true".format(*SIZE))


def picture():
    """What is displayed."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        run(f"save {StringArg.unparse(str(path))} supersample {SUPERSAMPLE}")
        return Image.open(path).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)


def save(panels, name):
    """Save pictures side by side, with few colors, which takes a third of the space."""
    whole = Image.new("RGB", (sum(panel.width for panel in panels), panels[0].height), "white")
    for i, panel in enumerate(panels):
        whole.paste(panel, (sum(other.width for other in panels[:i]), 0))
    whole.quantize(COLORS, method=Image.Quantize.MEDIANCUT, kmeans=1).save(PICTURES / name, optimize=True)


def both_colorings(ends):
    """Pictures of a map colored by its scale and by its flexibility, from one value to another."""
    run("occupy estimate #1 flexibility true; key pos 0.2,0.09 size 0.6,0.045 fontSize 18")
    panels = [picture()]
    run(f"occupy color #1 flexibilityMap #4 range {ends}")
    return [*panels, picture()]


def save_plot(figure, name):
    figure.set_dpi(PLOT_DPI)
    write_png(figure, PICTURES / name)


def tell(rows):
    for row in rows:
        print(row)


def haemoglobin():
    new_scene()
    open_file("emd_3488.mrc", "emdb:3488")
    open_file("5ni1.cif", "5ni1")
    run("hide #2 models; volume #1 level 0.08; view orient; view; zoom 0.9; move y 8")
    save(both_colorings("-40,60"), "flexibility_haemoglobin.png")
    tell(run("occupy measure #3 atoms #2 & ~solvent flexibilityMap #4"))
    rows = run("occupy measure #3 atoms #2 & ~solvent by residue flexibilityMap #4")
    figure = flexibility_figure(*regions_in_figure(rows), title="EMD-3488, residues of 5NI1", label=KEY_TITLE)
    save_plot(figure, "flexibility_residues.png")
    tell(run("occupy refine #1 atoms #2"))


def demo():
    new_scene()
    open_file("occupy_demo/complex.mrc")
    open_file("occupy_demo/complex.pdb")
    run("hide #2 models; volume #1 level 0.5; view; zoom 0.9; move y 6")
    save(both_colorings("-40,40"), "flexibility_demo.png")
    tell(run("occupy measure #3 atoms #2 flexibilityMap #4"))
    rows = run("occupy refine #1 atoms #2 reference #2/A")
    tell(rows)
    figure = flexibility_figure(*groups_in_figure(rows), title="The complex of occupy demo, by chain")
    save_plot(figure, "flexibility_chains.png")
    tell(run("occupy refine #1 atoms #2/A,B showUnexplained true color false"))
    run("key delete; show #2 models; show #2/A,B atoms; hide #2/C atoms; style #2 sphere")
    save([picture()], "flexibility_unexplained.png")


haemoglobin()
demo()
