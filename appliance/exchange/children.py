"""The processes of a desk: started, read, ended. On the box systemd does this."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

PATIENCE: Final = 5.0
"""s a process has to end by itself before it is killed."""
LINE: Final = 1 << 20
"""Bytes of the longest line read from a process."""
TAIL: Final = 5
"""Lines of a dead process's log that are shown."""


_LIBC: Final = ctypes.CDLL(None)
_PR_SET_PDEATHSIG: Final = 1


def _die_with_us() -> None:
    """Ask the kernel to end this process when the desk dies, however it dies (prctl(2))."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One process `python -m appliance …`.

    Its stderr goes to a file, its stdout line by line to `on_line`; `on_end` is told the status of
    one that ends without being asked to.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        log: Path,
        *,
        on_line: Callable[[str], None] | None = None,
        on_end: Callable[[int], None] | None = None,
    ) -> None:
        self.name = name
        self._arguments = tuple(arguments)
        self._log = log
        self._on_line = on_line
        self._on_end = on_end
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def pid(self) -> int:
        """The process id; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def running(self) -> bool:
        """Whether the process has started and not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process, in a session of its own: Ctrl-C reaches us alone and we end it."""
        self._stopping = False
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb" if self._process is None else "ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "appliance", *self._arguments,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
                start_new_session=True, limit=LINE, preexec_fn=_die_with_us,
            )  # fmt: skip
        self._task = asyncio.create_task(self._follow(self._process))

    async def stop(self) -> None:
        """End the process: SIGTERM, and SIGKILL where that is not enough."""
        self._stopping = True
        process, task = self._process, self._task
        if process is None or task is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(task), PATIENCE)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await task

    def last_words(self) -> str:
        """Return the end of its log, for the message that it died."""
        try:
            lines = self._log.read_text("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return "\n".join(line for line in lines[-TAIL:] if line.strip())

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        out = process.stdout
        while out is not None:
            try:
                line = await out.readline()
            except ValueError:
                # A line beyond the limit: passed over, what follows is read.
                continue
            if not line:
                break
            if self._on_line is not None:
                self._on_line(line.decode("utf-8", "replace").rstrip())
        status = await process.wait()
        if not self._stopping and self._on_end is not None:
            self._on_end(status)
