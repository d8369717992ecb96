"""A session saved with the panel open, opened by someone who does not have the bundle, and by someone who has."""

import json

import pytest
import runner

MODELS = {"maps": ["small", "small occupancy"], "colored by": "small occupancy", "key": True}


@pytest.fixture(scope="module")
def saved(request):
    """The folder with the session, and the variables that name a screen."""
    if not runner.CHIMERAX:
        pytest.skip(runner.NO_CHIMERAX)
    if not runner.has_screen():
        pytest.skip(runner.NO_SCREEN)
    folder = request.getfixturevalue("profile")
    with runner.screen() as variables:
        runner.run_chimerax(folder, variables, "--exit", "--script", str(folder / "sharing" / "save.py"))
        yield folder, variables


def found_in(saved, name, home):
    folder, variables = saved
    script = str(folder / "sharing" / "found.py")
    log = runner.run_chimerax(
        folder, variables | {"OCCUPY_TEST_SESSION": name}, "--exit", "--script", script, home=home
    )
    path = folder / f"{name}.json"
    assert path.exists(), log
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_session_opens_where_the_bundle_is_not_installed(saved):
    found = found_in(saved, "shared", runner.OTHER_HOME)
    assert found == MODELS | {"has the bundle": False, "kind": None, "solvent mask": None}


def test_the_panel_comes_back_from_a_session_that_was_saved_without_the_bundle(saved):
    found_in(saved, "shared", runner.OTHER_HOME)
    found = found_in(saved, "shared again", runner.HOME)
    assert found == MODELS | {"has the bundle": True, "kind": "sigmoid", "solvent mask": "small occupancy"}
