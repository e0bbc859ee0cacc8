"""The switch, with telephones of our own core at its legs, in virtual time."""

import pytest

from appliance import sip
from appliance.exchange import events
from appliance.exchange.calls import LEAVE_LIMIT
from appliance.exchange.pbx import RING_LIMIT, _no_secret
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
    board = world.pbx._board
    agents = world.pbx._agents
    kept = (board.calls, board.owners, board.leaving, agents.calls(), agents._legs)
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
    assert len(world.anchors) == 2
    answer = caller.last(sip.Answered).media
    assert (answer.host, answer.port) == ("127.0.0.1", caller.anchor.port)
    heard = called.last(sip.Confirmed).media
    assert (heard.host, heard.port) == ("127.0.0.1", called.anchor.port)
    assert caller.anchor.far is called.anchor
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
    assert caller.anchor.far is target.anchor
    assert not caller.anchor.closed
    assert box.anchor.closed
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
    assert box.anchor.far is target.anchor


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
    assert caller.anchor.far is target.anchor


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
    caller, other, called = registered(world, "300", "100", "100")
    caller.call("100")
    called.do(called.core.ring, called.incoming)
    world.run(RING_LIMIT + 5)
    assert other.last(sip.Incoming) is None
    assert caller.last(sip.Rejected).status == 408
    assert called.last(sip.Ended).reason is sip.EndReason.CANCELLED
    assert world.pbx.deadline() is None or world.pbx.deadline() > world.now
    assert nothing_kept(world)


def test_no_ports_left_is_unavailable() -> None:
    """Without ports for audio, or beyond capacity, a call is refused 503 and others go on."""
    for world in (World(USERS, ports=2), World(USERS, capacity=1)):
        connected(world, "300", "100")
        (late,) = registered(world, "301")
        late.call("100")
        assert late.last(sip.Rejected).status == 503


def test_tap_is_set_on_the_calls_audio(world: World) -> None:
    """A tap sees the audio of its call; one for a call that is over is harmless."""
    caller, _, target = connected(world, "300", "100", "201")
    seen = []
    world.pbx.tap(1, lambda side, data, now: seen.append((side, data, now)))
    world.pbx.tap(2, lambda side, data, now: seen.append("other"))
    caller.anchor.tap(b"a", 1.0)
    caller.do(caller.core.transfer, caller.handle, "201")
    target.answer()
    target.anchor.tap(b"b", 2.0)
    assert caller.anchor.tap is None
    assert seen == [(Side.CALLER, b"a", 1.0), (Side.CALLER, b"b", 2.0)]
    world.pbx.tap(1, None)
    assert target.anchor.tap is None


def encrypted(world: World, caller: sip.Srtp, called: sip.Srtp) -> tuple[Telephone, Telephone]:
    phones = world.telephone("300", srtp=caller), world.telephone("100", srtp=called)
    for phone in phones:
        phone.register()
    phones[0].handle = phones[0].call("100")
    return phones


@pytest.mark.parametrize("caller", list(sip.Srtp))
@pytest.mark.parametrize("called", list(sip.Srtp))
def test_each_leg_is_encrypted_for_itself(caller: sip.Srtp, called: sip.Srtp) -> None:
    """Plain and encrypted telephones speak with each other; no key serves two legs."""
    world = World(USERS, srtp=sip.Srtp.OFFERED)
    near, far = encrypted(world, caller, called)
    if called is sip.Srtp.REQUIRED and far.last(sip.Incoming) is None:
        pytest.fail(str(near.events))
    far.answer()
    assert near.last(sip.Answered), near.events
    legs = [(caller, near.anchor.media), (called, far.anchor.media)]
    for policy, media in legs:
        assert (media.sending is not None) == (policy is not sip.Srtp.OFF)
    keys = [k.key for _, m in legs for k in (m.sending, m.receiving) if k is not None]
    assert len(set(keys)) == len(keys)


def test_required_encryption_refuses_plain_telephones() -> None:
    """Where encryption is required a plain offer is answered 488, and a plain telephone is too."""
    world = World(USERS, srtp=sip.Srtp.REQUIRED)
    near, far = encrypted(world, sip.Srtp.OFF, sip.Srtp.REQUIRED)
    assert near.last(sip.Rejected).status == 488
    assert far.last(sip.Incoming) is None
    world = World(USERS, srtp=sip.Srtp.REQUIRED)
    near, far = encrypted(world, sip.Srtp.REQUIRED, sip.Srtp.OFF)
    assert near.last(sip.Rejected).status == 488
    assert nothing_kept(world)


