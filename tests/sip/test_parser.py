"""The parser on samples in files, on mutated messages, and on the clock."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.sip.errors import RemoteError
from appliance.sip.message import Request, Response
from appliance.sip.parser import LARGEST, check, parse, salvage
from tests.sip.wire import Wire

TORTURE = sorted((Path(__file__).parent / "torture").glob("*.sip"))
"""The first part of each name is the outcome: ok, the status of the refusal, or drop."""


def outcome(data: bytes) -> str:
    try:
        message = parse(data)
    except RemoteError:
        return "drop"
    try:
        check(message)
    except RemoteError as error:
        return str(error.status)
    return "ok"


@pytest.mark.parametrize("path", TORTURE, ids=lambda path: path.stem)
def test_each_sample_has_its_outcome(path):
    """What peers send in the field is taken; what is broken is refused in the right way."""
    assert outcome(path.read_bytes()) == path.stem.partition("-")[0]


@pytest.mark.parametrize("path", TORTURE, ids=lambda path: path.stem)
def test_each_sample_truncated_anywhere_is_survived(path):
    """Every prefix has some outcome."""
    data = path.read_bytes()[:2000]
    for end in range(0, len(data), 7):
        outcome(data[:end])


def read(name: str) -> Request | Response:
    return parse((Path(__file__).parent / "torture" / f"{name}.sip").read_bytes())


def test_what_is_tolerated_is_also_understood():
    """Folding, compact names, several values, quotes and blanks arrive with their meaning."""
    assert read("ok-folded").headers["Subject"] == "a call about nothing"
    assert read("ok-compact").headers["Supported"] == "timer, 100rel"
    assert [via.rpartition("=")[2] for via in read("ok-vias").vias] == [
        "z9hG4bKabc;rport".rpartition("=")[2],
        "z9hG4bKdef",
        "z9hG4bKghi",
    ]
    assert read("ok-quotes").sender.display == 'Call\\er "C, <sip:x@y>" ; z'
    assert read("ok-blanks").cseq.number == 1
    assert read("ok-blanks").via.branch == "z9hG4bKabc"
    assert read("ok-utf8").sender.display == "Jürgen Müller 😀"
    assert read("ok-short-body").body == b"v=0"
    assert read("ok-no-reason").reason == ""
    assert b"na\xefve" in bytes(read("ok-latin1"))


@pytest.mark.parametrize(
    "data", [b"", b"\r\n", b"\r\n\r\n", b"\0", b"\xff" * 100, b"x" * (LARGEST + 1)]
)
def test_what_is_no_message_is_refused(data):
    """Keepalives, noise and what is too large raise RemoteError."""
    with pytest.raises(RemoteError):
        parse(data)


def plain(**changes: str) -> bytes:
    """The plain sample with some of its header lines written otherwise."""
    lines = (Path(__file__).parent / "torture" / "ok-plain.sip").read_bytes().split(b"\r\n")
    for name, line in changes.items():
        at = next(n for n, old in enumerate(lines) if old.lower().startswith(name.encode()))
        lines[at] = line.encode()
    return b"\r\n".join(lines)


def test_what_is_too_large_is_refused_as_such():
    """A message of 64 KiB is read; one byte more is told to be too large."""
    data = plain(content="X: no length")
    room = LARGEST - len(data)
    assert len(parse(data + b"x" * room).body) >= room
    with pytest.raises(RemoteError) as error:
        parse(data + b"x" * (room + 1))
    assert error.value.status == 513


@pytest.mark.parametrize(
    "lengths",
    [
        "Content-Length: 0\r\nl: 3",
        "l: 0\r\nContent-Length: -1",
        "Content-Length: x",
        "l: 3\r\nl: 03",
    ],
)
def test_lengths_that_disagree_are_refused(lengths):
    """Nobody can say where such a message ends; one that is merely said twice is fine."""
    with pytest.raises(RemoteError):
        parse(plain(content=lengths) + b"v=0")
    assert parse(plain(content="Content-Length: 0\r\nl: 0")).body == b""


@pytest.mark.parametrize(
    "data",
    [
        plain(invite="INVITE sip:a@b; lr SIP/2.0"),
        plain(invite="INVITE sip:a@b SIP/7.0"),
        plain(content="Content-Length: 9999"),
        plain(content="Content-Length: -1"),
        plain(contact="no header at all"),
    ],
    ids=["uri", "version", "long", "negative", "line"],
)
def test_what_a_refused_request_still_says_is_saved(data):
    """All that an answer copies is there, so that the peer learns what was wrong."""
    with pytest.raises(RemoteError):
        parse(data)
    saved = salvage(data)
    assert saved is not None
    assert (saved.method, saved.call_id, saved.body) == ("INVITE", "call-1@192.0.2.9", b"")
    assert saved.via.branch == "z9hG4bKabc"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 50,
        b"SIP/2.0 999 x\r\nVia: SIP/2.0/UDP a\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        plain(invite="ACK sip:a@b; lr SIP/2.0"),
        plain(invite="SIP/2.0 99 x SIP/2.0"),
        plain(call="X: no Call-ID"),
        plain(via="X: no Via"),
        plain(contact="X: y\r\n" * 300),
    ],
)
def test_what_nobody_could_be_answered_about_is_not_saved(data):
    """No answer to noise, to responses, to an ACK, or where what an answer copies is missing."""
    assert salvage(data) is None


def test_a_response_with_two_vias_is_for_somebody_else():
    """A user agent is never further along the way of a response (RFC 3261 8.1.3.3)."""
    data = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n%sFrom: <sip:a@b>;tag=1\r\n"
    data += b"To: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n"
    check(parse(data % b""))
    with pytest.raises(RemoteError):
        check(parse(data % b"Via: SIP/2.0/UDP c;branch=z9hG4bK2\r\n"))


@pytest.mark.parametrize(
    "line",
    [
        "INVITE sip:a@b?Route=%3Csip:c%3E SIP/2.0",
        "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx, ;",
    ],
)
def test_a_sound_head_with_a_broken_value_is_refused(line):
    """URI headers in the request line, and a Via list that holds what is none."""
    with pytest.raises(RemoteError):
        check(parse(plain(invite=line)))


VALID = [path.read_bytes() for path in TORTURE if path.stem.startswith("ok-")]


@st.composite
def mutated(draw):
    """A valid message with some bytes changed, removed, doubled or put in."""
    data = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        kind = draw(st.integers(0, 3))
        if kind == 0 and data:
            data[at] = draw(st.integers(0, 255))
        elif kind == 1:
            del data[at : at + draw(st.integers(1, 40))]
        elif kind == 2:
            data[at:at] = draw(
                st.sampled_from(
                    [b'"', b"<", b">", b"\\", b";", b",", b"\r\n", b"\n ", b"\0", b"@", b":"]
                )
            ) * draw(st.integers(1, 30))
        else:
            data[at:at] = data[at : at + draw(st.integers(1, 60))]
    return bytes(data)


@settings(derandomize=True, database=None, max_examples=400, deadline=None)
@given(mutated())
def test_a_mutated_message_never_raises_out_of_a_user_agent(data):
    """Whatever arrives, `receive` returns; the agent still answers afterwards."""
    wire = Wire()
    box, peer = wire.station("192.0.2.1"), wire.station("192.0.2.9")
    box.agent.receive(data, peer.address, wire.now)
    box.agent.tick(wire.now + 40.0)
    box.agent.outgoing()
    options = (
        VALID[0]
        .replace(b"INVITE", b"OPTIONS")
        .replace(b"z9hG4bKabc", b"z9hG4bKz")
        .replace(b"call-1", b"call-2")
    )
    box.agent.receive(options, peer.address, wire.now + 40.0)
    assert any(packet.data.startswith(b"SIP/2.0 200") for packet in box.agent.outgoing())


@settings(derandomize=True, database=None, max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_noise_has_an_outcome(data):
    """Any bytes are dropped or refused, never more."""
    assert outcome(data) in ("drop", "400", "416", "ok")


@pytest.mark.parametrize(
    "unit",
    [b'"', b"\\", b'"\\', b"<", b",", b";", b"a=", b" ", b"\t", b"%", b"@", b":", b'";"', b"<>,"],
)
def test_time_grows_with_the_length_only(unit):
    """A header eight times as long takes about eight times as long, not sixty-four."""

    def cost(size: int) -> float:
        value = unit * (size // len(unit))
        template = (
            VALID[0]
            .replace(b'"Caller"', b'"Caller" ' + value)
            .replace(b";rport", b";rport;x=" + value)
        )
        best = 9.0
        for _ in range(5):
            start = time.thread_time()
            for _ in range(5):
                outcome(template)
            best = min(best, time.thread_time() - start)
        return best

    assert cost(8000) < 32 * cost(1000)
