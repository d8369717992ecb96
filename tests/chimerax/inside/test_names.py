"""Names of maps and files reach the log as they are, and never become commands."""

from html.parser import HTMLParser

from chimerax.core.commands import SaveFileNameArg
from chimerax.core.errors import UserError
from chimerax.core.logger import HtmlLog
from chimerax.map import Volume
from chimerax.occupy.tool.composing import quoted
from support import NASTY_NAMES, MapTestCase, session

TAGS_OF_THE_LOG = {"a", "b", "br", "i", "table", "td", "tr"}


class MarkupLog(HtmlLog):
    """Keeps the messages that are HTML."""

    excludes_other_logs = False
    propagate_to_chimerax = True

    def __init__(self):
        self.messages = []

    def log(self, level, message, image_info, is_html):
        if is_html:
            self.messages.append(message)
        return True


class Page(HTMLParser):
    """The text and the elements of a piece of HTML."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.text = set(), ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


class Names(MapTestCase):
    def messages_of(self, command):
        log = MarkupLog()
        session.logger.add_log(log)
        try:
            self.run_command(command)
        finally:
            session.logger.remove_log(log)
        return log.messages

    def test_the_log_shows_names_as_they_are(self):
        for name in NASTY_NAMES:
            self.map.name = name
            scale_map = self.run_command("occupy estimate #1").atomspec
            for command in ("estimate #1 showTile true", "equalize #1", "solvent #1", f"mask {scale_map}"):
                with self.subTest(name=name, command=command):
                    messages = self.messages_of(f"occupy {command}")
                    self.assertTrue(messages)
                    for page in map(Page, messages):
                        self.assertLessEqual(page.tags, TAGS_OF_THE_LOG)
                        self.assertIn(name, page.text)
            self.run_command("close #2-100")

    def test_no_name_becomes_a_command(self):
        for name in NASTY_NAMES:
            with self.subTest(name):
                self.map.name = name
                self.run_command("occupy estimate #1 showTile true")
                made = [model for model in session.models.list() if model.name.startswith(f"{name} ")]
                self.assertEqual([model.name for model in made], [f"{name} occupancy", f"{name} full scale"])
                self.assertIn(self.map, session.models.list(type=Volume))
                session.models.close(made)


class FileNames(MapTestCase):
    def test_chimerax_reads_a_quoted_file_name_as_it_is(self):
        for name in NASTY_NAMES:
            if "\n" not in name:
                with self.subTest(name):
                    path, _, rest = SaveFileNameArg.parse(f"{quoted(name)} key false", session)
                    self.assertEqual((path, rest), (name, " key false"))

    def test_a_file_name_that_chimerax_cannot_read_is_refused(self):
        for name in ("a\nclose", "a\" b' c"):
            with self.subTest(name), self.assertRaisesRegex(UserError, "quotation marks and line ends"):
                quoted(name)
