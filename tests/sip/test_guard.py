"""Whom we serve, and how often."""

import pytest

from appliance.sip.errors import LocalError
from appliance.sip.guard import (
    CROWD_TIMES,
    KNOWN_TIMES,
    MOST_SOURCES,
    UNREAD_TIMES,
    Guard,
    Policy,
    Strangers,
    Trust,
)


def served(guard, host, asked, now, *, known=False):
    """How many of so many requests at once are served."""
    return sum(guard.admits(host, now, known=known) for _ in range(asked))


def test_a_burst_is_served_and_then_the_rate():
    """The bucket fills again as time passes, never beyond the burst."""
    guard = Guard(Policy(burst=10, rate=2.0))
    assert served(guard, "a", 50, 0.0) == 10
    assert served(guard, "a", 50, 3.0) == 6
    assert served(guard, "a", 50, 1000.0) == 10


def test_one_host_does_not_use_up_anothers_share():
    """Each has its own bucket; a known peer has a larger one."""
    guard = Guard(Policy(burst=10, rate=0.0))
    assert served(guard, "a", 50, 0.0) == 10
    assert served(guard, "b", 5, 0.0) == 5
    assert served(guard, "pbx", 1000, 0.0, known=True) == 10 * KNOWN_TIMES


def test_forged_addresses_do_not_multiply_the_rate():
    """All strangers together have a limit, which known peers do not share."""
    guard = Guard(Policy(burst=10, rate=0.0))
    assert sum(served(guard, str(host), 2, 0.0) for host in range(500)) == 10 * CROWD_TIMES
    assert served(guard, "pbx", 1, 0.0, known=True) == 1


def test_memory_is_bounded():
    """The host that was silent for longest is forgotten."""
    guard = Guard(Policy(burst=1, rate=0.0))
    guard.admits("pbx", 0.0, known=True)
    for host in range(3 * MOST_SOURCES):
        guard.admits(str(host), 0.0, known=False)
    assert len(guard._hosts) == MOST_SOURCES


def test_datagrams_have_a_wider_limit_than_requests():
    """A call in progress sends more than requests that open one."""
    guard = Guard(Policy(burst=10, rate=0.0))
    assert sum(guard.reads("a", 0.0, known=False) for _ in range(1000)) == 10 * UNREAD_TIMES


def test_no_burst_is_no_limit():
    """For measurements."""
    guard = Guard(Policy(burst=0))
    assert served(guard, "a", 10_000, 0.0) == 10_000


def test_a_clock_that_stands_still_gives_nothing():
    """Nor does one that is set back."""
    guard = Guard(Policy(burst=1, rate=1.0))
    assert served(guard, "a", 2, 10.0) == 1
    assert served(guard, "a", 2, 5.0) == 0
    assert served(guard, "a", 2, 6.5) == 1


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("192.0.3.7", False),
        ("10.0.0.1", True),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("fe80::1%eth0", True),
        ("pbx", False),
        ("", False),
    ],
)
def test_trust_is_given_to_addresses_and_networks(host, inside):
    """IPv4, IPv6, mapped, with a zone; a name is never trusted."""
    trust = Trust(("192.0.2.0/24", "10.0.0.1", "2001:db8::/32", "fe80::/10"))
    assert trust.includes(host) is inside


def test_what_names_no_network_is_refused():
    """When the policy is made, not in the middle of a call."""
    with pytest.raises(LocalError):
        Policy(trusted=("pbx.example",))
    assert Policy().strangers is Strangers.ANSWER
