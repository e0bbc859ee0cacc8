"""One synchronisation source as heard by us (RFC 3550 appendices A.1, A.3 and A.8)."""

from enum import Enum

from appliance.rtp.rtcp import ReportBlock

_MAX_DROPOUT = 3000
_MAX_MISORDER = 100
_CLOCK = 8000


class Verdict(Enum):
    """What a sequence number means for the stream."""

    ACCEPT = "accept"
    DISCARD = "discard"
    """Far from all before it; if the next one follows it, the sender has restarted."""
    RESTART = "restart"


class Source:
    """Counts the packets of one SSRC and extends its sequence numbers."""

    def __init__(self, ssrc: int, sequence: int) -> None:
        self.ssrc = ssrc
        self.received = 0
        self.jitter = 0.0
        """In timestamp units."""
        self.highest = sequence
        """Highest sequence number seen, wraps included."""
        self.latest = sequence
        """Sequence number of the packet accepted last, wraps included."""
        self._first = sequence
        self._suspect: int | None = None
        self._transit: float | None = None
        self._clock = _CLOCK
        self._reported = (0, 0)  # expected and received at the last report
        self._report_id = 0
        self._report_at = 0.0

    def extend(self, sequence: int) -> int:
        """The sequence number with its wraps, near the highest one seen."""
        return self.highest + ((sequence - self.highest + 0x8000) & 0xFFFF) - 0x8000

    def judge(self, sequence: int) -> Verdict:
        """Say whether this sequence number belongs here; counts it if it does."""
        extended = self.extend(sequence)
        if -_MAX_MISORDER < extended - self.highest < _MAX_DROPOUT:
            self.received += 1
            self.latest = extended
            self.highest = max(self.highest, extended)
            self._suspect = None
            return Verdict.ACCEPT
        verdict = Verdict.RESTART if sequence == self._suspect else Verdict.DISCARD
        self._suspect = (sequence + 1) & 0xFFFF
        return verdict

    def arrived(self, timestamp: int, now: float, clock: int = _CLOCK) -> None:
        """Follow the interarrival jitter with an audio packet (RFC 3550 A.8)."""
        if clock != self._clock:
            self.jitter *= clock / self._clock
            self._clock, self._transit = clock, None
        transit = now * clock - timestamp
        if self._transit is not None:
            deviation = abs(transit - self._transit)
            if deviation < clock:  # a wrap or a jump of the timestamp is not jitter
                self.jitter += (deviation - self.jitter) / 16.0
        self._transit = transit

    def sender_reported(self, ntp: int, now: float) -> None:
        """A sender report of this source came; our next report says so."""
        self._report_id = ntp >> 16 & 0xFFFFFFFF
        self._report_at = now

    @property
    def jitter_ms(self) -> float:
        """The interarrival jitter in ms, whatever the clock."""
        return 1000.0 * self.jitter / self._clock

    @property
    def expected(self) -> int:
        """Packets the sender has sent, as far as the sequence numbers tell."""
        return self.highest - self._first + 1

    def block(self, now: float) -> ReportBlock:
        """The report on this source; the loss fraction counts from the last one (A.3)."""
        expected, received = self.expected, self.received
        new_expected = expected - self._reported[0]
        new_lost = new_expected - (received - self._reported[1])
        self._reported = (expected, received)
        fraction = min(255, 256 * new_lost // new_expected) if new_expected > 0 < new_lost else 0
        delay = round(65536 * (now - self._report_at)) if self._report_id else 0
        return ReportBlock(
            ssrc=self.ssrc,
            fraction=fraction,
            lost=expected - received,
            highest=self.highest & 0xFFFFFFFF,
            jitter=int(self.jitter),
            last_report=self._report_id,
            delay=delay & 0xFFFFFFFF,
        )
