"""The switch, with telephones of our own core at its legs, in virtual time."""

import pytest

from appliance import sip
from appliance.exchange import events
from appliance.exchange.pbx import LEAVE_LIMIT, RING_LIMIT, user_of
from appliance.exchange.relay import Side
from tests.exchange.world import Telephone, World

USERS = {"100": "box", "201": "radio", "300": "caller", "301": "spare"}


@pytest.fixture
def world() -> World:
    return World(USERS)


def registered(world: World, *users: str) -> list[Telephone]:
    phones = [world.telephone(user) for user in users]
    for phone in phones:
        phone.register()
        assert phone.last(sip.Registered), phone.events
    return phones


def connected(world: World, *users: str) -> list[Telephone]:
    """Return telephones of which the first has called the second, which answered."""
    phones = registered(world, *users)
    phones[0].handle = phones[0].call(users[1])
    phones[1].answer()
    assert phones[0].last(sip.Answered), phones[0].events
    return phones


def nothing_kept(world: World) -> bool:
    """Say whether the exchange has forgotten every call, and closed its ports once each."""
    kept = (world.pbx._calls, world.pbx._by_handle, world.pbx._agent.calls())
    return not any(kept) and all(anchor.closed == 1 for anchor in world.anchors)


def kinds(world: World) -> list[type]:
    return [type(e) for e in world.happened if not isinstance(e, sip.Bound | sip.Unbound)]


def test_right_password_registers(world: World) -> None:
    """A telephone with its password is registered and reachable."""
    registered(world, "301")
    assert [e.user for e in world.happened] == ["301"]
    assert world.pbx.reachable("301", world.now)
    assert not world.pbx.reachable("100", world.now)


def test_stronger_digest_can_be_asked_for() -> None:
    """With SHA-256 as the only algorithm a telephone that knows it registers too."""
    world = World(USERS, algorithms=("SHA-256",))
    registered(world, "301")


def test_wrong_password_does_not_register(world: World) -> None:
    """A telephone with another password is refused and not reachable."""
    phone = world.telephone("301", "wrong")
    phone.register()
    assert phone.last(sip.RegistrationFailed).status in (401, 403)
    assert not world.pbx.reachable("301", world.now)


def test_call_is_connected_and_anchored(world: World) -> None:
    """The caller hears ringing, then the answer; both send their audio to the exchange."""
    caller, called = registered(world, "300", "100")
    caller.call("100")
    assert called.last(sip.Incoming).caller == "300"
    called.do(called.core.ring, called.incoming)
    assert caller.last(sip.Ringing).status == 180
    called.answer()
    (anchor,) = world.anchors
    answer = caller.last(sip.Answered).media
    assert (answer.host, answer.port) == ("127.0.0.1", anchor.ports[Side.CALLER])
    heard = called.last(sip.Confirmed).media
    assert (heard.host, heard.port) == ("127.0.0.1", anchor.ports[Side.CALLED])
    assert anchor.aims == {
        Side.CALLER: (caller.media.host, caller.media.port),
        Side.CALLED: (called.media.host, called.media.port),
    }
    assert kinds(world) == [events.CallStarted, events.CallAnswered]


@pytest.mark.parametrize("ending", [0, 1])
def test_bye_of_either_side_ends_both(world: World, ending: int) -> None:
    """Whoever hangs up, the other side's call ends too and the ports are given back."""
    phones = connected(world, "300", "100")
    phones[0].core.calls()
    handles = [phones[0].handle, phones[1].incoming]
    phones[ending].do(phones[ending].core.hang_up, handles[ending])
    other = phones[1 - ending].last(sip.Ended)
    assert other.reason is sip.EndReason.HUNG_UP
    assert world.anchors[0].closed
    assert kinds(world)[-1] is events.CallEnded
    assert nothing_kept(world)


