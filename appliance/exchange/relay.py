"""Media of switched calls: two pairs of UDP ports a call, datagrams passed on between them.

    phone A <-> [port A  | RTP  ] Bridge [port B  | RTP  ] <-> phone B
    phone A <-> [port A+1| RTCP ]        [port B+1| RTCP ] <-> phone B

Each phone talks to the exchange only, so a transfer re-aims one side and the other never notices.
`Bridge` decides (pure); `Relay` owns the sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Final

from appliance.system.ports import MediaSocket, PortError, PortRange

QUIET: Final = 1.0
"""s without a datagram from the latched source after which another source may take its place."""
FIRST_PORT: Final = 17_000
"""First UDP port of the exchange's own range, apart from the box's."""
LAST_PORT: Final = 17_998

_NOWHERE: Final = ("0.0.0.0", "::")

HostPort = tuple[str, int]


class Side(Enum):
    """The two ends of a switched call."""

    CALLER = 0
    CALLED = 1

    @property
    def other(self) -> Side:
        """The opposite end."""
        return Side.CALLED if self is Side.CALLER else Side.CALLER


Tap = Callable[[Side, bytes, float], None]
"""Sees each RTP datagram passed on: who sent it, its bytes, when it arrived (monotonic s)."""


@dataclass(slots=True)
class _Latch:
    """Where one kind of datagram (RTP or RTCP) of one side comes from and goes to."""

    aimed: HostPort | None = None
    source: HostPort | None = None
    heard: float = 0.0
    former: HostPort | None = None
    """Who was here before: a transferor goes on sending until it has hung up."""

    def accept(self, source: HostPort, now: float) -> bool:
        """Say whether a datagram of `source` belongs to this side; the first one latches it."""
        if source == self.former:
            return False
        other = self.source is not None and source not in (self.source, self.aimed)
        if other and now - self.heard < QUIET:
            return False
        self.source, self.heard = source, now
        return True

    @property
    def target(self) -> HostPort | None:
        """Symmetric RTP (RFC 4961): answer where it comes from, else where SDP says."""
        return self.source or self.aimed


@dataclass(slots=True)
class _End:
    media: _Latch = field(default_factory=_Latch)
    control: _Latch = field(default_factory=_Latch)
    dtmf: int | None = None


class Bridge:
    """The pure half of the relay of one call: for each datagram, where it goes and how it reads."""

    def __init__(self) -> None:
        self._ends = {side: _End() for side in Side}

    def aim(self, side: Side, host: str, port: int, dtmf: int | None) -> None:
        """Set where `side` wants its RTP, and its payload type for RFC 4733 events.

        A new address forgets the source latched before: another telephone answers now.
        """
        end = self._ends[side]
        held = host in _NOWHERE  # RFC 3264, section 8.4: hold in its old form
        if not held and end.media.aimed != (host, port):
            end.media = _Latch((host, port), former=end.media.target)
            end.control = _Latch((host, port + 1), former=end.control.target)
        end.dtmf = dtmf

    def forward(
        self, side: Side, control: bool, data: bytes, source: HostPort, now: float
    ) -> tuple[bytes, HostPort] | None:
        """Return what to send from the other side's socket for a datagram that came from `side`.

        None where it is to be dropped: an unknown source, no target yet, or too short for RTP.
        """
        end, far = self._ends[side], self._ends[side.other]
        latch, aim = (end.control, far.control) if control else (end.media, far.media)
        if len(data) < (8 if control else 12) or data[0] >> 6 != 2:
            return None
        if not latch.accept(source, now) or (target := aim.target) is None:
            return None
        return (data if control else self._renumber(data, end.dtmf, far.dtmf)), target

    @staticmethod
    def _renumber(data: bytes, near: int | None, far: int | None) -> bytes:
        """Each leg numbered telephone-event by itself; RFC 3264 lets the numbers differ."""
        if near is None or far is None or near == far or data[1] & 0x7F != near:
            return data
        return data[:1] + bytes([data[1] & 0x80 | far]) + data[2:]


class Anchor:
    """The sockets of one call. Made by `Relay.open`, inside a running loop."""

    def __init__(self, sockets: dict[Side, MediaSocket]) -> None:
        self._bridge = Bridge()
        self._sockets = sockets
        self._loop = asyncio.get_running_loop()
        self.ports: dict[Side, int] = {side: sock.port for side, sock in sockets.items()}
        """The RTP port that each side is told to send to."""
        self.tap: Tap | None = None
        for side, sock in sockets.items():
            sock.attach(partial(self._pass_on, side))

    def aim(self, side: Side, host: str, port: int, dtmf: int | None) -> None:
        """See `Bridge.aim`."""
        self._bridge.aim(side, host, port, dtmf)

    def close(self) -> None:
        """Give the ports back; closing twice is harmless."""
        for sock in self._sockets.values():
            sock.close()

    def _pass_on(self, side: Side, data: bytes, source: HostPort, control: bool) -> None:
        now = self._loop.time()
        onward = self._bridge.forward(side, control, data, source, now)
        if onward is None:
            return
        if self.tap is not None and not control:
            self.tap(side, data, now)
        self._sockets[side.other].send(*onward, control=control)


class Relay:
    """Hands out anchors on `host`, from the UDP ports `first` to `last`."""

    def __init__(self, host: str, first: int = FIRST_PORT, last: int = LAST_PORT) -> None:
        self.host = host
        self._range = PortRange(host, first, last)

    def open(self) -> Anchor:
        """Bind two pairs. Raises PortError where no ports are left."""
        caller = self._range.open()
        try:
            called = self._range.open()
        except PortError:
            caller.close()
            raise
        return Anchor({Side.CALLER: caller, Side.CALLED: called})
