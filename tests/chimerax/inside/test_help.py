"""The help pages say what the registered commands take."""

import inspect
import re
import unittest
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import numpy as np
from chimerax import occupy
from chimerax.atomic import AtomicStructure
from chimerax.core import toolshed
from chimerax.core.commands import BoolArg, EnumOf, StringArg, cli
from chimerax.core.errors import UserError
from chimerax.occupy import commands
from chimerax.occupy.commands.coloring import Coloring
from chimerax.occupy.commands.modify import modify_maps
from chimerax.occupy.commands.refine import refine_map
from chimerax.occupy.engine.settings.kinds import KINDS
from chimerax.occupy.engine.settings.table import ESTIMATION, FLEXIBILITY, MASK, UNCERTAINTY, default_in_words, group
from chimerax.occupy.figures.palette import PALETTE, RANGE
from support import FOLDER, ORIGIN, PARTS, VOXEL_SIZE, MapTestCase, close_all, density, session

PAGES = Path(occupy.__file__).parent / "docs/user"
RUN = ("occupy", "volume", "color", "surface")
"""First words of the examples that are run; others, such as open, fetch something and are only parsed."""

OF_OWN_FILES = "occupy particles"
"""A command whose examples cannot be clicked, as they need a file of the user's."""

SETTINGS_OF = {
    "estimate": (ESTIMATION, UNCERTAINTY, FLEXIBILITY),
    "solvent": (ESTIMATION, "attenuate"),
    "mask": (MASK,),
} | {kind: (kind, ESTIMATION) for kind in KINDS}
WHERE_DEFAULT_IS_NONE = {
    "model_id": "the next free one",
    "lowpass": "8 Å, at least 2.1 voxels",
    "reference": "the strongest groups",
    "palette": "red through yellow to blue",
    "range": ",".join(f"{end:g}" for end in RANGE),
}


@dataclass
class Section:
    """What stands below one heading of a page.

    Attributes
    ----------
    anchors : list of str
        Before the heading.
    commands : list of str
        Those whose usage it tells.
    own_words : set of str
        Bold words of the usage.
    links : list of str
        Anchors that the usage links to.
    rows : list of (element, str, str)
        The argument, bold or italic, its values and its default.
    """

    anchors: list
    commands: list = field(default_factory=list)
    own_words: set = field(default_factory=set)
    links: list = field(default_factory=list)
    rows: list = field(default_factory=list)

    def arguments(self):
        """Values and default by keyword."""
        return {text_of(name): (values, default) for name, values, default in self.rows if name.tag == "b"}

    def parameters(self):
        """What is given without a keyword."""
        return [text_of(name) for name, _, _ in self.rows if name.tag == "i"]

    def add(self, element):
        if element.get("class") == "usage":
            bold = [text_of(word) for word in element.iter("b")]
            self.commands = [word for word in bold if word.startswith("occupy ")]
            self.own_words = set(bold) - set(self.commands)
            self.links = [link[1:] for link in element.xpath(".//a/@href") if link.startswith("#")]
        for row in element.xpath(".//tr[td]") if element.get("class") == "settings" else ():
            name, values, default, _ = row.iterchildren("td")
            self.rows.append((name[0], text_of(values), text_of(default)))


def text_of(element):
    return " ".join(element.text_content().split())


def read(page):
    return lxml.html.parse(str(page)).getroot()


def sections():
    """The sections of the commands' page."""
    found, anchors = [], []
    for element in read(PAGES / "commands/occupy.html").body.iterchildren(tag=lxml.etree.Element):
        if element.tag == "a" and element.get("name"):
            anchors.append(element.get("name"))
        elif element.tag == "h3" and element.get("class") is None:
            found.append(Section(anchors))
            anchors = []
        elif found and element.get("class") != "nav":
            found[-1].add(element)
    return found


def anchors_of(page):
    return set(read(page).xpath("//@name | //@id"))


def registered():
    """The description of each `occupy` command, by name."""
    names = cli._command_info.commands.subcommands["occupy"].subcommands
    return {f"occupy {name}": description_of(f"occupy {name}") for name in names}


def description_of(name):
    command = cli.Command(session)
    command.current_text = name
    command._find_command_name()
    return command._ci


def bundle_commands():
    return toolshed.get_toolshed().find_bundle("ChimeraX-OccuPy", session.logger).commands


