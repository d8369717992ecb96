"""Make the pictures of docs/gallery.md, docs/tutorial.md and README.md, in a ChimeraX that has the bundle.

From the folder of the project, the quotes included:

    chimerax --offscreen --nogui --exit --script "docs/make_gallery.py"
    chimerax --offscreen --nogui --exit --script "docs/make_gallery.py --maps FOLDER --only estimate modes"

Maps and models that are in FOLDER (emd_11007.map, emd_3488.map, 5ni1.cif; .mrc will do) are opened from there; all
others are fetched from the EMDB and the PDB. What the script runs is what the documents tell the reader to
type. `--offscreen` is for Linux; elsewhere leave it and `--nogui` out.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from chimerax.core.commands import StringArg
from chimerax.core.commands import run as run_command
from chimerax.map import volume_from_grid_data
from chimerax.map_data import ArrayGridData
from chimerax.occupy.engine.phantom import density_of_parts, parts_on_ring
from chimerax.occupy.figures.palette import PALETTE, key_entries
from PIL import Image

HERE = Path(__file__).resolve().parent
WIDE, PANEL, SMALL, SLICE, STAMP = (900, 600), (450, 340), (380, 285), (300, 300), (290, 240)
COARSE = 8
SUPERSAMPLE = 3
LOOK = ("set bgColor white", "lighting soft", "graphics silhouettes true width 1")
KEY_AT_LEFT = "key pos 0.04,0.13 size 0.38,0.045"
AS_PALETTE = ":".join(PALETTE)

WAYS = (
    ("noise as it was", "keepNoise true removeSolvent false"),
    ("solvent suppressed", "keepNoise true"),
    ("signal alone", ""),
    ("published", "mode occupancy"),
)
"""Of equalising, with their settings."""

# The map of `occupy demo`, whose module needs mrcfile, which ChimeraX does not have
DEMO_SHAPE, DEMO_VOXEL, DEMO_RADIUS = (96, 96, 96), 1.5, 10
DEMO_OCCUPANCIES = (1.0, 0.8, 0.6, 0.4, 0.2)
LABELS_BEYOND = 1.7  # of the distance of the parts from the middle of the ring
LABEL_SHIFT = (10, -3, -5)  # z, y, x in voxels: in front of the slice, and centred, as labels start at their left
GRAYS = ((-3, "white"), (-0.3, "white"), (2, "black"), (5, "black"))


class Studio:
    """One ChimeraX session in which the pictures are taken one after the other.

    Parameters
    ----------
    session : Session
    maps : Path or None
        Folder with maps and models that need not be fetched.
    output : Path
        Folder of the pictures.
    """

    def __init__(self, session, maps, output):
        self.session, self._maps, self._output = session, maps, output
        self._shots = tempfile.TemporaryDirectory()

    def run(self, *commands):
        """Run ChimeraX commands."""
        for command in commands:
            run_command(self.session, command, log=False)

    def start(self, size=WIDE):
        """Begin a picture: an empty scene of this size (width, height)."""
        self.run("close", "wait 1", "windowsize {} {}".format(*size), *LOOK)

    def open(self, name, fetched):
        """Open a file whose name begins with `name` in the folder of maps, or else fetch it."""
        found = sorted(p for s in (".map", ".mrc", ".cif") for p in self._maps.glob(name + s)) if self._maps else []
        self.run(f"open {StringArg.unparse(str(found[0])) if found else fetched}")

    def shoot(self, caption=""):
        """Take a picture of the scene, with a caption in its upper left corner.

        Returns
        -------
        Image
        """
        if caption:
            self.run(
                f"2dlabels text {StringArg.unparse(caption)} xpos 0.03 ypos 0.91 size 15 color black bgColor white"
            )
        width, height = self.session.main_view.window_size
        path = Path(self._shots.name) / "shot.png"
        self.run("wait 1")  # for surfaces that have not been drawn yet
        self.run(f"save {StringArg.unparse(str(path))} width {width} height {height} supersample {SUPERSAMPLE}")
        if caption:
            self.run("2dlabels delete")
        with Image.open(path) as image:
            return image.convert("RGB")

    def write(self, name, *rows):
        """Write shots as one picture.

        Parameters
        ----------
        name : str
        *rows : Image or list of Image
            From top to bottom; those of a list side by side. All have one size.
        """
        rows = [row if isinstance(row, list) else [row] for row in rows]
        width, height = rows[0][0].size
        picture = Image.new("RGB", (width * len(rows[0]), height * len(rows)), "white")
        for i, row in enumerate(rows):
            for j, shot in enumerate(row):
                picture.paste(shot, (width * j, height * i))
        path = self._output / f"{name}.png"
        # Coarser values halve the file; a palette would put steps into the color key.
        coarse = picture.point(lambda value: min(255, (value + COARSE // 2) // COARSE * COARSE))
        coarse.save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size // 1000} KB", flush=True)


def open_polymerase(studio, level=3, dust=8):
    """EMD-11007 as #1, seen with both long helices beside the RNA."""
    studio.open("emd_11007", "emdb:11007")
    studio.run(f"volume #1 level {level}", f"surface dust #1 size {dust}")
    studio.run("view orient", "turn x 25", "view", "zoom 1.2", "move y 7")


