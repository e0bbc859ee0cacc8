"""Calls that change hands, with telephones of our own core, in virtual time."""

from contextlib import suppress
from random import Random
from urllib.parse import quote

import pytest

from appliance import sip
from appliance.exchange import events
from appliance.exchange.calls import LEAVE_LIMIT
from appliance.exchange.relay import Side
from tests.exchange.test_pbx import USERS, connected, kinds, nothing_kept, registered
from tests.exchange.world import Telephone, World


@pytest.fixture
def world() -> World:
    return World(USERS)


def consulting(world: World, **named) -> tuple[Telephone, Telephone, Telephone, str]:
    """A caller on hold at the box, which speaks with a person; returns also that call's handle."""
    caller, box, person = connected(world, "300", "100", "201")
    box.first = box.incoming
    box.do(box.core.hold, box.first, True)
    consulted = box.call("201")
    person.answer()
    assert box.last(sip.Answered), box.events
    return caller, box, person, consulted


def joined(world: World) -> events.CallTransferred:
    return next(e for e in world.happened if isinstance(e, events.CallTransferred))


def test_attended_transfer_joins_the_far_ends(world: World) -> None:
    """Caller and person hear each other, neither is called anew, and the box is told 200."""
    caller, box, person, consulted = consulting(world)
    said = len(caller.all(sip.Incoming)), len(person.all(sip.Incoming))
    box.do(box.core.transfer_to, box.first, consulted)
    assert [(e.status, e.final) for e in box.all(sip.TransferProgress)][-1] == (200, True)
    assert caller.anchor.far is person.anchor
    assert (len(caller.all(sip.Incoming)), len(person.all(sip.Incoming))) == said
    assert joined(world) == events.CallTransferred(1, "100", "201", attended=True)
    assert events.CallEnded(2) in world.happened
    for handle in (box.first, consulted):
        box.do(box.core.hang_up, handle)
    assert caller.last(sip.Ended) is None
    assert person.last(sip.Ended) is None
    person.do(person.core.hang_up, person.incoming)
    assert caller.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert kinds(world)[-1] is events.CallEnded
    assert nothing_kept(world)


def test_joined_caller_is_no_longer_on_hold(world: World) -> None:
    """The hold that the box had put on its caller ends with the transfer."""
    caller, box, person, consulted = consulting(world)
    assert not caller.last(sip.MediaChanged).media.direction.sends
    box.do(box.core.transfer_to, box.first, consulted)
    assert caller.last(sip.MediaChanged).media.direction is sip.Direction.SENDRECV
    assert person.last(sip.MediaChanged) is None


def test_hold_of_the_caller_reaches_the_person(world: World) -> None:
    """A caller who holds while the box consults is still holding when they are joined."""
    caller, box, person, consulted = consulting(world)
    box.do(box.core.hold, box.first, False)
    caller.do(caller.core.hold, caller.handle, True)
    box.do(box.core.transfer_to, box.first, consulted)
    assert not person.last(sip.MediaChanged).media.direction.sends
    caller.do(caller.core.hold, caller.handle, False)
    assert person.last(sip.MediaChanged).media.direction is sip.Direction.SENDRECV


def test_older_call_goes_on_whichever_is_named(world: World) -> None:
    """A REFER in the consultation call that names the caller's joins them as well."""
    caller, box, person, consulted = consulting(world)
    box.do(box.core.transfer_to, consulted, box.first)
    assert joined(world) == events.CallTransferred(1, "100", "201", attended=True)
    assert caller.anchor.far is person.anchor
    assert box.last(sip.TransferProgress).status == 200


def test_calls_that_came_in_can_be_joined(world: World) -> None:
    """The call that is named may also be one that the exchange has made to the transferor."""
    caller, box, other = connected(world, "300", "100", "301")
    box.first = box.incoming
    other.handle = other.call("100")
    box.answer()
    second = box.incoming
    assert second != box.first
    box.do(box.core.transfer_to, box.first, second)
    assert caller.anchor.far is other.anchor
    assert joined(world) == events.CallTransferred(1, "100", "301", attended=True)


def test_transferor_that_stays_is_sent_away(world: World) -> None:
    """Both calls of a transferor that does not hang up are ended for it."""
    caller, box, person, consulted = consulting(world)
    box.do(box.core.transfer_to, box.first, consulted)
    assert box.last(sip.Ended) is None
    world.run(LEAVE_LIMIT + 1)
    assert {e.call for e in box.all(sip.Ended)} == {box.first, consulted}
    assert caller.last(sip.Ended) is None
    assert person.last(sip.Ended) is None