def examples():
    """Page and command of each link that runs one."""
    return [
        (page, link.removeprefix("cxcmd:"))
        for page in sorted(PAGES.rglob("*.html"))
        for link in read(page).xpath("//a/@href")
        if link.startswith("cxcmd:")
    ]


class Commands(unittest.TestCase):
    def test_bundle_module_and_registry_name_the_same_commands(self):
        names = set(registered())
        self.assertEqual(names, {command.name for command in bundle_commands()})
        self.assertEqual(names, set(commands._MODULE_OF))

    def test_synopses_in_the_bundle_are_those_registered(self):
        registry = registered()
        self.assertEqual(
            {command.name: command.synopsis for command in bundle_commands()},
            {name: description.synopsis for name, description in registry.items()},
        )

    def test_help_on_each_command_opens_its_section(self):
        for name, description in registered().items():
            url = urlsplit(description.url)
            self.assertEqual((url.scheme, url.path), ("help", "user/commands/occupy.html"))
            of_section = [section.anchors for section in sections() if name in section.commands]
            self.assertIn(url.fragment, *of_section)


class Arguments(unittest.TestCase):
    def setUp(self):
        self.registry = registered()
        self.sections = sections()
        self.by_anchor = {anchor: section for section in self.sections for anchor in section.anchors}
        self.section_of = {name: section for section in self.sections for name in section.commands}

    def documented(self, name):
        """Rows of the section's own table and of the tables that its usage links to, by keyword."""
        section = self.section_of[name]
        return [
            (keyword, *cells)
            for part in (section, *(self.by_anchor[link] for link in section.links))
            for keyword, cells in part.arguments().items()
        ]

    def test_each_command_has_one_section_and_no_section_is_of_another(self):
        documented = [name for section in self.sections for name in section.commands]
        self.assertEqual(sorted(documented), sorted(self.registry))

    def test_exactly_the_registered_keywords_are_in_the_tables(self):
        for name, description in self.registry.items():
            with self.subTest(name):
                keywords = [keyword for keyword, _, _ in self.documented(name)]
                self.assertEqual(sorted(keywords), sorted(description._keyword_map))

    def test_exactly_the_required_parameters_are_in_the_tables(self):
        for name, description in self.registry.items():
            self.assertEqual(len(self.section_of[name].parameters()), len(description._required), name)

    def test_usage_names_each_keyword_of_the_section_s_own_table(self):
        for name in self.registry:
            section = self.section_of[name]
            self.assertLessEqual(set(section.arguments()), section.own_words, name)

    def test_no_shared_table_is_left_unused(self):
        tables = [section for section in self.sections if section.rows and not section.commands]
        shared = {anchor for section in tables for anchor in section.anchors}
        used = {link for section in self.sections for link in section.links}
        self.assertEqual(shared - {"top"}, used)

    def test_defaults_are_the_program_s(self):
        wrong = [
            f"{name} {keyword}: {default}, but it is {expected}"
            for name, description in self.registry.items()
            for keyword, _, default in self.documented(name)
            for expected in [default_of(name, description, keyword)]
            if default != expected
        ]
        self.assertEqual(wrong, [])

    def test_values_are_those_that_are_accepted(self):
        wrong = [
            f"{name} {keyword}: {values}, but it is {expected}"
            for name, description in self.registry.items()
            for keyword, values, _ in self.documented(name)
            for expected in [values_of(name, description, keyword)]
            if expected is not None and set(values.split(" | ")) != set(expected.split(" | "))
        ]
        self.assertEqual(wrong, [])


def setting_of(name, argument):
    """The engine's setting that an argument of a command sets, with that command's default, or None."""
    command = name.split()[1].replace("equalise", "equalize")
    return {setting.name: setting for setting in group(*SETTINGS_OF.get(command, ()))}.get(argument)


def default_of(name, description, keyword):
    """What a page has to show as the default of a keyword."""
    argument, _ = description._keyword_map[keyword]
    if argument in description._required_arguments:
        return "required"
    setting = setting_of(name, argument)
    if setting is not None:
        return default_in_words(setting, lambda value: in_words(value, setting.unit))
    value = default_in_functions(description.function, argument)
    return WHERE_DEFAULT_IS_NONE.get(argument, "none") if value is None else in_words(value)


