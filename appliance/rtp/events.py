"""What a media session gives to its shell: frames, packets, events, figures."""

from dataclasses import dataclass
from typing import NamedTuple

HostPort = tuple[str, int]
"""IP address and UDP port."""


class Frame(NamedTuple):
    """20 ms of received audio."""

    pcm: bytes
    """320 bytes: 16-bit signed little-endian mono, 8 kHz."""
    concealed: bool
    """Some of it was made up or smoothed; else it is bit for bit what the peer sent."""
    silent: bool
    """Nothing was received for it and nothing is made up: the peer is not heard.

    `pcm` is then digital silence, or the comfort noise that the peer has asked for (RFC 3389).
    """


class MediaPacket(NamedTuple):
    """One datagram to send."""

    data: bytes
    to: HostPort
    control: bool
    """It leaves by the RTCP socket; multiplexed RTCP leaves by the RTP socket."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The peer pressed a key (RFC 4733, or tones where those are listened for)."""

    digit: str
    """One of 0-9, *, #, A-D."""
    duration: float
    """Seconds, as far as heard."""


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """The peer's audio now comes from here, and ours goes there."""

    source: HostPort


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """The peer ended its stream (RTCP BYE); the call itself is ended by SIP."""

    reason: str


Event = KeyPressed | SourceChanged | PeerLeft


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of one media session since it began."""

    received: int
    """RTP packets accepted, duplicates included."""
    lost: int
    """Packets the peer sent that never came; unlike in RFC 3550 A.3 no duplicate hides one."""
    late: int
    """Packets that came after their audio was due."""
    duplicates: int
    ignored: int
    """Datagrams that were not for us: garbage, unknown payload type, foreign source, damaged
    payload, and what SRTP does not let in: plain, forged or replayed."""
    recovered: int
    """Lost packets that the codec's own FEC made good (Opus)."""
    concealed: int
    """20 ms frames in which something was made up for a loss."""
    jitter_ms: float
    """Interarrival jitter (RFC 3550 A.8)."""
    delay_ms: float
    """What the jitter buffer adds for the fastest packets."""
    round_trip_ms: float | None
    """From RTCP; None before the first report."""
    remote_loss: float | None
    """Fraction of our packets the peer missed before its last report."""
    sent: int
    """RTP packets sent."""
    last_received: float | None
    """When the last valid RTP packet came, on the clock of `now`."""
    mos: float
    """What a listener at our end would say of the call so far: 1 bad to 4.5 excellent (G.107)."""
