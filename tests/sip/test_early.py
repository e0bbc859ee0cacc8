"""Early dialogs of a call of ours: forks behind a proxy, early media, who wins."""

import pytest

from appliance.sip import (
    Address,
    Answered,
    Confirmed,
    Direction,
    EarlyMedia,
    Ended,
    EndReason,
    Incoming,
    MediaChanged,
    Rejected,
    Ringing,
)
from appliance.sip.dialog import Dialog
from appliance.sip.early import Early
from appliance.sip.errors import RemoteError
from appliance.sip.guard import Policy
from appliance.sip.message import respond
from appliance.sip.offer import Negotiation
from appliance.sip.parser import parse
from tests.sip.proxy import Proxy
from tests.sip.raw import SDP, invite
from tests.sip.test_calling import CONTACT, Script
from tests.sip.test_modify import Raw
from tests.sip.wire import ACCOUNT, PBX, ended, media, requests, responses

OTHER = SDP.replace(b"7000", b"7002").replace(b"IN IP4 192.0.2.9", b"IN IP4 192.0.2.8")


def forked(wire, phones=2, *, route=";lr", **more):
    """A box, a proxy that is its PBX, and phones behind it; the call and what arrived where."""
    box = wire.station("192.0.2.1", account=ACCOUNT)
    stations = [wire.station(f"192.0.2.{31 + n}", **more) for n in range(phones)]
    wire.join(Proxy(PBX, [phone.address for phone in stations], route=route), PBX)
    call = box.agent.invite("201", media(), wire.now)
    wire.until(lambda: all(phone.all(Incoming) for phone in stations))
    return box, call, stations, [phone.last(Incoming).call for phone in stations]


@pytest.mark.parametrize("route", [";lr", ""], ids=["loose", "strict"])
@pytest.mark.parametrize("reliable", [False, True])
def test_one_of_two_phones_wins(clean, route, reliable):
    """Both ring, one answers: it talks, the other is cancelled, and all ends through the proxy."""
    box, call, (one, two), (first, second) = forked(
        clean, route=route, policy=Policy(reliable=reliable)
    )
    one.agent.ring(first, clean.now)
    two.agent.ring(second, clean.now)
    clean.run(1)
    assert len(box.all(Ringing)) == 2
    assert len(requests(clean, "PRACK")) == (4 if reliable else 0)  # each seen on both hops
    two.agent.answer(second, media("192.0.2.32", 5002), clean.now)
    clean.run(1)
    assert box.last(Answered).media.host == "192.0.2.32"
    assert ended(one, first) == [EndReason.CANCELLED]
    assert len(two.all(Confirmed)) == 1
    box.agent.hang_up(call, clean.now)
    clean.run(1)
    assert ended(two, second) == [EndReason.HUNG_UP]
    clean.run(200)
    assert box.idle()
    assert one.idle()
    assert two.idle()


def test_early_media_of_forks_are_kept_apart(clean):
    """The fork that described itself last is heard; the one that answers is what counts."""
    box, call, (one, two), (first, second) = forked(clean, policy=Policy(reliable=True))
    one.agent.ring(first, clean.now, media("192.0.2.31", 5001))
    clean.run(1)
    two.agent.ring(second, clean.now, media("192.0.2.32", 5002))
    clean.run(1)
    assert [event.media.port for event in box.all(EarlyMedia)] == [5001, 5002]
    one.agent.answer(first, media("192.0.2.31", 5001), clean.now)
    clean.run(1)
    assert box.all(Answered) == [Answered(call, box.all(EarlyMedia)[0].media)]
    assert ended(two, second) == [EndReason.CANCELLED]


def test_both_phones_may_answer_at_once(clean):
    """The first 2xx wins, the other phone gets ACK and BYE (RFC 3261 13.2.2.4)."""
    box, call, phones, calls = forked(clean)
    for phone, handle in zip(phones, calls, strict=True):
        phone.agent.answer(handle, media(phone.address.host, 5000), clean.now)
    clean.run(5)
    assert len(box.all(Answered)) == 1
    kept = box.last(Answered).media.host
    for phone, handle in zip(phones, calls, strict=True):
        assert ended(phone, handle) == ([] if phone.address.host == kept else [EndReason.HUNG_UP])
        assert len(phone.all(Confirmed)) == 1
    assert ended(box, call) == []
    box.agent.hang_up(call, clean.now)
    clean.run(200)
    assert box.idle()