def estimate(studio):
    """EMD-11007 colored by its local scale."""
    studio.start()
    open_polymerase(studio)
    studio.run("occupy estimate #1", KEY_AT_LEFT)
    studio.write("gallery_estimate", studio.shoot())


def equalize(studio):
    """EMD-11007 as it is and equalised, at one level."""
    studio.start(PANEL)
    open_polymerase(studio)
    studio.run("occupy estimate #1 key false")
    before = studio.shoot("as deposited")
    studio.run("occupy equalize #1 modelId #10", "surface dust #10 size 15", KEY_AT_LEFT)
    both = [before, studio.shoot("equalize")]
    studio.write("gallery_equalize", both)
    studio.write("emd_11007", both)


def open_filament(studio):
    """EMD-5168 as #1."""
    studio.open("emd_5168", "emdb:5168")
    studio.run("volume #1 level 9", "surface dust #1 size 8", "view orient", "turn x 90", "view")


def open_haemoglobin(studio):
    """EMD-3488 as #1."""
    studio.open("emd_3488", "emdb:3488")
    studio.run("volume #1 level 0.18", "surface dust #1 size 8", "view orient", "view")


def signal(studio):
    """Three maps as they are, equalised with power 2 and by default, each at one level."""
    rows = []
    for name, open_map in (
        ("EMD-11007", open_polymerase),
        ("EMD-3488", open_haemoglobin),
        ("EMD-5168", open_filament),
    ):
        studio.start(SMALL)
        open_map(studio)
        studio.run("zoom 0.85")  # captions are opaque
        studio.run("occupy estimate #1 key false")
        row = [studio.shoot(f"{name}, as deposited")]
        for number, power in ((10, " power 2"), (20, "")):
            studio.run(f"occupy equalize #1{power} modelId #{number} key false", f"surface dust #{number} size 8")
            row.append(studio.shoot(f"equalize{power.replace(' p', ', p')}"))
            studio.run(f"hide #{number} models", "show #1 models")
        rows.append(row)
    studio.write("gallery_signal", *rows)


