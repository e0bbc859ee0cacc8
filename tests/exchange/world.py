"""An exchange and telephones in virtual time: cores against each other, no socket, no clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

from appliance import rtp, sip
from appliance.exchange.pbx import Exchange
from appliance.rtp.srtp import KEY_BYTES
from appliance.system.ports import PortError

HOST = "127.0.0.1"
PBX = sip.Address("udp", HOST, 5060)
STREAMS = (sip.Address("tcp", HOST, 5060), sip.Address("tls", HOST, 5061))


class FakeAnchor:
    """The ports of one leg: what was agreed for it, and whom it hears."""

    def __init__(self, number: int) -> None:
        self.port = 17000 + 2 * number
        self.media: sip.Media | None = None
        self.far: FakeAnchor | None = None
        self.tap = None
        self.closed = 0

    @property
    def aim(self) -> tuple[str, int]:
        return self.media.host, self.media.port

    def agree(self, media: sip.Media) -> None:
        self.media = media

    def join(self, far) -> None:
        for one in (self, far):
            if one.far is not None:
                one.far.far = None
        self.far, far.far = far, self

    def close(self) -> None:
        if self.far is not None:
            self.far.far = self.far = None
        self.closed += 1


class Telephone:
    """A user agent with its events kept; answers nothing by itself."""

    def __init__(
        self,
        world: World,
        user: str,
        password: str,
        port: int,
        codecs,
        transport: str = "udp",
        srtp: sip.Srtp = sip.Srtp.OFF,
        policy: sip.Policy | None = None,
    ) -> None:
        self.world = world
        self.codecs = codecs
        self.address = sip.Address(transport, HOST, port)
        self.pbx = next(a for a in (PBX, *STREAMS) if a.transport == transport)
        self.core = sip.UserAgent(
            local=self.address,
            tokens=world.token,
            codecs=codecs,
            account=sip.Account(user, HOST, password, self.pbx),
            srtp=srtp,
            policy=policy,
        )
        self.events: list[sip.Event] = []
        self.media = sip.LocalMedia(HOST, port + 5000, codecs=codecs)
        if srtp is not sip.Srtp.OFF:
            keys = tuple(
                sip.Crypto(suite, world.secret(KEY_BYTES[suite]), tag)
                for tag, suite in enumerate(rtp.SUITES, 1)
            )
            self.media = replace(self.media, srtp=srtp, crypto=keys)
        world.plug(self.address, self.core)
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
        handle = self.core.invite(target, self.media, self.world.now, route=self.pbx)
        self.world.run(seconds)
        return handle

    @property
    def anchor(self) -> FakeAnchor:
        """The exchange's ports for this telephone's audio, as last agreed."""
        return next(
            one
            for one in reversed(self.world.anchors)
            if one.media is not None and one.aim == (self.media.host, self.media.port)
        )

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

    def __init__(self, users: dict[str, str], *, ports: int = 100, streams=STREAMS, **named):
        self.now = 1000.0
        self.cores: dict[sip.Address, object] = {}
        self.sent: list[tuple[sip.Address, sip.Packet]] = []
        """Everything that went over the wire, with its source."""
        self.deaf: set[sip.Address] = set()
        """Where no connection can be made."""
        self.phones: list[Telephone] = []
        self.anchors: list[FakeAnchor] = []
        self.happened: list = []
        self._ports = ports
        self._count = itertools.count(1)
        self._flight: list[tuple[float, int, sip.Address, sip.Packet]] = []
        self.pbx = Exchange(
            local=PBX, streams=streams, users=users, tokens=self.token, anchors=self._open,
            secret=self.secret, **named,
        )  # fmt: skip
        for address in (PBX, *streams):
            self.cores[address] = self.pbx

    def plug(self, address: sip.Address, core: object) -> None:
        """Let a core be reached at an address, by whatever transport."""
        for transport in ("udp", "tcp", "tls"):
            self.cores[sip.Address(transport, address.host, address.port)] = core

    def unplug(self, address: sip.Address) -> None:
        """Let what is sent to an address be lost."""
        for transport in ("udp", "tcp", "tls"):
            self.cores.pop(sip.Address(transport, address.host, address.port), None)

    def secret(self, size: int) -> bytes:
        return next(self._count).to_bytes(size, "big")

    def token(self) -> str:
        return f"{next(self._count) * 2654435761 % 2**80:020x}"

    def _open(self) -> FakeAnchor:
        if len(self.anchors) >= self._ports:
            raise PortError("no ports")
        self.anchors.append(FakeAnchor(len(self.anchors)))
        return self.anchors[-1]

    def telephone(
        self, user: str, password: str | None = None, *, codecs=("PCMU", "PCMA"), **named
    ) -> Telephone:
        port = 6000 + 10 * len(self.phones)
        word = self.pbx.users.get(user, "?") if password is None else password
        return Telephone(self, user, word, port, codecs, **named)

    def _source(self, core: object, transport: str) -> sip.Address:
        return next(a for a, c in self.cores.items() if c is core and a.transport == transport)

    def _drain(self) -> None:
        for core in dict.fromkeys(self.cores.values()):
            for packet in core.outgoing():
                source = self._source(core, packet.to.transport)
                self.sent.append((source, packet))
                if packet.to in self.deaf:
                    core.lost(packet.to, "refused", self.now)
                    continue
                self._flight.append((self.now + self.DELAY, next(self._count), source, packet))
        for phone in self.phones:
            phone.events += phone.core.events()
        self.happened += self.pbx.events()

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.now + seconds
        while True:
            self._drain()
            due = [at for at, *_ in self._flight]
            cores = dict.fromkeys(self.cores.values())
            due += [d for core in cores if (d := core.deadline()) is not None]
            moment = max(self.now, min(due, default=end + 1))
            if moment > end:
                break
            self.now = moment
            arrived = sorted(f for f in self._flight if f[0] <= self.now)
            self._flight = [f for f in self._flight if f[0] > self.now]
            for _, _, source, packet in arrived:
                if packet.to in self.cores:
                    self.cores[packet.to].receive(packet.data, source, self.now)
            for core in cores:
                if (deadline := core.deadline()) is not None and deadline <= self.now:
                    core.tick(self.now)
        self.now = end
