"""`system.loop`: the pacing of audio and the driving of a user agent."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable

import pytest

from appliance import sip
from appliance.system import ports
from appliance.system.certificates import issue, make_authority
from appliance.system.connection import Limits
from appliance.system.loop import EARLY, Histogram, Pacer, SipEndpoint, token
from appliance.system.ports import PortRange, bind, listen
from appliance.system.tls import TlsError, TlsOptions
from tests.system.farend import HOST, FarEnd, call, credulous, message, run, within


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time stands until it has nothing to do but wait: no test sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 100.0
        self.stalls: deque[float] = deque()

    def time(self) -> float:
        return self.at

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.at = max(self.at, self._scheduled[0]._when)  # type: ignore[attr-defined]
            if self.stalls:
                self.at += self.stalls.popleft()
        super()._run_once()  # type: ignore[misc]


def paced(seconds: float, prepare: Callable[[Pacer, Clock], None], *, early: float = 0.0) -> Pacer:
    """Run a pacer for so long in virtual time."""
    pacer = Pacer(early=early)
    with asyncio.Runner(loop_factory=Clock) as runner:
        clock = runner.get_loop()
        assert isinstance(clock, Clock)
        prepare(pacer, clock)

        async def scenario() -> None:
            pacer.start()
            clock.call_at(clock.at + seconds, pacer.stop)
            await asyncio.sleep(seconds + 0.001)

        runner.run(scenario())
    return pacer


def test_ticks_are_due_every_period_without_drift() -> None:
    """Gives tick n the time start + n · 20 ms, however late the loop wakes."""
    due: list[float] = []

    def prepare(pacer: Pacer, clock: Clock) -> None:
        clock.stalls.extend([0.003] * 40)
        pacer.add("a", due.append, lambda fault: None)

    paced(1.0, prepare)
    assert len(due) >= 49
    assert due == [pytest.approx(100.0 + 0.02 * (n + 1)) for n in range(len(due))]


def test_a_stall_is_caught_up() -> None:
    """Runs the missed ticks at once, each with its own due time."""
    due: list[float] = []

    def prepare(pacer: Pacer, clock: Clock) -> None:
        clock.stalls.extend([0, 0, 0.09])
        pacer.add("a", due.append, lambda fault: None)

    pacer = paced(0.5, prepare)
    assert pacer.skipped == 0
    steps = [round(b - a, 6) for a, b in itertools.pairwise(due)]
    assert set(steps) == {0.02}


def test_a_long_stall_is_not_replayed() -> None:
    """Makes up for a fifth of a second and skips what is older, counted."""
    due: list[float] = []

    def prepare(pacer: Pacer, clock: Clock) -> None:
        clock.stalls.extend([0, 0, 5.0])
        pacer.add("a", due.append, lambda fault: None)

    pacer = paced(6.0, prepare)
    assert pacer.skipped == pytest.approx(240, abs=2)
    assert len(due) < 75


def test_a_fault_of_one_call_is_told_to_it_and_hurts_no_other() -> None:
    """Removes the faulty callable; the others go on."""
    faults: list[Exception] = []
    due: list[float] = []

    def broken(now: float) -> None:
        raise KeyError(now)

    def prepare(pacer: Pacer, clock: Clock) -> None:
        pacer.add("broken", broken, faults.append)
        pacer.add("sound", due.append, lambda fault: None)

    paced(0.5, prepare)
    assert len(faults) == 1
    assert len(due) >= 24


def test_a_callable_may_remove_another() -> None:
    """Does not run in the same tick what was removed before its turn."""
    ran: list[str] = []
    pacer = Pacer(early=0.0)
    pacer.add("a", lambda _: pacer.remove("b"), lambda fault: None)
    pacer.add("b", lambda _: ran.append("b"), lambda fault: None)
    pacer.run(1.0)
    assert not ran


def test_whoever_judges_by_the_recent_past_is_told_of_every_wake() -> None:
    """Tells how late each wake is, the whole of a stall included, and when it was."""
    told: list[tuple[float, float]] = []

    def prepare(pacer: Pacer, clock: Clock) -> None:
        clock.stalls.extend([0, 0.003, 5.0])
        pacer.on_late = lambda late, now: told.append((late, now))

    paced(6.0, prepare)
    assert [late for late, _ in told[:3]] == [pytest.approx(late) for late in (0, 0.003, 5.0)]
    assert told[2][1] == pytest.approx(100.06 + 5.0)
    assert all(late >= 0 for late, _ in told)


class FakeInbox:
    """Notes when it is read."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.full = True
        self.read_at: list[float] = []
        self.then: Callable[[], None] | None = None

    def __bool__(self) -> bool:
        return self.full

    def read(self, now: float) -> None:
        assert now == self.clock.at
        self.read_at.append(now)
        if self.then is not None:
            self.then()


