"""A network in virtual time, and sounds that survive G.711."""

from __future__ import annotations

import heapq
import itertools
import random
from array import array
from collections.abc import Callable

_VOICED = 2000
"""Peak above which a frame counts as sound."""


def tone(seconds: float, level: int = 8000) -> bytes:
    """A square wave of 200 Hz: loud enough to be told from silence after G.711."""
    samples = array("h", (level if n // 20 % 2 else -level for n in range(int(seconds * 8000))))
    return samples.tobytes()


def loud(pcm: bytes) -> bool:
    """Whether a frame holds sound."""
    return max(map(abs, array("h", pcm)), default=0) > _VOICED


class Wire:
    """Carries datagrams between addresses, each after a delay, some never."""

    def __init__(self, *, loss: float = 0.0, delay: float = 0.010, jitter: float = 0.0) -> None:
        self.loss, self.delay, self.jitter = loss, delay, jitter
        self._chance = random.Random(7)
        self._ends: dict[tuple[str, int], Callable[[bytes, tuple[str, int]], None]] = {}
        self._flying: list[tuple[float, int, bytes, tuple[str, int], tuple[str, int]]] = []
        self._count = itertools.count()

    def plug(self, at: tuple[str, int], receive: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._ends[at] = receive

    def unplug(self, at: tuple[str, int]) -> None:
        self._ends.pop(at, None)

    def send(self, data: bytes, source: tuple[str, int], to: tuple[str, int], now: float) -> None:
        if self._chance.random() < self.loss:
            return
        due = now + self.delay + self._chance.random() * self.jitter
        heapq.heappush(self._flying, (due, next(self._count), data, source, to))

    def next(self) -> float | None:
        return self._flying[0][0] if self._flying else None

    def deliver(self, now: float) -> None:
        while self._flying and self._flying[0][0] <= now:
            _, _, data, source, to = heapq.heappop(self._flying)
            receive = self._ends.get(to)
            if receive is not None:
                receive(data, source)
