"""Files called anything: no name is taken for a command by ChimeraX, none breaks a line of what is printed."""

import json
import os
import re
import sys

import pytest
from chimerax.occupy.cli.files.script import can_be_opened, chimerax_script
from chimerax.occupy.cli.report import printable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no files of such names")
SAFE = (
    "with  spaces.mrc",
    "#1 & ~sel ##name=x.mrc",
    "map[1]*?.mrc",
    "-leading.mrc",
    "--tau=2.mrc",
    "it's.mrc",
    "'quoted' one.mrc",
    "карта Å 地図.mrc",
    "back\\slash\\n\\x22.mrc",
    "100% {x}=y,z!.mrc",
    "~root.mrc",
    "no format",
)
UNSAFE = (
    'a" ; close ; "x.mrc',
    'a";close',
    'quote".mrc',
    "two\nclose\n.mrc",
    "two\rclose.mrc",
    "a;close;b.mrc",
    "$HOME.mrc",
    "clear \x1b[2J.mrc",
    "line\u2028close.mrc",
    "tab\t.mrc",
    *([os.fsdecode(b"latin \xe9.mrc")] if sys.platform == "linux" else []),
)
MADE = ("occupancy", "equalized")
COMMANDS = {"open", "hide", "volume", "select", "color", "key", "view", "rename"}


@pytest.fixture(scope="module", params=["estimate", "equalize"])
def run(request, tmp_path_factory, occupy, store, phantom):
    """A run over maps of all these names; the folder and what was printed."""
    folder = tmp_path_factory.mktemp("names")
    content = store(folder / "plain.mrc", phantom((20, 20, 20))).read_bytes()
    for name in (*SAFE, *UNSAFE):
        (folder / name).write_bytes(content)
    result = occupy(request.param, *(f"./{name}" for name in (*SAFE, *UNSAFE)), cwd=folder)
    assert result.returncode == 0, result.stderr
    return folder, result


def made_of(name, folder, ending):
    """The output with this ending of a map, or None."""
    stem = name.removesuffix(".mrc")
    found = [path for path in folder.iterdir() if path.name in (f"{stem}_{made}{ending}" for made in MADE)]
    return found[0] if found else None


def commands(line):
    """The commands of a line as ChimeraX splits it: quotes end before a space, a semicolon or the end."""
    tokens, rest = [[]], line.strip()
    while rest:
        found = re.match(r"""(["'])(.*?)\1(?=[\s;]|$)""", rest) or re.match(r"()([^\s;]+)", rest)
        if found:
            tokens[-1].append(found[2])
        else:
            tokens.append([])
        rest = rest[found.end() if found else 1 :].lstrip()
    return tokens


@pytest.mark.parametrize("name", SAFE)
def test_the_script_opens_the_map_of_this_name_and_every_line_is_one_of_its_own_commands(run, name):
    folder, _ = run
    script = made_of(name, folder, ".cxc")
    lines = script.read_bytes().decode().split("\n")[:-1]
    assert {len(commands(line)) for line in lines} == {1}
    assert {commands(line)[0][0] for line in lines} == COMMANDS
    opened = {commands(line)[0][1] for line in lines if line.startswith("open")}
    assert {str(folder.resolve() / name), made_of(name, folder, ".mrc").name} <= opened


@pytest.mark.parametrize("name", UNSAFE)
def test_there_is_no_script_where_the_name_could_not_be_written_safely_but_all_else(run, name):
    folder, result = run
    assert made_of(name, folder, ".cxc") is None
    for ending in (".mrc", ".png", ".json"):
        assert made_of(name, folder, ending)
    assert json.loads(made_of(name, folder, ".json").read_text(encoding="utf-8"))["map"] == str(folder.resolve() / name)
    assert result.stdout.count("There is no ChimeraX script") == len(UNSAFE)


def test_what_is_printed_has_a_line_for_each_thing_told_whatever_the_names(run):
    _, result = run
    lines = result.stdout.split("\n")[:-1]
    assert len([line for line in lines if not line.startswith("  ")]) == len(SAFE) + len(UNSAFE)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2028]", result.stdout)


@pytest.mark.parametrize("name", ['a" ; close.mrc', "two\nlines.mrc"])
def test_a_mistake_with_such_a_name_is_told_in_one_line(refusal, name):
    assert printable(name) in refusal("estimate", name)


@pytest.mark.parametrize("name", UNSAFE)
def test_a_script_with_such_a_name_cannot_be_written(tmp_path, name):
    path = tmp_path / name
    assert not can_be_opened(path)
    with pytest.raises(ValueError, match="cannot be written"):
        chimerax_script(path, tmp_path / "scale.mrc")


def test_a_folder_of_such_a_name_keeps_the_script_from_being_written_too(occupy, store, phantom, tmp_path):
    folder = tmp_path / "a;close"
    folder.mkdir()
    result = occupy("estimate", store(folder / "map.mrc", phantom((20, 20, 20))), "--output-dir", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    assert "There is no ChimeraX script" in result.stdout
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".mrc", ".png", ".json"}
