"""An exchange and telephones in virtual time: cores against each other, no socket, no clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from appliance import sip
from appliance.exchange.pbx import Exchange
from appliance.exchange.relay import Side
from appliance.system.ports import PortError

HOST = "127.0.0.1"
PBX = sip.Address("udp", HOST, 5060)


class FakeAnchor:
    def __init__(self, number: int) -> None:
        self.ports = {Side.CALLER: 17000 + 4 * number, Side.CALLED: 17002 + 4 * number}
        self.aims: dict[Side, tuple[str, int]] = {}
        self.tap = None
        self.closed = 0

    def aim(self, side: Side, host: str, port: int, dtmf: int | None) -> None:
        self.aims[side] = (host, port)

    def close(self) -> None:
        self.closed += 1


class Telephone:
    """A user agent with its events kept; answers nothing by itself."""

    def __init__(self, world: World, user: str, password: str, port: int, codecs) -> None:
        self.world = world
        self.codecs = codecs
        self.address = sip.Address("udp", HOST, port)
        self.core = sip.UserAgent(
            local=self.address,
            tokens=world.token,
            codecs=codecs,
            account=sip.Account(user, HOST, password, PBX),
        )
        self.events: list[sip.Event] = []
        self.media = sip.LocalMedia(HOST, port + 5000, codecs=codecs)
        world.cores[self.address] = self.core
        world.phones.append(self)

    def last(self, kind: type):
        """Return the latest event of a kind, None where there was none."""
        return next((e for e in reversed(self.events) if isinstance(e, kind)), None)

    def all(self, kind: type) -> list:
        return [e for e in self.events if isinstance(e, kind)]

    def register(self) -> None:
        self.core.register(self.world.now)
        self.world.run(0.5)

    def call(self, target: str, seconds: float = 1.0) -> str:
        handle = self.core.invite(target, self.media, self.world.now, route=PBX)
        self.world.run(seconds)
        return handle

    @property
    def incoming(self) -> str:
        return self.last(sip.Incoming).call

    def answer(self) -> None:
        self.core.ring(self.incoming, self.world.now)
        self.core.answer(self.incoming, self.media, self.world.now)
        self.world.run(0.5)

    def do(self, verb: Callable, *arguments, seconds: float = 1.0, **named) -> None:
        verb(*arguments, self.world.now, **named)
        self.world.run(seconds)


class World:
    DELAY = 0.005

    def __init__(self, users: dict[str, str], *, ports: int = 100, **named) -> None:
        self.now = 1000.0
        self.cores: dict[sip.Address, object] = {}
        self.phones: list[Telephone] = []
        self.anchors: list[FakeAnchor] = []
        self.happened: list = []
        self._ports = ports
        self._count = itertools.count(1)
        self._flight: list[tuple[float, int, sip.Address, sip.Packet]] = []
        self.pbx = Exchange(local=PBX, users=users, tokens=self.token, anchors=self._open, **named)
        self.cores[PBX] = self.pbx

    def token(self) -> str:
        return f"{next(self._count) * 2654435761 % 2**80:020x}"

    def _open(self) -> FakeAnchor:
        if len(self.anchors) >= self._ports:
            raise PortError("no ports")
        self.anchors.append(FakeAnchor(len(self.anchors)))
        return self.anchors[-1]

    def telephone(
        self, user: str, password: str | None = None, *, codecs=("PCMU", "PCMA")
    ) -> Telephone:
        port = 6000 + 10 * len(self.phones)
        word = self.pbx.users.get(user, "?") if password is None else password
        return Telephone(self, user, word, port, codecs)

    def _drain(self) -> None:
        for address, core in self.cores.items():
            for packet in core.outgoing():
                self._flight.append((self.now + self.DELAY, next(self._count), address, packet))
        for phone in self.phones:
            phone.events += phone.core.events()
        self.happened += self.pbx.events()

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.now + seconds
        while True:
            self._drain()
            due = [at for at, *_ in self._flight]
            due += [d for core in self.cores.values() if (d := core.deadline()) is not None]
            moment = max(self.now, min(due, default=end + 1))
            if moment > end:
                break
            self.now = moment
            arrived = sorted(f for f in self._flight if f[0] <= self.now)
            self._flight = [f for f in self._flight if f[0] > self.now]
            for _, _, source, packet in arrived:
                if packet.to in self.cores:
                    self.cores[packet.to].receive(packet.data, source, self.now)
            for core in self.cores.values():
                if (deadline := core.deadline()) is not None and deadline <= self.now:
                    core.tick(self.now)
        self.now = end
