"""The parser on samples in files, on mutated messages, and on the clock."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.sip.errors import RemoteError
from appliance.sip.message import Request, Response
from appliance.sip.parser import LARGEST, check, parse
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
