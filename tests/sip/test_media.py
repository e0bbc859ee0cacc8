"""Directions and their algebra; how codecs are numbered."""

import pytest

from appliance.sip.media import (
    CODECS,
    DTMF_PAYLOAD_TYPES,
    PAYLOAD_TYPES,
    Crypto,
    Direction,
    direction,
)


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


def test_the_codecs_are_described_as_registered():
    """Static numbers of RFC 3551 table 4, RFC 7587's fixed clock; 20 ms fits all of them."""
    assert {name: codec.payload_type for name, codec in CODECS.items()} == {
        "PCMU": 0,
        "PCMA": 8,
        "G722": 9,
        "opus": 107,
    }
    assert {name: codec.clock for name, codec in CODECS.items() if codec.clock != 8000} == {
        "opus": 48000
    }
    assert all(20 in codec.packets for codec in CODECS.values())
    assert all(codec.encoding.split("/")[1] == str(codec.clock) for codec in CODECS.values())


def test_no_two_numbers_of_ours_are_the_same():
    """Codecs and telephone-event share one space."""
    numbers = [*PAYLOAD_TYPES.values(), *DTMF_PAYLOAD_TYPES.values()]
    assert len(set(numbers)) == len(numbers)


def test_a_key_is_not_shown():
    """What is logged or raised with a Crypto in it holds no key."""
    assert "secret" not in repr(Crypto("AEAD_AES_128_GCM", b"secret"))