def test_cancel_is_passed_on(world: World) -> None:
    """A caller who gives up before the answer stops the ringing."""
    caller, called = registered(world, "300", "100")
    handle = caller.call("100")
    called.do(called.core.ring, called.incoming)
    caller.do(caller.core.hang_up, handle)
    assert called.last(sip.Ended).reason is sip.EndReason.CANCELLED
    assert nothing_kept(world)


@pytest.mark.parametrize("status", [486, 603, 503])
def test_refusal_is_passed_back(world: World, status: int) -> None:
    """The caller hears the very status with which the called telephone refused."""
    caller, called = registered(world, "300", "100")
    caller.call("100")
    called.do(called.core.reject, called.incoming, status)
    assert caller.last(sip.Rejected).status == status
    assert kinds(world)[-2:] == [events.CallRefused, events.CallEnded]
    assert nothing_kept(world)


def test_unknown_user_is_not_found(world: World) -> None:
    """A number that does not exist is answered 404."""
    (caller,) = registered(world, "300")
    caller.call("999")
    assert caller.last(sip.Rejected).status == 404


def test_user_without_telephone_is_unavailable(world: World) -> None:
    """A number whose telephone is not registered is answered 480."""
    (caller,) = registered(world, "300")
    caller.call("100")
    assert caller.last(sip.Rejected).status == 480


def test_stranger_may_not_call(world: World) -> None:
    """Neither a wrong password nor an unknown user gets a call through."""
    (called,) = registered(world, "100")
    for stranger in (world.telephone("300", "wrong"), world.telephone("777", "x")):
        stranger.call("100", 2.0)
        assert stranger.last(sip.Rejected).status in (401, 403, 407)
    assert called.last(sip.Incoming) is None


def test_newest_telephone_is_called_first(world: World) -> None:
    """Of two telephones of one user the last registered rings; if it fails, the other one."""
    caller, older, newer = registered(world, "300", "100", "100")
    caller.call("100")
    assert newer.last(sip.Incoming)
    assert older.last(sip.Incoming) is None
    newer.do(newer.core.reject, newer.incoming, 503)
    assert older.last(sip.Incoming)
    older.answer()
    assert caller.last(sip.Answered)


def test_busy_person_is_not_tried_elsewhere(world: World) -> None:
    """Busy speaks for the person: the user's other telephone stays silent."""
    caller, older, newer = registered(world, "300", "100", "100")
    caller.call("100")
    newer.do(newer.core.reject, newer.incoming, 486)
    assert older.last(sip.Incoming) is None
    assert caller.last(sip.Rejected).status == 486


def test_caller_is_answered_with_the_codec_of_the_called(world: World) -> None:
    """Both legs agree on one codec, although the caller would have preferred another."""
    caller = world.telephone("300", codecs=("PCMU", "PCMA"))
    called = world.telephone("100", codecs=("PCMA",))
    for phone in (caller, called):
        phone.register()
    caller.call("100")
    called.answer()
    assert caller.last(sip.Answered).media.codec == "PCMA"


def test_no_shared_codec_is_not_acceptable(world: World) -> None:
    """Telephones without a common codec are not connected: 488."""
    caller = world.telephone("300", codecs=("PCMU",))
    called = world.telephone("100", codecs=("PCMA",))
    for phone in (caller, called):
        phone.register()
    caller.call("100")
    assert called.last(sip.Incoming) is None
    assert caller.last(sip.Rejected).status == 488
    assert nothing_kept(world)


def test_hold_reaches_the_other_side(world: World) -> None:
    """Who is put on hold is told so, and told when it is over."""
    caller, called = connected(world, "300", "100")
    caller.do(caller.core.hold, caller.handle, True)
    assert not called.last(sip.MediaChanged).media.direction.sends
    caller.do(caller.core.hold, caller.handle, False)
    assert called.last(sip.MediaChanged).media.direction is sip.Direction.SENDRECV