def test_a_call_that_all_phones_refuse_is_refused_once(clean):
    """The proxy passes one refusal on; no early dialog is left."""
    box, call, phones, calls = forked(clean)
    for phone, handle in zip(phones, calls, strict=True):
        phone.agent.ring(handle, clean.now)
        clean.run(0.5)
        phone.agent.reject(handle, 486, clean.now)
    clean.run(1)
    assert [event.status for event in box.all(Rejected)] == [486]
    assert ended(box, call) == [EndReason.REJECTED]
    clean.run(100)
    assert box.idle()


def test_a_forked_call_may_be_cancelled(clean):
    """CANCEL reaches every phone that rings."""
    box, call, phones, calls = forked(clean)
    for phone, handle in zip(phones, calls, strict=True):
        phone.agent.ring(handle, clean.now)
    clean.run(1)
    box.agent.hang_up(call, clean.now)
    clean.run(5)
    for phone, handle in zip(phones, calls, strict=True):
        assert ended(phone, handle) == [EndReason.CANCELLED]
    clean.run(100)
    assert box.idle()


# against answers written by hand


def test_a_fork_that_gives_up_vanishes(clean):
    """199 ends its early dialog and nothing else (RFC 6228)."""
    script = Script(clean)
    script.says(180, tag="one")
    script.says(183, tag="two", body=OTHER)
    assert len(script.box.agent._book.dialogs) == 2
    script.says(199, tag="two")
    assert len(script.box.agent._book.dialogs) == 1
    assert [event.status for event in script.box.all(Ringing)] == [180, 183]
    assert ended(script.box, script.call) == []
    script.says(600, tag="one")
    assert script.box.agent._book.dialogs == {}
    assert script.box.last(Rejected).status == 600


def test_late_answers_after_the_end_are_hung_up(clean):
    """A 200 after our CANCEL: ACK and BYE, each 200 its ACK, each phone one BYE."""
    script = Script(clean)
    script.says(180, tag="one")
    script.box.agent.hang_up(script.call, clean.now)
    for tag in ("one", "two", "two", "one"):
        script.says(200, tag=tag, body=SDP)
    assert [ack.to.tag for ack in script.sent("ACK")] == ["one", "two", "two", "one"]
    assert sorted(bye.to.tag for bye in script.sent("BYE")) == ["one", "two"]
    assert ended(script.box, script.call) == [EndReason.LOCAL]


def test_a_description_that_is_not_reliable_may_still_change(clean):
    """What the 2xx says counts; a fork's own preview serves where it says nothing."""
    for body, port in ((b"", 7000), (OTHER, 7002)):
        script = Script(type(clean)())
        script.says(183, tag="one", body=SDP)
        script.says(183, tag="two", body=OTHER)
        script.says(200, tag="one", body=body)
        assert [event.media.port for event in script.box.all(EarlyMedia)] == [7000, 7002]
        assert script.box.last(Answered).media.port == port


def test_another_forks_description_does_not_serve(clean):
    """A phone that never described itself cannot be talked to."""
    script = Script(clean)
    script.says(183, tag="one", body=SDP)
    script.says(200, tag="two")
    assert ended(script.box, script.call) == [EndReason.FAILED]


def test_what_was_said_reliably_stands(clean):
    """A different description in the 2xx is ignored (RFC 6337 3.1.1)."""
    script = Script(clean)
    reliable = (CONTACT, ("Require", "100rel"), ("RSeq", "9"))
    script.says(183, body=SDP, fields=reliable)
    script.says(183, body=OTHER)
    script.says(200, body=OTHER)
    assert script.box.last(Answered).media.port == 7000
    assert len(script.box.all(EarlyMedia)) == 1


def test_unusable_early_descriptions_are_passed_over(clean):
    """Early media that make no audio are not heard; the answer still may."""
    script = Script(clean)
    script.says(183, body=b"rubbish")
    script.says(183, body=b"rubbish", fields=(CONTACT, ("Require", "100rel"), ("RSeq", "1")))
    assert script.box.all(EarlyMedia) == []
    assert len(script.sent("PRACK")) == 1
    script.says(200, body=SDP)
    assert script.box.last(Answered).media.port == 7000


