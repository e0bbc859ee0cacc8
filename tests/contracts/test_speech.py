"""The packets of the link between `call` and `speech`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.contracts.expectation import Expectation, Kind
from appliance.contracts.speech import (
    MAXIMUM_PACKET,
    Alternative,
    Audio,
    Expect,
    Heard,
    LinkError,
    Manner,
    Noticed,
    Open,
    Opened,
    Partial,
    Refused,
    Say,
    Sound,
    SpeechStarted,
    Spoken,
    Stop,
    Word,
    decode,
    encode,
)

MESSAGES = [
    Open("c1"),
    Audio(b"\x01\x00" * 160),
    Audio(b"\x01\x00" * 160, b"\x02\x00" * 160),
    Audio(b"", b"\x02\x00" * 160),
    Expect(Expectation(Kind.CHOICE, ("billing", "radiology"))),
    Expect(Expectation(Kind.DIGITS, shortest=6, longest=8)),
    Expect(Expectation(Kind.DATE, hotwords=("doctor meyer",))),
    Say(7, "Grüß Gott — “hello”.", 1.1),
    Stop(7),
    Opened("en-telephone-8k", "en-rms-16k"),
    Refused("every place is taken"),
    SpeechStarted(1.25),
    Partial("what are", 1.5),
    Heard(
        "what are your hours",
        0.75,
        1.0,
        2.5,
        2.75,
        (Word("what", 1.0, 1.2, 0.5),),
        (Alternative("what or", 0.2),),
        "what are your hours",
        Manner.SPEECH,
    ),
    Heard("mhm", 0.9, 1.0, 1.3, 1.5, manner=Manner.BACKCHANNEL),
    Noticed(Sound.FAX, 3.5),
    Heard("", 0.0, 1.0, 1.1, 1.5),
    Spoken(7, b"\x00\x01" * 500),
    Spoken(7, b"", last=True),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_a_message_survives_its_packet(message):
    """What is sent is what is read."""
    assert decode(encode(message)) == message


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x00",
        b"\x01",
        b"\x01{}",
        b"\x01[]",
        b"\x01{",
        b'\x01{"call":5,"language":"en","version":1}',
        b'\x03{"expectation":{"kind":"song","phrases":[],"shortest":0,"longest":0}}',
        b'\x03{"expectation":7}',
        b'\x04{"utterance":"1","text":"x","speed":1.0}',
        b"\x02\x01",
        b"\x46\x01",
        b"\x46\x01\x00\x00\x00\x00\x01",
        b'\x45{"text":"x"}',
        b'\x47{"sound":"thunder","since":1.0}',
        b'\x47{"sound":"fax","since":"now"}',
        (
            b'\x45{"text":"x","confidence":1,"start":0,"end":0,"decided":0,"words":[],'
            b'"alternatives":[],"written":"","manner":"rude"}'
        ),
        (
            b'\x45{"text":"x","confidence":1,"start":0,"end":0,"decided":0,"words":5,'
            b'"alternatives":[],"written":"","manner":"speech"}'
        ),
        (
            b'\x45{"text":7,"confidence":1,"start":0,"end":0,"decided":0,"words":[],'
            b'"alternatives":[],"written":"","manner":"speech"}'
        ),
        b"\x01" + b"[" * 50_000,
    ],
)
def test_a_foreign_packet_is_refused(packet):
    """Bytes that are no message raise LinkError and nothing else."""
    with pytest.raises(LinkError):
        decode(packet)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_do_harm(packet):
    """Any bytes are a message or a LinkError."""
    try:
        decode(packet)
    except LinkError:
        pass


def test_a_packet_has_a_limit():
    """More audio than a packet holds is refused where it is sent."""
    with pytest.raises(LinkError):
        encode(Spoken(1, bytes(MAXIMUM_PACKET)))
