"""The tests in window/, run in a real ChimeraX with its window, on a virtual screen where there is none."""

import pytest
import runner


@pytest.fixture(scope="session")
def outcomes(profile):
    with runner.screen() as variables:
        return runner.outcomes(profile, "window", (), variables)


@pytest.mark.parametrize("name", list(runner.names_of_tests("window")))
def test_in_window(name, request):
    if not runner.CHIMERAX:
        pytest.skip(runner.NO_CHIMERAX)
    if not runner.has_screen():
        pytest.skip(runner.NO_SCREEN)
    runner.check(request.getfixturevalue("outcomes"), name)