def test_blind_transfer_changes_the_far_leg_only(world: World) -> None:
    """The target takes the transferor's place; the caller's leg is not touched."""
    caller, box, target = connected(world, "300", "100", "201")
    before = len(caller.events)
    box.do(box.core.transfer, box.incoming, "201")
    assert target.last(sip.Incoming).caller == "300"
    target.answer()
    statuses = [e.status for e in box.all(sip.TransferProgress)]
    assert statuses[-1] == 200
    assert box.last(sip.TransferProgress).final
    box.do(box.core.hang_up, box.incoming)
    assert caller.events[before:] == []
    (anchor,) = world.anchors
    assert anchor.aims[Side.CALLED] == (target.media.host, target.media.port)
    assert anchor.aims[Side.CALLER] == (caller.media.host, caller.media.port)
    assert not anchor.closed
    moved = next(e for e in world.happened if isinstance(e, events.CallTransferred))
    assert (moved.by, moved.target) == ("100", "201")
    target.do(target.core.hang_up, target.incoming)
    assert caller.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert nothing_kept(world)


def test_caller_can_transfer_too(world: World) -> None:
    """A transfer works from the calling side as well."""
    caller, box, target = connected(world, "300", "100", "201")
    caller.do(caller.core.transfer, caller.handle, "201")
    target.answer()
    caller.do(caller.core.hang_up, caller.handle)
    assert box.last(sip.Ended) is None
    assert world.anchors[0].aims[Side.CALLER] == (target.media.host, target.media.port)


def test_ringing_is_reported_to_the_transferor(world: World) -> None:
    """The transferor learns that the target rings."""
    _, box, target = connected(world, "300", "100", "201")
    box.do(box.core.transfer, box.incoming, "201")
    target.do(target.core.ring, target.incoming)
    assert box.last(sip.TransferProgress).status == 180
    assert not box.last(sip.TransferProgress).final


def test_transferor_that_stays_is_sent_away(world: World) -> None:
    """A transferor that does not hang up after a completed transfer is hung up on."""
    caller, box, target = connected(world, "300", "100", "201")
    box.do(box.core.transfer, box.incoming, "201")
    target.answer()
    world.run(LEAVE_LIMIT + 1)
    assert box.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert caller.last(sip.Ended) is None


@pytest.mark.parametrize(("target", "status"), [("999", 404), ("301", 480)])
def test_transfer_to_nobody_leaves_the_call(world: World, target: str, status: int) -> None:
    """A target that cannot be reached is reported and the call stays with the transferor."""
    caller, box = connected(world, "300", "100")
    box.do(box.core.transfer, box.incoming, target)
    assert box.last(sip.TransferProgress).status == status
    assert box.last(sip.TransferProgress).final
    assert box.last(sip.Ended) is None
    assert caller.last(sip.Ended) is None
    assert world.happened[-1] == events.TransferFailed(1, "100", target, status)


def test_busy_target_leaves_the_call(world: World) -> None:
    """A busy target is reported with its status; a second transfer then succeeds."""
    caller, box, target = connected(world, "300", "100", "201")
    box.do(box.core.transfer, box.incoming, "201")
    target.do(target.core.reject, target.incoming, 486)
    assert box.last(sip.TransferProgress).status == 486
    assert caller.last(sip.Ended) is None
    box.do(box.core.transfer, box.incoming, "201")
    target.answer()
    assert box.last(sip.TransferProgress).status == 200


def test_transferor_may_leave_early(world: World) -> None:
    """A transferor that hangs up at once does not end the transfer."""
    caller, box, target = connected(world, "300", "100", "201")
    box.do(box.core.transfer, box.incoming, "201")
    box.do(box.core.hang_up, box.incoming)
    target.answer()
    assert caller.last(sip.Ended) is None
    assert world.anchors[0].aims[Side.CALLED] == (target.media.host, target.media.port)


