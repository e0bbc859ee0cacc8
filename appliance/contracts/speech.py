"""The link between `call` and `speech`: one Unix SOCK_SEQPACKET connection per call.

    call                                   speech
     | Open(version, call, language)  ------> |   <------ Opened(version, stt, tts) or Refused
     | Audio (20 ms, every 20 ms)     ------> |   <------ SpeechStarted / Partial / Heard / Noticed
     | Expect(expectation)            ------> |
     | Say(utterance, text)           ------> |   <------ Spoken(utterance, pcm, last)
     | Stop(utterance)                ------> |

One packet is one message: a type byte, then for audio raw 16-bit little-endian PCM at 8 kHz mono
(upward: the bytes of what was heard as a 16-bit number, what was heard, what was played), for
everything else a JSON object of the dataclass's fields in UTF-8. Stream times are seconds
since the first sample of the first `Audio` of the connection. The version is of the whole link: a
peer of another version is refused in words instead of misread.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, Final

from appliance.contracts.expectation import Expectation, Kind

VERSION: Final = 4
SAMPLE_RATE: Final = 8000
"""Hz of all audio on the link."""
FRAME_SAMPLES: Final = 160
"""Samples of one upward audio packet: 20 ms."""
MAXIMUM_PACKET: Final = 65_536
"""Bytes; no packet of the link is larger, whoever receives may allocate just that."""


class LinkError(ValueError):
    """A packet that is not of this link's version or shape."""


@dataclass(frozen=True, slots=True)
class Open:
    """call → speech, first packet of a connection."""

    call: str
    """Opaque id for log lines; holds nothing of the caller."""
    language: str = "en"
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Audio:
    """call → speech: the next samples heard from the caller, concealed where packets were lost."""

    pcm: bytes
    played: bytes = b""
    """What the box itself sent while these samples were heard: PCM, the far end of the line's echo.
    Empty: silence."""


@dataclass(frozen=True, slots=True)
class Expect:
    """call → speech: what the dialogue expects from now on."""

    expectation: Expectation


@dataclass(frozen=True, slots=True)
class Say:
    """call → speech: synthesise `text`; its audio comes back as `Spoken` with the same number."""

    utterance: int
    text: str
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Stop:
    """call → speech: the audio of this utterance is no longer wanted."""

    utterance: int


@dataclass(frozen=True, slots=True)
class Opened:
    """speech → call: the connection is served, by these packs."""

    stt: str
    tts: str
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Refused:
    """speech → call: why the connection is not served (capacity, version, language)."""

    reason: str


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """speech → call: the caller began to speak at stream time `at` (s)."""

    at: float


@dataclass(frozen=True, slots=True)
class Partial:
    """speech → call: what has been understood of an utterance that goes on."""

    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word with its stream times in seconds."""

    text: str
    start: float
    end: float
    confidence: float = 0.0
    """Within 0 to 1; 0 where the recogniser does not tell."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another reading of the same utterance; `confidence` within 0 to 1."""

    text: str
    confidence: float


class Manner(StrEnum):
    """How an utterance was meant, as far as it sounds."""

    SPEECH = "speech"
    """Words to the box."""
    BACKCHANNEL = "backchannel"
    """ "Mhm", "okay": the caller follows and wants the box to go on."""
    NOISE = "noise"
    """A cough, laughter, a click, a slammed door."""
    BACKGROUND = "background"
    """Somebody else, farther from the telephone."""


