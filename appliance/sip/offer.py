"""Offer and answer (RFC 3264) for one audio stream, both roles, first time and again.

    local (our wish) ──offer──▶ peer ──accept──▶ media (what is agreed)
    peer's offer ──answer──▶ media, and our answer

`choice.py` reads what the peer says, `crypto.py` its keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from .choice import PLAIN, SECURE, Choice, Terms, UnacceptableError, plain, select
from .crypto import numbered, write
from .errors import LocalError, RemoteError
from .machine import Machine
from .media import (
    CODECS,
    DTMF_PAYLOAD_TYPES,
    MOST_PTIME,
    Crypto,
    Direction,
    LocalMedia,
    Media,
    Srtp,
)
from .sdp import Description, Stream

_DYNAMIC: Final = range(96, 128)


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
class _Line:
    """Our own media line as we last said it."""

    streams: tuple[Stream, ...]
    keys: tuple[Crypto, ...]
    numbers: Mapping[str, int]
    """Our payload type for each encoding in it, as `OPUS/48000`: what the peer sends us with."""


class Negotiation(Machine[Phase, Step]):
    """The descriptions of one call: what we said, what was agreed, and what is still open."""

    def __init__(self, session: str, local: LocalMedia | None = None) -> None:
        super().__init__(STEPS, Phase.IDLE)
        self.local = local
        """Our wish; the caller replaces it to hold, to resume, or for other codecs."""
        self.media: Media | None = None
        """What is agreed; None before the first agreement."""
        self._session = session
        self._said: Description | None = None
        self._line: _Line | None = None
        """Of the description said last."""
        self._standing: _Line | None = None
        """Of the one that led to what is agreed."""
        self._slot = 0
        self._protocol = ""
        """The profile agreed on."""
        self._settled: LocalMedia | None = None
        """Our wish when that was agreed."""
        self._meanings: Mapping[int, str] = {}
        """Payload types with the encoding that either side gave them; a copy of us shares it."""

    def _step(self, step: Step) -> None:
        if not self.go(step):
            raise LocalError(f"no {step.name.lower()} while the descriptions are {self.phase.name}")

    def offer(self) -> bytes:
        """Our offer, the first one or a new one. Raises LocalError."""
        local = self._wish()
        keys = numbered(local.crypto, self.media.sending if self.media else None)
        numbers = self._numbers(local)
        stream = _stream(
            local,
            numbers,
            self._profile(local),
            direction=local.direction,
            keys=keys if local.srtp is not Srtp.OFF else (),
            mux=local.mux,
        )
        self._step(Step.OFFER)
        # a media line, once said, keeps its place for ever (RFC 3264 section 8)
        streams = list(self._said.streams) if self._said else [stream]
        streams[self._slot] = stream
        return self._say(local, _Line(tuple(streams), keys, numbers))

    def repeat(self) -> bytes:
        """What we said for the agreement that stands, as an offer: a refresh changes nothing.

        With another wish than at that time it is a new offer. Raises LocalError.
        """
        local = self._wish()
        if self._standing is None or local != self._settled:
            return self.offer()
        self._step(Step.OFFER)
        return self._say(local, self._standing)

    def answer(self, body: bytes) -> bytes:
        """Our answer to the peer's offer; `media` is what follows.

        Raises RemoteError (400 for what is no description, 488 for what we cannot accept); the
        earlier agreement then still holds.
        """
        local = self._wish()
        offered = Description.parse(body)
        choice = select(offered, Terms.of(local))
        key = self._answering_key(local, choice.crypto)
        self._step(Step.ANSWER)
        media = choice.media(local, key)
        numbers = {CODECS[media.codec].encoding: media.payload_type}
        if media.dtmf_payload_type is not None:
            numbers[f"telephone-event/{media.dtmf_clock}"] = media.dtmf_payload_type
        if media.noise_payload_type is not None:
            numbers[f"CN/{media.clock}"] = media.noise_payload_type
        keys = (key,) if key else ()
        stream = _stream(
            local, numbers, choice.protocol, direction=media.direction, keys=keys, mux=media.mux
        )
        streams = tuple(
            stream if index == choice.index else replace(old, port=0, host="", attributes=())
            for index, old in enumerate(offered.streams)
        )
        self._slot = choice.index
        said = self._say(local, _Line(streams, keys, numbers))
        self._agree(local, choice, media)
        return said

    def accept(self, body: bytes) -> Media:
        """The peer's answer to our offer. Raises RemoteError where there can be no audio."""
        local, (choice, media) = self._wish(), self._read(body)
        self._step(Step.ACCEPT)
        self._agree(local, choice, media)
        return media

    def withdraw(self) -> None:
        """Our offer was refused: what was agreed before holds on."""
        self.go(Step.WITHDRAW)

    def _wish(self) -> LocalMedia:
        local = self.local
        if local is None:
            raise LocalError("no media of ours to describe")
        if not any(name in CODECS for name in local.codecs):
            raise LocalError("no codec of ours to describe")
        if local.srtp is not Srtp.OFF and not local.crypto:
            raise LocalError("encryption without a key of ours")
        return local

    def _profile(self, local: LocalMedia) -> str:
        """That of an offer of ours: what is agreed stays."""
        secure = SECURE if local.srtp is Srtp.REQUIRED else PLAIN
        if local.srtp is Srtp.OFF and self._protocol.startswith(SECURE):
            return secure
        return self._protocol or secure

    def _answering_key(self, local: LocalMedia, theirs: Crypto | None) -> Crypto | None:
        """Our key of the same suite under the peer's tag (RFC 4568 5.1.2)."""
        if theirs is None:
            return None
        ours = next(crypto for crypto in local.crypto if crypto.suite == theirs.suite)
        _distinct(ours, theirs)
        return replace(ours, tag=theirs.tag)

    def _read(self, body: bytes) -> tuple[Choice, Media]:
        local, line = self._wish(), self._line
        if self.phase is not Phase.OFFERED or line is None:
            raise RemoteError("an answer to nothing")
        description = Description.parse(body)
        slot = self._slot if len(description.streams) == len(line.streams) else None
        choice = select(description, Terms.of(local), answered=slot if slot is not None else 0)
        key = None
        if choice.crypto is not None:
            key = next((own for own in line.keys if own.tag == choice.crypto.tag), None)
            if key is None or key.suite != choice.crypto.suite:
                raise UnacceptableError("the key answers none that we offered")
            _distinct(key, choice.crypto)
        media = choice.media(local, key)
        # each side sends with the numbers that the other one said (RFC 3264 5.1)
        ours = {name: line.numbers.get(CODECS[name].encoding) for name in choice.shared}
        receivable = tuple((number, name) for name, number in ours.items() if number is not None)
        keys = media.dtmf_payload_type
        if keys is not None:
            keys = line.numbers.get(f"telephone-event/{media.dtmf_clock}", keys)
        return choice, replace(
            media,
            receivable=receivable or media.receivable,
            receivable_dtmf=keys if keys != media.dtmf_payload_type else None,
        )

    def _agree(self, local: LocalMedia, choice: Choice, media: Media) -> None:
        self.media, self._protocol, self._settled = media, choice.protocol, local
        self._standing = self._line
        said = {number: encoding for encoding, number in choice.numbers.items()}
        self._learn({number: meaning for number, meaning in said.items() if number in _DYNAMIC})

    def _numbers(self, local: LocalMedia) -> dict[str, int]:
        """Encoding and payload type of each format of an offer, best first.

        What is in use comes first, unless other codecs are wished for now; a number that meant
        something in this call means that for ever (RFC 3264 8.3.2).
        """
        names = [name for name in local.codecs if name in CODECS]
        media = self.media
        settled = self._settled is not None and local.codecs == self._settled.codecs
        if media is not None and media.codec in names and settled:
            names.sort(key=lambda name: name != media.codec)
        wanted = {CODECS[name].encoding: CODECS[name].payload_type for name in names}
        if local.dtmf:
            clocks = {CODECS[name].clock for name in names} | {8000}
            wanted |= {
                f"telephone-event/{clock}": number
                for clock, number in DTMF_PAYLOAD_TYPES.items()
                if clock in clocks
            }
        used = media.receivable[:1] if media is not None and media.codec in names else ()
        fixed = {CODECS[name].encoding: number for number, name in used}
        numbers: dict[str, int] = {}
        for encoding, usual in wanted.items():
            number = fixed.get(encoding)
            if number is None:
                taken = {*fixed.values(), *numbers.values()}
                number = self._number(plain(encoding), usual, taken)
            if number is not None:
                numbers[encoding] = number
                self._learn({number: plain(encoding)})
        return numbers

    def _number(self, encoding: str, usual: int, taken: set[int]) -> int | None:
        """A payload type for an encoding; None in the case that all mean something else."""
        known = [number for number, meaning in self._meanings.items() if meaning == encoding]
        fresh = [n for n in (usual, *_DYNAMIC) if n not in self._meanings]
        return next((number for number in (*known, *fresh) if number not in taken), None)

    def _learn(self, meanings: Mapping[int, str]) -> None:
        """What was first said of a number holds; copies of us keep what they know."""
        new = {n: meaning for n, meaning in meanings.items() if n not in self._meanings}
        self._meanings = {**self._meanings, **new}

    def _say(self, local: LocalMedia, line: _Line) -> bytes:
        """The version grows exactly when something else is said (RFC 3264 section 8).

        The rest of `o=` stays as it was at first, whatever address we have now.
        """
        before = self._said
        version, origin = (before.version, before.origin) if before else (1, local.host)
        said = Description("-", self._session, version, origin, local.host, line.streams)
        if before is not None and said != before:
            said = replace(said, version=version + 1)
        self._said, self._line = said, line
        return bytes(said)


