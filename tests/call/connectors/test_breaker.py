"""`call.connectors.breaker`: a system that is down is left alone, and found again."""

from appliance.call.connectors.breaker import FAILURES, FIRST, LONGEST, TABLE, Breaker, Input, State


def opened():
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.allows(0.0)
        breaker.failed(0.0)
    return breaker


def test_failures_in_a_row_open_it():
    """Opens after so many failures in a row, and not while successes lie between."""
    breaker = Breaker()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.failed(0.0)
        assert breaker.state is State.CLOSED
        breaker.succeeded(0.0)
    assert breaker.allows(0.0)
    assert opened().state is State.OPEN
    assert not opened().allows(FIRST - 0.1)


def test_one_tries_for_all():
    """Lets one ask when its time has passed, and the others wait for how that goes."""
    breaker = opened()
    assert breaker.allows(FIRST)
    assert breaker.state is State.HALF_OPEN
    assert not breaker.allows(FIRST)
    breaker.succeeded(FIRST + 0.1)
    assert breaker.state is State.CLOSED
    assert breaker.allows(FIRST + 0.1)


def test_it_stays_open_longer_each_time():
    """Doubles the time after every trial that fails, up to a minute, and forgets it afterwards."""
    breaker, now, pauses = opened(), 0.0, []
    for _ in range(8):
        begun = now
        while not breaker.allows(now):
            now += 0.5
        pauses.append(now - begun)
        breaker.failed(now)
    assert pauses == [5, 10, 20, 40, 60, 60, 60, 60]
    assert max(pauses) == LONGEST
    while not breaker.allows(now):
        now += 0.5
    breaker.succeeded(now)
    for _ in range(FAILURES):
        breaker.failed(now)
    assert breaker.allows(now + FIRST)


def test_a_trial_that_never_tells_does_not_close_the_way_for_ever():
    """Lets another one try where the first one was lost."""
    breaker = opened()
    assert breaker.allows(FIRST)
    assert breaker.allows(FIRST + LONGEST)


def test_late_failures_do_not_open_it_again():
    """Ignores failures of requests that had begun before it opened."""
    breaker = opened()
    breaker.failed(1.0)
    assert breaker.allows(FIRST)


def test_every_state_has_a_way_on():
    """Leaves no state without a way back to closed."""
    for state in State:
        assert (state, Input.SUCCEEDED) in TABLE
        assert TABLE[(state, Input.SUCCEEDED)] is State.CLOSED
