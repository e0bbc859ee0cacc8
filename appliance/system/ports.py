"""Sockets: SIP by UDP and TCP, and pairs of UDP ports (RTP even, RTCP odd) out of a range.

Hosts are text without brackets. A link-local IPv6 address bears its scope (`fe80::1%eth0`), no
other does; an IPv4 peer of a socket on `::` is written as the IPv4 address that it has.
"""

from __future__ import annotations

import asyncio
import errno
import select
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from appliance.sip.address import bracketed

EXPEDITED: Final = 46
"""DSCP EF, for audio (RFC 4594 section 4.1)."""
SIGNALLING: Final = 24
"""DSCP CS3, for SIP: what PBXs mark call signalling with."""
_LARGEST: Final = 65_535
_BACKLOG: Final = 128
"""Connections that wait to be accepted."""
_KEEPALIVE: Final = (
    (socket.TCP_KEEPIDLE, 30),
    (socket.TCP_KEEPINTVL, 5),
    (socket.TCP_KEEPCNT, 3),
    (socket.TCP_USER_TIMEOUT, 20_000),
)
"""A peer that has vanished is noticed within 45 s of silence, or 20 s (given in ms) after something
was sent to it that it does not acknowledge. Without these it would take a quarter of an hour."""
_MAPPED: Final = "::ffff:"
_BURST: Final = 64
"""Datagrams read from one socket before others get their turn."""

_ROUNDS: Final = 16
"""Datagrams read from one of several sockets at a time: what came in a stall of a third of a
second, and no more of a flood."""
_STAMPS: Final = 35
"""SO_TIMESTAMPNS, option and control message alike: the kernel notes when each datagram came."""
_STAMP: Final = struct.Struct("@ll")
_NOTES: Final = socket.CMSG_SPACE(_STAMP.size)
_DATAGRAM: Final = 2048
"""Bytes read of one; more is no audio."""

Receive = Callable[[bytes, tuple[str, int], bool], None]
"""A datagram, its source, and whether it came to the control (RTCP) port."""
Gather = Callable[[bytes, tuple[str, int], bool, float], None]
"""The same, and when it came (`loop.time()`)."""


class PortError(OSError):
    """No socket could be opened; the text says which address or range, and why."""


Sockaddr = tuple[str, int] | tuple[str, int, int, int]


def sockaddr(family: int, host: str, port: int) -> Sockaddr:
    """Return `host:port` as a socket of `family` takes it.

    An IPv6 socket gets the scope apart from the address, and an IPv4 address in its mapped form
    (RFC 4291 section 2.5.5.2). Raises OSError where no interface has the name of the scope.
    """
    if family != socket.AF_INET6:
        return host, port
    if ":" not in host:
        return _MAPPED + host, port, 0, 0
    bare, _, scope = host.partition("%")
    if scope.isdecimal():
        if len(scope) > 9:
            raise OSError(errno.ENODEV, f"no interface has the number {scope}")
        return bare, port, 0, int(scope)
    return bare, port, 0, socket.if_nametoindex(scope) if scope else 0


def host_of(address: tuple[Any, ...]) -> str:
    """Return the host of what a socket calls the address of its peer; the inverse of `sockaddr`."""
    host = str(address[0]).partition("%")[0]
    if host.lower().startswith(_MAPPED) and "." in host:
        return host[len(_MAPPED) :]
    if len(address) == 4 and address[3] and host.lower().startswith(("fe8", "fe9", "fea", "feb")):
        try:
            return f"{host}%{socket.if_indextoname(address[3])}"
        except OSError:  # the interface has just gone
            return f"{host}%{address[3]}"
    return host


def family_of(host: str) -> socket.AddressFamily:
    """Return the family of an address; a name counts as IPv4."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def bind(host: str, port: int, *, dscp: int = SIGNALLING) -> socket.socket:
    """Return a non-blocking UDP socket on `host:port` (0: any free port), marked with `dscp`.

    A socket on `::` serves IPv4 as well. Raises PortError where the port is in use or the address
    is not ours.
    """
    return _bound(socket.SOCK_DGRAM, host, port, dscp)


def listen(host: str, port: int, *, dscp: int = SIGNALLING) -> socket.socket:
    """Return a non-blocking TCP socket that listens on `host:port` (0: any free port).

    What it accepts is marked with `dscp` as well (`tune`). A socket on `::` serves IPv4 too. Raises
    PortError where the port is in use or the address is not ours.
    """
    return _bound(socket.SOCK_STREAM, host, port, dscp)


def _bound(kind: socket.SocketKind, host: str, port: int, dscp: int) -> socket.socket:
    what = "TCP" if kind is socket.SOCK_STREAM else "UDP"
    try:
        sock = socket.socket(family_of(host), kind)
    except OSError as error:  # a kernel without IPv6
        raise _refused(what, host, port, error) from error
    try:
        sock.setblocking(False)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if kind is socket.SOCK_STREAM:
            # Connections of the run before this one may still linger on the port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(sockaddr(sock.family, host, port))
        if kind is socket.SOCK_STREAM:
            sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise _refused(what, host, port, error) from error
    mark(sock, dscp)
    return sock


def _refused(what: str, host: str, port: int, error: OSError) -> PortError:
    return PortError(f"{what} {bracketed(host)}:{port} cannot be opened: {error.strerror}")


async def connect(
    host: str, port: int, *, source: str = "", dscp: int = SIGNALLING
) -> socket.socket:
    """Return a TCP socket that is connected to an address (no name), tuned as by `tune`.

    `source` is the address of ours to speak from; one of the other family, or that of no address
    in particular, is left to the kernel. Raises OSError; gives up only when cancelled.
    """
    family = family_of(host)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        tune(sock, dscp)
        if source not in ("", "0.0.0.0", "::") and family_of(source) == family:
            sock.bind(sockaddr(family, source, 0))
        await asyncio.get_running_loop().sock_connect(sock, sockaddr(family, host, port))
    except (OSError, asyncio.CancelledError):
        sock.close()
        raise
    return sock


def tune(sock: socket.socket, dscp: int = SIGNALLING) -> None:
    """Prepare a TCP socket for SIP: no delay, a vanished peer is noticed, packets are marked."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
    mark(sock, dscp)