def _distinct(ours: Crypto, theirs: Crypto) -> None:
    """Two streams under one key would lay each other open (RFC 3711 9.1)."""
    if ours.key == theirs.key:
        raise UnacceptableError("the peer's key is our own")


def _stream(
    local: LocalMedia,
    numbers: Mapping[str, int],
    protocol: str,
    *,
    direction: Direction,
    keys: tuple[Crypto, ...],
    mux: bool,
) -> Stream:
    attributes: list[tuple[str, str]] = []
    for encoding, number in numbers.items():
        attributes.append(("rtpmap", f"{number} {encoding}"))
        parameters = _PARAMETERS.get(encoding.partition("/")[0], "")
        if parameters:
            attributes.append(("fmtp", f"{number} {parameters}"))
    attributes += [("ptime", str(local.ptime)), ("maxptime", str(MOST_PTIME))]
    if mux:
        attributes.append(("rtcp-mux", ""))
    attributes += [("crypto", write(key)) for key in keys]
    attributes.append((str(direction), ""))
    formats = tuple(str(number) for number in numbers.values())
    return Stream("audio", local.port, protocol, formats, "", tuple(attributes))


_PARAMETERS: Final[Mapping[str, str]] = {
    **{codec.encoding.partition("/")[0]: codec.parameters for codec in CODECS.values()},
    "telephone-event": "0-15",
}
