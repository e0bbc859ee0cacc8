"""What of a description could be an audio stream between us (RFC 3264 section 6), and why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from .address import is_literal
from .crypto import SUITES, UnusableError, first
from .errors import RemoteError
from .media import (
    CODECS,
    LEAST_PTIME,
    MOST_PTIME,
    Codec,
    Crypto,
    Direction,
    LocalMedia,
    Media,
    Srtp,
)
from .sdp import Attributes, Description, Stream
from .text import natural

PLAIN: Final = "RTP/AVP"
SECURE: Final = "RTP/SAVP"
_PLAIN: Final = (PLAIN, "RTP/AVPF")
_SECURE: Final = (SECURE, "RTP/SAVPF")
"""The profiles with feedback (RFC 4585, 5124) are answered under their own name: feedback may be
sent, and nobody has to."""
_STATIC: Final[Mapping[str, str]] = {
    str(codec.payload_type): codec.encoding for codec in CODECS.values() if codec.payload_type < 96
} | {"13": "CN/8000"}
_KEYS: Final = "TELEPHONE-EVENT/"
_MANY_FORMATS: Final = 128


class UnacceptableError(RemoteError):
    """A description with which there can be no audio between us."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, 488)


@dataclass(frozen=True, slots=True)
class Terms:
    """What we can do and insist on."""

    codecs: tuple[str, ...]
    srtp: Srtp = Srtp.OFF
    suites: Collection[str] = tuple(SUITES)
    host: str = ""
    """Our address: the peer's must be of its family. Empty: any will do."""

    @classmethod
    def of(cls, local: LocalMedia) -> Terms:
        """Those of one call."""
        suites = tuple(crypto.suite for crypto in local.crypto)
        return cls(local.codecs, local.srtp, suites, local.host)


@dataclass(frozen=True, slots=True)
class Choice:
    """What we would take of a description."""

    index: int
    """Of its media line."""
    protocol: str
    """The profile, as it stands there."""
    shared: tuple[str, ...]
    """The codecs that we speak too, in its order; the first is taken."""
    codec: str
    payload_type: int
    dtmf_payload_type: int | None
    dtmf_clock: int
    noise_payload_type: int | None
    parameters: str
    host: str
    port: int
    direction: Direction
    """Theirs."""
    ptime: int
    control_host: str
    control_port: int
    mux: bool
    """Whether the peer would have RTCP on the port of RTP."""
    crypto: Crypto | None
    """The peer's key; None: plain."""
    numbers: Mapping[str, int]
    """The peer's payload type for each encoding it names, upper case: `OPUS/48000`."""

    def media(self, local: LocalMedia, key: Crypto | None) -> Media:
        """The agreement that follows for us; `key` is ours."""
        mux = self.mux and local.mux
        return Media(
            self.host,
            self.port,
            self.codec,
            self.payload_type,
            self.dtmf_payload_type if local.dtmf else None,
            self.direction.mirrored.within(local.direction),
            self.ptime,
            self.host if mux else self.control_host,
            self.port if mux else self.control_port,
            clock=CODECS[self.codec].clock,
            dtmf_clock=self.dtmf_clock,
            noise_payload_type=self.noise_payload_type,
            parameters=self.parameters,
            sending=key,
            receiving=self.crypto,
            mux=mux,
            receivable=((self.payload_type, self.codec),),
        )


def choose(description: Description, codecs: tuple[str, ...], srtp: Srtp = Srtp.OFF) -> Choice:
    """What we would take of an offer before anything of ours is known: no keys, no address.

    Raises UnacceptableError, with a reason that says what was missing.
    """
    return select(description, Terms(codecs, srtp))


def select(description: Description, terms: Terms, *, answered: int | None = None) -> Choice:
    """Take the best audio line with a codec of ours, in the peer's order of codecs.

    Encrypted lines go before plain ones. `answered` is the index of our own line where the
    description is an answer: only that line counts, and a key in it that cannot be used is a
    refusal, because the peer would encrypt. Raises UnacceptableError.
    """
    reason = "no audio stream"
    best: tuple[int, Choice] | None = None
    for index, stream in enumerate(description.streams):
        other = answered is not None and index != answered
        if stream.kind != "audio" or stream.port == 0 or other:
            continue
        try:
            choice = _read(description, index, terms, answered is not None)
        except RemoteError as error:
            reason = error.reason
            continue
        rank = 2 if choice.crypto is None else int(choice.protocol in _PLAIN)
        if best is None or rank < best[0]:
            best = rank, choice
    if best is None:
        raise UnacceptableError(reason)
    return best[1]


def _read(description: Description, index: int, terms: Terms, answered: bool) -> Choice:
    stream = description.streams[index]
    crypto = _crypto(stream, terms, answered)
    host = stream.host or description.host
    _reachable(host, terms.host)
    encodings = _encodings(stream)
    shared = _shared(encodings, terms.codecs)
    if not shared:
        raise UnacceptableError("no codec in common")
    name, number = next(iter(shared.items()))
    codec = CODECS[name]
    keys, clock = _keys(encodings, codec.clock)
    control_host, control_port = _control(stream, host)
    return Choice(
        index,
        stream.protocol,
        tuple(shared),
        name,
        number,
        keys,
        clock,
        _number(encodings, f"CN/{codec.clock}"),
        _parameters(stream, number),
        host,
        stream.port,
        _direction(description, stream, host),
        _ptime(stream, codec),
        control_host,
        control_port,
        stream.attribute("rtcp-mux") is not None,
        crypto,
        {encoding: value for value, encoding in reversed(encodings.items())},
    )