def test_failed_transfer_of_an_early_leaver_ends_the_call(world: World) -> None:
    """With the transferor gone and the target busy, the caller is not left in silence."""
    caller, box, target = connected(world, "300", "100", "201")
    box.do(box.core.transfer, box.incoming, "201")
    box.do(box.core.hang_up, box.incoming)
    target.do(target.core.reject, target.incoming, 486)
    assert caller.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert nothing_kept(world)


def test_caller_leaving_during_a_transfer_ends_all(world: World) -> None:
    """A caller who hangs up while the target rings stops the ringing and frees the transferor."""
    caller, box, target = connected(world, "300", "100", "201")
    box.do(box.core.transfer, box.incoming, "201")
    caller.do(caller.core.hang_up, caller.handle)
    assert target.last(sip.Ended).reason is sip.EndReason.CANCELLED
    assert box.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert nothing_kept(world)


def test_transferor_who_held_the_caller_takes_the_hold_along(world: World) -> None:
    """A caller who was on hold when transferred speaks with the target."""
    caller, box, target = connected(world, "300", "100", "201")
    box.do(box.core.hold, box.incoming, True)
    assert not caller.last(sip.MediaChanged).media.direction.sends
    box.do(box.core.transfer, box.incoming, "201")
    target.answer()
    world.run(1.0)
    assert caller.last(sip.MediaChanged).media.direction is sip.Direction.SENDRECV


def test_nobody_comes_in_time(world: World) -> None:
    """A telephone that rings for ever is given up and the caller told."""
    caller, called = registered(world, "300", "100")
    caller.call("100")
    called.do(called.core.ring, called.incoming)
    world.run(RING_LIMIT + 5)
    assert caller.last(sip.Rejected).status == 408
    assert called.last(sip.Ended).reason is sip.EndReason.CANCELLED
    assert world.pbx.deadline() is None or world.pbx.deadline() > world.now
    assert nothing_kept(world)


def test_no_ports_left_is_unavailable() -> None:
    """Without ports for audio, or beyond capacity, a call is refused 503 and others go on."""
    for world in (World(USERS, ports=1), World(USERS, capacity=1)):
        connected(world, "300", "100")
        (late,) = registered(world, "301")
        late.call("100")
        assert late.last(sip.Rejected).status == 503


def test_tap_is_set_on_the_calls_audio(world: World) -> None:
    """A tap sees the audio of its call; one for a call that is over is harmless."""
    connected(world, "300", "100")

    def tap(side, data, now) -> None:
        return

    world.pbx.tap(1, tap)
    world.pbx.tap(2, tap)
    assert world.anchors[0].tap is tap


def test_shutting_down_ends_every_call(world: World) -> None:
    """All telephones are told when the exchange ends."""
    caller, called = connected(world, "300", "100")
    world.pbx.shut_down(world.now)
    world.run(1.0)
    assert caller.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert called.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert nothing_kept(world)


@pytest.mark.parametrize("data", [b"", b"\0" * 9, b"INVITE", b"INVITE sip:100@x SIP/2.0\r\n\r\n"])
def test_garbage_harms_nobody(world: World, data: bytes) -> None:
    """Garbage between the messages of a call changes nothing."""
    caller, _ = connected(world, "300", "100")
    world.pbx.receive(data, sip.Address("udp", "127.0.0.1", 9), world.now)
    world.run(1.0)
    assert caller.last(sip.Ended) is None


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        ("201", "201"), ("sip:201@pbx", "201"), ("<sip:201@pbx;transport=udp>", "201"),
        ("SIPS:a.b@[::1]:5061", "a.b"), ("sip:pbx.example", ""), ("tel:+49123;phone-context=x",
        "+49123"), ("sip:201;x=1@pbx", "201"), ("", ""), ("201?Replaces=1", "201"),
    ],
)  # fmt: skip
def test_user_part_is_found(uri: str, user: str) -> None:
    """The user part of any form of target is found."""
    assert user_of(uri) == user