def ways(studio):
    """Three maps and what equalize makes of them in four ways, each at a low, the usual and a high level."""
    for name, open_map, levels in (
        ("emd_11007", open_polymerase, (2, 3, 5)),
        ("emd_3488", open_haemoglobin, (0.07, 0.18, 0.3)),
        ("emd_5168", open_filament, (4.5, 9, 14)),
    ):
        studio.start(STAMP)
        open_map(studio)
        studio.run("zoom 0.85", "occupy estimate #1 modelId #9 key false")
        captions = {"#1": "the map"}
        for number, (caption, settings) in enumerate(WAYS, 2):
            studio.run(f"occupy equalize #1 {settings} modelId #{10 * number} color false")
            studio.run(f"occupy color #{10 * number} scaleMap #9 key false")
            captions[f"#{10 * number}"] = caption
        studio.run("hide #!* models")
        rows = [[_way(studio, model, caption, level) for model, caption in captions.items()] for level in levels]
        studio.write(f"gallery_ways_{name}", *rows)


def _way(studio, model, caption, level):
    """A shot of one of the maps of `ways` at a level."""
    studio.run(f"show {model} models", f"volume {model} level {level}", f"surface dust {model} size 8")
    shot = studio.shoot(f"{caption}, {level:g}")
    studio.run(f"hide {model} models")
    return shot


def modes(studio):
    """EMD-11007 in all modes of the estimate."""
    studio.start(SMALL)
    open_polymerase(studio)
    shots = []
    for number, mode in ((10, "calibrated"), (20, "occupancy"), (30, "resolution")):
        studio.run(f"occupy estimate #1 mode {mode} modelId #{number} key false")
        shots.append(studio.shoot(f"mode {mode}"))
    studio.write("gallery_modes", shots)


def modifications(studio):
    """EMD-11007 with all modifications, at one level."""
    studio.start(SMALL)
    open_polymerase(studio, dust=15)
    studio.run("occupy estimate #1", KEY_AT_LEFT)
    shots = [studio.shoot("as deposited")]
    studio.run("key delete")
    for number, command in enumerate(
        ("equalize #1 power 2", "attenuate #1 power 3", "sigmoid #1 power 4 pivot 0.6"), 2
    ):
        model = f"#{10 * number}"
        studio.run(f"occupy {command} modelId {model} key false", f"surface dust {model} size 15")
        shots.append(studio.shoot(command.replace(" #1 ", ", ").replace(" pivot", ", pivot")))
        studio.run(f"hide {model} models")
    studio.write("gallery_modifications", shots[:2], shots[2:])


def open_demo(studio):
    """The map of `occupy demo` as #1."""
    density = density_of_parts(demo_parts(), DEMO_SHAPE, DEMO_VOXEL)
    grid = ArrayGridData(density, step=(DEMO_VOXEL,) * 3, name="demo.mrc")
    volume_from_grid_data(grid, studio.session, model_id=(1,), show_dialog=False)


def demo_parts():
    return parts_on_ring(DEMO_OCCUPANCIES, DEMO_SHAPE, DEMO_RADIUS)


def show_key(studio, lowest, layout=KEY_AT_LEFT, label_color="black"):
    """Show the key of the bundle's palette from a lowest value to 1, where no command of the bundle does."""
    entries = key_entries(PALETTE, [lowest, *[0] * (len(PALETTE) - 2), 1])
    texts = " ".join(StringArg.unparse(entry) for entry in entries)
    studio.run(f"key {texts} fontSize 14 labelColor {label_color}", layout)


def label_demo(studio):
    """The known occupancy of each part beside it."""
    middle = [(n - 1) / 2 for n in DEMO_SHAPE]
    for number, part in enumerate(demo_parts(), 1):
        around = zip(part.centre, middle, LABEL_SHIFT, strict=True)
        z, y, x = (DEMO_VOXEL * (m + LABELS_BEYOND * (c - m) + shift) for c, m, shift in around)
        studio.run(f"marker #9 position {x:.1f},{y:.1f},{z:.1f} radius 0.1 color white")
        studio.run(f'label #9:{number} residues text "{part.occupancy:g}" color black size 18 height fixed')


def show_slice(studio, model, colors):
    """Show the middle plane of a map as an image, with colors given as (value, color), ascending."""
    levels = " ".join(f"level {value:g},1 color {color}" for value, color in colors)
    studio.run(f"volume {model} plane z,48 step 1 style image showOutlineBox false {levels}", f"show {model} models")


