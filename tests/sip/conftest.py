"""Every scenario runs on a clean wire and on lossy ones."""

import pytest

from tests.sip.wire import CLEAN, LOSSY, Wire


@pytest.fixture(params=[0, 1, 2, 3, 4], ids=["clean", "lossy1", "lossy2", "lossy3", "lossy4"])
def wire(request):
    """A wire; all but the first lose, double, delay and disorder, each in its own way."""
    return Wire(LOSSY if request.param else CLEAN, seed=request.param)


@pytest.fixture
def clean():
    """A wire that only delays."""
    return Wire(CLEAN)
