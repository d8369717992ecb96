"""The help pages say what the program does, and what pages and documents point to is there."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
USER = ROOT / "src/docs/user"
PAGES = sorted(USER.rglob("*.html"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
LARGEST_PICTURE = 150_000
WITHOUT_END = {"br", "hr", "img", "link", "meta"}


class Page(HTMLParser):
    """The anchors, links, pictures and clickable commands of a help page; that its elements nest is checked."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.pictures, self.commands = set(), [], [], []
        self._open, self._command = [], None
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert not self._open, f"{path.name}: never closed: {self._open}"

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[name] for name in ("name", "id") if name in given and tag != "meta"}
        self.links += [given[name] for name in ("href", "src") if name in given]
        if tag == "img":
            self.pictures.append(given)
        if given.get("href", "").startswith("cxcmd:"):
            self._command = [given["href"].removeprefix("cxcmd:"), ""]
            self.commands.append(self._command)
        if tag not in WITHOUT_END:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open, f"</{tag}> at line {self.getpos()[0]} ends nothing"
        assert self._open[-1] == tag, f"</{tag}> at line {self.getpos()[0]} inside <{self._open[-1]}>"
        self._open.pop()
        if tag == "a":
            self._command = None

    def handle_data(self, text):
        if self._command:
            self._command[1] += text


each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(USER).as_posix())


@each_page
def test_elements_of_pages_nest(path):
    Page(path)


def test_help_pages_show_every_setting_as_it_is():
    done = subprocess.run(
        [sys.executable, ROOT / "docs/make_help.py", "--check"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_of_the_bundle_has_an_anchor():
    classifiers = [e.text.split(" :: ") for e in ElementTree.parse(ROOT / "bundle_info.xml").iter("ChimeraXClassifier")]
    names = {words[1].split()[1] for words in classifiers if words[0] == "Command"}
    assert names
    assert names <= Page(USER / "commands/occupy.html").anchors


@each_page
def test_what_pages_point_to_exists(path):
    for link in Page(path).links:
        url = urlsplit(link)
        if url.scheme:
            assert url.scheme in ("https", "cxcmd"), link
            continue
        target = (path.parent / url.path).resolve() if url.path else path
        if target.exists():
            assert not url.fragment or url.fragment in Page(target).anchors, f"{path.name}: {link}"
        else:
            # ChimeraX's own pages are beside ours in the help viewer; a test inside ChimeraX looks for them.
            assert target.is_relative_to(USER), f"{path.name}: {link}"
            assert "occupy" not in target.name, f"{path.name}: {link}"


@each_page
def test_what_a_clickable_command_shows_is_what_it_runs(path):
    for run, shown in Page(path).commands:
        assert " ".join(shown.split()) == run


def test_pictures_are_described_and_small_and_all_are_shown():
    shown = set()
    for path in PAGES:
        for picture in Page(path).pictures:
            assert picture.get("alt"), f"{path.name}: {picture['src']} has no alt"
            shown.add((path.parent / picture["src"]).resolve())
    there = set((USER / "images").iterdir())
    assert there
    assert there <= shown
    too_large = {picture.name: picture.stat().st_size for picture in there if picture.stat().st_size > LARGEST_PICTURE}
    assert not too_large


@each_page
def test_pages_follow_the_color_scheme(path):
    text = path.read_text(encoding="utf-8")
    assert "@media (prefers-color-scheme: dark) { :root { color-scheme: dark; } }" in text
    assert not re.search(r"[^-]color: *(black|#000)|bgcolor", text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_that_documents_point_to_exist(document):
    for link in links_of(document):
        url = urlsplit(link)
        if url.scheme:
            continue
        target = (document.parent / unquote(url.path)).resolve() if url.path else document
        assert target.exists(), f"{document.name}: {link}"
        if url.fragment and target.suffix == ".md":
            assert url.fragment in headings_of(target), f"{document.name}: {link}"


def links_of(document):
    """Targets of the links and pictures of a Markdown document, code left out."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'<(?:img|a)\b[^>]*?(?:src|href)="([^"]+)"', text)


def headings_of(document):
    """Anchors of a Markdown document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md", "src/docs/user/commands/occupy.html", ".ci/run"])
def test_documents_tell_the_oldest_chimerax_that_the_bundle_installs_in(name):
    core = ElementTree.parse(ROOT / "bundle_info.xml").find("Dependencies/Dependency[@name='ChimeraX-Core']")
    told = re.findall(r"ChimeraX (\d+\.\d+) or newer", (ROOT / name).read_text(encoding="utf-8"))
    assert told
    assert {f">={version}" for version in told} == {core.get("version")}


def test_functions_that_the_method_names_exist():
    text = (ROOT / "docs/method.md").read_text(encoding="utf-8")
    named = [tuple(name.split(".")) for name in re.findall(r"`(\w+\.\w+)`", text)]
    missing = [name for name in named if not _is_defined(*name)]
    assert named
    assert not missing


def _is_defined(home, name):
    """Whether a module of the engine, or a class anywhere in it, defines this name."""
    module = ROOT / f"src/engine/{home}.py"
    sources = [module] if module.exists() else ROOT.glob("src/engine/*.py")
    texts = [path.read_text(encoding="utf-8") for path in sources]
    if not module.exists():
        texts = [text.partition(f"class {home}:")[2] for text in texts]
    return any(re.search(rf"^ *(def|class) {name}\b", text, re.MULTILINE) for text in texts)