def test_early_dialogs_are_bounded(clean):
    """A proxy that invents forks fills no memory."""
    script = Script(clean)
    for number in range(50):
        script.says(180, tag=f"t{number}")
    assert len(script.box.agent._book.dialogs) == 16
    assert len(script.box.all(Ringing)) == 50
    script.says(200, tag="t49", body=SDP)
    assert len(script.box.all(Answered)) == 1
    assert len(script.box.agent._book.dialogs) == 1


def ask(script, method, tag, number, body=b"", fields=()):
    """A request of a phone that rings, and its answer."""
    old = script.invite.headers
    head = {
        "Via": f"SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{len(script.wire.sent)}",
        "From": f"<sip:201@pbx>;tag={tag}",
        "To": old["From"],
        "Call-ID": old["Call-ID"],
        "CSeq": f"{number} {method}",
        "Contact": CONTACT[1],
    }
    if body:
        head["Content-Type"] = "application/sdp"
    request = invite().request
    made = type(request)(
        type(request.headers)([*head.items(), *fields]), method, "sip:100@192.0.2.1", body=body
    )
    before = len(script.wire.sent)
    script.box.agent.receive(bytes(made), PBX, script.wire.now)
    script.wire.settle()
    return parse(script.wire.sent[before][2].data)


def test_a_phone_that_rings_may_change_its_audio(clean):
    """UPDATE after a reliable description is answered and heard (RFC 3311 5.2)."""
    script = Script(clean)
    script.says(183, body=SDP, fields=(CONTACT, ("Require", "100rel"), ("RSeq", "1")))
    held = SDP + b"a=inactive\r\n"
    assert ask(script, "UPDATE", "t", 1, held).status == 200
    assert script.box.last(EarlyMedia).media.direction is Direction.INACTIVE
    assert ask(script, "UPDATE", "t", 2).status == 200
    assert ask(script, "UPDATE", "t", 3, b"rubbish").status == 400
    assert ask(script, "UPDATE", "t", 2, SDP).status == 500
    assert ask(script, "INVITE", "t", 9, SDP).status == 491
    script.says(200)
    assert script.box.last(Answered).media.direction is Direction.INACTIVE


def test_a_phone_that_has_agreed_nothing_may_not_change_it(clean):
    """491 while our offer waits; without a body it is a mere sign of life."""
    script = Script(clean)
    script.says(180)
    assert ask(script, "UPDATE", "t", 1, SDP).status == 491
    assert ask(script, "UPDATE", "t", 2).status == 200
    assert ask(script, "UPDATE", "other", 1).status == 481
    assert ask(script, "OPTIONS", "t", 3).status == 200
    assert ask(script, "PRACK", "t", 4).status == 481
    assert ask(script, "BYE", "t", 5).status == 200
    assert ended(script.box, script.call) == []


def test_a_caller_may_change_its_audio_before_we_answer(clean):
    """UPDATE after our reliable 183: answered, told, and what stands is what was changed."""
    box = clean.station("192.0.2.1", account=ACCOUNT, policy=Policy(reliable=True))
    raw = invite(fields=(("Supported", "100rel"),))

    def give(data):
        before = len(clean.sent)
        box.agent.receive(data, PBX, clean.now)
        clean.settle()
        return parse(clean.sent[before][2].data)

    give(raw.data)
    here = box.last(Incoming).call
    box.agent.ring(here, clean.now, media())
    clean.settle()
    said = responses(clean, 183)[-1].data
    held = SDP + b"a=sendonly\r\n"
    assert give(raw.within(said, "UPDATE", 2, body=held)).status == 500
    rack = ("RAck", f"{parse(said).headers['RSeq']} 1 INVITE")
    assert give(raw.within(said, "PRACK", 3, (rack,))).status == 200
    assert give(raw.within(said, "UPDATE", 4, body=held)).status == 200
    assert box.last(MediaChanged).media.direction is Direction.RECVONLY
    again = give(raw.within(said, "INVITE", 5, body=SDP))
    assert (again.status, again.headers["Retry-After"]) == (500, "2")
    xml = raw.within(said, "UPDATE", 6, (("Content-Type", "text/xml"),), b"<x/>")
    assert give(xml).status == 415
    moved = raw.within(said, "UPDATE", 7).replace(b"<sip:300@192.0.2.9:5060>", b"<sip:301@h>")
    assert give(moved).status == 200
    assert box.agent.answer(here, media(), clean.now).direction is Direction.RECVONLY
    clean.settle()
    box.agent.receive(raw.ack(responses(clean, 200)[-1].data), PBX, clean.now)
    box.agent.hang_up(here, clean.now)
    clean.settle()
    assert parse(requests(clean, "BYE")[0].data).uri == "sip:301@h"


