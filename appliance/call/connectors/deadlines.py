"""One thread that calls back in time: nobody waits longer than was promised, whatever hangs."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import Final

_FOREVER: Final = 3600.0


class Deadlines:
    """Callbacks at their times (monotonic seconds); they must be short and raise nothing."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._calls: dict[int, Callable[[], None]] = {}
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
        self._thread.start()

    def at(self, when: float, call: Callable[[], None]) -> int:
        """Call back at `when`; the number that is returned cancels it."""
        with self._changed:
            number = next(self._numbers)
            self._calls[number] = call
            heapq.heappush(self._heap, (when, number))
            self._changed.notify()
            return number

    def cancel(self, number: int) -> None:
        """It is needed no more; one that is being called back just now is not waited for."""
        with self._changed:
            self._calls.pop(number, None)
            while self._heap and self._heap[0][1] not in self._calls:
                heapq.heappop(self._heap)

    def close(self) -> None:
        """Call nobody back any more."""
        with self._changed:
            self._closed = True
            self._calls.clear()
            self._heap.clear()
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                left = self._heap[0][0] - time.monotonic() if self._heap else _FOREVER
                if left > 0:
                    self._changed.wait(left)
                    continue
                _, number = heapq.heappop(self._heap)
                call = self._calls.pop(number, None)
            if call is not None:
                call()