def mark(sock: socket.socket, dscp: int) -> None:
    """Set the DSCP; a network or sandbox that forbids it costs priority, not the call."""
    try:
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, dscp << 2)
        # An IPv6 socket takes this one for the IPv4 peers that it may have.
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)
    except PermissionError:
        return


class Inbox:
    """Sockets that are read together when somebody is about to use what has come.

        datagrams of 20 ms ─► kernel, which stamps them ─► read ─► Gather, with the time of each

    Fifty calls bring 2,500 datagrams a second, and waking up for each costs as much as all that is
    done with it. Nothing is heard later for it, since audio is only asked for once per tick.
    """

    __slots__ = ("_members", "_poll", "_read_at")

    def __init__(self) -> None:
        self._poll: select.epoll | None = None
        self._members: dict[int, tuple[socket.socket, Gather, bool]] = {}
        self._read_at = 0.0

    def __bool__(self) -> bool:
        """Whether there is any socket to read."""
        return bool(self._members)

    def add(self, sock: socket.socket, receive: Gather, *, control: bool) -> None:
        """Read this one too from now on."""
        if self._poll is None:
            self._poll = select.epoll()
        with suppress(OSError):  # a sandbox without stamps: then it came when it was read
            sock.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)
        self._members[sock.fileno()] = sock, receive, control
        self._poll.register(sock.fileno(), select.EPOLLIN)

    def remove(self, sock: socket.socket) -> None:
        """Read it no more; to be called before it is closed."""
        if self._poll is not None and self._members.pop(sock.fileno(), None) is not None:
            self._poll.unregister(sock.fileno())
            if not self._members:
                self._poll.close()
                self._poll = None

    def read(self, now: float) -> None:
        """Hand on all that has come; `now` is `loop.time()`."""
        earliest, self._read_at = self._read_at, now
        ahead = time.time() - time.monotonic()  # the stamps are of the former
        for _ in range(_ROUNDS):
            if self._poll is None or not (ready := self._poll.poll(0)):
                return
            for number, _ in ready:
                member = self._members.get(number)
                if member is None:  # closed by what came before
                    continue
                sock, receive, control = member
                try:
                    data, notes, _, source = sock.recvmsg(_DATAGRAM, _NOTES)
                except OSError:  # nothing after all, or an ICMP error of an earlier datagram
                    continue
                came = now
                if notes:
                    seconds, nanoseconds = _STAMP.unpack(notes[0][2])
                    came = seconds + nanoseconds * 1e-9 - ahead
                    # The clock of the stamps may have been set in between.
                    came = earliest if came < earliest else min(came, now)
                if len(source) != 2:
                    source = host_of(source), source[1]
                receive(data, source, control, came)


class MediaSocket:
    """The two sockets of one media stream; made by PortRange.open."""

    __slots__ = ("_control", "_inbox", "_loop", "_media", "_six", "dropped", "host", "port")

    def __init__(self, host: str, media: socket.socket, control: socket.socket) -> None:
        self.host = host
        self.port: int = media.getsockname()[1]
        self.dropped = 0
        """Datagrams that the kernel would not take."""
        self._media = media
        self._control = control
        self._six = media.family == socket.AF_INET6
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inbox: Inbox | None = None

    def gather(self, inbox: Inbox, receive: Gather) -> None:
        """Hand every datagram to `receive` whenever `inbox` is read: for who works by ticks."""
        self._inbox = inbox
        inbox.add(self._media, receive, control=False)
        inbox.add(self._control, receive, control=True)

    def attach(self, receive: Receive) -> None:
        """Hand every datagram to `receive` as soon as it arrives; needs a running loop."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._media, self._read, self._media, receive, False)
        self._loop.add_reader(self._control, self._read, self._control, receive, True)

    def _read(self, sock: socket.socket, receive: Receive, control: bool) -> None:
        for _ in range(_BURST):
            try:
                data, source = sock.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error of an earlier datagram; the socket lives on
                continue
            host = host_of(source) if self._six else source[0]
            receive(data, (host, source[1]), control)
            if sock.fileno() < 0:  # `receive` ended the call
                return

    def send(self, data: bytes, to: tuple[str, int], *, control: bool = False) -> None:
        """Send one datagram; one that cannot leave is lost like any other and counted."""
        sock = self._control if control else self._media
        try:
            sock.sendto(data, sockaddr(socket.AF_INET6, *to) if self._six else to)
        except OSError:
            self.dropped += 1

    def close(self) -> None:
        """Close both sockets; may be called twice."""
        for sock in (self._media, self._control):
            if sock.fileno() >= 0:
                if self._loop is not None:
                    self._loop.remove_reader(sock)
                if self._inbox is not None:
                    self._inbox.remove(sock)
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
