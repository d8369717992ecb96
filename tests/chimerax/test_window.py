"""The tests in window/, run in each real ChimeraX with its window, on a virtual screen where there is none."""

import pytest
import runner


@pytest.fixture(scope="session")
def outcomes(profile, screen):
    return profile.outcomes("window", (), screen)


@pytest.mark.parametrize("name", list(runner.names_of_tests("window")))
def test_in_window(name, outcomes):
    runner.check(outcomes, name)
