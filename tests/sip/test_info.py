"""Keys by INFO."""

import pytest

from appliance.sip.errors import RemoteError
from appliance.sip.info import read_info


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Signal= * \nDuration= 100", "*"),
        ("application/dtmf-relay", b"signal=11\r\n", "#"),
        ("application/dtmf-relay", b"Duration=100\r\n", ""),
        ("application/dtmf", b"d\r\n", "D"),
        ("application/dtmf", b"10", "*"),
        ("application/dtmf", b"99", ""),
        ("application/dtmf", b"\xff\xfe", ""),
        ("text/plain", b"", ""),
    ],
)
def test_both_bodies_give_their_key(kind, body, key):
    """A relay body and a bare one name the same keys; what is no key is none."""
    assert read_info(kind, body) == key


def test_another_body_is_refused():
    """An INFO of another kind gets 415."""
    with pytest.raises(RemoteError) as caught:
        read_info("application/media_control+xml", b"<x/>")
    assert caught.value.status == 415
