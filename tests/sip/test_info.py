"""Keys by INFO."""

import pytest

from appliance.sip.errors import LocalError, RemoteError
from appliance.sip.info import read_info, write_info


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Signal= * \nDuration= 100", "*"),
        ("application/dtmf-relay", b"signal=11\r\n", "#"),
        ("application/dtmf-relay", b"Duration=100\r\n", ""),
        ("application/dtmf-relay", b"Signal : 7 \r\n Duration : 160", "7"),
        ("application/dtmf-relay", b" SIGNAL =\t#\n", "#"),
        ("application/dtmf-relay", b"\r\nSignal=0\r\r\n", "0"),
        ("application/dtmf", b" 3 ", "3"),
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


@pytest.mark.parametrize("relay", [True, False])
@pytest.mark.parametrize("key", list("0123456789*#ABCDa"))
def test_what_we_write_is_what_we_read(key, relay):
    """Every key survives the way through either body."""
    assert read_info(*write_info(key, 160, relay=relay)) == key.upper()


@pytest.mark.parametrize(("key", "milliseconds"), [("", 160), ("12", 160), ("x", 160), ("1", 5)])
def test_what_is_no_key_is_our_fault(key, milliseconds):
    """LocalError."""
    with pytest.raises(LocalError):
        write_info(key, milliseconds, relay=True)