class Sound(StrEnum):
    """What may be on a line instead of a caller."""

    FAX = "fax"
    """The calling tone of a fax machine (ITU-T T.30, 1100 Hz) or its answer (2100 Hz)."""
    MODEM = "modem"
    """A data modem or a text telephone."""
    TONE = "tone"
    """A network's tone: busy, congestion, number unobtainable, dial tone."""
    MUSIC = "music"
    """Music, as on hold."""
    MACHINE = "machine"
    """An answering machine or an announcement: it talks on without being asked."""
    SILENCE = "silence"
    """Nothing at all, for long: not even a room."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """speech → call: this has been on the line since stream time `since` (s); once each time."""

    sound: Sound
    since: float


@dataclass(frozen=True, slots=True)
class Heard:
    """speech → call: an utterance is over.

    An empty text means that there was sound but nothing that could be understood.
    """

    text: str
    confidence: float
    """Within 0 to 1; 0 where `text` is empty."""
    start: float
    """Stream time of the first voiced sample, s."""
    end: float
    """Stream time of the last voiced sample, s."""
    decided: float
    """Stream time at which the turn was declared over, s; `decided - end` is the patience used."""
    words: tuple[Word, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    written: str = ""
    """The text as one would write it: "4455" for "four four five five"; empty where `text` is."""
    manner: Manner = Manner.SPEECH
    intents: tuple[Alternative, ...] = ()
    """Intents of the published dialogue by an encoder pack, "" for none of them; empty: no pack."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """speech → call: audio of an utterance; `last` closes it (its `pcm` may be empty)."""

    utterance: int
    pcm: bytes
    last: bool = False


Upward = Open | Audio | Expect | Say | Stop
Downward = Opened | Refused | SpeechStarted | Partial | Heard | Spoken | Noticed
Message = Upward | Downward

_TYPES: Final[dict[int, type[Message]]] = {
    1: Open,
    2: Audio,
    3: Expect,
    4: Say,
    5: Stop,
    65: Opened,
    66: Refused,
    67: SpeechStarted,
    68: Partial,
    69: Heard,
    70: Spoken,
    71: Noticed,
}
_CODES: Final = {kind: code for code, kind in _TYPES.items()}
_SPOKEN: Final = struct.Struct("<I?")
_HEARD: Final = struct.Struct("<H")


def encode(message: Message) -> bytes:
    """Return the packet of a message. Raises LinkError where it would exceed MAXIMUM_PACKET."""
    code = bytes([_CODES[type(message)]])
    if isinstance(message, Audio):
        if len(message.pcm) > 0xFFFF:
            raise LinkError(f"{len(message.pcm)} bytes of audio in one packet: send 20 ms")
        packet = code + _HEARD.pack(len(message.pcm)) + message.pcm + message.played
    elif isinstance(message, Spoken):
        packet = code + _SPOKEN.pack(message.utterance, message.last) + message.pcm
    else:
        packet = code + json.dumps(_plain(message), separators=(",", ":")).encode()
    if len(packet) > MAXIMUM_PACKET:
        raise LinkError(
            f"a {type(message).__name__} of {len(packet)} bytes exceeds the link's packet"
        )
    return packet


def decode(packet: bytes) -> Message:
    """Read one packet. Raises LinkError for anything that is not a message of this link."""
    if not packet:
        raise LinkError("an empty packet")
    kind = _TYPES.get(packet[0])
    if kind is None:
        raise LinkError(f"an unknown message type {packet[0]}")
    body = packet[1:]
    if kind is Audio or kind is Spoken:
        return _decode_audio(kind, body)
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LinkError(f"a {kind.__name__} that is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise LinkError(f"a {kind.__name__} that is not an object")
    return _build(kind, values)


def _decode_audio(kind: type[Message], body: bytes) -> Message:
    if kind is Spoken:
        if len(body) < _SPOKEN.size:
            raise LinkError("a truncated Spoken")
        utterance, last = _SPOKEN.unpack_from(body)
        body = body[_SPOKEN.size :]
        played = b""
    else:
        if len(body) < _HEARD.size:
            raise LinkError("a truncated Audio")
        (heard,) = _HEARD.unpack_from(body)
        body, played = body[_HEARD.size :][:heard], body[_HEARD.size + heard :]
        if len(body) < heard:
            raise LinkError("a truncated Audio")
    if len(body) % 2 or len(played) % 2:
        raise LinkError("audio of half a sample")
    return Spoken(utterance, body, last) if kind is Spoken else Audio(body, played)


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def _build(kind: type[Message], values: Mapping[str, Any]) -> Message:
    try:
        if kind is Expect:
            inner = dict(values["expectation"])
            expectation = Expectation(
                Kind(inner["kind"]),
                tuple(map(str, inner["phrases"])),
                int(inner["shortest"]),
                int(inner["longest"]),
                tuple(map(str, inner["hotwords"])),
            )
            return Expect(expectation)
        if kind is Heard:
            parts = dict(values)
            parts["words"] = tuple(Word(**w) for w in parts["words"])
            parts["alternatives"] = tuple(Alternative(**a) for a in parts["alternatives"])
            parts["intents"] = tuple(Alternative(**a) for a in parts["intents"])
            parts["manner"] = Manner(parts["manner"])
            values = parts
        elif kind is Noticed:
            values = {**values, "sound": Sound(values["sound"])}
        built = kind(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise LinkError(f"a {kind.__name__} with wrong fields: {error}") from None
    for field in fields(built):
        if isinstance(field.type, str) and field.type in _CHECKS:
            _check(kind, field.name, getattr(built, field.name), _CHECKS[field.type])
    return built


_CHECKS: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
}


def _check(kind: type[Message], name: str, value: object, kinds: tuple[type, ...]) -> None:
    if not isinstance(value, kinds):
        raise LinkError(f"a {kind.__name__} whose {name} is {type(value).__name__}")
