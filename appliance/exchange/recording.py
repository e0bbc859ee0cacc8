r"""A call on tape: both directions decoded and laid on one time line, as a stereo WAV.

    Bridge --tap--> datagram --> codec --> Track (left: caller)  \
                                       --> Track (right: called)  >-- stereo WAV, 8 kHz, 16 bit

Positions come from RTP timestamps, so that jitter does not tear the sound; each stream is tied to
the clock by its first packet, and again where a new one begins (another telephone after a transfer,
a jump in time), so that both channels stay aligned.
"""

from __future__ import annotations

from typing import Final

from appliance.audio import wav
from appliance.audio.g711 import CODECS, Codec
from appliance.exchange.relay import Side
from appliance.rtp import PacketError
from appliance.rtp.packet import RtpPacket

RATE: Final = 8000
DRIFT: Final = 0.5
"""s by which a packet may differ from the clock before its stream is tied to it anew."""
LONGEST: Final = 1800.0
"""s of one recording; what comes later is not kept."""

_BY_TYPE: Final[dict[int, Codec]] = {codec.payload_type: codec for codec in CODECS.values()}


def decode(data: bytes) -> tuple[RtpPacket, bytes] | None:
    """Return a G.711 packet and its PCM (16-bit, 8 kHz); None for anything else."""
    try:
        packet = RtpPacket.parse(data)
    except PacketError:
        return None
    codec = _BY_TYPE.get(packet.payload_type)
    return None if codec is None else (packet, codec.decode(packet.payload))


class Track:
    """One direction: samples at their places since the start of the recording."""

    def __init__(self) -> None:
        self._pcm = bytearray()
        self._source: int | None = None
        self._timestamp = 0
        self._position = 0

    def add(self, packet: RtpPacket, pcm: bytes, at: float) -> None:
        """Lay down `pcm`, which arrived `at` seconds after the start."""
        arrived = round(at * RATE)
        position = self._position + _signed(packet.timestamp - self._timestamp)
        if packet.ssrc != self._source or abs(position - arrived) > DRIFT * RATE:
            self._source, position = packet.ssrc, arrived
        self._timestamp, self._position = packet.timestamp, position
        if 0 <= position <= LONGEST * RATE:
            start = 2 * position
            if len(self._pcm) < start:
                self._pcm.extend(bytes(start - len(self._pcm)))
            self._pcm[start : start + len(pcm)] = pcm

    @property
    def pcm(self) -> bytes:
        """All samples so far; gaps are silent."""
        return bytes(self._pcm)


class Recording:
    """Both directions of one call from `start` (monotonic s) on."""

    def __init__(self, start: float) -> None:
        self._start = start
        self._tracks = {side: Track() for side in Side}

    def add(self, side: Side, data: bytes, now: float) -> None:
        """Take a datagram as it passes; this is a `relay.Tap`."""
        if (decoded := decode(data)) is not None:
            self._tracks[side].add(*decoded, now - self._start)

    def pcm(self, side: Side) -> bytes:
        """Return what one side sent."""
        return self._tracks[side].pcm

    def wav(self) -> bytes:
        """Return the file: the caller left, who was called right, equally long."""
        channels = wav.stereo(self.pcm(Side.CALLER), self.pcm(Side.CALLED))
        return wav.write_wav(channels, rate=RATE, channels=2)


def _signed(difference: int) -> int:
    """Read a difference of 32-bit timestamps, which wrap around."""
    return (difference + 0x80000000) % 0x100000000 - 0x80000000
