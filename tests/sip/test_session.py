"""Whole calls between two user agents: both directions, every moment of hanging up."""

import random
from contextlib import suppress

import pytest

from appliance.sip import (
    Answered,
    Confirmed,
    Ended,
    EndReason,
    Incoming,
    LocalError,
    Rejected,
    Ringing,
    TransferProgress,
    TransferRequested,
)
from appliance.sip.guard import Policy
from appliance.sip.message import respond
from appliance.sip.parser import parse
from appliance.sip.session import MOVES, Move, Phase
from tests.sip.wire import CLEAN, LOSSY, Wire, dial, ended, media, pair, requests, responses, talk


@pytest.mark.parametrize("ours", [True, False], ids=["we-call", "they-call"])
@pytest.mark.parametrize("first", ["caller", "called"])
def test_a_call_is_placed_answered_and_hung_up(wire, ours, first):
    """Both ends agree, either may end it, each is told once, and nothing is left."""
    box, peer = pair(wire)
    caller, called = (box, peer) if ours else (peer, box)
    there, here = talk(wire, caller, called)
    assert caller.last(Answered).media.port == 5000
    assert called.last(Confirmed).media.host == caller.address.host
    who, handle = (caller, there) if first == "caller" else (called, here)
    who.agent.hang_up(handle, wire.now)
    wire.until(lambda: ended(caller, there) and ended(called, here))
    wire.quiet([box, peer])
    reasons = (ended(caller, there), ended(called, here))
    gone = ([EndReason.LOCAL], [EndReason.HUNG_UP])
    assert reasons == (gone if first == "caller" else gone[::-1])


@pytest.mark.parametrize("steps", range(24))
def test_the_caller_may_hang_up_at_any_moment(wire, steps):
    """Before, at and after each message: one end for each side, and nothing is left."""
    box, peer = pair(wire)

    def react(event, now):
        if isinstance(event, Incoming):
            box.agent.ring(event.call, now)
            box.agent.answer(event.call, media(), now)

    box.react = react
    call = peer.agent.invite("sip:100@192.0.2.1", media(), wire.now, route=box.address)
    for _ in range(steps):
        wire.step(wire.now + 1.0)
    if call in peer.agent.calls():
        peer.agent.hang_up(call, wire.now)
    wire.quiet([box, peer], 400)
    assert len(ended(peer, call)) == 1
    for event in box.all(Incoming):
        assert len(ended(box, event.call)) == 1


@pytest.mark.parametrize("steps", range(16))
def test_the_called_may_hang_up_at_any_moment(wire, steps):
    """Right after the INVITE, while ringing, after the 200, before and after the ACK."""
    box, peer = pair(wire)
    there, here = dial(wire, peer, box)
    for step in range(steps):
        if step == 2:
            box.agent.ring(here, wire.now)
        if step == 5:
            box.agent.answer(here, media(), wire.now)
        wire.step(wire.now + 0.1)
    box.agent.hang_up(here, wire.now)
    assert here not in box.agent.calls()
    wire.quiet([box, peer], 400)
    assert ended(box, here) == [EndReason.LOCAL]
    assert len(ended(peer, there)) == 1


@pytest.mark.parametrize("answered", [False, True])
def test_both_may_hang_up_at_once(wire, answered):
    """Crossing BYEs, or a CANCEL that crosses a refusal, end both sides once."""
    box, peer = pair(wire)
    there, here = (talk if answered else dial)(wire, peer, box)
    box.agent.hang_up(here, wire.now)
    peer.agent.hang_up(there, wire.now)
    wire.quiet([box, peer], 400)
    assert ended(box, here) == ended(peer, there) == [EndReason.LOCAL]


def test_twenty_calls_in_a_row_leave_no_state(wire):
    """After the last timer every table is empty."""
    box, peer = pair(wire)
    for number in range(20):
        caller, called = (box, peer) if number % 2 else (peer, box)
        there, here = talk(wire, caller, called)
        caller.agent.hang_up(there, wire.now)
        wire.until(lambda called=called, here=here: ended(called, here))
    wire.quiet([box, peer])


