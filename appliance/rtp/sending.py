"""What a media session sends: frames of PCM and keys become RTP packets.

    frame or tones ─▶ collect a packet's length ─▶ encode ─▶ sequence, timestamp, marker ─▶ packet
    keys ─▶ telephone events in the place of audio ──────────────────────────────────────▶ packet

The timestamp is that of our clock: it runs on while nothing is said. It never runs back, also when
a change of codec changes the speed at which it runs (RFC 7160).
"""

from appliance.audio.coder import Coder
from appliance.audio.pcm import FRAME_SAMPLES
from appliance.rtp.dtmf import KeySender, ToneSender
from appliance.rtp.packet import RtpPacket

_RATE = 8000
_SHORTEST, _LONGEST = 10, 60  # ms in a packet


class Sender:
    """Packets of one direction; owns our SSRC, sequence numbers and RTP clock."""

    def __init__(self, *, ssrc: int, sequence: int, timestamp: int) -> None:
        self.ssrc = ssrc
        self.keys = KeySender()
        self.tones = ToneSender()
        self.timestamp = timestamp & 0xFFFFFFFF
        """What our RTP clock shows at the beginning of the next frame."""
        self.clock = _RATE
        """Hz of it."""
        self._scale = 1  # units of it in a sample
        self.wrapped = False
        """The sequence numbers have passed 65535 under this SSRC."""
        self._sequence = sequence & 0xFFFF
        self._coder: Coder | None = None
        self._payload_type = 0
        self.dtmf_payload_type: int | None = None
        """Of telephone events; None: none are sent."""
        self._samples = FRAME_SAMPLES  # in a packet
        self._unsent = b""  # PCM that does not fill a packet yet
        self._talking = False
        self._packets: list[RtpPacket] = []

    def agree(self, coder: Coder, payload_type: int, ptime: int) -> None:
        """From the next frame on send this way; what was said before leaves in the old one."""
        self.flush()
        self._coder = coder
        self._payload_type = payload_type
        self._samples = coder.packet(max(_SHORTEST, min(_LONGEST, ptime)))
        self.clock = coder.clock
        self._scale = coder.clock // _RATE

    def renew(self) -> None:
        """Go on as another source, with fresh counters; its SSRC follows from the old one."""
        self.flush()
        self.ssrc = (self.ssrc * 1664525 + 1013904223) & 0xFFFFFFFF
        self._sequence &= 0x7FFF
        self.wrapped = self._talking = False

    def frame(self, pcm: bytes | None, *, allowed: bool) -> None:
        """20 ms of our time pass, in which this was said, or nothing."""
        if allowed and self.keys.busy:
            self.flush()
            event = self.keys.next(self.timestamp)
            if event is not None and self.dtmf_payload_type is not None:
                self._emit(self.dtmf_payload_type, event.timestamp, event.payload, event.marker)
            self._talking = False
        elif allowed and self.tones.busy:
            self._unsent += self.tones.next()
        elif allowed and pcm is not None:
            self._unsent += pcm
        else:
            self.flush()
            self._talking = False
        self.timestamp = (self.timestamp + FRAME_SAMPLES * self._scale) & 0xFFFFFFFF
        while len(self._unsent) >= 2 * self._samples:
            self._say(2 * self._samples)

    def flush(self) -> None:
        """Send what has been said, be the packet ever so short."""
        if self._unsent:
            self._say(len(self._unsent))

    def stop(self) -> None:
        """The peer is not to hear us: forget the keys that are not pressed yet."""
        self.keys.cancel()
        self.tones.cancel()
        self._talking = False

    def packets(self) -> list[RtpPacket]:
        """The packets since the last call, in order."""
        packets, self._packets = self._packets, []
        return packets

    def _say(self, size: int) -> None:
        """One packet of so many of the bytes that are waiting."""
        timestamp = (self.timestamp - len(self._unsent) // 2 * self._scale) & 0xFFFFFFFF
        pcm, self._unsent = self._unsent[:size], self._unsent[size:]
        payload = self._coder.encode(pcm) if self._coder is not None else b""
        if payload:
            self._emit(self._payload_type, timestamp, payload, not self._talking)
        # The first packet after a silence has the marker (RFC 3551 section 4.1).
        self._talking = bool(payload)

    def _emit(self, kind: int, timestamp: int, payload: bytes, marker: bool) -> None:
        self._packets.append(RtpPacket(kind, self._sequence, timestamp, self.ssrc, payload, marker))
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.wrapped = self.wrapped or not self._sequence
