"""The called side of a call."""

import pytest

from appliance.sip import (
    Answered,
    Confirmed,
    EndReason,
    Incoming,
    LocalError,
    LocalMedia,
    MediaChanged,
    Rejected,
)
from tests.sip.raw import invite
from tests.sip.wire import dial, ended, media, pair, requests, responses, talk


def test_an_incoming_call_tells_who_and_whom(clean):
    """Caller, name, called number and headers are there, 100 has been sent and nothing else."""
    box, peer = pair(clean)
    peer.agent.invite(
        "sip:%2A21%23@192.0.2.1",
        media(),
        clean.now,
        route=box.address,
        caller="300",
        display='Jürgen "J"',
        headers=(("X-Queue", "7"),),
    )
    clean.run(0.1)
    incoming = box.last(Incoming)
    assert (incoming.caller, incoming.caller_name) == ("300", 'Jürgen "J"')
    assert incoming.called == "*21#"
    assert incoming.headers["x-queue"] == "7"
    assert incoming.codecs == ("PCMU", "PCMA")
    sent = [p.data[:11] for _, source, p in clean.sent if source == box.address]
    assert sent == [b"SIP/2.0 100"]


def test_a_doubled_invite_is_one_call(wire):
    """However often an INVITE arrives, one call comes in."""
    box, peer = pair(wire)
    wire.weather = type(wire.weather)(doubling=1.0, jitter=0.5)
    _, here = dial(wire, peer, box)
    wire.run(3)
    assert [event.call for event in box.all(Incoming)] == [here]
    box.agent.hang_up(here, wire.now)
    wire.quiet([box, peer])


def test_a_rejection_reaches_the_caller(wire):
    """Status, reason and headers travel; both sides are told once."""
    box, peer = pair(wire)
    there, here = dial(wire, peer, box)
    box.agent.reject(here, 486, wire.now, reason="In a meeting", headers=(("Retry-After", "9"),))
    wire.until(lambda: ended(peer, there))
    assert (peer.last(Rejected).status, peer.last(Rejected).reason) == (486, "In a meeting")
    assert b"Retry-After: 9\r\n" in responses(wire, 486)[0].data
    assert ended(peer, there) == [EndReason.REJECTED]
    assert ended(box, here) == [EndReason.LOCAL]
    wire.quiet([box, peer])


@pytest.mark.parametrize("ring", [False, True])
def test_a_caller_that_gives_up_is_told(wire, ring):
    """CANCEL before and while ringing: 200 to it, 487 to the INVITE (RFC 3261 9.2)."""
    box, peer = pair(wire)
    there, here = dial(wire, peer, box)
    if ring:
        box.agent.ring(here, wire.now)
    wire.run(0.5)
    if here in box.agent.calls():
        peer.agent.hang_up(there, wire.now)
    wire.until(lambda: ended(box, here))
    assert ended(box, here) == [EndReason.CANCELLED]
    wire.until(lambda: responses(wire, 487))
    wire.quiet([box, peer])


def test_a_cancel_that_crosses_our_answer_changes_nothing_here(clean):
    """The caller then acknowledges the 200 and hangs up (9.2)."""
    box, peer = pair(clean)
    there, here = dial(clean, peer, box)
    clean.run(0.1)
    box.agent.answer(here, media(), clean.now)
    peer.agent.hang_up(there, clean.now)
    clean.run(1)
    assert len(responses(clean, 487)) == 0
    assert len(requests(clean, "ACK")) == len(requests(clean, "BYE")) == 1
    assert ended(box, here) == [EndReason.HUNG_UP]
    clean.quiet([box, peer])


def test_an_answer_that_nobody_acknowledges_ends_the_call(clean):
    """200 is repeated for 64 T1, then BYE and NO_ACK (13.3.1.4)."""
    box, peer = pair(clean)
    _, here = dial(clean, peer, box)
    clean.drop = lambda packet: packet.data.startswith(b"ACK")
    box.agent.answer(here, media(), clean.now)
    clean.run(40)
    assert ended(box, here) == [EndReason.NO_ACK]
    assert len(requests(clean, "BYE")) == 1
    clean.quiet([box, peer])