def early(
    monkeypatch: pytest.MonkeyPatch, seconds: float, prepare: Callable[[Pacer, Clock], None]
) -> list[float]:
    """Run a pacer that wakes early; return how long it slept each time."""
    naps: list[float] = []

    def begin(pacer: Pacer, clock: Clock) -> None:
        def nap(length: float) -> None:
            naps.append(length)
            clock.at += length

        monkeypatch.setattr(time, "sleep", nap)
        prepare(pacer, clock)

    paced(seconds, begin, early=EARLY)
    return naps


def test_a_loop_that_waits_in_whole_milliseconds_delays_no_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wakes early and sleeps the rest, never longer than a millisecond."""
    late: list[float] = []

    def prepare(pacer: Pacer, clock: Clock) -> None:
        clock.stalls.extend([0.0, 0.0003, 0.0009, 0.0025, 0.0])
        pacer.on_late = lambda seconds, now: late.append(seconds)

    naps = early(monkeypatch, 0.105, prepare)
    assert late[:5] == [pytest.approx(value, abs=1e-9) for value in (0, 0, 0, 0.0015, 0)]
    assert naps[:4] == [pytest.approx(value) for value in (0.001, 0.0007, 0.0001, 0.001)]


def test_the_inbox_is_read_in_between_while_there_is_anything_to_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Leaves little to be read when a tick is due; with no sockets it wakes for ticks alone."""
    for full, times in ((True, [6, 12, 18, 19, 20]), (False, [19, 20])):
        made: list[FakeInbox] = []

        def prepare(
            pacer: Pacer, clock: Clock, full: bool = full, made: list[FakeInbox] = made
        ) -> None:
            made.append(FakeInbox(clock))
            made[0].full = full
            pacer.inbox = made[0]  # type: ignore[assignment]

        early(monkeypatch, 0.041, prepare)
        expected = [100.0 + 0.02 * tick + 0.001 * ms for tick in (0, 1) for ms in times]
        assert made[0].read_at == [pytest.approx(at) for at in expected]


def test_what_is_read_may_stop_the_pacer_or_begin_it_afresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reads no more after a stop, and ticks once a period after a stop and a start."""
    for again in (False, True):
        made: list[FakeInbox] = []
        due: list[float] = []

        def prepare(
            pacer: Pacer, clock: Clock, again: bool = again, made: list[FakeInbox] = made,
            due: list[float] = due,
        ) -> None:  # fmt: skip
            inbox = FakeInbox(clock)
            made.append(inbox)
            pacer.inbox = inbox  # type: ignore[assignment]
            pacer.add("a", due.append, lambda fault: None)

            def then() -> None:
                inbox.then = None
                pacer.stop()
                if again:
                    pacer.start()

            clock.call_at(100.041, lambda: setattr(inbox, "then", then))

        early(monkeypatch, 0.1, prepare)
        reads = [at for at in made[0].read_at if at > 100.047]  # it was stopped at 100.046
        if again:
            assert due == [pytest.approx(at) for at in (100.02, 100.04, 100.066, 100.086)]
            assert len(reads) <= 2 * 5 + 2
        else:
            assert due == [pytest.approx(at) for at in (100.02, 100.04)]
            assert reads == []


def test_a_tick_that_stops_and_starts_the_pacer_leaves_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never sleeps longer than the millisecond, as a second timer for the same tick would."""
    due: list[float] = []

    def prepare(pacer: Pacer, clock: Clock) -> None:
        def tick(at: float) -> None:
            due.append(at)
            if len(due) == 2:
                pacer.stop()
                pacer.start()

        pacer.add("a", tick, lambda fault: None)

    naps = early(monkeypatch, 0.2, prepare)
    assert max(naps) <= EARLY + 1e-9
    assert all(b - a >= 0.0199 for a, b in itertools.pairwise(due))