def _crypto(stream: Stream, terms: Terms, answered: bool) -> Crypto | None:
    """The peer's key by the policy of both; None: plain. Raises UnacceptableError."""
    protocol = stream.protocol
    keyed = stream.attribute("crypto") is not None
    if protocol in _PLAIN and terms.srtp is Srtp.OFF:
        return None
    if protocol in _PLAIN:
        try:
            return first(stream, terms.suites)
        except UnusableError as error:
            if terms.srtp is Srtp.REQUIRED:
                missing = "only plain audio is offered, and encryption is required here"
                raise UnacceptableError(error.reason if keyed else missing) from None
            if keyed and answered:
                raise UnacceptableError(error.reason) from None
            return None
    if protocol not in _SECURE:
        if protocol.startswith("UDP/TLS/"):
            raise UnacceptableError(f"{protocol}: keys by DTLS are not spoken here, only a=crypto")
        raise UnacceptableError(f"the profile {protocol[:40]} is not spoken here")
    if terms.srtp is Srtp.OFF:
        raise UnacceptableError(f"only {protocol} is offered, and encryption is off here")
    if not keyed and (
        stream.attribute("fingerprint") is not None or stream.attribute("setup") is not None
    ):
        raise UnacceptableError("keys by DTLS are not spoken here, only a=crypto")
    try:
        return first(stream, terms.suites)
    except UnusableError as error:
        raise UnacceptableError(error.reason) from None


def _reachable(host: str, ours: str) -> None:
    """Raises UnacceptableError where we could send nothing to that address."""
    if not is_literal(host):
        raise UnacceptableError("no address to send audio to")
    address = ip_address(host)
    if address.is_multicast or host == "255.255.255.255":
        raise UnacceptableError("audio goes to one address, not to many")
    # nothing is sent to nowhere, so its family does not matter
    if ours and not address.is_unspecified and (":" in host) != (":" in ours):
        raise UnacceptableError("no address family in common")


def _encodings(stream: Stream) -> dict[int, str]:
    """Number and upper-case encoding of each format, in its order; one channel goes unsaid."""
    maps = dict(_STATIC)
    for key, value in stream.attributes:
        words = value.split()
        if key == "rtpmap" and len(words) == 2:
            maps[words[0]] = words[1]
    encodings: dict[int, str] = {}
    for text in stream.formats[:_MANY_FORMATS]:
        number, encoding = natural(text, 127), maps.get(text)
        if number is not None and encoding is not None:
            encodings.setdefault(number, plain(encoding))
    return encodings


def plain(encoding: str) -> str:
    """An encoding in the form in which two are compared: upper case, the usual channels unsaid."""
    encoding = encoding.upper().removesuffix("/1")
    # opus is always written with two channels, however many it has (RFC 7587 section 7)
    return encoding.removesuffix("/2") if encoding.startswith("OPUS/") else encoding


_NAMES: Final[Mapping[str, str]] = {plain(codec.encoding): name for name, codec in CODECS.items()}


def _shared(encodings: Mapping[int, str], codecs: tuple[str, ...]) -> dict[str, int]:
    """Name and payload type of each format that is one of our codecs, in the peer's order."""
    shared: dict[str, int] = {}
    for number, encoding in encodings.items():
        name = _NAMES.get(encoding)
        if name is not None and name in codecs:
            shared.setdefault(name, number)
    return shared


def _number(encodings: Mapping[int, str], wanted: str) -> int | None:
    return next((number for number, encoding in encodings.items() if encoding == wanted), None)


def _keys(encodings: Mapping[int, str], clock: int) -> tuple[int | None, int]:
    """Payload type and clock of telephone-event: of the codec's clock if possible (RFC 4733 2.1).

    Some peers know 8000 only, whatever the codec; keys under that clock beat none.
    """
    for wanted in (clock, 8000):
        number = _number(encodings, f"{_KEYS}{wanted}")
        if number is not None:
            return number, wanted
    return None, clock


def _parameters(stream: Stream, number: int) -> str:
    for key, value in stream.attributes:
        head, _, rest = value.partition(" ")
        if key == "fmtp" and head == str(number):
            return rest.strip()
    return ""


def _direction(description: Description, stream: Stream, host: str) -> Direction:
    way = _said_direction(stream.attributes) or _said_direction(description.attributes)
    way = way or Direction.SENDRECV
    if ip_address(host).is_unspecified:
        # the old way of holding (RFC 3264 8.4): the peer does not want to receive
        way = way.within(Direction.SENDONLY)
    return way


def _said_direction(attributes: Attributes) -> Direction | None:
    return next((Direction(key) for key, _ in attributes if key in set(Direction)), None)


def _ptime(stream: Stream, codec: Codec) -> int:
    """What the peer likes, or 20 ms; never more than it takes, and what the codec can."""
    liked = natural(stream.attribute("ptime"), 1000)
    liked = liked if liked and liked % LEAST_PTIME == 0 else 20
    most = natural(stream.attribute("maxptime"), 10_000) or MOST_PTIME
    limit = min(liked, most, MOST_PTIME)
    return max((length for length in codec.packets if length <= limit), default=LEAST_PTIME)


def _control(stream: Stream, host: str) -> tuple[str, int]:
    words = (stream.attribute("rtcp") or "").split()
    port = natural(words[0], 65535) if words else None
    if not port:
        return host, min(stream.port + 1, 65535)
    if len(words) == 4 and is_literal(words[3]):
        return words[3], port
    return host, port
