"""Directions and their algebra."""

import pytest

from appliance.sip.media import Direction, direction


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("sendrecv", "sendrecv"),
        ("sendonly", "recvonly"),
        ("recvonly", "sendonly"),
        ("inactive", "inactive"),
    ],
)
def test_mirroring_is_the_other_side(ours, theirs):
    """What we send they receive."""
    assert Direction(ours).mirrored is Direction(theirs)


def test_within_keeps_what_both_allow():
    """Hold on one side and hold on the other is silence."""
    assert Direction.SENDONLY.within(Direction.RECVONLY) is Direction.INACTIVE
    assert Direction.SENDRECV.within(Direction.SENDONLY) is Direction.SENDONLY


def test_every_direction_is_made_of_its_two_halves():
    """Sends and receives determine it."""
    for one in Direction:
        assert direction(sends=one.sends, receives=one.receives) is one
