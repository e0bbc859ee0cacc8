"""The pure half of the audio of switched calls: what happens to a datagram on its way across.

    phone --> [End: whose? decrypt] --> Crossing: number, clock, codec --> [End: encrypt] --> phone
                                          `--> what a recording gets: plain G.711

Each leg has agreed for itself: on addresses, keys, codec and payload types. Where both agreed on
the same codec its payload passes untouched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from appliance import rtp, sip
from appliance.audio.coder import CodecMissingError
from appliance.exchange.transcode import Transcoder
from appliance.rtp.packet import RtpPacket
from appliance.rtp.srtp import Guard

QUIET: Final = 1.0
"""s without a datagram from the latched source after which another source may take its place."""
COMFORT_NOISE: Final = 13
"""Its static payload type (RFC 3389)."""

_NOWHERE: Final = ("", "0.0.0.0", "::")
_STATIC: Final = {0: "PCMU", 8: "PCMA", 9: "G722"}
_G711: Final = {"PCMU": 0, "PCMA": 8}

HostPort = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Datagram:
    """What one leg is to be sent."""

    data: bytes
    to: HostPort
    control: bool
    """It leaves from the RTCP port."""


@dataclass(slots=True)
class _Latch:
    """Where one kind of datagram (RTP or RTCP) of one leg comes from and goes to."""

    aimed: HostPort | None = None
    source: HostPort | None = None
    heard: float = 0.0

    def accept(self, source: HostPort, now: float) -> bool:
        """Say whether a datagram of `source` belongs to this leg; the first one latches it."""
        other = self.source is not None and source not in (self.source, self.aimed)
        if other and now - self.heard < QUIET:
            return False
        self.source, self.heard = source, now
        return True

    @property
    def target(self) -> HostPort | None:
        """Symmetric RTP (RFC 4961): answer where it comes from, else where SDP says."""
        return self.source or self.aimed


def is_control(data: bytes) -> bool:
    """Tell RTCP from RTP on one port (RFC 5761 section 4)."""
    return len(data) > 1 and 192 <= data[1] <= 223


class End:
    """The end of one leg: where its telephone is, and under which keys they speak."""

    def __init__(self) -> None:
        self.media: sip.Media | None = None
        """What was agreed last."""
        self._media = _Latch()
        self._control = _Latch()
        self._guard: Guard | None = None
        self.refused = 0
        """Datagrams that were not the peer's: of another source, plain, forged or repeated."""

    def agree(self, media: sip.Media) -> None:
        """Take what offer and answer say; a new address forgets the source latched before.

        Raises rtp.LocalError for keys that do not fit their suite.
        """
        self.media = media
        held = media.host in _NOWHERE  # RFC 3264, section 8.4: hold in its old form
        if not held and self._media.aimed != (media.host, media.port):
            self._media = _Latch((media.host, media.port))
            control = (media.control_host or media.host, media.control_port or media.port + 1)
            self._control = _Latch(control)
        if media.sending is None or media.receiving is None:
            self._guard = None
            return
        keys = rtp.Protection(media.sending.suite, media.sending.key, media.receiving.key)
        if self._guard is None:
            self._guard = Guard(keys)
        else:
            self._guard.rekey(keys)

    def take(self, data: bytes, source: HostPort, control: bool, now: float) -> bytes | None:
        """Return what the telephone sent, decrypted; None for what is not its own.

        `control`: it came to the RTCP port.
        """
        inside = control or is_control(data)
        if self.media is None or len(data) < (8 if inside else 12) or data[0] >> 6 != 2:
            return None
        if self._guard is not None:
            try:
                data = self._guard.unprotect(data, control=inside)
            except rtp.PacketError:
                self.refused += 1
                return None
        if not (self._control if control else self._media).accept(source, now):
            self.refused += 1
            return None
        return data

    def give(self, data: bytes) -> Datagram | None:
        """Return how the telephone is sent this; None where it listens to nothing."""
        control, media = is_control(data), self.media
        if media is None or not (control or media.direction.sends):
            return None
        apart = control and not media.mux
        target = (self._control if apart else self._media).target
        if target is None:
            return None
        if self._guard is not None:
            try:
                data = self._guard.protect(data, control=control)
            except rtp.LocalError:
                return None  # the very packet was sent already
        return Datagram(data, target, apart)