def test_ten_calls_at_once_do_not_mix(wire):
    """Each handle gets its own events."""
    box, peer = pair(wire)
    calls = [
        peer.agent.invite("sip:100@192.0.2.1", media(), wire.now, route=box.address)
        for _ in range(10)
    ]
    box.react = lambda event, now: (
        box.agent.answer(event.call, media(), now) if isinstance(event, Incoming) else None
    )
    wire.until(lambda: len(peer.all(Answered)) == 10 and len(box.all(Confirmed)) == 10)
    assert {event.call for event in peer.all(Answered)} == set(calls)
    for call in calls:
        peer.agent.hang_up(call, wire.now)
    wire.until(lambda: len(box.agent.calls()) == 0)
    wire.quiet([box, peer])


def test_a_peer_that_dies_in_a_call_is_given_up(clean):
    """A BYE without an answer ends after its time, and the dialog with it."""
    box, peer = pair(clean)
    _, here = talk(clean, peer, box)
    clean.cut.add(peer.address)
    box.agent.hang_up(here, clean.now)
    clean.run(200)
    assert box.idle()
    assert len(requests(clean, "BYE")) == 11


@pytest.mark.parametrize("method", ["INFO", "REFER"])
@pytest.mark.parametrize("status", [408, 481, 403, 500])
def test_a_peer_that_knows_our_call_no_more_ends_it(clean, method, status):
    """408 and 481 end the call once, with a BYE and without news; no other refusal does."""
    box, peer = pair(clean)
    _, here = talk(clean, peer, box)
    clean.drop = lambda packet: packet.data.startswith(method.encode())
    if method == "INFO":
        box.agent.send_key(here, "5", clean.now)
    else:
        box.agent.transfer(here, "200", clean.now)
    clean.settle()
    (request,) = requests(clean, method)
    refusal = bytes(respond(parse(request.data), status, tag="x"))
    box.agent.receive(refusal, peer.address, clean.now)
    clean.run(2)
    gone = status in (408, 481)
    assert ended(box, here) == ([EndReason.TIMEOUT] if gone else [])
    assert len(requests(clean, "BYE")) == gone
    assert bool(box.all(TransferProgress)) is (method == "REFER" and not gone)
    if gone:
        clean.quiet([box, peer])


def test_a_dead_handle_and_an_illegal_move_are_our_fault(clean):
    """Commands to what is over, or too early, raise LocalError and change nothing."""
    box, peer = pair(clean)
    there, here = dial(clean, peer, box)
    for illegal in (
        lambda: box.agent.hold(here, True, clean.now),
        lambda: box.agent.transfer(here, "201", clean.now),
        lambda: box.agent.notify_transfer(here, 200, "OK", clean.now),
        lambda: peer.agent.answer(there, media(), clean.now),
        lambda: box.agent.reject(here, 200, clean.now),
        lambda: box.agent.reject(here, 486, clean.now, reason="a\r\nb"),
    ):
        with pytest.raises(LocalError):
            illegal()
    box.agent.answer(here, media(), clean.now)
    with pytest.raises(LocalError):
        box.agent.answer(here, media(), clean.now)
    with pytest.raises(LocalError):
        box.agent.reject(here, 486, clean.now)
    clean.run(1)
    box.agent.hang_up(here, clean.now)
    with pytest.raises(LocalError):
        box.agent.hang_up(here, clean.now)


def test_a_request_out_of_order_is_refused(clean):
    """A lower CSeq than the last gets 500 (RFC 3261 12.2.2)."""
    box, peer = pair(clean)
    there, _ = talk(clean, peer, box)
    dialog = peer.agent._book.calls[there].dialog
    dialog.local_sequence -= 2
    peer.agent._book.calls[there].send("OPTIONS", clean.now, lambda *_: None, lambda _: None)
    clean.run(1)
    assert len(responses(clean, 500)) == 1