def test_a_call_without_offer_is_answered_in_the_ack(wire):
    """The 200 brings the offer, its ACK our answer, repeated with each repeated 200."""
    box = wire.station("192.0.2.1", account=ACCOUNT)
    peer = wire.station("192.0.2.9")
    call = box.agent.invite("201", media(), wire.now, offer=False)
    wire.until(lambda: peer.all(Incoming))
    here = peer.last(Incoming).call
    assert peer.agent.answer(here, media("192.0.2.9", 5000), wire.now) is None
    wire.until(lambda: peer.all(Confirmed) and box.all(Answered))
    assert box.last(Answered).media.port == 5000
    assert peer.last(Confirmed).media.port == 4000
    assert b"m=audio" not in requests(wire, "INVITE")[0].data
    box.agent.hang_up(call, wire.now)
    wire.quiet([box, peer])


def test_every_ack_of_a_late_offer_holds_the_answer(clean):
    """The 200 that comes again means that the ACK with our answer was lost."""
    script = Script(clean, offer=False)
    for _ in range(2):
        script.says(200, body=SDP)
    assert [b"m=audio 4000" in ack.body for ack in script.sent("ACK")] == [True, True]
    assert {ack.content_type for ack in script.sent("ACK")} == {"application/sdp"}


def test_numbers_go_on_when_a_phone_answers(clean):
    """What it asked while it rang counts as asked (RFC 3261 12.2.2)."""
    script = Script(clean)
    script.says(180)
    assert ask(script, "OPTIONS", "t", 5).status == 200
    script.says(200, body=SDP)
    assert ask(script, "OPTIONS", "t", 4).status == 500
    assert ask(script, "OPTIONS", "t", 6).status == 200


def test_a_late_offer_that_cannot_be_answered_ends_the_call(clean):
    """A 200 with rubbish, or without the offer it owes: ACK and BYE."""
    for body in (b"", b"rubbish"):
        wire = type(clean)()
        script = Script(wire, offer=False)
        script.says(200, body=body)
        assert ended(script.box, script.call) == [EndReason.FAILED]
        assert len(script.sent("ACK")) == len(script.sent("BYE")) == 1


def early(body=b""):
    """One fork, our offer out unless `body` is the peer's."""
    negotiation = Negotiation("1", media())
    if not body:
        negotiation.offer()
    request = invite().request
    return Early(
        Dialog.calling(request, respond(request, 183, tag="t"), Address("udp", "h", 1)),
        negotiation,
    )


def test_each_fork_agrees_for_itself():
    """The offer is shared, the agreement is not."""
    one = early()
    two = Early(one.dialog, one.negotiation)
    assert one.describe(SDP)[0].port == 7000
    assert one.firm
    assert two.preview(OTHER).port == 7002
    assert not two.firm
    assert two.negotiation.media is None
    assert one.preview(OTHER) is None
    assert one.describe(OTHER) == (None, b"")
    assert one.conclude(OTHER) == b""
    assert one.negotiation.media.port == 7000
    assert two.conclude(b"") == b""
    assert two.negotiation.media.port == 7002


def test_an_offer_of_the_peer_is_answered():
    """Reliable responses and the 2xx may hold it; others may not."""
    one = early(SDP)
    assert one.preview(SDP) is None
    media_, answer = one.describe(SDP)
    assert media_.port == 7000
    assert b"m=audio 4000" in answer
    assert b"m=audio 4000" in early(SDP).conclude(SDP)
    with pytest.raises(RemoteError):
        early(SDP).conclude(b"")
    with pytest.raises(RemoteError):
        early().conclude(b"")


def test_a_call_that_stands_is_changed_as_before(clean):
    """After the answer an UPDATE is the session's own affair."""
    raw = Raw(clean)
    assert raw.ask("UPDATE", SDP + b"a=sendonly\r\n").status == 200
    assert raw.box.last(MediaChanged).media.direction is Direction.RECVONLY
    assert raw.box.all(Ended) == []
