"""A session saved with the panel and a matrix open, opened by someone without the bundle, and by someone with it."""

import json

import pytest
import runner

MODELS = {"maps": ["small", "small occupancy", "with B", "without B"], "colored by": "small occupancy", "key": True}

MATRIX = [[1.0, 1.0], [1.0, 0.0]]


@pytest.fixture(scope="module")
def found_in(profile, screen):
    """Takes the name of a session and a home, and tells what ChimeraX finds there in the session."""
    profile.run(screen, "--exit", "--script", str(profile.folder / "sharing" / "save.py"))

    def found(name, home):
        variables = screen | {"OCCUPY_TEST_SESSION": name}
        script = str(profile.folder / "sharing" / "found.py")
        log = profile.run(variables, "--exit", "--script", script, home=home)
        path = profile.folder / f"{name}.json"
        assert path.exists(), log
        return json.loads(path.read_text(encoding="utf-8"))

    return found


def test_a_session_opens_where_the_bundle_is_not_installed(found_in):
    found = found_in("shared", runner.OTHER_HOME)
    assert found == MODELS | {"has the bundle": False, "kind": None, "solvent mask": None, "matrix": None}


def test_panel_and_matrix_come_back_from_a_session_that_was_saved_without_the_bundle(found_in):
    found_in("shared", runner.OTHER_HOME)
    found = found_in("shared again", runner.HOME)
    windows = {"kind": "sigmoid", "solvent mask": "small occupancy", "matrix": [["with B", "without B"], MATRIX, 1]}
    assert found == MODELS | {"has the bundle": True} | windows
