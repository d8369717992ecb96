"""Arguments to try the program with: every option of every subcommand, with values in and out of its range."""

import argparse
from random import Random

from chimerax.occupy.cli import program
from maps import write_map
from models import write_model
from particle_files import GROUPS, write_matrix, write_particles

MODIFICATIONS = {"equalize": 4, "attenuate": 2, "sigmoid": 2}
WEIGHTS = {"estimate": 4, **MODIFICATIONS, "solvent": 3, "mask": 3, "measure": 3, "refine": 5, "particles": 2}
WEIGHTS["demo"] = 0.05
"""How often each subcommand is tried; a demo is slow, and always the same."""

assert set(WEIGHTS) == set(program.SUBCOMMANDS), "a subcommand has no weight"

NUMBERS = ("0.5", "1", "2", "3", "5", "6", "8", "10", "12", "20")
ODD_NUMBERS = ("0", "-1", "1e-20", "1e-3", "0.999", "1.5", "1e4", "1e20", "1e308", "nan", "inf", "-inf", "x", "")
SELECTIONS = ("a=//A", "b=//B/1-3", "c=//*/(HOH)", "d=//*/(HEM)", "e=//A/1/CA", "=//A", "f=", "g=!!", "h=///////")
NAMES = ("A", "B", "C", "A B", "Z", "", "é", "map.mrc")
CLASSES = ("class001", "class001", "class002", "class003")
ENTRIES = ("emdb:", "emdb:1", "emdb:abcd", "EMDB:../1234")
ENDINGS = ("", ".csv", ".json", ".cif", ".pdb", ".png", ".star", ".txt")
EDGES = (16, 18, 20, 24, 27, 30)
FOLDERS = ("out", "out", "a/b", "map1.mrc", ".")
SLOW = ("--workers", "--scheduler", "--scheduler-file", "--help")
"""Options that start processes, wait for another computer, or end the program."""


class Chance(Random):
    """What decides of an input: half of them are sound but for the values of options, the other half in any way odd."""

    def __init__(self, seed):
        super().__init__(seed)
        self._is_odd = self.random() < 0.5

    def odd(self, share):
        """Whether something is odd, in this share of the odd inputs."""
        return self._is_odd and self.random() < share


class Box:
    """What the maps and models of an input share: shape and places of density, z, y, x, and a voxel size in Å."""

    def __init__(self, chance):
        edge = chance.choice(EDGES)
        self.shape = (edge,) * 3 if chance.random() < 0.5 else tuple(chance.choice(EDGES) for _ in range(3))
        self.voxel_size = chance.choice((1, 1.5, 2, 2, 3))
        self.places = [[chance.uniform(0.3, 0.7) for _ in range(3)] for _ in range(chance.randint(1, 3))]

    @property
    def positions(self):
        """The places as x, y, z in Å."""
        sizes = [self.voxel_size * (edge - 1) for edge in self.shape]
        return [[part * size for part, size in zip(place, sizes, strict=True)][::-1] for place in self.places]


