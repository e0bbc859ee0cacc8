"""`system.connection`: one connection, on a transport and a clock that the test holds."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import pytest

from appliance.sip.address import Address
from appliance.system.connection import Connection, Limits
from tests.system.farend import message

PEER = Address("tcp", "192.0.2.1", 5060, "pbx.example")


class Handle:
    def __init__(self, when: float, call: Callable[[], None]) -> None:
        self.when, self.call, self.cancelled = when, call, False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """As much of a loop as a connection needs."""

    def __init__(self) -> None:
        self.at = 100.0
        self.handles: list[Handle] = []

    def time(self) -> float:
        return self.at

    def call_at(self, when: float, call: Callable[[], None]) -> Handle:
        self.handles.append(Handle(when, call))
        return self.handles[-1]

    def call_soon(self, call: Callable[[int], None], most: int) -> None:
        self.call_at(self.at, lambda: call(most))

    def go(self, seconds: float) -> None:
        until = self.at + seconds
        while due := [h for h in self.handles if not h.cancelled and h.when <= until]:
            first = min(due, key=lambda handle: handle.when)
            self.handles.remove(first)
            self.at = max(self.at, first.when)
            first.call()
        self.at = until


class Transport:
    """A transport that takes what it is given, or nothing."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.waiting = 0
        self.reading = True
        self.aborted = self.closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.aborted or self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.closed = True


class Owner:
    """Remembers what a connection tells."""

    def __init__(self) -> None:
        self.loop = Clock()
        self.limits = Limits()
        self.closing = False
        self.batches: list[list[bytes]] = []
        self.why: list[str] = []
        self.refused = ""

    def receive(self, messages: list[bytes], source: Address) -> None:
        assert source is PEER
        self.batches.append(messages)

    def refusal(self, transport: asyncio.BaseTransport, who: str) -> str:
        return self.refused

    def ended(self, connection: Connection, why: str) -> None:
        self.why.append(why)

    @property
    def got(self) -> list[bytes]:
        return [message for batch in self.batches for message in batch]


@pytest.fixture
def owner() -> Owner:
    return Owner()


def made(owner: Owner, *, accepted: bool = False) -> tuple[Connection, Transport]:
    connection, transport = Connection(owner, PEER, accepted=accepted), Transport()
    connection.connection_made(transport)  # type: ignore[arg-type]
    return connection, transport


# sending


def test_what_waits_is_sent_in_its_order_once_connected(owner: Owner) -> None:
    """Queues until there is a connection, then sends at once."""
    connection, transport = Connection(owner, PEER, accepted=False), Transport()
    connection.send(b"one")
    connection.send(b"two")
    connection.connection_made(transport)  # type: ignore[arg-type]
    connection.send(b"three")
    assert transport.sent == [b"one", b"two", b"three"]


def test_the_queue_is_bounded(owner: Owner) -> None:
    """Gives a connection up for which too much waits, with a reason, once."""
    connection = Connection(owner, PEER, accepted=False)
    for _ in range(owner.limits.queued + 5):
        connection.send(b"x")
    assert owner.why == ["too much waits for a connection to pbx.example"]


def test_a_peer_that_does_not_read_is_given_up(owner: Owner) -> None:
    """Breaks off where the bytes that wait would exceed the limit."""
    connection, transport = made(owner)
    transport.waiting = owner.limits.buffered - 3
    connection.send(b"123")
    assert not owner.why
    connection.send(b"1234")
    assert owner.why == ["pbx.example does not read what it is sent"]
    assert transport.aborted
    connection.send(b"1")
    assert transport.sent == [b"123"]


def test_nothing_is_sent_to_a_certificate_that_is_refused(owner: Owner) -> None:
    """Ends the connection before the first byte."""
    owner.refused = "it is not the one"
    connection, transport = Connection(owner, PEER, accepted=False), Transport()
    connection.send(b"secret")
    connection.connection_made(transport)  # type: ignore[arg-type]
    assert transport.sent == []
    assert transport.aborted
    assert owner.why == ["it is not the one"]


def test_a_connection_that_comes_too_late_is_closed(owner: Owner) -> None:
    """Uses no transport after its end."""
    connection, transport = Connection(owner, PEER, accepted=False), Transport()
    connection.end("enough")
    connection.connection_made(transport)  # type: ignore[arg-type]
    assert transport.aborted
    assert owner.why == ["enough"]


# receiving


def test_messages_are_cut_wherever_segments_end(owner: Owner) -> None:
    """Puts messages together byte by byte, and from any two parts."""
    stream = message("one") + message() + message("three")
    connection, _ = made(owner)
    for n in range(len(stream)):
        connection.data_received(stream[n : n + 1])
    for cut in range(len(stream) + 1):
        connection.data_received(stream[:cut])
        connection.data_received(stream[cut:])
        owner.loop.go(0)
    assert owner.got == [message("one"), message(), message("three")] * (len(stream) + 2)


def test_many_messages_in_one_segment_let_others_have_their_turn(owner: Owner) -> None:
    """Hands on a few, stops reading, and goes on in the next turn; none is lost or reordered."""
    messages = [message(str(n)) for n in range(100)]
    connection, transport = made(owner)
    connection.data_received(b"".join(messages))
    assert len(owner.batches) == 1
    assert not transport.reading
    owner.loop.go(0)
    assert max(len(batch) for batch in owner.batches) <= 16
    assert owner.got == messages
    assert transport.reading


