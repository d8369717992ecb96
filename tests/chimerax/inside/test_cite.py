"""What to cite is told once in a session, and when it is asked for."""

from chimerax.core.commands import run
from chimerax.occupy.commands.cite import DOI, cite_once
from support import MapTestCase, session


class Cite(MapTestCase):
    def test_what_to_cite_is_told_after_the_first_command_that_is_logged_only(self):
        run(session, "occupy solvent #1")  # It may be the first of this session.
        self.log.text["info"] = ""
        cite_once(session)
        run(session, "volume #1 level 0.5")
        self.assertNotIn(DOI, self.log.text["info"])
        run(session, "occupy estimate #1")
        run(session, "occupy equalize #1")
        self.assertEqual(self.log.text["info"].count(f"https://doi.org/{DOI}"), 1)

    def test_cite_tells_it_whenever_it_is_asked_for(self):
        for _ in range(2):
            self.assertIn(DOI, self.run_command("occupy cite"))
        self.assertEqual(self.log.text["info"].count(f"https://doi.org/{DOI}"), 2)