def test_caller_who_leaves_frees_everybody(world: World) -> None:
    """Hanging up at once after the joining ends the person's call and both of the transferor."""
    caller, box, person, consulted = consulting(world)
    box.do(box.core.transfer_to, box.first, consulted)
    caller.do(caller.core.hang_up, caller.handle)
    assert person.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert len(box.all(sip.Ended)) == 2
    assert nothing_kept(world)


def test_unknown_call_cannot_be_joined(world: World) -> None:
    """A REFER that names no call of ours is told 481, and the caller stays with the box."""
    caller, box = connected(world, "300", "100")
    target = "sip:201@127.0.0.1?Replaces=nobody%3Bto-tag%3D1%3Bfrom-tag%3D2"
    box.do(box.core.transfer, box.incoming, target)
    assert box.last(sip.TransferProgress).status == 481
    assert world.happened[-1] == events.TransferFailed(1, "100", "201", 481)
    assert caller.last(sip.Ended) is None


def test_call_of_somebody_else_needs_its_tags(world: World) -> None:
    """Knowing the Call-ID of a call is not enough to be joined with it."""
    caller, box, person, consulted = consulting(world)
    for phone, handle in ((box, consulted), (person, person.incoming)):
        call_id = phone.core._book.calls[handle].dialog.call_id
        target = f"sip:201@127.0.0.1?Replaces={call_id}%3Bto-tag%3Dx%3Bfrom-tag%3Dguessed"
        box.do(box.core.transfer, box.first, target)
        assert box.last(sip.TransferProgress).status == 481
    assert person.anchor.far is not caller.anchor


def ringing_for(box: Telephone, handle: str) -> str:
    """A Refer-To that names a call of the box which is not answered yet."""
    session = box.core._book.calls[handle]
    invite = session._attempt.request
    words = f"{invite.call_id};to-tag={next(iter(session._forks))};from-tag={invite.sender.tag}"
    return f"sip:201@127.0.0.1?Replaces={quote(words, safe='')}"


@pytest.mark.parametrize("answered", [True, False])
def test_transferor_need_not_wait_for_the_answer(world: World, answered: bool) -> None:
    """A consultation call that still rings rings on for the caller, and is not begun anew."""
    caller, box, person = connected(world, "300", "100", "201")
    box.first = box.incoming
    consulted = box.call("201")
    person.do(person.core.ring, person.incoming)
    box.do(box.core.transfer, box.first, ringing_for(box, consulted))
    assert box.last(sip.TransferProgress).status == 180
    assert len(person.all(sip.Incoming)) == 1
    assert events.CallEnded(2) in world.happened
    if answered:
        person.answer()
        assert box.last(sip.TransferProgress).status == 200
        assert caller.anchor.far is person.anchor
        box.do(box.core.hang_up, box.first)
        assert joined(world) == events.CallTransferred(1, "100", "201")
        assert caller.last(sip.Ended) is None
        caller.do(caller.core.hang_up, caller.handle)
    else:
        person.do(person.core.reject, person.incoming, 486)
        assert box.last(sip.TransferProgress).status == 486
        assert caller.anchor.far is box.anchor
        box.do(box.core.hang_up, box.first)
    world.run(LEAVE_LIMIT + 1)
    assert consulted in {e.call for e in box.all(sip.Ended)}
    assert nothing_kept(world)


def test_person_who_still_rings_is_not_joined(world: World) -> None:
    """A blind transfer that is under way is not mixed with an attended one: 491."""
    caller, box, person, consulted = consulting(world)
    late = world.telephone("301")
    late.register()
    person.do(person.core.transfer, person.incoming, "301")
    box.do(box.core.transfer_to, box.first, consulted)
    assert box.last(sip.TransferProgress).status == 491
    late.answer()
    box.do(box.core.transfer_to, box.first, consulted)
    assert caller.anchor.far is late.anchor


def test_refused_refer_leaves_both_calls() -> None:
    """An exchange without transfers answers 405 and says what it allows; the calls go on."""
    world = World(USERS, refer=405)
    caller, box, _person, consulted = consulting(world)
    for verb, target in ((box.core.transfer_to, consulted), (box.core.transfer, "201")):
        box.do(verb, box.first, target)
        assert box.last(sip.TransferProgress).status == 405
        assert box.last(sip.TransferProgress).final
    answers = [p.data for _, p in world.sent if p.data.startswith(b"SIP/2.0 405")]
    assert answers
    allowed = [line for a in answers for line in a.split(b"\r\n") if line.startswith(b"Allow:")]
    assert len(allowed) == len(answers)
    assert not [line for line in allowed if b"REFER" in line]
    box.do(box.core.hold, box.first, False)
    assert box.last(sip.Ended) is None
    assert caller.last(sip.MediaChanged).media.direction is sip.Direction.SENDRECV
    assert events.CallTransferred not in kinds(world)


