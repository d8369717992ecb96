"""The tests in inside/, run in a real ChimeraX without its window, each reported as a test of its own."""

import pytest
import runner


@pytest.fixture(scope="session")
def outcomes(profile):
    return runner.outcomes(profile, "inside", runner.WITHOUT_WINDOW)


@pytest.mark.parametrize("name", list(runner.names_of_tests("inside")))
def test_in_chimerax(name, request):
    if not runner.CHIMERAX:
        pytest.skip(runner.NO_CHIMERAX)
    runner.check(request.getfixturevalue("outcomes"), name)
