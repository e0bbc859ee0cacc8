"""UDP sockets: the port of SIP, and pairs of ports (RTP even, RTCP odd) out of a range."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final

EXPEDITED: Final = 46
"""DSCP EF, for audio (RFC 4594 section 4.1)."""
SIGNALLING: Final = 24
"""DSCP CS3, for SIP: what PBXs mark call signalling with."""
_LARGEST: Final = 65_535
_BURST: Final = 64
"""Datagrams read from one socket before others get their turn."""

Receive = Callable[[bytes, tuple[str, int], bool], None]
"""A datagram, its source, and whether it came to the control (RTCP) port."""


class PortError(OSError):
    """No socket could be opened; the text says which address or range, and why."""


def bind(host: str, port: int, *, dscp: int = SIGNALLING) -> socket.socket:
    """Return a non-blocking UDP socket on `host:port` (0: any free port), marked with `dscp`.

    Raises PortError where the port is in use or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise PortError(f"UDP {host}:{port} cannot be opened: {error.strerror}") from error
    _mark(sock, dscp)
    return sock


def _mark(sock: socket.socket, dscp: int) -> None:
    """Set the DSCP; a network or sandbox that forbids it costs priority, not the call."""
    level, option = (
        (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)
        if sock.family == socket.AF_INET6
        else (socket.IPPROTO_IP, socket.IP_TOS)
    )
    try:
        sock.setsockopt(level, option, dscp << 2)
    except PermissionError:
        return


class MediaSocket:
    """The two sockets of one media stream; made by PortRange.open."""

    __slots__ = ("_control", "_loop", "_media", "dropped", "host", "port")

    def __init__(self, host: str, media: socket.socket, control: socket.socket) -> None:
        self.host = host
        self.port: int = media.getsockname()[1]
        self.dropped = 0
        """Datagrams that the kernel would not take."""
        self._media = media
        self._control = control
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, receive: Receive) -> None:
        """Hand every datagram that arrives from now on to `receive`; needs a running loop."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._media, self._read, self._media, receive, False)
        self._loop.add_reader(self._control, self._read, self._control, receive, True)

    @staticmethod
    def _read(sock: socket.socket, receive: Receive, control: bool) -> None:
        for _ in range(_BURST):
            try:
                data, source = sock.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error of an earlier datagram; the socket lives on
                continue
            receive(data, (source[0], source[1]), control)
            if sock.fileno() < 0:  # `receive` ended the call
                return

    def send(self, data: bytes, to: tuple[str, int], *, control: bool = False) -> None:
        """Send one datagram; one that cannot leave is lost like any other and counted."""
        try:
            (self._control if control else self._media).sendto(data, to)
        except OSError:
            self.dropped += 1

    def close(self) -> None:
        """Close both sockets; may be called twice."""
        for sock in (self._media, self._control):
            if sock.fileno() >= 0:
                if self._loop is not None:
                    self._loop.remove_reader(sock)
                sock.close()


class PortRange:
    """A range of ports out of which pairs are taken, each time a little further on.

    A port that has just been released is used last, so that late packets of an ended call do not
    reach a new one.
    """

    def __init__(self, host: str, first: int, last: int) -> None:
        self._host = host
        self._even = range(first + first % 2, last, 2)
        self._range = f"{first} to {last}"
        self._next = 0

    def open(self) -> MediaSocket:
        """Return a free pair. Raises PortError where every pair of the range is taken."""
        for step in range(len(self._even)):
            port = self._even[(self._next + step) % len(self._even)]
            pair = self._pair(port)
            if pair is not None:
                self._next = (self._next + step + 1) % len(self._even)
                return pair
        raise PortError(
            f"no free pair of UDP ports from {self._range} on {self._host}: widen the range "
            "'call.media_ports' in the settings"
        )

    def _pair(self, port: int) -> MediaSocket | None:
        try:
            media = bind(self._host, port, dscp=EXPEDITED)
        except PortError:
            return None
        try:
            control = bind(self._host, port + 1, dscp=EXPEDITED)
        except PortError:
            media.close()
            return None
        return MediaSocket(self._host, media, control)
