"""A few threads for all systems: one that hangs takes its share of them and never all."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

_log = logging.getLogger(__name__)
WORKERS: Final = 4
"""Threads."""
_SHARE: Final = WORKERS - 1
"""Of one system."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done for somebody who waits."""

    do: Callable[[], None]
    broken: Callable[[], None]
    """Called where `do` raised: a defect of ours; whoever waits must still be told."""


@dataclass(slots=True)
class _Line:
    under_way: int = 0
    waiting: deque[Job] = field(default_factory=deque)


class Floor:
    """Runs jobs, each on one of WORKERS threads, at most so many of one system at once."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="connectors")
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, system: str, most: int, job: Job) -> None:
        """Do a job as soon as there is a thread, and `system` has fewer than `most` under way."""
        with self._lock:
            line = self._lines.setdefault(system, _Line())
            line.waiting.append(job)
            self._start(line, min(most, _SHARE))

    def close(self) -> None:
        """Begin nothing more; what is under way ends by itself."""
        with self._lock:
            self._closed = True
            for line in self._lines.values():
                line.waiting.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self, line: _Line, most: int) -> None:
        """Hand to the threads what may run; the lock is held."""
        while line.waiting and line.under_way < most and not self._closed:
            job = line.waiting.popleft()
            line.under_way += 1
            self._pool.submit(self._run, line, most, job)

    def _run(self, line: _Line, most: int, job: Job) -> None:
        done = False
        try:
            job.do()
            done = True
        finally:
            if not done:
                report(sys.exc_info()[1])
                job.broken()
            with self._lock:
                line.under_way -= 1
                self._start(line, most)


def report(fault: BaseException | None) -> None:
    """Log a defect by its kind and places: its words may quote what was sent."""
    frames = traceback.extract_tb(fault.__traceback__) if fault else []
    places = " < ".join(f"{frame.name} {frame.lineno}" for frame in reversed(frames))
    _log.error("a connector ended by a fault: %s in %s", type(fault).__name__, places)
