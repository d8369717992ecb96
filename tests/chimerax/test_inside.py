"""The tests in inside/, run in each real ChimeraX without its window, each reported as a test of its own."""

import pytest
import runner


@pytest.fixture(scope="session")
def outcomes(profile):
    return profile.outcomes("inside", runner.WITHOUT_WINDOW)


@pytest.mark.parametrize("name", list(runner.names_of_tests("inside")))
def test_in_chimerax(name, outcomes):
    runner.check(outcomes, name)
