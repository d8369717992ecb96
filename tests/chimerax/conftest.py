"""The tests in inside/ and window/ are for ChimeraX's own Python; test_inside.py and test_window.py have them run."""

import pytest
import runner

collect_ignore = ["inside", "window"]


@pytest.fixture(scope="session")
def profile():
    """The folder of a clean ChimeraX profile with the bundle installed."""
    with runner.profile() as folder:
        yield folder
