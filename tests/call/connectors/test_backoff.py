"""`call.connectors.backoff`: longer each time, and never in step."""

from appliance.call.connectors.backoff import LONGEST, later, soon


def test_pauses_grow_to_a_quarter_of_an_hour():
    """Doubles the pause with every attempt, and stops growing at 15 minutes."""
    pauses = [later(tried, 0.999) for tried in range(1, 40)]
    assert pauses == sorted(pauses)
    assert 2.5 <= later(1, 0) < pauses[0] <= 5
    assert LONGEST / 2 <= pauses[-1] <= LONGEST
    assert later(10**6, 0) == LONGEST / 2


def test_chance_spreads_the_pauses():
    """Spreads boxes that failed together over half of the pause."""
    assert later(3, 0.99) / later(3, 0.0) > 1.9
    assert soon(1, 0.99) / soon(1, 0.0) > 2.9


def test_a_caller_waits_less():
    """Pauses tenths of seconds while a caller waits."""
    assert 0.05 <= soon(1, 0.0) < soon(2, 0.99) < 1
