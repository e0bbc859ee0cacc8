"""Symmetric RTP: where the peer is."""

import pytest

from appliance.rtp.latch import Latch

AGREED, NATTED, STRANGER = ("10.0.0.9", 4000), ("192.0.2.9", 9000), ("192.0.2.66", 6666)


@pytest.fixture
def latch():
    """Agreed, and nothing has come."""
    return Latch(AGREED, quiet=1.0)


def test_packets_go_where_sdp_says_until_some_come(latch):
    """Then they go where those came from."""
    assert latch.target == latch.expected == AGREED
    assert latch.take(NATTED, 1.0, same=False, last=None)
    assert latch.target == latch.expected == NATTED


def test_a_stranger_does_not_take_the_place_of_a_peer_that_speaks(latch):
    """Only its own source may move, or go where SDP said; after a silence anybody may."""
    latch.take(NATTED, 1.0, same=False, last=None)
    assert not latch.take(STRANGER, 1.5, same=False, last=1.0)
    assert latch.target == NATTED
    assert latch.take(AGREED, 1.5, same=False, last=1.0)
    assert latch.take(STRANGER, 1.5, same=True, last=1.0)
    assert latch.take(NATTED, 2.0, same=False, last=1.0)
    assert latch.target == NATTED


@pytest.mark.parametrize("nowhere", [("0.0.0.0", 4000), ("::", 4000), ("", 4000), ("10.0.0.9", 0)])
def test_nothing_is_sent_to_nowhere(latch, nowhere):
    """Hold in its old form, also for a peer whose packets still come."""
    latch.take(AGREED, 1.0, same=False, last=None)
    latch.agree(nowhere)
    assert latch.target is None
    latch.take(AGREED, 1.1, same=True, last=1.0)
    assert latch.target is None
    assert latch.expected == AGREED


def test_the_address_that_stays_agreed_leaves_the_latch(latch):
    """Another one is believed until packets come again."""
    latch.take(NATTED, 1.0, same=False, last=None)
    latch.agree(AGREED)
    assert latch.target == NATTED
    latch.agree(STRANGER)
    assert latch.target == STRANGER
