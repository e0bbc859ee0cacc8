"""Whether the box can carry one more good call: by count, and by how late packets leave.

Pacer ─ lateness of each tick ─► note ─► seconds ─► overloaded? ─► admits
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import ceil
from typing import Final

PERIOD: Final = 0.020
"""Seconds from one packet to the next."""
LIMIT: Final = 0.010
"""Seconds by which a packet may leave late: half a packet's time, less than jitter buffers hold."""
CATCH_UP: Final = 10
"""Ticks that the pacer makes up for after a stall."""
WINDOW: Final = 5
"""Whole seconds that are looked back upon."""
RECOVERY: Final = 5.0
"""Seconds that must have been good before calls are taken again."""
_TOO_MANY: Final = 0.01
"""Share of late ticks above which the box is overloaded: the 99th percentile is over LIMIT."""
_FEW: Final = 0.004
"""Share of late ticks up to which a time is good; the gap keeps the answer from flickering."""
_SKIPPED: Final = 0.10
"""Share of ticks given up on that alone says overloaded."""
_LEAST: Final = 4
"""Late ticks below which no share is taken: 1 % of a full window is up to 3 of them."""
_SEPARATE: Final = 2
"""Late ticks must fall into this many seconds: one hiccup is no overload."""


@dataclass(slots=True)
class _Second:
    """What was measured within one second of the clock."""

    number: int
    ticks: int = 0
    late: int = 0
    skipped: int = 0


class Admission:
    """Counts calls and remembers the lateness of the last seconds, in constant memory.

    With no call in progress nothing ticks and nothing is measured; then only the count decides.
    """

    def __init__(self, capacity: int, *, limit: float = LIMIT) -> None:
        """`capacity`: calls at once; `limit`: seconds of lateness that 1 % of ticks may exceed."""
        self.capacity = capacity
        self._limit = limit
        self._seconds: deque[_Second] = deque(maxlen=WINDOW + 1)
        self._good_since: float | None = None
        self.overloaded = False
        """Whether packets have left late, and it has not been good for RECOVERY since."""

    def note(self, late: float, now: float) -> None:
        """Take how many seconds too late the pacer woke (`Pacer.on_late`).

        Ticks that had been due meanwhile are late as well; those beyond CATCH_UP are given up.
        """
        number = int(now // 1)
        if not self._seconds or self._seconds[-1].number != number:
            self._judge(now)
            self._seconds.append(_Second(number))
        second = self._seconds[-1]
        missed = int(late / PERIOD)
        second.ticks += 1 + missed
        if late > self._limit:
            second.late += ceil((late - self._limit) / PERIOD)
            second.skipped += max(0, missed - CATCH_UP)
            if not self.overloaded:
                self._judge(now)

    def admits(self, calls: int, now: float) -> bool:
        """Whether one more call may begin while `calls` are in progress."""
        return not self.why(calls, now)

    def why(self, calls: int, now: float) -> str:
        """Return why no call may begin, in plain words; empty where one may."""
        if calls >= self.capacity:
            return f"{calls} calls are in progress, and no more are allowed (call.capacity)"
        self._judge(now)
        if self.overloaded:
            return "the machine is too busy: packets leave late"
        return ""

    def _judge(self, now: float) -> None:
        oldest = int(now // 1) - WINDOW
        while self._seconds and self._seconds[0].number < oldest:
            self._seconds.popleft()
        ticks = sum(second.ticks for second in self._seconds)
        late = sum(second.late for second in self._seconds)
        skipped = sum(second.skipped for second in self._seconds)
        if not ticks:  # nothing has been sent for seconds: nothing is overloaded
            self.overloaded, self._good_since = False, None
            return
        spread = sum(second.late > 0 for second in self._seconds)
        often = late >= _LEAST and late > _TOO_MANY * ticks and spread >= _SEPARATE
        if often or skipped > _SKIPPED * ticks:
            self.overloaded, self._good_since = True, None
        elif self.overloaded:
            self._recover(good=late <= _FEW * ticks, now=now)

    def _recover(self, *, good: bool, now: float) -> None:
        if not good:
            self._good_since = None
        elif self._good_since is None:
            self._good_since = now
        elif now - self._good_since >= RECOVERY:
            self.overloaded, self._good_since = False, None