def test_each_tick_finds_what_has_come_before_it() -> None:
    """Reads its inbox at each wake, before the first callable runs."""

    async def scenario() -> None:
        pacer, told, done = Pacer(), [], asyncio.Event()
        ports = PortRange(HOST, 31_750, 31_790)
        ours, theirs = ports.open(), ports.open()
        ours.gather(pacer.inbox, lambda data, *_: told.append(data))

        def tick(due: float) -> None:
            told.append(len(told))
            theirs.send(b"x", (HOST, ours.port))
            if len(told) >= 6:
                done.set()

        theirs.send(b"x", (HOST, ours.port))
        pacer.add("a", tick, lambda fault: None)
        pacer.start()
        await done.wait()
        pacer.stop()
        assert told[:6] == [b"x", 1, b"x", 3, b"x", 5]
        ours.close()
        theirs.close()

    asyncio.run(scenario())


def test_stop_and_start_begin_afresh() -> None:
    """Does not make up for the time in which there were no calls."""
    due: list[float] = []

    def prepare(pacer: Pacer, clock: Clock) -> None:
        pacer.add("a", due.append, lambda fault: None)
        clock.call_at(100.1, pacer.stop)
        clock.call_at(100.9, pacer.start)

    pacer = paced(1.0, prepare)
    assert pacer.skipped == 0
    assert len(due) < 12


def test_the_histogram_answers_quantiles() -> None:
    """Returns a bound at most a fifth above the true quantile."""
    histogram = Histogram()
    assert histogram.quantile(0.5) == 0.0
    for n in range(1, 1001):
        histogram.add(n / 1000)
    assert 0.5 <= histogram.quantile(0.5) <= 0.6
    assert 0.99 <= histogram.quantile(0.99) <= 1.0
    assert histogram.worst == 1.0
    assert histogram.count == 1000


def test_tokens_are_long_and_differ() -> None:
    """Gives 80 random bits, in letters and digits."""
    tokens = {token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(t) == 20 and t.isalnum() and t == t.lower() for t in tokens)


class Core:
    """A user agent whose answers are scripted."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, sip.Address]] = []
        self.packets: list[sip.Packet] = []
        self.happened: list[object] = []
        self.due: float | None = None
        self.ticks: list[float] = []
        self.broken: list[tuple[sip.Address, str]] = []

    def receive(self, data: bytes, source: sip.Address, now: float) -> None:
        self.received.append((data, source))
        self.packets.append(sip.Packet(b"answer to " + data, source))

    def lost(self, peer: sip.Address, why: str, now: float) -> None:
        self.broken.append((peer, why))

    def tick(self, now: float) -> None:
        self.ticks.append(now)
        self.due = None

    def deadline(self) -> float | None:
        return self.due

    def outgoing(self) -> list[sip.Packet]:
        packets, self.packets = self.packets, []
        return packets

    def events(self) -> list[object]:
        events, self.happened = self.happened, []
        return events


def driven(scenario: Callable[[SipEndpoint, Core, list[object]], object]) -> None:
    async def run() -> None:
        core, told = Core(), []
        endpoint = await SipEndpoint.open(bind("127.0.0.1", 0), core, told.append)  # type: ignore[arg-type]
        await scenario(endpoint, core, told)  # type: ignore[misc]
        endpoint.close()
        await asyncio.sleep(0)

    asyncio.run(run())


async def soon(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


def test_a_datagram_is_received_and_answered() -> None:
    """Hands datagrams to the core and sends what comes out to where the core says."""

    async def scenario(endpoint: SipEndpoint, core: Core, told: list[object]) -> None:
        loop = asyncio.get_running_loop()
        peer = bind("127.0.0.1", 0)
        await loop.sock_sendto(peer, b"hello", endpoint._transport.get_extra_info("sockname"))
        assert await asyncio.wait_for(loop.sock_recv(peer, 100), 5) == b"answer to hello"
        assert core.received[0][1].port == peer.getsockname()[1]
        peer.close()

    driven(scenario)


def test_the_timer_follows_the_deadline() -> None:
    """Arms exactly one timer, at the core's deadline, and ticks then."""

    async def scenario(endpoint: SipEndpoint, core: Core, told: list[object]) -> None:
        core.due = endpoint.now + 3600
        endpoint.transmit()
        core.due = endpoint.now + 0.01
        endpoint.transmit()
        await soon(lambda: bool(core.ticks))
        await asyncio.sleep(0.02)
        assert len(core.ticks) == 1

    driven(scenario)


