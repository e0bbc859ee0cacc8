"""systemd's notification protocol (sd_notify(3)): ready, status, watchdog.

Without NOTIFY_SOCKET, as on a desk, everything here does nothing.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping


class Notifier:
    """Datagrams to the service manager; one it does not take is lost, the service goes on."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        path = given.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the abstract namespace.
        self._path = "\0" + path[1:] if path.startswith("@") else path
        ours = given.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        usec = given.get("WATCHDOG_USEC", "")
        self.interval = int(usec) / 2e6 if ours and usec.isdigit() and self._path else 0.0
        """Seconds between signs of life, half of what systemd allows; 0: none wanted."""

    def ready(self) -> None:
        """The service is up (READY=1)."""
        self._send("READY=1")

    def stopping(self) -> None:
        """The service is on its way down (STOPPING=1)."""
        self._send("STOPPING=1")

    def status(self, words: str) -> None:
        """One line for `systemctl status`."""
        self._send("STATUS=" + " ".join(words.split()))

    def alive(self) -> None:
        """One sign of life (WATCHDOG=1)."""
        self._send("WATCHDOG=1")

    async def watch(self) -> None:
        """Give signs of life until cancelled; returns at once where none are wanted.

        It runs on the loop that paces audio, so that a loop that hangs is restarted.
        """
        while self.interval:
            self.alive()
            await asyncio.sleep(self.interval)

    def _send(self, message: str) -> None:
        if not self._path:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            try:
                sock.setblocking(False)
                sock.sendto(message.encode(), self._path)
            except OSError:
                return
