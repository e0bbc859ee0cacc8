"""Offer and answer (RFC 3264) for one audio stream, both roles, first time and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from .address import is_literal
from .errors import LocalError, RemoteError
from .machine import Machine
from .media import DTMF_PAYLOAD_TYPE, PAYLOAD_TYPES, Direction, LocalMedia, Media
from .sdp import Attributes, Description, Stream
from .text import natural

PROTOCOL: Final = "RTP/AVP"
_STATIC: Final = {str(number): name for name, number in PAYLOAD_TYPES.items()}
_NOWHERE: Final = ("0.0.0.0", "::")


class UnacceptableError(RemoteError):
    """A description with which there can be no audio between us."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, 488)


class Phase(Enum):
    """Where an exchange of descriptions stands."""

    IDLE = auto()
    """Nothing has been agreed and nothing is asked."""
    OFFERED = auto()
    """Our offer waits for its answer; what was agreed before still holds."""
    AGREED = auto()


class Step(Enum):
    """What moves it."""

    OFFER = auto()
    """We make an offer."""
    ANSWER = auto()
    """We answer the peer's offer."""
    ACCEPT = auto()
    """The peer's answer to our offer."""
    WITHDRAW = auto()
    """Our offer was refused."""


STEPS: Final[Mapping[tuple[Phase, Step], Phase]] = {
    (Phase.IDLE, Step.OFFER): Phase.OFFERED,
    (Phase.IDLE, Step.ANSWER): Phase.AGREED,
    (Phase.OFFERED, Step.ACCEPT): Phase.AGREED,
    (Phase.OFFERED, Step.WITHDRAW): Phase.AGREED,
    (Phase.AGREED, Step.OFFER): Phase.OFFERED,
    (Phase.AGREED, Step.ANSWER): Phase.AGREED,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What we would take of a description."""

    index: int
    """Of its media line."""
    shared: tuple[str, ...]
    """The codecs that we speak too, in its order; the first is taken."""
    codec: str
    payload_type: int
    dtmf_payload_type: int | None
    host: str
    port: int
    direction: Direction
    """Theirs."""
    ptime: int
    control_host: str
    control_port: int

    def media(self, local: LocalMedia) -> Media:
        """The agreement that follows for us."""
        return Media(
            self.host,
            self.port,
            self.codec,
            self.payload_type,
            self.dtmf_payload_type if local.dtmf else None,
            self.direction.mirrored.within(local.direction),
            self.ptime,
            self.control_host,
            self.control_port,
        )


def choose(description: Description, codecs: tuple[str, ...]) -> Choice:
    """Take the first audio line with a codec of ours, in the peer's order of codecs.

    Raises UnacceptableError, with a reason that says what was missing.
    """
    reason = "no audio stream"
    for index, stream in enumerate(description.streams):
        if stream.kind != "audio" or stream.port == 0:
            continue
        if stream.protocol != PROTOCOL:
            reason = f"only {PROTOCOL} is spoken here"
            continue
        host = stream.host or description.host
        if not is_literal(host):
            reason = "no address to send audio to"
            continue
        shared = _shared(stream, codecs)
        if not shared:
            reason = "no codec in common"
            continue
        codec, number = next(iter(shared.items()))
        control_host, control_port = _control(stream, host)
        return Choice(
            index,
            tuple(shared),
            codec,
            number,
            _dtmf(stream),
            host,
            stream.port,
            _direction(description, stream, host),
            _ptime(stream),
            control_host,
            control_port,
        )
    raise UnacceptableError(reason)


class Negotiation(Machine[Phase, Step]):
    """The descriptions of one call: what we said, what was agreed, and what is still open."""

    def __init__(self, session: str, local: LocalMedia | None = None) -> None:
        super().__init__(STEPS, Phase.IDLE)
        self.local = local
        """Our wish; the caller replaces it to hold or resume."""
        self.media: Media | None = None
        """What is agreed; None before the first agreement."""
        self._session = session
        self._said: Description | None = None
        self._slot = 0

    def _step(self, step: Step) -> None:
        if not self.go(step):
            raise LocalError(f"no {step.name.lower()} while the descriptions are {self.phase.name}")

    def offer(self) -> bytes:
        """Our offer, the first one or a new one. Raises LocalError."""
        local = self._wish()
        self._step(Step.OFFER)
        media = self.media
        codecs = {name: PAYLOAD_TYPES[name] for name in local.codecs if name in PAYLOAD_TYPES}
        dtmf = DTMF_PAYLOAD_TYPE
        if media is not None:
            # what is in use comes first and keeps its numbers (RFC 3264 8.3.2)
            codecs = {media.codec: media.payload_type, **codecs}
            codecs[media.codec] = media.payload_type
            dtmf = media.dtmf_payload_type or dtmf
        stream = _stream(local, codecs, dtmf if local.dtmf else None, local.direction)
        # a media line, once said, keeps its place for ever (RFC 3264 section 8)
        streams = list(self._said.streams) if self._said else [stream]
        streams[self._slot] = stream
        return self._say(local, tuple(streams))

    def answer(self, body: bytes) -> bytes:
        """Our answer to the peer's offer; `media` is what follows.

        Raises RemoteError (400 for what is no description, 488 for what we cannot accept); the
        earlier agreement then still holds.
        """
        local = self._wish()
        offered = Description.parse(body)
        choice = choose(offered, local.codecs)
        if (":" in choice.host) != (":" in local.host):
            raise UnacceptableError("no address family in common")
        self._step(Step.ANSWER)
        media = choice.media(local)
        stream = _stream(
            local, {media.codec: media.payload_type}, media.dtmf_payload_type, media.direction
        )
        streams = tuple(
            stream if index == choice.index else replace(old, port=0, host="", attributes=())
            for index, old in enumerate(offered.streams)
        )
        self.media, self._slot = media, choice.index
        return self._say(local, streams)

    def accept(self, body: bytes) -> Media:
        """The peer's answer to our offer. Raises RemoteError where there can be no audio."""
        local = self._wish()
        if self.phase is not Phase.OFFERED:
            raise RemoteError("an answer to nothing")
        choice = choose(Description.parse(body), local.codecs)
        self._step(Step.ACCEPT)
        self.media = choice.media(local)
        return self.media

    def withdraw(self) -> None:
        """Our offer was refused: what was agreed before holds on."""
        self.go(Step.WITHDRAW)

    def _wish(self) -> LocalMedia:
        if self.local is None:
            raise LocalError("no media of ours to describe")
        return self.local

    def _say(self, local: LocalMedia, streams: tuple[Stream, ...]) -> bytes:
        """The version grows exactly when something else is said (RFC 3264 section 8)."""
        version = self._said.version if self._said else 1
        said = Description("-", self._session, version, local.host, local.host, streams)
        if self._said is not None and said != self._said:
            said = replace(said, version=version + 1)
        self._said = said
        return bytes(said)


def _stream(
    local: LocalMedia, codecs: Mapping[str, int], dtmf: int | None, way: Direction
) -> Stream:
    attributes: list[tuple[str, str]] = [
        ("rtpmap", f"{number} {name}/8000") for name, number in codecs.items()
    ]
    formats = [str(number) for number in codecs.values()]
    if dtmf is not None:
        formats.append(str(dtmf))
        attributes += [("rtpmap", f"{dtmf} telephone-event/8000"), ("fmtp", f"{dtmf} 0-15")]
    attributes += [("ptime", str(local.ptime)), (str(way), "")]
    return Stream("audio", local.port, PROTOCOL, tuple(formats), "", tuple(attributes))


def _maps(stream: Stream) -> dict[str, str]:
    """The name of each format, as `PCMU/8000`, upper case."""
    maps = {number: f"{name}/8000" for number, name in _STATIC.items()}
    for key, value in stream.attributes:
        words = value.split()
        if key == "rtpmap" and len(words) == 2:
            name, _, rest = words[1].upper().partition("/")
            maps[words[0]] = f"{name}/{rest.partition('/')[0]}"
    return maps


def _shared(stream: Stream, codecs: tuple[str, ...]) -> dict[str, int]:
    """Name and payload type of each format that is one of our codecs, in the peer's order."""
    maps = _maps(stream)
    shared: dict[str, int] = {}
    for number in stream.formats:
        name, _, rate = maps.get(number, "").partition("/")
        value = natural(number, 127)
        if name in codecs and name in PAYLOAD_TYPES and rate == "8000" and value is not None:
            shared.setdefault(name, value)
    return shared


def _dtmf(stream: Stream) -> int | None:
    maps = _maps(stream)
    for number in stream.formats:
        if maps.get(number) == "TELEPHONE-EVENT/8000":
            return natural(number, 127)
    return None


def _direction(description: Description, stream: Stream, host: str) -> Direction:
    way = _said_direction(stream.attributes) or _said_direction(description.attributes)
    way = way or Direction.SENDRECV
    if host in _NOWHERE:
        # the old way of holding (RFC 3264 8.4): the peer does not want to receive
        way = way.within(Direction.SENDONLY)
    return way


def _said_direction(attributes: Attributes) -> Direction | None:
    return next((Direction(key) for key, _ in attributes if key in set(Direction)), None)


def _ptime(stream: Stream) -> int:
    value = natural(stream.attribute("ptime"), 200)
    return value if value and value % 10 == 0 else 20


def _control(stream: Stream, host: str) -> tuple[str, int]:
    words = (stream.attribute("rtcp") or "").split()
    port = natural(words[0], 65535) if words else None
    if not port:
        return host, min(stream.port + 1, 65535)
    if len(words) == 4 and is_literal(words[3]):
        return words[3], port
    return host, port
