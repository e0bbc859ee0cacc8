"""The RTCP side of a media session: when to report, what, and what the peer reports of us."""

from appliance.rtp.events import HostPort
from appliance.rtp.rtcp import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    compound,
    parse_compound,
)
from appliance.rtp.source import Source

_INTERVAL = 5.0  # RFC 3550 section 6.2
_CLOCK = 8000


class Control:
    """Writes our reports and reads the peer's."""

    def __init__(self, *, ssrc: int, cname: str, now: float) -> None:
        self.packets = 0
        """RTP packets sent under our present SSRC."""
        self.sent_before = 0
        """RTP packets sent under those before it."""
        self.round_trip_ms: float | None = None
        self.remote_loss: float | None = None
        """Fraction of our packets that the peer missed, as it last said."""
        self.multiplexed = False
        """RTCP goes to the RTP port: agreed, or the peer does it."""
        self.address: HostPort | None = None
        """Where the peer's RTCP came from, when from a port of its own."""
        self._ssrc = ssrc
        self._cname = cname
        self._octets = 0
        self._reported = 0  # packets sent at the last report
        self._clock = (0, now)
        self._rate = _CLOCK
        self._random = ssrc
        self.due = now + self._interval() / 2
        """When the next report is to be sent."""

    def forget_address(self) -> None:
        """The peer has moved: its RTCP goes next to its RTP until it is heard."""
        self.address = None

    def sent(self, octets: int) -> None:
        """Count an RTP packet of so many payload bytes."""
        self.packets += 1
        self._octets += octets

    def clock(self, timestamp: int, now: float, rate: int = _CLOCK) -> None:
        """Our RTP clock shows `timestamp` now and runs at `rate` Hz."""
        self._clock = (timestamp, now)
        self._rate = rate

    def renew(self, ssrc: int) -> None:
        """Our source has another SSRC, of which nothing has been sent yet."""
        self._ssrc = ssrc
        self.sent_before += self.packets
        self.packets = self._octets = self._reported = 0

    def report(self, source: Source | None, now: float) -> bytes:
        """The compound that is due; sets when the next one is."""
        self.due = now + self._interval()
        return compound(*self._packets(source, now))

    def goodbye(self, source: Source | None, now: float) -> bytes:
        """The last compound."""
        return compound(*self._packets(source, now), Goodbye((self._ssrc,)))

    def _packets(
        self, source: Source | None, now: float
    ) -> tuple[SenderReport | ReceiverReport, SourceDescription]:
        blocks: tuple[ReportBlock, ...] = (source.block(now),) if source is not None else ()
        names = SourceDescription(((self._ssrc, self._cname),))
        if self.packets == self._reported:
            return ReceiverReport(self._ssrc, blocks), names
        self._reported = self.packets
        timestamp, at = self._clock
        timestamp = (timestamp + round((now - at) * self._rate)) & 0xFFFFFFFF
        octets = self._octets
        return SenderReport(self._ssrc, _ntp(now), timestamp, self.packets, octets, blocks), names

    def _interval(self) -> float:
        """5 s times 0.5 to 1.5, so that reports of many calls do not come in step (6.3.1).

        The randomness is that of our SSRC, drawn on by a linear congruential generator.
        """
        self._random = (self._random * 1664525 + 1013904223) & 0xFFFFFFFF
        return _INTERVAL * (0.5 + self._random / 0x100000000)

    def receive(
        self, data: bytes, address: HostPort, source: Source | None, multiplexed: bool, now: float
    ) -> tuple[int, str] | None:
        """The peer's compound. Returns SSRC and reason when the peer has left.

        Raises PacketError.
        """
        packets = parse_compound(data)
        if multiplexed:
            self.multiplexed = True
        elif packets:
            self.address = address
        left = None
        for packet in packets:
            if isinstance(packet, SenderReport | ReceiverReport):
                if isinstance(packet, SenderReport) and source and packet.ssrc == source.ssrc:
                    source.sender_reported(packet.ntp, now)
                for block in packet.blocks:
                    if block.ssrc == self._ssrc:
                        self._read(block, now)
            elif isinstance(packet, Goodbye) and source and source.ssrc in packet.ssrcs:
                left = (source.ssrc, packet.reason)
        return left

    def _read(self, block: ReportBlock, now: float) -> None:
        self.remote_loss = block.fraction / 256
        if block.last_report:
            # RFC 3550 section 6.4.1, figure 2: A - LSR - DLSR, in 1/65536 s.
            passed = (_ntp(now) >> 16) - block.last_report - block.delay & 0xFFFFFFFF
            if passed < 0x80000000:  # below zero by rounding: the round trip is too short to see
                self.round_trip_ms = passed / 65.536


def _ntp(now: float) -> int:
    """64-bit time of our own clock; RFC 3550 section 4 allows one without a date."""
    return round(now * 0x100000000) & 0xFFFFFFFFFFFFFFFF
