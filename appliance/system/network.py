"""Noticing that the network is another one, and finding which address of ours leads to the PBX.

    NetworkManager (D-Bus) ─┐
    kernel (rtnetlink) ─────┴─► settle ─► changed(reason)

Both are listened to where they are there: the kernel tells of cables and addresses in any case,
NetworkManager when it is done with setting them up.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Final, TypeVar

from .bus import NetworkManager
from .ports import family_of, host_of, sockaddr

_log = logging.getLogger(__name__)

SETTLE: Final = 0.3
"""Seconds without a further change after which a change is told."""
LONGEST: Final = 1.0
"""Seconds after which it is told although changes go on."""
_ANYWHERE: Final = 9
"""A port (discard) to which nothing is sent: connecting a UDP socket only looks for the route."""

# linux/rtnetlink.h, linux/netlink.h, linux/if_link.h
_GROUPS: Final = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
"""Links, IPv4 addresses and routes, IPv6 addresses and routes."""
_DONE: Final = 3
_NEW_LINK, _DEL_LINK, _NEW_ADDR, _DEL_ADDR, _NEW_ROUTE, _DEL_ROUTE = 16, 17, 20, 21, 24, 25
_GET_LINK, _GET_ADDR, _GET_ROUTE = 18, 22, 26
_REQUEST_DUMP: Final = 0x1 | 0x300
_RUNNING: Final = 0x40
_LINK_NAME: Final = 3
_ADDR_ADDRESS, _ADDR_LOCAL = 1, 2
_ROUTE_OIF, _ROUTE_GATEWAY = 4, 5
_HEADER: Final = struct.Struct("=IHHII")
_ATTRIBUTE: Final = struct.Struct("=HH")


class NoRouteError(OSError):
    """No address of ours leads there; the text says so in plain words."""


def own_address(towards: str, port: int = _ANYWHERE) -> str:
    """Return the address of ours from which packets to the IP address `towards` leave.

    Nothing is sent. Raises NoRouteError where no network leads there.
    """
    try:
        with socket.socket(family_of(towards), socket.SOCK_DGRAM) as sock:
            sock.connect(sockaddr(sock.family, towards, port))
            return host_of(sock.getsockname())
    except OSError as error:
        raise NoRouteError(
            f"no network leads to {towards} ({error.strerror}): is the cable plugged in?"
        ) from None


class NetworkWatch:
    """Tells `changed(reason)` when the network has changed and settled; `run` it as a task."""

    def __init__(
        self,
        changed: Callable[[str], None],
        *,
        bus: str = "",
        settle: float = SETTLE,
        longest: float = LONGEST,
    ) -> None:
        """`bus`: the D-Bus address of NetworkManager, as of `bus.LineBus`."""
        self._changed = changed
        self._bus = bus
        self._settle = settle
        self._longest = longest
        self._reason = ""
        self._first = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        manager = asyncio.ensure_future(NetworkManager(self._bus, self.note).run())
        try:
            await self._kernel()
            await manager  # no kernel events here: NetworkManager alone
        finally:
            manager.cancel()
            await asyncio.gather(manager, return_exceptions=True)
            if self._timer is not None:
                self._timer.cancel()

    def note(self, reason: str) -> None:
        """Something changed; it is told once nothing has changed for a moment."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._timer is None:
            self._first = now
        else:
            self._timer.cancel()
        self._reason = reason
        due = min(now + self._settle, self._first + self._longest)
        self._timer = loop.call_at(due, self._tell)

    def _tell(self) -> None:
        self._timer = None
        self._changed(self._reason)

    async def _kernel(self) -> None:
        """Listen to the kernel; returns where that is not allowed."""
        try:
            sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        except OSError as error:  # a unit or sandbox may forbid the family
            _log.info("the kernel's network events are not heard: %s", error)
            return
        with sock:
            try:
                sock.setblocking(False)
                sock.bind((0, _GROUPS))
            except OSError as error:
                _log.info("the kernel's network events are not heard: %s", error)
                return
            await self._listen(sock)

    async def _listen(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        links = Links()
        waiting = [_GET_LINK, _GET_ADDR, _GET_ROUTE]
        while True:
            if links.complete and waiting:
                links.complete = False
                kind = waiting.pop(0)
                request = _HEADER.pack(_HEADER.size + 20, kind, _REQUEST_DUMP, kind, 0) + bytes(20)
                await loop.sock_sendall(sock, request)
            try:
                reason = links.feed(await loop.sock_recv(sock, 65_536))
            except OSError as error:  # ENOBUFS: so much has changed that some was lost
                _log.info("network events were lost: %s", error)
                reason = "the network changed much"
            if reason and not waiting and links.complete:
                self.note(reason)


class Links:
    """What the kernel has told of links, addresses and default routes: tells news from repeats.

    Routers repeat their announcements every few seconds and Wi-Fi its figures; neither is a change.
    A cable that goes out is none either: until it is back, or the address goes too, there is no
    other way, and a connection on which nothing was tried meanwhile is good again at once.
    """

    def __init__(self) -> None:
        self.complete = True
        """Whether the listing that was asked for has arrived."""
        self._running: dict[int, bool] = {}
        self._names: dict[int, str] = {}
        self._addresses: set[tuple[int, bytes]] = set()
        self._routes: set[tuple[int, int, bytes]] = set()

    def feed(self, data: bytes) -> str:
        """Take one datagram of netlink messages; return what is new, in words, or nothing."""
        news = ""
        for kind, body in _messages(data):
            if kind == _DONE:
                self.complete = True
            elif kind in (_NEW_LINK, _DEL_LINK) and len(body) >= 16:
                news = self._link(kind, body) or news
            elif kind in (_NEW_ADDR, _DEL_ADDR) and len(body) >= 8:
                news = self._address(kind, body) or news
            elif kind in (_NEW_ROUTE, _DEL_ROUTE) and len(body) >= 12:
                news = self._route(kind, body) or news
        return news

    def _link(self, kind: int, body: bytes) -> str:
        index, flags = struct.unpack_from("=iI", body, 4)
        running = kind == _NEW_LINK and bool(flags & _RUNNING)
        name = _attributes(body[16:]).get(_LINK_NAME, b"").rstrip(b"\0").decode("ascii", "replace")
        if name:
            self._names[index] = name
        if self._running.get(index, False) == running:
            return ""
        self._running[index] = running
        if running:
            return f"{self._name(index)} is up"
        _log.info("%s is down", self._name(index))
        return ""

    def _address(self, kind: int, body: bytes) -> str:
        (index,) = struct.unpack_from("=I", body, 4)
        found = _attributes(body[8:])
        address = found.get(_ADDR_LOCAL) or found.get(_ADDR_ADDRESS) or b""
        if not _put(self._addresses, (index, address), there=kind == _NEW_ADDR):
            return ""
        verb = "has" if kind == _NEW_ADDR else "lost"
        return f"{self._name(index)} {verb} the address {_shown(address)}"

    def _route(self, kind: int, body: bytes) -> str:
        family, length, table = body[0], body[1], body[4]
        if length or table != 254:  # only default routes of the main table
            return ""
        found = _attributes(body[12:])
        gateway = found.get(_ROUTE_GATEWAY, b"")
        index = int.from_bytes(found.get(_ROUTE_OIF, b""), sys.byteorder)
        if not _put(self._routes, (family, index, gateway), there=kind == _NEW_ROUTE):
            return ""
        return f"the way out by {self._name(index)} is {'there' if kind == _NEW_ROUTE else 'gone'}"

    def _name(self, index: int) -> str:
        return self._names.get(index, f"interface {index}")


_T = TypeVar("_T")


def _put(held: set[_T], item: _T, *, there: bool) -> bool:
    """Add or remove an item; returns whether that changed anything."""
    if (item in held) == there:
        return False
    if there:
        held.add(item)
    else:
        held.discard(item)
    return True


def _shown(address: bytes) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return "unknown"


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut a datagram into messages; what does not fit ends it."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size or at + length > len(data):
            return
        yield kind, data[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


def _attributes(data: bytes) -> dict[int, bytes]:
    """The attributes behind a message's fixed part."""
    found: dict[int, bytes] = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size or at + length > len(data):
            break
        found[kind & 0x3FFF] = data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return found
