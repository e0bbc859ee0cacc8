"""The called side of a call."""

import pytest

from appliance.sip import (
    Answered,
    Confirmed,
    EarlyMedia,
    EndReason,
    Incoming,
    LocalError,
    LocalMedia,
    MediaChanged,
    Rejected,
    Ringing,
)
from appliance.sip.answering import LIMIT
from appliance.sip.guard import Policy
from appliance.sip.parser import parse
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


def test_early_media_without_reliability(wire):
    """183 with the answer, heard before the 200, which repeats it; 180 may follow."""
    box, peer = pair(wire)
    there, here = dial(wire, peer, box)
    agreed = box.agent.ring(here, wire.now, media())
    assert agreed.host == "192.0.2.9"
    wire.settle()
    box.agent.ring(here, wire.now)
    wire.run(3)
    box.agent.answer(here, media(), wire.now)
    wire.until(lambda: peer.all(Answered) and box.all(Confirmed))
    bodies = {parse(p.data).body for p in (*responses(wire, 183), *responses(wire, 200))}
    assert len(bodies - {b""}) == 1
    assert requests(wire, "PRACK") == []
    assert [event.media for event in peer.all(EarlyMedia)] in ([], [peer.last(Answered).media])
    peer.agent.hang_up(there, wire.now)
    wire.quiet([box, peer])


def test_early_media_need_an_offer_or_a_prack(clean):
    """Without an offer nothing can be said that may get lost: 180, and nothing is agreed."""
    box, peer = pair(clean)
    raw = invite(body=b"")
    box.agent.receive(raw.data, peer.address, clean.now)
    clean.settle()
    here = box.last(Incoming).call
    assert box.agent.ring(here, clean.now, media()) is None
    assert box.agent.answer(here, media("192.0.2.1", 4002), clean.now) is None
    clean.settle()
    assert parse(responses(clean, 183)[0].data).body == b""
    assert b"m=audio 4002" in responses(clean, 200)[-1].data


def test_early_media_that_do_not_fit_are_our_fault(clean):
    """ring() with no codec of the offer raises, and the call may still ring and be answered."""
    box, peer = pair(clean)
    _, here = dial(clean, peer, box)
    with pytest.raises(LocalError):
        box.agent.ring(here, clean.now, LocalMedia("192.0.2.1", 4000, codecs=("other",)))
    box.agent.ring(here, clean.now)
    assert box.agent.answer(here, media(), clean.now) is not None


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("reliable", [False, True])
def test_ringing_is_said_again_every_minute(clean, early, reliable):
    """Proxies on the way need it (RFC 3261 13.3.1.1); the answer ends it."""
    policy = Policy(reliable=reliable)
    box, peer = clean.station("192.0.2.1", policy=policy), clean.station("192.0.2.9")
    _, here = dial(clean, peer, box)
    box.agent.ring(here, clean.now, media() if early else None)
    clean.run(170)
    assert [event.status for event in peer.all(Ringing)] == [183 if early else 180] * 3
    assert len(peer.all(EarlyMedia)) == early
    box.agent.answer(here, media(), clean.now)
    clean.run(170)
    assert len(peer.all(Ringing)) == 3
    assert len(peer.all(Answered)) == 1


@pytest.mark.parametrize("ring", [False, True])
def test_a_call_that_nobody_answers_is_given_up(clean, ring):
    """480 after three minutes, and TIMEOUT here."""
    box, peer = pair(clean)
    there, here = dial(clean, peer, box)
    if ring:
        box.agent.ring(here, clean.now)
    clean.run(LIMIT - 5)
    assert ended(box, here) == []
    clean.run(10)
    assert ended(box, here) == [EndReason.TIMEOUT]
    assert len(ended(peer, there)) == 1
    clean.run(200)
    assert box.idle()
    assert peer.idle()


@pytest.mark.parametrize(
    ("expires", "after", "reason"),
    [
        ("20", 20, EndReason.CANCELLED),
        ("0", 0, EndReason.CANCELLED),
        ("9999", LIMIT, EndReason.TIMEOUT),
        ("nonsense", LIMIT, EndReason.TIMEOUT),
    ],
)
def test_an_invitation_lapses_when_it_says_so(clean, expires, after, reason):
    """487 when the Expires of the INVITE is over (13.3.1); ours stays the longest."""
    box, peer = pair(clean)
    clean.cut.add(peer.address)
    box.agent.receive(invite(fields=(("Expires", expires),)).data, peer.address, clean.now)
    clean.settle()
    here = box.last(Incoming).call
    if after > 1:
        clean.run(after - 1)
        assert ended(box, here) == []
    clean.run(2)
    assert ended(box, here) == [reason]
    assert len(responses(clean, 487 if reason is EndReason.CANCELLED else 480)) > 0
    clean.run(100)
    assert box.idle()


def test_an_answered_call_does_not_lapse(clean):
    """Neither Expires nor our own limit touches a call that was answered."""
    box, peer = pair(clean)
    there = peer.agent.invite(
        "sip:100@192.0.2.1", media(), clean.now, route=box.address, headers=(("Expires", "20"),)
    )
    clean.run(0.1)
    here = box.last(Incoming).call
    box.agent.answer(here, media(), clean.now)
    clean.run(400)
    assert ended(box, here) == ended(peer, there) == []


def test_a_session_interval_that_is_too_brief_is_refused(clean):
    """422 with Min-SE, and no call (RFC 4028 section 6)."""
    box, peer = pair(clean)
    clean.cut.add(peer.address)
    fields = (("Supported", "timer"), ("Session-Expires", "20"))
    box.agent.receive(invite(fields=fields).data, peer.address, clean.now)
    clean.settle()
    assert box.all(Incoming) == []
    assert box.agent.calls() == ()
    assert parse(responses(clean, 422)[0].data).headers["Min-SE"] == "90"
    clean.run(100)
    assert box.idle()


@pytest.mark.parametrize("known", [True, False])
def test_where_a_call_comes_from_is_read_of_known_peers_only(clean, known):
    """Anybody can write P-Asserted-Identity: a stranger's is not believed (RFC 3325)."""
    policy = Policy(asserted_fields=("X-Queue",), trusted=("192.0.2.9",) if known else ())
    box, peer = clean.station("192.0.2.1", policy=policy), clean.station("192.0.2.9")
    fields = (
        ("P-Asserted-Identity", '"Ward 3" <sip:331@pbx>'),
        ("Diversion", "<sip:100@pbx>;reason=no-answer"),
        ("X-Queue", "7"),
    )
    box.agent.receive(invite(fields=fields).data, peer.address, clean.now)
    clean.settle()
    origin = box.last(Incoming).origin
    told = (origin.number, origin.name, origin.diverted_from, origin.fields)
    assert told == (("331", "Ward 3", "100", (("X-Queue", "7"),)) if known else ("", "", "", ()))
