"""What a call agrees about its audio: what we offer, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Direction(StrEnum):
    """Who sends, seen from the side that says it (RFC 3264 section 5.1)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        """Whether the side that says it sends."""
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        """Whether the side that says it receives."""
        return self in (Direction.SENDRECV, Direction.RECVONLY)

    @property
    def mirrored(self) -> Direction:
        """The same agreement, said by the other side."""
        return direction(sends=self.receives, receives=self.sends)

    def within(self, other: Direction) -> Direction:
        """Only what both allow."""
        return direction(
            sends=self.sends and other.sends, receives=self.receives and other.receives
        )


def direction(*, sends: bool, receives: bool) -> Direction:
    """The direction of a side that sends, receives, both or neither."""
    if sends:
        return Direction.SENDRECV if receives else Direction.SENDONLY
    return Direction.RECVONLY if receives else Direction.INACTIVE


class Srtp(StrEnum):
    """Whether audio is encrypted, keys exchanged in SDP (RFC 4568)."""

    OFF = "off"
    """Encryption is neither offered nor accepted."""
    OFFERED = "offered"
    """We offer RTP/AVP with keys, and take whatever the peer can."""
    REQUIRED = "required"
    """We offer RTP/SAVP; what comes without keys is refused, and nothing plain is ever sent."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """A master key as it stands in an `a=crypto` line."""

    suite: str
    """As registered: AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, AEAD_AES_128_GCM or
    AEAD_AES_256_GCM."""
    key: bytes = field(repr=False)
    """Master key and salt, one after the other: 30, 30, 28 or 44 bytes."""
    tag: int = 1
    """Its number in the description; an answer bears the number of what it accepts."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How a codec is written in a description."""

    payload_type: int
    """What we offer; below 96 it is static (RFC 3551 table 4). An answer takes the peer's."""
    encoding: str
    """As in `a=rtpmap`."""
    clock: int = 8000
    """Hz of its RTP timestamps."""
    parameters: str = ""
    """What we say in `a=fmtp`: how we like to receive it."""
    packets: tuple[int, ...] = (10, 20, 30, 40, 50, 60)
    """Milliseconds of audio that a packet may hold."""


CODECS: Final[Mapping[str, Codec]] = {
    "PCMU": Codec(0, "PCMU/8000"),
    "PCMA": Codec(8, "PCMA/8000"),
    # sampled at 16 kHz, but the clock is 8000 by an old mistake (RFC 3551 4.5.2)
    "G722": Codec(9, "G722/8000"),
    # always written 48000/2 (RFC 7587 section 7); the box hears and speaks at 8 kHz, one channel
    "opus": Codec(
        107,
        "opus/48000/2",
        48000,
        "maxplaybackrate=8000;sprop-maxcapturerate=8000;useinbandfec=1",
        (10, 20, 40, 60),
    ),
}
"""The codecs we speak, by the name that LocalMedia and Media give them."""
PAYLOAD_TYPES: Final[Mapping[str, int]] = {
    name: codec.payload_type for name, codec in CODECS.items()
}
DTMF_PAYLOAD_TYPES: Final[Mapping[int, int]] = {8000: 101, 48000: 110}
"""What we offer for telephone-event, by its clock; an answer takes the peer's number."""
DTMF_PAYLOAD_TYPE: Final = DTMF_PAYLOAD_TYPES[8000]
LEAST_PTIME: Final = 10
MOST_PTIME: Final = 60
"""Milliseconds of audio in a packet, at the most."""


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """Our end of the audio."""

    host: str
    """An IP address, written into `c=`."""
    port: int
    """Where we receive RTP; RTCP one above."""
    codecs: tuple[str, ...] = ("PCMU", "PCMA")
    """In our order of preference; an offer's own order wins."""
    dtmf: bool = True
    """Whether telephone-event (RFC 4733) is offered and accepted."""
    direction: Direction = Direction.SENDRECV
    ptime: int = 20
    """Milliseconds of audio we like to receive in a packet."""
    srtp: Srtp = Srtp.OFF
    crypto: tuple[Crypto, ...] = ()
    """Our keys, one for each suite we offer or accept, best first; fresh for every call."""
    mux: bool = True
    """Whether RTCP may share the port of RTP (RFC 5761): offered, and accepted if offered."""


@dataclass(frozen=True, slots=True)
class Media:
    """What was agreed."""

    host: str
    """Where to send RTP; 0.0.0.0 from a peer that holds us in the old way (nothing is sent)."""
    port: int
    codec: str
    payload_type: int
    dtmf_payload_type: int | None
    direction: Direction
    """Ours: SENDONLY means that we send and do not listen."""
    ptime: int
    """Milliseconds of audio the peer likes to receive in a packet."""
    control_host: str = ""
    """Where to send RTCP (RFC 3605, else one port above)."""
    control_port: int = 0
    clock: int = 8000
    """Hz of the RTP timestamps: 8000 also for G722 (RFC 3551 4.5.2), 48000 for opus."""
    dtmf_clock: int = 8000
    """Hz of the telephone-event timestamps."""
    noise_payload_type: int | None = None
    """Comfort noise (RFC 3389), where the peer announced it."""
    parameters: str = ""
    """What the peer's `fmtp` says of the codec: `useinbandfec=1;maxplaybackrate=16000`."""
    sending: Crypto | None = None
    """The key under which we encrypt what we send; None: plain."""
    receiving: Crypto | None = None
    """The key under which the peer encrypts."""
    mux: bool = False
    """RTCP shares the port of RTP, both ways."""
    receivable: tuple[tuple[int, str], ...] = ()
    """Payload type and codec of all that the peer may send, ours first: after an offer of ours it
    may use every codec it answered with, under our numbers (RFC 3264 5.1, 7)."""
    receivable_dtmf: int | None = None
    """Payload type of the peer's telephone events, where it is not `dtmf_payload_type`."""
