"""A telephone line in virtual time: what is left of a sound on the other side of a bad network.

    PCM ─► G.711 ─► RTP ─► some packets lost, others late ─► jitter buffer ─► concealment ─► PCM

PCM is 16-bit little-endian mono at 8 kHz in frames of 20 ms.
"""

from __future__ import annotations

import heapq
from random import Random
from typing import Final

from appliance.audio.pcm import FRAME_BYTES
from appliance.rtp import MediaSession

PERIOD: Final = 0.02
"""Seconds of a frame."""
_DELAY: Final = 0.03
"""Seconds that every packet takes."""
_HERE: Final = ("192.0.2.1", 4000)
_THERE: Final = ("192.0.2.2", 4000)


class Telephone:
    """One way of one call."""

    def __init__(
        self, chance: Random, *, loss: float = 0.05, jitter: float = 0.015, codec: str = "PCMA"
    ) -> None:
        """Open the line; `loss`: share of packets, `jitter`: seconds of further delay, at most."""
        self._chance = chance
        self._loss = loss
        self._jitter = jitter
        self._now = 0.0
        self._count = 0
        self._flying: list[tuple[float, int, bytes]] = []
        number = 0 if codec == "PCMU" else 8
        self._caller = MediaSession(
            codec=codec, payload_type=number, dtmf_payload_type=None, remote=_THERE,
            ssrc=chance.getrandbits(32), sequence=chance.getrandbits(16),
            timestamp=chance.getrandbits(32), cname="caller", now=0.0,
        )  # fmt: skip
        self._box = MediaSession(
            codec=codec, payload_type=number, dtmf_payload_type=None, remote=_HERE,
            ssrc=chance.getrandbits(32), sequence=chance.getrandbits(16),
            timestamp=chance.getrandbits(32), cname="box", now=0.0,
        )  # fmt: skip

    def carry(self, frame: bytes) -> bytes:
        """Send 20 ms and return the 20 ms that are heard at the same time on the other side."""
        self._caller.send(frame, self._now)
        for packet in self._caller.outgoing():
            if packet.control or self._chance.random() < self._loss:
                continue
            due = self._now + _DELAY + self._chance.random() * self._jitter
            self._count += 1
            heapq.heappush(self._flying, (due, self._count, packet.data))
        while self._flying and self._flying[0][0] <= self._now:
            due, _, data = heapq.heappop(self._flying)
            self._box.receive(data, _HERE, due)
        self._now += PERIOD
        return self._box.pull(self._now).pcm

    @property
    def lost(self) -> int:
        """Packets that never came, so far."""
        return self._box.statistics.lost


def frames(pcm: bytes) -> list[bytes]:
    """Cut PCM into frames of 20 ms; the last one is filled up with silence."""
    pcm += bytes(-len(pcm) % FRAME_BYTES)
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]