class Arguments:
    """What the program is called with, and the files that it needs.

    Parameters
    ----------
    chance : Chance
    folder : Path
        Where these files are written.

    Attributes
    ----------
    calls : list of list of str
        With what the program is called: mostly once, else once more on what it made.
    several : bool
        Whether there are several maps, of which some may be made where others fail.
    """

    def __init__(self, chance, folder):
        self._chance, self._folder, self._box = chance, folder, Box(chance)
        self._count, self._endings = 0, ENDINGS
        self._command = chance.choices(list(WEIGHTS), WEIGHTS.values())[0]
        self._maps = 0 if self._command == "demo" else chance.choice((1, 1, 1, 1, 2, 3))
        inputs = [self._matrix()] if self._command == "particles" else [self._map() for _ in range(self._maps)]
        options = self._options()
        self.calls = [[self._command, *inputs, *options]]
        if chance.random() < 0.15:
            self.calls.append([*self.calls[0], *chance.choice((["--overwrite"], ["--resume"], []))])
        self.several = self._maps > 1 or "--reference-maps" in options

    def _options(self):
        usual = {*self._usual()}
        left_out = {*SLOW} | ({"--each-atoms"} if "--atoms" in usual and self._chance.random() < 0.8 else set())
        options = [action for action in _actions(self._command) if not left_out & {*action.option_strings}]
        chosen = [action for action in options if action.required or usual & {*action.option_strings}]
        chosen += self._chance.choices(options, k=self._chance.choice((0, 0, 1, 1, 2, 3, 5)))
        chosen.sort(key=lambda action: action.dest != "particles")  # How that file ends is how an output has to.
        texts = [self._option(action) for action in chosen]
        self._chance.shuffle(texts)
        return [text for option in texts for text in option]

    def _usual(self):
        """Options that are given mostly, as little happens without them, or what happens takes time."""
        of_command = {"refine": ("--atoms",) * 5 + ("--each-atoms",), "measure": ("--atoms", "--masks")}
        of_command["particles"] = ("--with", "--without", "--maps")
        options = [self._chance.choice(of_command.get(self._command, ("--no-figures",))), "--no-figures"]
        return [option for option in options if self._chance.random() < 0.95]

    def _map(self):
        if self._chance.odd(0.02):
            return self._chance.choice((*ENTRIES, "missing.mrc", ".", "", "-", "\udce9.mrc"))
        is_scale = self._command in ("mask", "measure")
        return write_map(self._chance, self._named("map"), self._box, is_scale).name

    def _matrix(self):
        return write_matrix(self._chance, self._named("matrix"), self._maps).name

    def _particles(self):
        path = write_particles(self._chance, self._named("particles"), self._maps)
        self._endings = (path.suffix, path.suffix, ".txt") * 4 + ENDINGS
        return path.name

    def _model(self):
        return write_model(self._chance, self._named("model"), self._box).name

    def _named(self, what):
        self._count += 1
        return self._folder / f"{what}{self._count}"

    def _option(self, action):
        name = self._chance.choice(action.option_strings)
        if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
            return [name]
        return [name, *(str(self._value(action)) for _ in range(self._count_of(action)))]

    def _count_of(self, action):
        """How many values an option gets."""
        if self._chance.odd(0.02):
            return self._chance.choice((0, 3))
        if action.dest == "each_atoms":
            return self._maps
        return action.nargs if isinstance(action.nargs, int) else self._chance.choice((1, 1, 2)) if action.nargs else 1

    def _value(self, action):
        if action.choices:
            return self._chance.choice([*action.choices] * 5 + ["x", ""])
        kinds = action.metavar if isinstance(action.metavar, tuple) else (action.metavar,)
        makers = {
            "MAP": self._map,
            "MASK": self._map,
            "MODEL": self._model,
            "PARTICLES": self._particles,
            "GROUP": lambda: self._chance.choice((*GROUPS, "A,B", "C", "")),
            "CLASS": lambda: self._chance.choice((1, 1, 2, 2, 3, 0, "x", "class001")),
            "FILE": lambda: f"{self._named('table').name}{self._chance.choice(self._endings)}",
            "DIR": lambda: self._chance.choice(FOLDERS),
            "NAME": lambda: self._chance.choice((*CLASSES, *NAMES) if self._command == "particles" else NAMES),
            "NAME=SELECTION": lambda: self._chance.choice(SELECTIONS),
        }
        return makers.get(kinds[0], self._number_value)()

    def _number_value(self):
        return self._chance.choice(NUMBERS if self._chance.random() < 0.7 else ODD_NUMBERS)


def _actions(command):
    """The options of a subcommand."""
    parser = program._parser([command])
    subcommands = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return [action for action in subcommands.choices[command]._actions if action.option_strings]
