"""What is in the folders is for ChimeraX's own Python; the modules beside have it run."""

import pytest
import runner

collect_ignore = ["inside", "window", "sharing"]


@pytest.fixture(scope="session")
def profile():
    """The folder of a clean ChimeraX profile with the bundle installed."""
    with runner.profile() as folder:
        yield folder
