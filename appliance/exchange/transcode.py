"""One direction of a call whose two legs agreed on different codecs, packet by packet.

    RTP of one codec --> decode --> 8 kHz PCM, gathered --> encode --> RTP of the other
    keys, comfort noise ----------------- only renumbered ---------------^

Sequence numbers count what leaves, so that a loss stays a loss and nothing else looks like one;
timestamps follow the sender's, in the clock of the other codec.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from appliance.audio import codecs
from appliance.audio.coder import CodecError
from appliance.rtp.packet import RtpPacket

UNIT: Final = 20
"""ms of audio in a packet of a codec that is made of frames."""
GAP: Final = 100
"""Packets by which a stream may jump ahead as a loss; what jumps further begins anew."""


def moved(old: int, new: int, bits: int) -> int:
    """Return how far a counter of so many bits went, the shorter way round."""
    half = 1 << bits - 1
    return (new - old + half) % (1 << bits) - half


class Transcoder:
    """Makes packets of `target` out of packets of `source`; for one stream of one sender.

    `parameters` is the receiver's `fmtp`. Raises CodecMissingError where this machine lacks one of
    the codecs.
    """

    def __init__(self, source: str, target: str, parameters: str = "") -> None:
        self._decoder = codecs.make(source)
        self._encoder = codecs.make(target, parameters)
        self._framed = target == "opus"
        self._pcm = b""
        self._last: tuple[int, int] | None = None
        """Sequence number and timestamp of the last packet that came."""
        self._sequence = 0
        self._ticks = 0
        """Its timestamp since the beginning, in the clock of `source`, without any wrap."""
        self._base = 0
        self._lost = 0
        self._start = 0
        """The `_ticks` of the first sample that waits in `_pcm`."""
        self._marker = False

    def convert(self, packet: RtpPacket, payload_type: int) -> list[RtpPacket]:
        """Return what to send for a packet of audio: none, one or several."""
        if not self._advance(packet):
            return []
        try:
            pcm = self._decoder.decode(packet.payload)
        except CodecError:
            return []
        if not self._pcm:
            self._start, self._marker = self._ticks, packet.marker
        self._pcm += pcm
        size = 2 * self._encoder.packet(UNIT) if self._framed else max(len(self._pcm), 2)
        made = []
        while len(self._pcm) >= size:
            chunk, self._pcm = self._pcm[:size], self._pcm[size:]
            payload = self._encoder.encode(chunk)
            start, marker = self._start, self._marker
            self._start += len(chunk) // 2 * (self._decoder.clock // 8000)
            self._marker = False
            if payload:
                made.append(
                    replace(
                        packet, payload_type=payload_type, payload=payload, marker=marker,
                        sequence=self._number(), timestamp=self._stamp(start),
                    )
                )  # fmt: skip
        return made

    def carry(self, packet: RtpPacket) -> list[RtpPacket]:
        """Return what to send for a packet that is no audio: itself, in its place."""
        if not self._advance(packet):
            return []
        self._pcm = b""
        return [replace(packet, sequence=self._number(), timestamp=self._stamp(self._ticks))]

    def _advance(self, packet: RtpPacket) -> bool:
        """Take note of a packet's place; False for one that comes too late or twice."""
        if self._last is None:
            self._sequence = (packet.sequence - 1) & 0xFFFF
            self._base = packet.timestamp
        else:
            steps = moved(self._last[0], packet.sequence, 16)
            if -GAP < steps <= 0:
                return False
            if not 0 < steps <= GAP:
                steps = 1  # the sender began anew
            if steps > 1:
                self._lost += steps - 1
                self._pcm = b""
            self._ticks += moved(self._last[1], packet.timestamp, 32)
        self._last = packet.sequence, packet.timestamp
        return True

    def _number(self) -> int:
        self._sequence = (self._sequence + 1 + self._lost) & 0xFFFF
        self._lost = 0
        return self._sequence

    def _stamp(self, ticks: int) -> int:
        return (self._base + ticks * self._encoder.clock // self._decoder.clock) & 0xFFFFFFFF