def in_words(value, unit=""):
    """A default as it is typed, with its unit."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:g} {unit}".strip()


def default_in_functions(function, argument):
    """A default from a command's function, or from what it hands its keywords to."""
    parameters = {
        p.name: p.default for f in (modify_maps, refine_map, function) for p in inspect.signature(f).parameters.values()
    }
    display = {part.name: part.default for part in fields(Coloring)}
    return (display | parameters)[argument]


def values_of(name, description, keyword):
    """What a page has to show as the values of a keyword, or None where it is free to choose its words."""
    argument, _ = description._keyword_map[keyword]
    annotation = description._keyword[argument]
    if isinstance(annotation, EnumOf):
        return " | ".join(annotation.ids)
    if annotation is BoolArg:
        return "true | false"
    setting = setting_of(name, argument)
    if setting is None or setting.kind in ("map", "maps"):
        return None
    return setting.expected + (f" ({setting.unit})" if setting.unit else "")


class SolventDefaults(unittest.TestCase):
    def test_function_has_the_defaults_of_the_settings(self):
        """So that comparing the page with the settings compares it with the function."""
        function = registered()["occupy solvent"].function
        for name in ("hedge", "remove_solvent"):
            self.assertEqual(default_in_functions(function, name), setting_of("occupy solvent", name).default)


class Examples(MapTestCase):
    """With what the page says: #1 a map, #2 its scale map, #3 an atomic model and #4 another map."""

    def open_models(self):
        close_all()
        self.map = self.open_map(self.density, "small")
        self.run_command("occupy estimate #1 color false modelId #2")
        self.open_structure()
        self.open_map(density()[:, ::-1], "other", id=(12,))
        self.run_command("occupy measure #2 atoms #11")
        names = [model.name for i in (1, 2, 11, 12) for model in session.models.list(model_id=(i,))]
        self.assertEqual(names, ["small", "small occupancy", "two", "other"])

    def open_structure(self):
        structure = AtomicStructure(session, name="two")
        structure.id = (11,)
        random = np.random.default_rng(1)
        for chain, part in zip("AB", PARTS, strict=True):
            centre = np.array(ORIGIN) + VOXEL_SIZE * np.array(part.centre[::-1])
            for number in range(20, 900, 20):
                residue = structure.new_residue("ALA", chain, number)
                for name in ("N", "CA", "C"):
                    atom = structure.new_atom(name, name[0])
                    atom.coord = centre + random.normal(0, 5, 3)
                    residue.add_atom(atom)
        session.models.add([structure])

    def test_each_example_runs_or_at_least_parses(self):
        found = examples()
        self.assertGreater(len(found), 20)
        failed = []
        for page, link in found:
            self.open_models()
            try:
                self.try_out(unquote(link))
            except UserError as error:
                failed.append(f"{page.name}: {link}: {error}")
        self.assertEqual(failed, [])

    def try_out(self, text):
        if text.split()[0] in RUN:
            file_name = StringArg.unparse(str(FOLDER / "saved.csv"))
            self.run_command(text.replace("saveFile browse", f"saveFile {file_name}"))
        else:
            cli.Command(session).run(text, log=False, log_only=True)

    def test_colors_of_the_attribute_are_those_of_estimate(self):
        palettes = {found[1] for _, link in examples() if (found := re.search(r"palette (#\S+)", link))}
        self.assertEqual(palettes, {":".join(PALETTE)})

    def test_each_command_has_an_example(self):
        shown = {" ".join(link.split()[:2]) for _, text in examples() for link in text.split(";")}
        self.assertLessEqual(set(registered()) - {"occupy equalise", OF_OWN_FILES}, shown)


class Links(unittest.TestCase):
    def test_files_and_anchors_that_pages_point_to_exist(self):
        """ChimeraX takes all its folders of help pages for one."""
        folders = [Path(folder) for folder in toolshed.get_help_directories()]
        missing = []
        for page in sorted(PAGES.rglob("*.html")):
            here = page.parent.relative_to(PAGES.parent)
            for link in read(page).xpath("//@href | //@src"):
                url = urlsplit(link)
                if url.scheme:
                    continue
                targets = [folder / here / url.path if url.path else page for folder in folders]
                target = next((target for target in targets if target.exists()), None)
                if target is None or (url.fragment and url.fragment not in anchors_of(target)):
                    missing.append(f"{page.name}: {link}")
        self.assertEqual(missing, [])
