"""Messages cut out of a stream of bytes."""

import pytest

from appliance.sip.errors import RemoteError
from appliance.sip.framing import PING, PONG, Framer
from appliance.sip.parser import LARGEST

ONE = b"OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 4\r\n\r\nbody"
TWO = b"SIP/2.0 200 OK\r\nl: 0\r\n\r\n"
BARE = b"BYE sip:a SIP/2.0\nContent-Length:\n 2\nSubject: x\n\nhi"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
def test_messages_are_cut_wherever_the_segments_end(size):
    """Content-Length decides, also compact, folded, or with bare line feeds."""
    data = ONE + TWO + BARE + ONE
    framer, found = Framer(), []
    for at in range(0, len(data), size):
        found += framer.feed(data[at : at + size])
    assert found == [ONE, TWO, BARE, ONE]
    assert framer.pings == 0


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_pings_are_counted_and_pongs_told(size):
    """CRLFCRLF wants an answer, a single CRLF is one (RFC 5626 4.4.1)."""
    data = PING + ONE + PING + PING + TWO + PONG
    framer, found = Framer(), []
    for at in range(0, len(data), size):
        found += framer.feed(data[at : at + size])
    assert framer.pings == 3
    assert [one for one in found if one != PONG] == [ONE, TWO]
    assert found[-1] == PONG
    if size == 1000:
        assert found == [ONE, TWO, PONG]


def test_line_ends_before_a_message_are_tolerated():
    """RFC 3261 7.5: leading CRLFs are no part of the message."""
    assert Framer().feed(b"\r\n" + ONE) == [PONG, ONE]


def test_a_message_without_a_length_has_no_body():
    """The next one begins right after the empty line."""
    assert Framer().feed(b"OPTIONS sip:a SIP/2.0\r\nX: y\r\n\r\n" + TWO) == [
        b"OPTIONS sip:a SIP/2.0\r\nX: y\r\n\r\n",
        TWO,
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\n",
        b"OPTIONS sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 99999\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n",
        b"A" * LARGEST,
        b"OPTIONS sip:a SIP/2.0\r\n" + b"X: y\r\n" * LARGEST,
    ],
)
def test_a_stream_that_cannot_be_cut_is_refused(data):
    """What is no SIP, or has no end, ends the connection instead of filling the memory."""
    framer = Framer()
    with pytest.raises(RemoteError):
        for at in range(0, len(data), 4096):
            framer.feed(data[at : at + 4096])
    assert len(framer._held) <= LARGEST + 4096


def test_the_largest_message_fits():
    """Head and body together up to 64 KiB."""
    head = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 60000\r\n\r\n"
    assert Framer().feed(head + b"x" * 60000) == [head + b"x" * 60000]
