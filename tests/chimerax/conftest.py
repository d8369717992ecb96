"""What is in the folders is for ChimeraX's own Python; the modules beside have it run."""

import pytest
import runner

collect_ignore = ["inside", "window", "sharing"]


@pytest.fixture(scope="session", params=runner.CHIMERAXES or [None], ids=str)
def profile(request):
    """A clean profile of each ChimeraX with the bundle installed."""
    if request.param is None:
        pytest.skip(runner.NO_CHIMERAX)
    with runner.new_profile(request.param) as made:
        yield made


@pytest.fixture(scope="session")
def screen():
    """Variables that name the screen of a window."""
    if not runner.has_screen():
        pytest.skip(runner.NO_SCREEN)
    with runner.screen() as variables:
        yield variables
