"""What the exchange knows of its calls, and the names of who is in them."""

import pytest

from appliance import rtp, sip
from appliance.exchange.calls import fresh_keys, passable, user_of
from appliance.rtp.srtp import KEY_BYTES


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        ("201", "201"), ("sip:201@pbx", "201"), ("<sip:201@pbx;transport=udp>", "201"),
        ("SIPS:a.b@[::1]:5061", "a.b"), ("sip:pbx.example", ""), ("tel:+49123;phone-context=x",
        "+49123"), ("sip:201;x=1@pbx", "201"), ("", ""), ("201?Replaces=1", "201"),
    ],
)  # fmt: skip
def test_user_part_is_found(uri: str, user: str) -> None:
    """The user part of any form of target is found."""
    assert user_of(uri) == user


def test_keys_are_fresh_and_fit_their_suites() -> None:
    """Every suite of this machine gets a key of its own length and a number of its own."""
    sizes: list[int] = []

    def secret(size: int) -> bytes:
        sizes.append(size)
        return bytes([len(sizes)]) * size

    for policy in (sip.Srtp.OFFERED, sip.Srtp.REQUIRED):
        keys = fresh_keys(policy, secret)
        assert tuple(key.suite for key in keys) == rtp.SUITES
        assert [len(key.key) for key in keys] == [KEY_BYTES[suite] for suite in rtp.SUITES]
        assert len({key.key for key in keys}) == len({key.tag for key in keys}) == len(keys)
    assert fresh_keys(sip.Srtp.OFF, secret) == ()


@pytest.mark.parametrize(
    ("status", "passed"), [(0, 408), (302, 480), (401, 403), (407, 403), (404, 404), (603, 603)]
)
def test_status_of_one_leg_is_told_to_the_other(status: int, passed: int) -> None:
    """A refusal goes on as it came, except where it speaks of one leg alone."""
    assert passable(status, "why")[0] == passed