def replacing(phone: Telephone) -> str:
    """What a Replaces must say to take the place of a telephone in its latest call."""
    dialog = phone.core._book.calls[phone.incoming].dialog
    return f"{dialog.call_id};to-tag={dialog.remote.tag};from-tag={dialog.local.tag}"


def test_ringing_telephone_is_picked_up_elsewhere(world: World) -> None:
    """The caller speaks with who picked up; the telephone that rang is quiet again."""
    caller, rang, picker = registered(world, "300", "201", "301")
    caller.call("201")
    rang.do(rang.core.ring, rang.incoming)
    handle = picker.core.invite(
        "201", picker.media, world.now, route=picker.pbx, replaces=replacing(rang)
    )
    world.run(1.0)
    assert rang.last(sip.Ended).reason is sip.EndReason.CANCELLED
    assert picker.last(sip.Answered).call == handle
    assert caller.last(sip.Answered)
    assert caller.anchor.far is picker.anchor
    picker.do(picker.core.hang_up, handle)
    assert caller.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert nothing_kept(world)


def test_standing_call_is_taken_over(world: World) -> None:
    """A telephone may take the place of another in its call; the partner notices nothing."""
    caller, first, picker = connected(world, "300", "201", "301")
    before = len(caller.events)
    picker.core.invite("201", picker.media, world.now, route=picker.pbx, replaces=replacing(first))
    world.run(1.0)
    assert first.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert caller.anchor.far is picker.anchor
    assert caller.events[before:] == []
    assert joined(world) == events.CallTransferred(1, "201", "301")
    caller.do(caller.core.hang_up, caller.handle)
    assert picker.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert nothing_kept(world)


def test_take_over_during_a_transfer_ends_the_ringing(world: World) -> None:
    """Whom the one before wanted to put through to is not needed any more."""
    caller, first, target, picker = connected(world, "300", "100", "201", "301")
    first.do(first.core.transfer, first.incoming, "201")
    assert target.last(sip.Incoming)
    picker.core.invite("100", picker.media, world.now, route=picker.pbx, replaces=replacing(first))
    world.run(1.0)
    assert target.last(sip.Ended).reason is sip.EndReason.CANCELLED
    assert caller.anchor.far is picker.anchor
    assert world.pbx._board.calls[1].users[Side.CALLED] == "301"


def test_take_over_of_the_far_end_leaves_a_transfer_alone(world: World) -> None:
    """While one end is being put through, the other one may change hands: both come about."""
    caller, first, target, picker = connected(world, "300", "100", "201", "301")
    first.do(first.core.transfer, first.incoming, "201")
    dialog = caller.core._book.calls[caller.handle].dialog
    words = f"{dialog.call_id};to-tag={dialog.remote.tag};from-tag={dialog.local.tag}"
    picker.core.invite("300", picker.media, world.now, route=picker.pbx, replaces=words)
    world.run(1.0)
    assert caller.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    target.answer()
    assert first.last(sip.TransferProgress).status == 200
    assert picker.anchor.far is target.anchor


def test_call_that_is_over_cannot_be_taken_over(world: World) -> None:
    """A Replaces that names a call of before is refused, and nothing is left open."""
    caller, first, picker = connected(world, "300", "201", "301")
    words = replacing(first)
    caller.do(caller.core.hang_up, caller.handle)
    picker.core.invite("201", picker.media, world.now, route=picker.pbx, replaces=words)
    world.run(1.0)
    assert picker.last(sip.Rejected).status == 603
    assert nothing_kept(world)


def test_take_over_without_ports_or_codec_is_refused() -> None:
    """Where there are no ports, or no codec in common, the call stays as it was."""
    for ports, codecs, status in ((2, ("PCMU",), 503), (3, ("G722",), 488)):
        world = World(USERS, ports=ports, codecs=("PCMU", "PCMA"))
        caller, first = connected(world, "300", "201")
        picker = world.telephone("301", codecs=codecs)
        picker.register()
        picker.core.invite(
            "201", picker.media, world.now, route=picker.pbx, replaces=replacing(first)
        )
        world.run(1.0)
        assert picker.last(sip.Rejected).status == status
        assert caller.last(sip.Ended) is None
        assert caller.anchor.far is first.anchor


