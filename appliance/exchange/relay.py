"""The ports of switched calls: a pair of UDP ports for each leg, legs joined two by two.

    phone A <-> [port A  | RTP  ] Anchor ~ Anchor [port B  | RTP  ] <-> phone B
    phone A <-> [port A+1| RTCP ]                 [port B+1| RTCP ] <-> phone B

Each phone talks to the exchange only, so a transfer joins its leg with another one and the phone
never notices. `bridge` decides what happens to a datagram (pure); here are the sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Final

from appliance import rtp, sip
from appliance.exchange.bridge import Crossing, End, HostPort
from appliance.system.ports import MediaSocket, PortRange

FIRST_PORT: Final = 17_000
"""First UDP port of the exchange's own range, apart from the box's."""
LAST_PORT: Final = 17_998


class Side(Enum):
    """The two ends of a switched call."""

    CALLER = 0
    CALLED = 1

    @property
    def other(self) -> Side:
        """The opposite end."""
        return Side.CALLED if self is Side.CALLER else Side.CALLER


Tap = Callable[[Side, bytes, float], None]
"""Sees each RTP datagram passed on: who sent it, its bytes, when it arrived (monotonic s).

It is plain, whatever the leg is, and its audio G.711, whatever was agreed."""
LegTap = Callable[[bytes, float], None]
"""The same for one leg."""


class Anchor:
    """The sockets of one leg. Made by `Relay.open`, inside a running loop."""

    def __init__(self, sock: MediaSocket) -> None:
        self.end = End()
        self.port: int = sock.port
        """The RTP port that the telephone is told to send to."""
        self.tap: LegTap | None = None
        """Sees what the telephone says."""
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self._far: Anchor | None = None
        self._crossing: Crossing | None = None
        sock.attach(self._receive)

    def agree(self, media: sip.Media) -> None:
        """Take what this leg has agreed; see `End.agree`. Keys that do not fit leave it silent."""
        try:
            self.end.agree(media)
        except rtp.LocalError:
            self.end = End()
            if self._far is not None:
                self.join(self._far)

    def join(self, far: Anchor) -> None:
        """Let this leg and another hear each other, and nobody else."""
        self.part()
        far.part()
        self.face(far)
        far.face(self)

    def face(self, far: Anchor | None) -> None:
        """Send what the telephone says to another leg from now on, or nowhere."""
        self._far = far
        self._crossing = None if far is None else Crossing(self.end, far.end)

    def part(self) -> None:
        """Undo `join`."""
        if self._far is not None:
            self._far.face(None)
            self.face(None)

    def close(self) -> None:
        """Give the ports back; closing twice is harmless."""
        self.part()
        self._socket.close()

    def _receive(self, data: bytes, source: HostPort, control: bool) -> None:
        now = self._loop.time()
        plain = self.end.take(data, source, control, now)
        if plain is None or self._far is None or self._crossing is None:
            return
        if self.tap is not None and (taped := self._crossing.taped(plain)) is not None:
            self.tap(taped, now)
        for onward in self._crossing.carry(plain):
            self._far.send(onward)

    def send(self, data: bytes) -> None:
        """Send a plain datagram to the telephone, as its leg has agreed."""
        if (made := self.end.give(data)) is not None:
            self._socket.send(made.data, made.to, control=made.control)


class Relay:
    """Hands out anchors on `host`, from the UDP ports `first` to `last`."""

    def __init__(self, host: str, first: int = FIRST_PORT, last: int = LAST_PORT) -> None:
        self.host = host
        self._range = PortRange(host, first, last)

    def open(self) -> Anchor:
        """Bind a pair. Raises PortError where no ports are left."""
        return Anchor(self._range.open())
