"""`call.connectors.deadlines`: one thread that calls back in time."""

import threading
import time

import pytest

from appliance.call.connectors.deadlines import Deadlines


@pytest.fixture
def deadlines():
    made = Deadlines()
    yield made
    made.close()


def test_calls_come_in_the_order_of_their_times(deadlines):
    """Calls back in order, whatever the order in which it was asked to."""
    told, over = [], threading.Event()
    now = time.monotonic()
    deadlines.at(now + 0.06, lambda: (told.append("c"), over.set()))
    deadlines.at(now + 0.02, lambda: told.append("a"))
    deadlines.at(now + 0.04, lambda: told.append("b"))
    assert over.wait(10)
    assert told == ["a", "b", "c"]


def test_what_is_cancelled_does_not_come(deadlines):
    """Calls nobody back who has cancelled, and keeps nothing of them."""
    told, over = [], threading.Event()
    number = deadlines.at(time.monotonic() + 0.02, lambda: told.append("x"))
    deadlines.cancel(number)
    deadlines.cancel(number)
    assert deadlines._heap == []
    deadlines.at(time.monotonic() + 0.04, over.set)
    assert over.wait(10)
    assert told == []


def test_closing_ends_the_thread():
    """Ends its thread at once, though something is still to come."""
    made = Deadlines()
    told = []
    made.at(time.monotonic() + 0.02, lambda: told.append("x"))
    made.close()
    assert not made._thread.is_alive()
    assert told == []
