"""`system.loop`: the pacing of audio and the driving of a user agent."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable

import pytest

from appliance import sip
from appliance.system.loop import Histogram, Pacer, SipEndpoint, token
from appliance.system.ports import bind


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


def paced(seconds: float, prepare: Callable[[Pacer, Clock], None]) -> Pacer:
    """Run a pacer for so long in virtual time."""
    pacer = Pacer()
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
    pacer = Pacer()
    pacer.add("a", lambda _: pacer.remove("b"), lambda fault: None)
    pacer.add("b", lambda _: ran.append("b"), lambda fault: None)
    pacer.run(1.0)
    assert not ran


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

    def receive(self, data: bytes, source: sip.Address, now: float) -> None:
        self.received.append((data, source))
        self.packets.append(sip.Packet(b"answer to " + data, source))

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
        endpoint.transmit()
        assert await asyncio.wait_for(loop.sock_recv(peer, 100), 5) == b"by name"
        await soon(lambda: endpoint.rejected == 1)
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