def test_target_with_another_codec_is_put_through(world: World) -> None:
    """A target that lacks the codec in use is offered the others; its leg agrees for itself."""
    caller, box = connected(world, "300", "100")
    target = world.telephone("201", codecs=("G722",))
    target.register()
    assert caller.last(sip.Answered).media.codec == "PCMU"
    box.do(box.core.transfer, box.incoming, "201")
    target.answer()
    assert target.anchor.media.codec == "G722"
    assert caller.anchor.far is target.anchor
    assert caller.last(sip.MediaChanged) is None


class Walk:
    """Telephones that do anything at any time, by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.world = World(USERS, ports=12, capacity=5, srtp=sip.Srtp.OFFERED)
        policies = self.random.choices(list(sip.Srtp), k=len(USERS))
        ways = self.random.choices(("udp", "tcp", "tls"), k=len(USERS))
        self.phones = [
            self.world.telephone(user, srtp=srtp, transport=way)
            for user, srtp, way in zip(USERS, policies, ways, strict=True)
        ]
        for phone in self.phones:
            phone.register()

    def step(self) -> None:
        """One telephone does something, which may be impossible just now."""
        world, random = self.world, self.random
        phone = random.choice(self.phones)
        calls = phone.core.calls()
        call = random.choice(calls) if calls else ""
        other = random.choice(calls) if calls else ""
        target = random.choice([*USERS, "999"])
        verb = random.choice(
            ("call", "call", "ring", "sound", "answer", "answer", "answer", "reject", "hold",
             "resume", "transfer", "join", "join", "take", "hang up", "lose")
        )  # fmt: skip
        with suppress(sip.LocalError):
            match verb:
                case "call":
                    phone.core.invite(target, phone.media, world.now, route=phone.pbx)
                case "ring":
                    phone.core.ring(call, world.now)
                case "sound":
                    phone.core.ring(call, world.now, phone.media)
                case "answer":
                    phone.core.answer(call, phone.media, world.now)
                case "reject":
                    phone.core.reject(call, random.choice((486, 488, 503)), world.now)
                case "hold" | "resume":
                    phone.core.hold(call, verb == "hold", world.now)
                case "transfer":
                    phone.core.transfer(call, target, world.now)
                case "join":
                    early = getattr(phone.core._book.calls.get(other), "_forks", {})
                    if early:
                        phone.core.transfer(call, ringing_for(phone, other), world.now)
                    else:
                        phone.core.transfer_to(call, other, world.now)
                case "take":
                    dialogs = [s.dialog for p in self.phones for s in p.core._book.calls.values()]
                    dialog = random.choice([d for d in dialogs if d is not None] or [None])
                    if dialog is not None:
                        tags = f"to-tag={dialog.remote.tag};from-tag={dialog.local.tag}"
                        words = f"{dialog.call_id};{tags}"
                        phone.core.invite(
                            target, phone.media, world.now, route=phone.pbx, replaces=words
                        )
                case "hang up":
                    phone.core.hang_up(call, world.now)
                case "lose" if random.random() < 0.1:
                    world.pbx.lost(phone.address, "closed", world.now)
        world.run(random.choice((0.0, 0.003, 0.02, 0.5, 3.0)))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_telephones_do_nothing_is_left(seed: int) -> None:
    """After any sequence of verbs every leg has an end, and at the end nothing is kept."""
    walk = Walk(seed)
    world, board = walk.world, walk.world.pbx._board
    for _ in range(150):
        walk.step()
        for call in board.calls.values():
            legs = list(call.legs.values())
            assert legs
            assert all(board.owners.get(leg.handle) is call for leg in legs)
            if call.answered and len(legs) == 2 and call.attempt is None:
                assert legs[0].anchor.far is legs[1].anchor
    for phone in walk.phones:
        for call in phone.core.calls():
            phone.core.hang_up(call, world.now)
    world.run(250.0)
    agents = world.pbx._agents
    assert not any((board.calls, board.owners, board.leaving, agents.calls(), agents._legs))
    assert all(anchor.closed for anchor in world.anchors)
    ended = [e.call for e in world.happened if isinstance(e, events.CallEnded)]
    started = [e.call for e in world.happened if isinstance(e, events.CallStarted)]
    assert sorted(ended) == started
    assert started