def test_an_event_may_be_answered_by_a_command() -> None:
    """Drains again what a handler's command has put out, events of events included."""

    async def run() -> None:
        core, told = Core(), []

        def handle(event: object) -> None:
            told.append(event)
            if event == "first":
                core.happened.append("second")
                endpoint.transmit()

        endpoint = await SipEndpoint.open(bind("127.0.0.1", 0), core, handle)  # type: ignore[arg-type]
        core.happened.append("first")
        endpoint.transmit()
        assert told == ["first", "second"]
        endpoint.close()

    asyncio.run(run())


def test_a_packet_to_a_name_is_sent_once_the_name_is_known() -> None:
    """Resolves off the loop's path, and counts a name nobody knows as a lost packet."""

    async def scenario(endpoint: SipEndpoint, core: Core, told: list[object]) -> None:
        loop = asyncio.get_running_loop()
        peer = bind("127.0.0.1", 0)
        port = peer.getsockname()[1]
        core.packets.append(sip.Packet(b"by name", sip.Address("udp", "localhost", port)))
        core.packets.append(sip.Packet(b"lost", sip.Address("udp", "no.such.host.invalid", port)))
        core.packets.append(sip.Packet(b"lost", sip.Address("udp", "a..b", port)))
        endpoint.transmit()
        assert await asyncio.wait_for(loop.sock_recv(peer, 100), 5) == b"by name"
        await soon(lambda: endpoint.rejected == 2)
        peer.close()

    driven(scenario)


def test_nothing_is_sent_after_the_end() -> None:
    """Swallows packets once closed."""

    async def scenario(endpoint: SipEndpoint, core: Core, told: list[object]) -> None:
        endpoint.close()
        core.packets.append(sip.Packet(b"late", sip.Address("udp", "127.0.0.1", 9)))
        core.due = endpoint.now
        endpoint.transmit()
        await asyncio.sleep(0.01)
        assert not core.ticks

    driven(scenario)


# over connections


async def opened(core: Core, told: list[object], sock=None, **options) -> SipEndpoint:
    return await SipEndpoint.open(sock, core, told.append, **options)  # type: ignore[arg-type]


async def shut(endpoint: SipEndpoint) -> None:
    endpoint.close()
    await within(endpoint.wait_closed())


def test_one_core_is_driven_over_datagrams_and_connections() -> None:
    """Answers each message by the way it came, and sends to where the core says."""

    async def scenario() -> None:
        core, loop = Core(), asyncio.get_running_loop()
        tcp = listen(HOST, 0)
        port = tcp.getsockname()[1]
        udp = bind(HOST, port)
        endpoint = await opened(core, [], udp, streams={"tcp": tcp})
        wire, peer = await call(port), bind(HOST, 0)
        wire.transport.write(message("a"))
        await wire.until(b"answer to " + message("a"))
        await loop.sock_sendto(peer, message("b"), (HOST, port))
        assert await within(loop.sock_recv(peer, 1000)) == b"answer to " + message("b")
        assert [source.transport for _, source in core.received] == ["tcp", "udp"]
        far = await FarEnd.open()
        core.packets.append(sip.Packet(message("c"), sip.Address("tcp", HOST, far.port)))
        endpoint.transmit()
        await (await far.met()).until(message("c"))
        await shut(endpoint)
        await far.close()
        peer.close()

    run(scenario())


def test_a_lost_connection_is_told_to_the_core() -> None:
    """Hands on address and reason, and sends what the core makes of it."""

    async def scenario() -> None:
        core, told, loop = Core(), [], asyncio.get_running_loop()
        peer = bind(HOST, 0)
        gone = sip.Address("tcp", HOST, peer.getsockname()[1])

        def lost(address: sip.Address, why: str, now: float) -> None:
            core.broken.append((address, why))
            core.packets.append(
                sip.Packet(b"by UDP then", sip.Address("udp", address.host, address.port))
            )
            core.happened.append("lost")

        core.lost = lost  # type: ignore[method-assign]
        endpoint = await opened(core, told, bind(HOST, 0))
        core.packets.append(sip.Packet(message(), gone))
        endpoint.transmit()
        assert await within(loop.sock_recv(peer, 1000)) == b"by UDP then"
        assert core.broken == [(gone, f"{HOST}: port {gone.port} refuses connections")]
        assert told == ["lost"]
        await shut(endpoint)
        peer.close()

    run(scenario())