def test_what_came_before_the_end_is_handed_on_first(owner: Owner) -> None:
    """Loses no message of a peer that says goodbye and closes."""
    messages = [message(str(n)) for n in range(40)]
    connection, _ = made(owner)
    connection.data_received(b"".join(messages))
    connection.connection_lost(None)
    assert owner.got == messages
    assert owner.why == ["pbx.example closed the connection"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",
        b"x" * 100_000,
        b"OPTIONS sip:box SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
        b"OPTIONS sip:box SIP/2.0\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS sip:box SIP/2.0\r\n" + b"X: y\r\n" * 20_000,
    ],
    ids=["http", "tls", "endless", "huge", "negative", "head"],
)
def test_garbage_ends_the_connection(owner: Owner, garbage: bytes) -> None:
    """Breaks off with a reason, and reads nothing more."""
    connection, transport = made(owner)
    connection.data_received(garbage)
    assert transport.aborted
    assert owner.why[0].startswith("pbx.example sends what cannot be read: ")
    connection.data_received(message())
    assert not owner.got


def test_keepalives_are_answered(owner: Owner) -> None:
    """Sends a pong for each ping, split or not (RFC 5626 section 4.4.1)."""
    connection, transport = made(owner)
    connection.data_received(b"\r\n\r\n")
    connection.data_received(b"\r\n")
    connection.data_received(b"\r\n" + message("in between") + b"\r\n\r\n")
    assert b"".join(transport.sent) == b"\r\n" * 3
    assert message("in between") in owner.got


# the end


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (None, "pbx.example closed the connection"),
        (ConnectionResetError(), "pbx.example broke off the connection to port 5060"),
        (TimeoutError(), "pbx.example does not answer on port 5060"),
        (ssl.SSLEOFError(), "pbx.example broke off the TLS connection"),
    ],
)
def test_the_end_is_told_once_with_its_reason(
    owner: Owner, error: Exception | None, why: str
) -> None:
    """Says in plain words how a connection ended; what follows from that is not told again."""
    connection, _ = made(owner)
    connection.connection_lost(error)
    connection.connection_lost(None)
    connection.end("again")
    assert owner.why == [why]
    assert all(handle.cancelled for handle in owner.loop.handles)


def test_nothing_is_handed_on_while_closing(owner: Owner) -> None:
    """Lets the core rest after its end, while the last messages leave."""
    connection, transport = made(owner)
    owner.closing = True
    connection.finish()
    connection.data_received(message())
    assert transport.closed
    assert not owner.got


def test_closing_waits_for_what_is_queued(owner: Owner) -> None:
    """Sends the goodbye over a connection that comes only now, then closes it."""
    connection, transport = Connection(owner, PEER, accepted=False), Transport()
    connection.send(b"BYE")
    owner.closing = True
    connection.finish()
    assert not owner.why
    connection.connection_made(transport)  # type: ignore[arg-type]
    assert transport.sent == [b"BYE"]
    assert transport.closed


# patience


def test_a_message_that_has_begun_must_end(owner: Owner) -> None:
    """Breaks off when a message trickles in for too long, however steadily."""
    connection, _ = made(owner)
    for byte in message(size=100):
        connection.data_received(bytes([byte]))
        owner.loop.go(0.5)
        if owner.why:
            break
    assert owner.why == ["pbx.example began a message and did not end it"]
    assert owner.loop.at == pytest.approx(100 + owner.limits.half, abs=0.5)


def test_a_slow_message_does_not_shorten_the_time_of_the_next(owner: Owner) -> None:
    """Counts from the first byte of each message."""
    connection, _ = made(owner)
    for _ in range(5):
        connection.data_received(message()[:10])
        owner.loop.go(owner.limits.half - 1)
        connection.data_received(message()[10:] + message()[:5])
        owner.loop.go(owner.limits.half - 1)
        connection.data_received(message()[5:])
    owner.loop.go(1000)
    assert not owner.why
    assert len(owner.got) == 10


def test_an_accepted_connection_must_bring_something(owner: Owner) -> None:
    """Closes one on which nothing whole comes."""
    made(owner, accepted=True)
    owner.loop.go(owner.limits.first - 0.1)
    assert not owner.why
    owner.loop.go(0.2)
    assert owner.why == ["pbx.example was silent for too long"]


@pytest.mark.parametrize("sign", [message(), b"\r\n\r\n"])
def test_an_accepted_connection_lives_on_messages_and_keepalives(owner: Owner, sign: bytes) -> None:
    """Closes it only after long silence."""
    connection, _ = made(owner, accepted=True)
    for _ in range(4):
        connection.data_received(sign)
        owner.loop.go(owner.limits.idle - 1)
    assert not owner.why
    owner.loop.go(2)
    assert owner.why == ["pbx.example was silent for too long"]


def test_a_connection_of_ours_lives_while_it_is_used(owner: Owner) -> None:
    """Keeps it as long as a message goes either way now and then, and not for ever after."""
    connection, _ = made(owner)
    for _ in range(4):
        connection.send(message())
        owner.loop.go(owner.limits.idle - 1)
        connection.data_received(message())
        owner.loop.go(owner.limits.idle - 1)
    assert not owner.why
    owner.loop.go(2)
    assert owner.why == ["the connection to pbx.example was not in use"]


def test_speaking_does_not_keep_a_connection_of_the_peers(owner: Owner) -> None:
    """Closes one that the peer made and forgot, whatever we send over it."""
    connection, _ = made(owner, accepted=True)
    connection.data_received(message())
    for _ in range(3):
        connection.send(message())
        owner.loop.go(owner.limits.idle / 3 + 1)
    assert owner.why == ["pbx.example was silent for too long"]
