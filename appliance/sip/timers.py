"""Every timer of a user agent: one heap, armed and run in one place."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from heapq import heappop, heappush
from typing import TypeAlias

Action: TypeAlias = Callable[[float], None]


class Timers:
    """Named moments; setting a name again moves it. Cancelled entries fall out lazily."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._names: dict[int, Hashable] = {}
        self._live: dict[Hashable, tuple[int, Action]] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._live)

    def set(self, name: Hashable, when: float, action: Action) -> None:
        """Run `action(now)` at the first `run` from `when` on."""
        self.cancel(name)
        self._count += 1
        self._live[name] = (self._count, action)
        self._names[self._count] = name
        heappush(self._heap, (when, self._count))

    def cancel(self, name: Hashable) -> None:
        """Forget the timer of that name, if there is one."""
        number, _ = self._live.pop(name, (0, None))
        self._names.pop(number, None)

    def deadline(self) -> float | None:
        """When `run` is next needed, in the clock of `now`."""
        while self._heap and self._heap[0][1] not in self._names:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run(self, now: float) -> None:
        """Run everything due, in the order of its time."""
        while (when := self.deadline()) is not None and when <= now:
            _, number = heappop(self._heap)
            _, action = self._live.pop(self._names.pop(number))
            action(now)