class Crossing:
    """One direction between two ends."""

    def __init__(self, near: End, far: End) -> None:
        self._near = near
        self._far = far
        self._stream: tuple[int, str, str, str] | None = None
        self._transcoder: Transcoder | None = None
        self._tape: Transcoder | None = None
        self._taped: tuple[int, str] | None = None

    def carry(self, data: bytes) -> list[bytes]:
        """Return what the far end gets for a plain datagram of the near one."""
        near, far = self._near.media, self._far.media
        if near is None or far is None:
            return []
        if is_control(data):
            return [data]
        codec = codec_of(data, near)
        if codec and codec != far.codec:
            return self._convert(data, codec, far)
        if self._transcoder is not None and (codec or self._stream_of(data) != self._stream):
            self._transcoder = self._stream = None
        onward = _renumber(data, near, far, codec)
        if self._transcoder is None:
            return [onward]
        # Keys and noise share the numbers of the audio around them.
        return [bytes(made) for made in self._transcoder.carry(RtpPacket.parse(onward))]

    def taped(self, data: bytes) -> bytes | None:
        """Return a plain datagram of the near end as G.711 for a recording; None where silent."""
        near = self._near.media
        if near is None or is_control(data):
            return None
        codec = codec_of(data, near)
        if not codec or codec in _G711:
            return data
        try:
            packet = RtpPacket.parse(data)
            if self._taped != (packet.ssrc, codec):
                self._tape, self._taped = Transcoder(codec, "PCMU"), (packet.ssrc, codec)
        except (rtp.PacketError, CodecMissingError):
            return None
        made = self._tape.convert(packet, _G711["PCMU"]) if self._tape is not None else []
        return bytes(made[0]) if made else None

    def _stream_of(self, data: bytes) -> tuple[int, str, str, str] | None:
        if self._stream is None:
            return None
        return (int.from_bytes(data[8:12], "big"), *self._stream[1:])

    def _convert(self, data: bytes, codec: str, far: sip.Media) -> list[bytes]:
        try:
            packet = RtpPacket.parse(data)
            stream = (packet.ssrc, codec, far.codec, far.parameters)
            if self._transcoder is None or stream != self._stream:
                self._transcoder, self._stream = Transcoder(*stream[1:]), stream
        except (rtp.PacketError, CodecMissingError):
            return []
        return [bytes(made) for made in self._transcoder.convert(packet, far.payload_type)]


def codec_of(data: bytes, media: sip.Media) -> str:
    """Return the codec of an RTP packet of the telephone that agreed on `media`.

    Empty for keys, comfort noise, and what nobody spoke of.
    """
    number = data[1] & 0x7F
    for agreed, codec in media.receivable or ((media.payload_type, media.codec),):
        if number == agreed:
            return codec
    if number in (_received_keys(media), media.noise_payload_type):
        return ""
    # Who offered several codecs may change between them without a word.
    return _STATIC.get(number, "")


def _received_keys(media: sip.Media) -> int | None:
    ours = media.receivable_dtmf
    return media.dtmf_payload_type if ours is None else ours


def _renumber(data: bytes, near: sip.Media, far: sip.Media, codec: str) -> bytes:
    """Each leg numbered its payloads by itself; RFC 3264 lets the numbers differ."""
    number = data[1] & 0x7F
    if codec:
        return _numbered(data, far.payload_type)
    if number == _received_keys(near):
        if far.dtmf_payload_type is None:
            return data
        if near.dtmf_clock != far.dtmf_clock and len(data) >= 16:
            data = _lasting(data, near.dtmf_clock, far.dtmf_clock)
        return _numbered(data, far.dtmf_payload_type)
    if number in (COMFORT_NOISE, near.noise_payload_type):
        other = far.noise_payload_type
        return _numbered(data, COMFORT_NOISE if other is None else other)
    return data


def _numbered(data: bytes, number: int) -> bytes:
    return data[:1] + bytes([data[1] & 0x80 | number]) + data[2:]


def _lasting(data: bytes, near: int, far: int) -> bytes:
    """Tell the duration of a telephone event in another clock (RFC 4733 section 2.3.5)."""
    start = 12 + 4 * (data[0] & 0x0F)
    if data[0] & 0x10 or len(data) < start + 4:
        return data
    ticks = int.from_bytes(data[start + 2 : start + 4], "big") * far // near
    return data[: start + 2] + min(ticks, 0xFFFF).to_bytes(2, "big") + data[start + 4 :]