def test_hanging_up_before_the_ack_waits_for_it(clean):
    """The callee may send its BYE only after the ACK (section 15)."""
    box, peer = pair(clean)
    _, here = dial(clean, peer, box)
    box.agent.answer(here, media(), clean.now)
    box.agent.hang_up(here, clean.now)
    assert ended(box, here) == [] or requests(clean, "BYE") == []
    clean.run(1)
    kinds = [p.data.split(b" ")[0] for _, _, p in clean.sent]
    assert kinds.index(b"ACK") < kinds.index(b"BYE")
    assert ended(box, here) == [EndReason.LOCAL]


def test_an_invite_without_offer_is_answered_with_one(wire):
    """Our offer goes in the 200, the answer comes in the ACK, Confirmed brings the media."""
    box, peer = pair(wire)

    raw = invite(body=b"")
    box.agent.receive(raw.data, peer.address, wire.now)
    wire.settle()
    here = box.last(Incoming).call
    assert box.agent.answer(here, media(), wire.now) is None
    wire.settle()
    ok = responses(wire, 200)[-1].data
    assert b"m=audio 4000 RTP/AVP 0 8 101" in ok
    box.agent.receive(raw.ack(ok, raw.sdp), peer.address, wire.now)
    wire.settle()
    assert box.last(Confirmed).media.port == 7000
    box.agent.receive(raw.bye(ok), peer.address, wire.now)
    wire.settle()
    assert ended(box, here) == [EndReason.HUNG_UP]


@pytest.mark.parametrize("body", [b"", b"garbage", b"v=0\r\nm=audio 7000 RTP/AVP 18\r\n"])
def test_a_late_answer_that_makes_no_call_ends_it(clean, body):
    """No answer, a broken one or one without a codec of ours: BYE and FAILED."""
    box, peer = pair(clean)
    raw = invite(body=b"")
    box.agent.receive(raw.data, peer.address, clean.now)
    clean.settle()
    here = box.last(Incoming).call
    box.agent.answer(here, media(), clean.now)
    clean.settle()
    box.agent.receive(raw.ack(responses(clean, 200)[-1].data, body), peer.address, clean.now)
    clean.settle()
    assert ended(box, here) == [EndReason.FAILED]
    assert len(requests(clean, "BYE")) == 1


def test_media_that_do_not_fit_the_offer_are_our_fault(clean):
    """answer() with no codec of the offer raises, and the call may still be answered."""
    box, peer = pair(clean)
    _, here = dial(clean, peer, box)
    with pytest.raises(LocalError):
        box.agent.answer(here, LocalMedia("192.0.2.1", 4000, codecs=("G722",)), clean.now)
    assert box.agent.answer(here, media(), clean.now).codec == "PCMU"
    clean.run(1)
    assert len(peer.all(Answered)) == 1


def test_the_200_is_repeated_until_the_ack_and_not_longer(wire):
    """Lost ACKs are sent again for each repeated 200, and Confirmed is told once."""
    box, peer = pair(wire)
    there, here = talk(wire, peer, box)
    wire.run(40)
    assert len(box.all(Confirmed)) == len(peer.all(Answered)) == 1
    assert box.all(MediaChanged) == []
    box.agent.hang_up(here, wire.now)
    wire.quiet([box, peer])
    assert ended(peer, there) == [EndReason.HUNG_UP]


def test_a_bye_before_our_answer_counts_as_giving_up(clean):
    """200 to the BYE, 487 to the INVITE."""
    box, peer = pair(clean)
    raw = invite()
    box.agent.receive(raw.data, peer.address, clean.now)
    clean.settle()
    here = box.last(Incoming).call
    box.agent.ring(here, clean.now)
    clean.settle()
    box.agent.receive(raw.bye(responses(clean, 180)[0].data), peer.address, clean.now)
    clean.settle()
    assert ended(box, here) == [EndReason.CANCELLED]
    assert len(responses(clean, 487)) == 1