def test_the_table_of_a_call_is_whole():
    """Every phase but the last is left, every phase but the first ones is reached."""
    left = {phase for phase, _ in MOVES}
    reached = set(MOVES.values())
    assert left | {Phase.OVER} == set(Phase)
    assert reached | {Phase.INCOMING, Phase.CALLING} == set(Phase)
    assert {move for _, move in MOVES} == set(Move)


def test_ringing_is_told(clean):
    """180 reaches the caller before the answer."""
    box, peer = pair(clean)
    there, here = dial(clean, peer, box)
    box.agent.ring(here, clean.now)
    clean.run(1)
    assert peer.all(Ringing) == [Ringing(there, 180)]
    box.agent.reject(here, 486, clean.now)
    clean.run(1)
    assert peer.last(Rejected).status == 486


class Crowd:
    """Three agents that do anything at any time: what is illegal raises, what is not happens."""

    HOSTS = ("192.0.2.1", "192.0.2.2", "192.0.2.3")

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.wire = Wire(LOSSY if seed % 3 else CLEAN, seed=seed)
        self.stations = [
            self.wire.station(
                host,
                policy=Policy(
                    trusted=("192.0.2.0/24",),
                    reliable=bool((seed + number) % 2),
                    session_expires=self.dice.choice([0, 90, 1800]),
                ),
            )
            for number, host in enumerate(self.HOSTS)
        ]
        for station in self.stations:
            station.react = self.obey(station)

    def obey(self, station):
        def react(event, now):
            if isinstance(event, TransferRequested) and self.dice.random() < 0.8:
                station.agent.invite(event.target, media(station.address.host), now)

        return react

    def act(self):
        """One command of one agent."""
        dice, now = self.dice, self.wire.now
        station = dice.choice(self.stations)
        agent, local = station.agent, media(station.address.host)
        calls = agent.calls() or ("none",)
        call, second = dice.choice(calls), dice.choice(calls)
        other = dice.choice([host for host in self.HOSTS if host != station.address.host])
        more = {"offer": dice.random() < 0.7, "headers": dice.choice([(), (("Expires", "5"),)])}
        status = dice.choice([180, 200, 302, 486, 603])
        command = dice.choice(
            [
                lambda: agent.invite(f"sip:x@{other}", local, now, **more),
                lambda: agent.invite(f"sip:x@{other}", local, now, **more),
                lambda: agent.ring(call, now),
                lambda: agent.ring(call, now, local),
                lambda: agent.answer(call, local, now),
                lambda: agent.answer(call, local, now),
                lambda: agent.reject(call, status, now),
                lambda: agent.hang_up(call, now),
                lambda: agent.hold(call, on=True, now=now),
                lambda: agent.hold(call, on=False, now=now),
                lambda: agent.transfer(call, f"sip:y@{other}", now),
                lambda: agent.transfer_to(call, second, now),
                lambda: agent.notify_transfer(call, status, "", now),
                lambda: agent.send_key(call, "5", now),
            ]
        )
        with suppress(LocalError):
            command()

    def part(self):
        """Everybody hangs up, and time passes."""
        for station in self.stations:
            station.react = None
            for call in station.agent.calls():
                station.agent.hang_up(call, self.wire.now)
        self.wire.weather = CLEAN
        self.wire.run(500)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_done_in_whatever_order_ends(seed):
    """Reliable ringing, late offers, holds, transfers, replaced calls, loss: one end for each."""
    crowd = Crowd(seed)
    for _ in range(80):
        crowd.act()
        crowd.wire.run(crowd.dice.choice([0, 0.05, 0.3, 1, 5]))
    crowd.part()
    crowd.part()  # calls that came in only after the first time
    for station in crowd.stations:
        ends = [event.call for event in station.all(Ended)]
        told = {event.call for event in station.told}
        assert len(ends) == len(set(ends))
        assert told == set(ends)
        assert station.idle()