def phantom(studio):
    """A slice through parts of known occupancy, their scale, and the parts equalised."""
    studio.start(SLICE)
    studio.run("graphics silhouettes false", "lighting flat")
    open_demo(studio)
    studio.run("occupy equalize #1 modelId #10 color false", "hide #10 models", "view orient")
    show_slice(studio, "#1", GRAYS)
    studio.run("view", "zoom 1.25")
    label_demo(studio)
    before = studio.shoot("density")
    studio.run("hide #1,9 models")
    show_slice(studio, "#11", list(zip((-0.001, 0.25, 0.5, 0.75, 1.001), PALETTE, strict=True)))
    show_key(studio, 0, "key pos 0.15,0.14 size 0.7,0.05", "white")
    of_scale = studio.shoot("scale")
    studio.run("key delete")
    studio.run("hide #11 models")
    show_slice(studio, "#10", GRAYS)
    studio.write("gallery_phantom", [before, of_scale, studio.shoot("equalize")])


def haemoglobin(studio):
    """PDB 5NI1 colored by the scale of EMD-3488."""
    studio.start()
    studio.open("emd_3488", "emdb:3488")
    studio.open("5ni1", "5ni1")
    studio.run("occupy estimate #1 key false", "occupy measure #3 atoms #2", "hide #1 models", "hide #2 atoms")
    studio.run("show #2 cartoons", f"color byattribute map_occupancy #2 palette {AS_PALETTE} range 0.5,1")
    show_key(studio, 0.5)
    studio.run("view orient", "view", "zoom 1.05", "move x 10")
    studio.write("gallery_haemoglobin", studio.shoot())


def solvent(studio):
    """EMD-11007 at a low level, and without its solvent at the same level."""
    studio.start(PANEL)
    open_polymerase(studio)
    studio.run("surface undust #1", "volume #1 level 1.5 color #b8b8b8")
    before = studio.shoot("as deposited, level 1.5")
    studio.run("occupy solvent #1 removeSolvent true modelId #10", "volume #10 color #b8b8b8")
    studio.write("gallery_solvent", [before, studio.shoot("without solvent, level 1.5")])


def full_scale(studio):
    """Where the full scale of EMD-11007 was read."""
    studio.start()
    open_polymerase(studio)
    studio.run("occupy estimate #1 showTile true", "transparency #1 40", KEY_AT_LEFT)
    studio.write("gallery_full_scale", studio.shoot())


def tutorial(studio):
    """The pictures of the tutorial: estimated, at a lower level, and the figure."""
    studio.start()
    open_polymerase(studio)
    studio.run("occupy estimate #1", KEY_AT_LEFT, "volume #1 level 2")
    studio.write("tutorial_level", studio.shoot())
    studio.run("volume #1 level 3", "occupy equalize #1", "surface dust #4 size 15")
    studio.write("tutorial_figure", studio.shoot())


PICTURES = {
    f.__name__: f
    for f in (
        estimate,
        equalize,
        signal,
        ways,
        modes,
        modifications,
        phantom,
        haemoglobin,
        solvent,
        full_scale,
        tutorial,
    )
}


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maps", type=Path, help="folder with maps that need not be fetched")
    parser.add_argument("--output", type=Path, default=HERE / "images", help="folder of the pictures [docs/images]")
    parser.add_argument("--only", nargs="+", choices=PICTURES, default=list(PICTURES), help="pictures to make")
    return parser.parse_args(sys.argv[1:])


def main(session):
    given = options()
    given.output.mkdir(parents=True, exist_ok=True)
    studio = Studio(session, given.maps, given.output)
    for name in given.only:
        PICTURES[name](studio)


main(session)  # noqa: F821  (what ChimeraX calls its session in a script)