def test_telephone_that_insists_on_savp_is_asked_again() -> None:
    """Where an offer that leaves encryption open is refused, RTP/SAVP is offered, once."""
    world = World(USERS, srtp=sip.Srtp.OFFERED)
    near, far = encrypted(world, sip.Srtp.OFF, sip.Srtp.REQUIRED)
    first = far.incoming
    far.do(far.core.reject, first, 488)
    assert far.incoming != first
    offers = [p.data for _, p in world.sent if p.to == far.address and b"m=audio" in p.data]
    assert [b"RTP/SAVP " in offer for offer in offers][-2:] == [False, True]
    far.answer()
    assert near.last(sip.Answered)
    assert far.anchor.media.sending is not None
    assert near.anchor.media.sending is None
    again = near.call("100")
    for _ in range(2):
        far.do(far.core.reject, far.incoming, 488)
    assert (near.last(sip.Rejected).call, near.last(sip.Rejected).status) == (again, 488)


def test_exchange_that_encrypts_needs_secrets() -> None:
    """Without a source of secret bytes no key is made up: the call is refused."""
    world = World(USERS, srtp=sip.Srtp.OFFERED)
    world.pbx._board.secret = _no_secret
    near, _ = encrypted(world, sip.Srtp.OFF, sip.Srtp.OFF)
    assert near.last(sip.Rejected).status == 480
    assert nothing_kept(world)


@pytest.mark.parametrize("reliable", [False, True])
def test_early_media_is_passed_on(reliable: bool) -> None:
    """What the called telephone plays before it answers reaches the caller, with PRACK or not."""
    policy = sip.Policy(reliable=reliable)
    world = World(USERS, policy=sip.Policy(trusted=("0.0.0.0/0",), reliable=reliable))
    near, far = (world.telephone(user, policy=policy) for user in ("300", "100"))
    for phone in (near, far):
        phone.register()
    handle = near.call("100")
    far.do(far.core.ring, far.incoming, media=far.media)
    assert near.last(sip.Ringing).status == 183
    heard = near.last(sip.EarlyMedia).media
    assert heard.port == near.anchor.port
    assert near.anchor.far is far.anchor
    assert near.last(sip.Answered) is None
    far.core.answer(far.incoming, far.media, world.now)
    world.run(1.0)
    assert near.last(sip.Answered).media.codec == heard.codec
    assert (b"PRACK" in b"".join(p.data[:5] for _, p in world.sent)) == reliable
    near.do(near.core.hang_up, handle)
    assert nothing_kept(world)


def test_early_media_of_a_refused_call_is_over(world: World) -> None:
    """A telephone that is heard and then refuses leaves nothing behind."""
    near, far = registered(world, "300", "100")
    near.call("100")
    far.do(far.core.ring, far.incoming, media=far.media)
    far.do(far.core.reject, far.incoming, 486)
    assert near.last(sip.Rejected).status == 486
    assert nothing_kept(world)


def test_late_offer_is_connected(world: World) -> None:
    """A caller that leaves the offer to us hears the called telephone after its ACK."""
    near, far = registered(world, "300", "100")
    near.core.invite("100", near.media, world.now, route=near.pbx, offer=False)
    world.run(1.0)
    far.answer()
    assert near.last(sip.Answered).media.port == near.anchor.port
    assert near.anchor.far is far.anchor


def test_codec_may_change_on_one_leg_alone(world: World) -> None:
    """A telephone that changes its codec is agreed with; the other leg is not asked."""
    near, far = connected(world, "300", "100")
    near.core._session(near.handle).modification.wish(None, world.now, ("PCMA",))
    world.run(1.0)
    assert near.anchor.media.codec == "PCMA"
    assert far.anchor.media.codec == "PCMU"
    assert far.last(sip.MediaChanged) is None


def test_silent_telephone_is_noticed_by_the_session_timer() -> None:
    """A telephone that vanished without a word ends the call of the other one in time."""
    policy = sip.Policy(trusted=("0.0.0.0/0",), session_expires=100)
    world = World(USERS, policy=policy)
    near, far = (world.telephone(user, policy=policy) for user in ("300", "100"))
    for phone in (near, far):
        phone.register()
    near.call("100")
    far.answer()
    world.run(300.0)
    assert near.last(sip.Ended) is None  # refreshed
    assert far.last(sip.Ended) is None
    world.unplug(far.address)
    world.run(200.0)
    assert near.last(sip.Ended).reason is sip.EndReason.HUNG_UP


def test_key_of_an_info_goes_on(world: World) -> None:
    """A key that a telephone tells by INFO reaches the other one by INFO."""
    near, far = connected(world, "300", "100")
    near.do(near.core.send_key, near.handle, "5")
    assert far.last(sip.KeyPressed).digit == "5"
    assert near.last(sip.KeyPressed) is None


def test_new_telephone_of_a_held_end_learns_of_it(world: World) -> None:
    """Who takes the place of a telephone that is on hold is on hold too, until it is over."""
    caller, box, target = connected(world, "300", "100", "201")
    box.do(box.core.transfer, box.incoming, "201")
    caller.do(caller.core.hold, caller.handle, True)
    target.answer()
    world.run(1.0)
    assert not target.last(sip.MediaChanged).media.direction.sends
    caller.do(caller.core.hold, caller.handle, False)
    assert target.last(sip.MediaChanged).media.direction is sip.Direction.SENDRECV


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
