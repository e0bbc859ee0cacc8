"""`system.notify`: systemd's notification protocol against a socket of our own."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.system.notify import Notifier


@pytest.fixture
def manager() -> Iterator[tuple[str, socket.socket]]:
    """A service manager's socket and its address."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "notify")
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.bind(path)
        sock.settimeout(5)
        yield path, sock
        sock.close()


def test_the_manager_hears_state_and_status(manager: tuple[str, socket.socket]) -> None:
    """Sends one datagram each, a status always on one line."""
    path, sock = manager
    notifier = Notifier({"NOTIFY_SOCKET": path})
    notifier.ready()
    notifier.status("registered,\n2 calls")
    notifier.stopping()
    assert [sock.recv(100) for _ in range(3)] == [
        b"READY=1", b"STATUS=registered, 2 calls", b"STOPPING=1",
    ]  # fmt: skip


def test_abstract_sockets_are_reached() -> None:
    """Takes an address with a leading @."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(f"\0attendant-test-{os.getpid()}")
    sock.settimeout(5)
    Notifier({"NOTIFY_SOCKET": f"@attendant-test-{os.getpid()}"}).ready()
    assert sock.recv(100) == b"READY=1"
    sock.close()


def test_the_watchdog_is_fed_twice_per_interval(manager: tuple[str, socket.socket]) -> None:
    """Gives signs of life at half of what the manager allows, from the loop itself."""
    path, sock = manager
    notifier = Notifier({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "40000"})
    assert notifier.interval == 0.02

    async def scenario() -> None:
        task = asyncio.ensure_future(notifier.watch())
        loop = asyncio.get_running_loop()
        sock.setblocking(False)
        for _ in range(3):
            assert await asyncio.wait_for(loop.sock_recv(sock, 100), 5) == b"WATCHDOG=1"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())


def test_a_watchdog_of_another_process_is_none_of_ours(manager: tuple[str, socket.socket]) -> None:
    """Feeds nothing where WATCHDOG_PID names somebody else."""
    path, _ = manager
    notifier = Notifier({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "40000", "WATCHDOG_PID": "1"})
    assert notifier.interval == 0


def test_without_a_manager_nothing_happens() -> None:
    """Does nothing on a desk, and survives a manager that has gone."""
    notifier = Notifier({})
    notifier.ready()
    asyncio.run(asyncio.wait_for(notifier.watch(), 1))
    Notifier({"NOTIFY_SOCKET": "/nonexistent/notify"}).ready()
