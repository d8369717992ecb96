"""The bundle as ChimeraX sees it."""

import re
import unittest
from importlib.metadata import requires, version
from pathlib import Path

from chimerax import occupy
from chimerax.core import toolshed
from chimerax.core.commands import cli, run
from chimerax.occupy import commands
from chimerax.occupy.engine.settings.kinds import KINDS
from chimerax.occupy.engine.settings.table import ESTIMATION, MASK, group
from support import session

SUBCOMMANDS = [command.removeprefix("occupy ") for command in commands.NAMES]


class Bundle(unittest.TestCase):
    def test_version_is_the_bundle_s(self):
        bundle = toolshed.get_toolshed().find_bundle("ChimeraX-OccuPy", session.logger)
        self.assertEqual(bundle.version, version("ChimeraX-OccuPy"))
        self.assertEqual(bundle.version, occupy.__version__)

    def test_depends_on_chimerax_bundles_alone(self):
        bundle = toolshed.get_toolshed().find_bundle("ChimeraX-OccuPy", session.logger)
        self.assertTrue(all(line.startswith("ChimeraX-") for line in requires(bundle.name)), requires(bundle.name))

    def test_commands_complete_with_tab(self):
        command = cli.Command(session)
        command.current_text = "occ"
        command._find_command_name(final=False)
        self.assertEqual(command.completions, ["occupy"])
        command = cli.Command(session)
        command.current_text = "occupy e"
        command._find_command_name(final=False)
        self.assertEqual(set(command.completions), {name for name in SUBCOMMANDS if name.startswith("e")})

    def test_usage_of_each_command_is_known(self):
        for name in SUBCOMMANDS:
            run(session, f"usage occupy {name}", log=False)

    def test_help_page_is_where_help_looks_for_it(self):
        folders = [Path(folder) for folder in toolshed.get_help_directories()]
        pages = [f / "user/commands/occupy.html" for f in folders]
        self.assertTrue(any(page.exists() for page in pages))

    def test_every_setting_is_a_keyword(self):
        groups_of = {"occupy estimate": (ESTIMATION,), "occupy solvent": (ESTIMATION,), "occupy mask": (MASK,)} | {
            f"occupy {kind}": (kind, ESTIMATION) for kind in KINDS
        }
        for command, groups in groups_of.items():
            with self.subTest(command):
                self.assertLessEqual({setting.camel for setting in group(*groups)}, keywords_of(command))


def keywords_of(name):
    """A command's words as they are typed, from the text that `usage` shows."""
    text = cli.usage(session, name, show_subcommands=0)
    return set(re.findall(r"\w+", text))