def test_a_line_without_udp_has_its_timer_and_connections() -> None:
    """Ticks, connects from the address it is given, and drops datagrams, counted."""

    async def scenario() -> None:
        core, far = Core(), await FarEnd.open()
        core.packets.append(sip.Packet(message(), sip.Address("tcp", HOST, far.port)))
        core.packets.append(sip.Packet(b"nowhere", sip.Address("udp", HOST, far.port)))
        core.due = asyncio.get_running_loop().time()
        endpoint = await opened(core, [], host="127.0.0.3")
        wire = await far.met()
        await wire.until(message())
        assert wire.transport.get_extra_info("peername")[0] == "127.0.0.3"
        await soon(lambda: bool(core.ticks))
        assert endpoint.rejected == 1
        await shut(endpoint)
        await far.close()

    run(scenario())


def test_connections_come_from_the_address_of_the_datagrams() -> None:
    """Uses the host of the UDP socket where none is named."""

    async def scenario() -> None:
        core, far = Core(), await FarEnd.open()
        core.packets.append(sip.Packet(message(), sip.Address("tcp", HOST, far.port)))
        endpoint = await opened(core, [], bind("127.0.0.4", 0))
        assert (await far.met()).transport.get_extra_info("peername")[0] == "127.0.0.4"
        await shut(endpoint)
        await far.close()

    run(scenario())


def test_tls_is_served_and_its_limits_are_those_given(tmp_path) -> None:
    """Accepts TLS with the box's certificate; breaks off a silent peer as it is told."""

    async def scenario() -> None:
        certificate, key = issue(make_authority(), "box.example").write(tmp_path, "box")
        sock = listen(HOST, 0)
        port = sock.getsockname()[1]
        core = Core()
        endpoint = await opened(
            core,
            [],
            streams={"tls": sock},
            tls=TlsOptions(certificate=certificate, key=key),
            limits=Limits(idle=0.2),
        )
        wire = await within(call(port, context=credulous()))
        wire.transport.write(message())
        await wire.until(b"answer to " + message())
        await within(wire.ended)
        assert core.broken[0][1] == f"{HOST} was silent for too long"
        await shut(endpoint)

    run(scenario())


def test_wrong_tls_files_are_told_at_once(tmp_path) -> None:
    """Raises TlsError from `open`, and gives the ports back."""

    async def scenario() -> None:
        udp, tcp = bind(HOST, 0), listen(HOST, 0)
        where = (udp.getsockname()[1], tcp.getsockname()[1])
        for options in (TlsOptions(ca=tmp_path / "missing.pem"), TlsOptions()):
            with pytest.raises(TlsError):
                await opened(Core(), [], udp, streams={"tls": tcp}, tls=options)
            udp, tcp = bind(HOST, where[0]), listen(HOST, where[1])
        udp.close()
        tcp.close()

    run(scenario())


def test_the_goodbye_of_a_core_leaves_after_close() -> None:
    """Flushes what was sent before `close`, then hands nothing to the core any more."""

    async def scenario() -> None:
        core, far = Core(), await FarEnd.open()
        endpoint = await opened(core, [])
        core.packets.append(sip.Packet(message("BYE"), sip.Address("tcp", HOST, far.port)))
        endpoint.transmit()
        await shut(endpoint)
        await (await far.met()).until(message("BYE"))
        assert not core.broken
        assert not core.received
        await far.close()

    run(scenario())


def test_ipv6_datagrams_are_answered() -> None:
    """Receives and sends by IPv6, and by IPv4 over a socket for both, each under its own name."""

    async def scenario() -> None:
        core, loop = Core(), asyncio.get_running_loop()
        try:
            sock = bind("::", 0)
        except ports.PortError:
            pytest.skip("no IPv6 here")
        endpoint = await opened(core, [], sock)
        for host in ("::1", HOST):
            peer = bind(host, 0)
            await loop.sock_sendto(peer, b"hello", (host, sock.getsockname()[1]))
            assert await within(loop.sock_recv(peer, 1000)) == b"answer to hello"
            assert core.received[-1][1] == sip.Address("udp", host, peer.getsockname()[1])
            peer.close()
        await shut(endpoint)

    run(scenario())


def test_a_scope_that_is_gone_costs_a_packet() -> None:
    """Counts a datagram to an interface that does not exist, like one that is refused."""

    async def scenario() -> None:
        core = Core()
        try:
            endpoint = await opened(core, [], bind("::1", 0))
        except ports.PortError:
            pytest.skip("no IPv6 here")
        core.packets.append(sip.Packet(b"x", sip.Address("udp", "fe80::1%nowhere0", 5060)))
        endpoint.transmit()
        assert endpoint.rejected == 1
        await shut(endpoint)

    run(scenario())
