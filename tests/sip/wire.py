"""Several user agents on one wire in virtual time, with seeded loss, doubling, delay, disorder."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import TypeVar

from appliance.sip import (
    Account,
    Address,
    Answered,
    Confirmed,
    Ended,
    EndReason,
    Event,
    Incoming,
    LocalMedia,
    Packet,
    Registrar,
    UserAgent,
)
from appliance.sip.address import TRANSPORTS

E = TypeVar("E")


@dataclass(frozen=True)
class Weather:
    """What the wire does to a datagram."""

    loss: float = 0.0
    doubling: float = 0.0
    delay: float = 0.01
    jitter: float = 0.0
    """Seconds added at random: more than the spacing of messages means disorder."""


CLEAN = Weather()
LOSSY = Weather(loss=0.2, doubling=0.2, delay=0.02, jitter=0.3)


def tokens(name: str) -> Callable[[], str]:
    """Tokens that are fresh and the same in every run."""
    numbers = random.Random(name)
    return lambda: f"{numbers.getrandbits(80):020x}"


@dataclass
class Station:
    """One user agent and all that it has told."""

    agent: UserAgent
    address: Address
    told: list[Event] = field(default_factory=list)
    react: Callable[[Event, float], None] | None = None

    def all(self, kind: type[E]) -> list[E]:
        """Every event of that kind."""
        return [event for event in self.told if isinstance(event, kind)]

    def last(self, kind: type[E]) -> E:
        """The last event of that kind."""
        return self.all(kind)[-1]

    def idle(self) -> bool:
        """Whether nothing is left in any table."""
        stack, book = self.agent._stack, self.agent._book
        return not (
            len(stack.transactions)
            or stack.transactions._merges
            or len(stack.timers)
            or book.calls
            or book.dialogs
            or book.invites
        )


class Wire:
    """Carries packets between stations; time passes only here."""

    def __init__(self, weather: Weather = CLEAN, seed: int = 1) -> None:
        self.now = 1000.0
        self.weather = weather
        self.sent: list[tuple[float, Address, Packet]] = []
        self.cut: set[Address] = set()
        """Stations that are switched off."""
        self.drop: Callable[[Packet], bool] = lambda _packet: False
        self._stations: dict[Address, Station] = {}
        self._random = random.Random(seed)
        self._flying: list[tuple[float, int, Address, Packet]] = []
        self._order = count()

    def station(
        self,
        host: str,
        *,
        account: Account | None = None,
        registrar: Registrar | None = None,
        transport: str = "udp",
        **more: object,
    ) -> Station:
        """Put a user agent on the wire; `more` are further arguments of its constructor."""
        address = Address(transport, host, TRANSPORTS[transport].port)
        agent = UserAgent(
            local=address, tokens=tokens(host), account=account, registrar=registrar, **more
        )
        return self.join(agent, address)

    def join(self, agent: UserAgent, address: Address) -> Station:
        """Put something with the five verbs on the wire."""
        made = self._stations[address] = Station(agent, address)
        return made

    def settle(self) -> None:
        """Drain every station: send its packets, note its events, let it react."""
        busy = True
        while busy:
            busy = False
            for station in self._stations.values():
                for event in station.agent.events():
                    busy = True
                    station.told.append(event)
                    if station.react:
                        station.react(event, self.now)
                for packet in station.agent.outgoing():
                    busy = True
                    self._fly(station.address, packet)

    def _fly(self, source: Address, packet: Packet) -> None:
        self.sent.append((self.now, source, packet))
        chance, weather = self._random.random, self.weather
        if source in self.cut or chance() < weather.loss or self.drop(packet):
            return
        for _ in range(2 if chance() < weather.doubling else 1):
            when = self.now + weather.delay + chance() * weather.jitter
            heappush(self._flying, (when, next(self._order), source, packet))

    def step(self, until: float) -> bool:
        """Go to the next thing that happens; False where nothing does before `until`."""
        self.settle()
        moments = [
            when
            for station in self._stations.values()
            if (when := station.agent.deadline()) is not None
        ]
        if self._flying:
            moments.append(self._flying[0][0])
        if not moments or min(moments) > until:
            self.now = max(self.now, until)
            return False
        self.now = max(self.now, min(moments))
        while self._flying and self._flying[0][0] <= self.now:
            _, _, source, packet = heappop(self._flying)
            target = self._stations.get(packet.to)
            if target is not None and packet.to not in self.cut:
                target.agent.receive(packet.data, source, self.now)
        for station in self._stations.values():
            when = station.agent.deadline()
            if when is not None and when <= self.now:
                station.agent.tick(self.now)
        self.settle()
        return True

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        until = self.now + seconds
        while self.step(until):
            pass

    def until(self, true: Callable[[], object], seconds: float = 120.0) -> None:
        """Let time pass until something holds; fail where it never does."""
        limit = self.now + seconds
        while not true():
            if not self.step(limit):
                raise AssertionError(f"did not happen within {seconds} s")

    def quiet(self, stations: Iterable[Station], seconds: float = 200.0) -> None:
        """Let every timer run out and insist that nothing is left."""
        self.weather = CLEAN
        self.run(seconds)
        assert all(station.idle() for station in stations)


def media(host: str = "192.0.2.1", port: int = 4000) -> LocalMedia:
    """Some end of audio."""
    return LocalMedia(host, port)


PBX = Address("udp", "192.0.2.9", 5060)
ACCOUNT = Account("100", "pbx", "secret", PBX)


def pair(wire: Wire) -> tuple[Station, Station]:
    """A box, and a peer that serves as its PBX but asks for no password."""
    return wire.station("192.0.2.1", account=ACCOUNT), wire.station("192.0.2.9")


def dial(wire: Wire, caller: Station, called: Station) -> tuple[str, str]:
    """Place a call and let it arrive: both handles, the caller's first."""
    before = len(called.all(Incoming))
    ours = caller.agent.invite(
        f"sip:100@{called.address}", media(caller.address.host), wire.now, route=called.address
    )
    wire.until(lambda: len(called.all(Incoming)) > before)
    return ours, called.last(Incoming).call


def talk(wire: Wire, caller: Station, called: Station) -> tuple[str, str]:
    """Place a call and let it be answered and acknowledged: both handles, the caller's first."""
    ours, theirs = dial(wire, caller, called)
    called.agent.answer(theirs, media(called.address.host, 5000), wire.now)
    wire.until(
        lambda: (
            ours in [event.call for event in caller.all(Answered)]
            and theirs in [event.call for event in called.all(Confirmed)]
        )
    )
    return ours, theirs


def ended(station: Station, call: str) -> list[EndReason]:
    """Every end that was told of a call: one, if all is well."""
    return [event.reason for event in station.all(Ended) if event.call == call]


def requests(wire: Wire, method: str) -> list[Packet]:
    """Every request of that method that was sent, repetitions too."""
    return [packet for _, _, packet in wire.sent if packet.data.startswith(f"{method} ".encode())]


def responses(wire: Wire, status: int) -> list[Packet]:
    """Every response of that status that was sent, repetitions too."""
    start = f"SIP/2.0 {status} ".encode()
    return [packet for _, _, packet in wire.sent if packet.data.startswith(start)]
