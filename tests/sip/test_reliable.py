"""Reliable provisional responses (RFC 3262), both sides."""

import pytest

from appliance.sip import (
    Answered,
    Confirmed,
    Direction,
    EarlyMedia,
    EndReason,
    Incoming,
    LocalError,
    LocalMedia,
    MediaChanged,
    Rejected,
    Ringing,
)
from appliance.sip.answering import COURTESY
from appliance.sip.guard import Policy
from appliance.sip.headers import CSeq, RAck
from appliance.sip.message import Headers, Response, respond
from appliance.sip.parser import parse
from appliance.sip.reliable import Arrival, Assurance, Sequence, requires, supports
from appliance.sip.stack import Stack
from tests.sip.raw import SDP, invite
from tests.sip.test_calling import CONTACT, Script
from tests.sip.test_transaction import TCP, UDP, request
from tests.sip.wire import (
    ACCOUNT,
    dial,
    ended,
    media,
    pair,
    requests,
    responses,
    tokens,
)

RELIABLE = Policy(reliable=True)
EARLY = media("192.0.2.1", 4000)


def reliable_pair(wire):
    """A box whose provisional responses are reliable, and a peer."""
    return wire.station("192.0.2.1", account=ACCOUNT, policy=RELIABLE), wire.station("192.0.2.9")


# the side that answers


def assured(peer=UDP):
    stack, silent = Stack(UDP, tokens("a"), None, "x"), []
    transaction = stack.transactions.accept(request("INVITE", number=7), peer)
    return stack, silent, Assurance(stack, transaction, "t", silent.append)


def sent(stack, until):
    """Times and RSeq numbers of what is sent up to a moment."""
    found = []
    while (when := stack.timers.deadline()) is not None and when <= until:
        stack.packets.clear()
        stack.timers.run(when)
        found += [(when, number(packet.data)) for packet in stack.packets]
    return found


def number(data):
    return int(parse(data).headers["RSeq"])


@pytest.mark.parametrize("peer", [UDP, TCP])
def test_a_reliable_response_is_repeated_until_nobody_acknowledges(peer):
    """T1, doubling without limit, for 64 T1, over any transport (RFC 3262 section 3)."""
    stack, silent, assurance = assured(peer)
    assurance.send(183, 0.0, body=SDP)
    first = parse(stack.packets[0].data)
    assert first.headers["Require"] == "100rel"
    assert 1 <= number(stack.packets[0].data) < 2**31
    assert first.to.tag == "t"
    assert [when for when, _ in sent(stack, 31.9)] == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    sent(stack, 32.0)
    assert silent == [32.0]
    assert sent(stack, 500.0) == []


def test_one_response_at_a_time_in_rising_order():
    """The second goes out when the first is acknowledged, with the next number."""
    stack, _, assurance = assured()
    assurance.send(183, 0.0, body=SDP)
    assurance.send(180, 0.0)
    (only,) = stack.packets
    assert assurance.describing
    first = number(only.data)
    for wrong in (RAck(first + 1, CSeq(7, "INVITE")), RAck(first, CSeq(8, "INVITE"))):
        assert not assurance.takes(wrong)
    assert assurance.takes(RAck(first, CSeq(7, "INVITE")))
    assert not assurance.takes(RAck(first, CSeq(7, "INVITE")))
    assert not assurance.describing
    assurance.proceed(1.0)
    assert parse(stack.packets[-1].data).status == 180
    assert number(stack.packets[-1].data) == first + 1


def test_a_final_answer_ends_the_repetition_and_a_late_prack_is_taken():
    """RFC 3262 section 3: no more repetitions, yet the PRACK on its way gets its 200."""
    stack, silent, assurance = assured()
    assurance.send(180, 0.0)
    last = number(stack.packets[-1].data)
    assurance.stop()
    assert sent(stack, 500.0) == []
    assert silent == []
    assert assurance.takes(RAck(last, CSeq(7, "INVITE")))


def test_what_a_message_requires_and_supports():
    """The option tag, in any case and any of several fields."""
    assert requires(invite(fields=(("Require", "timer"), ("Require", "100REL"))).request)
    assert supports(invite(fields=(("Require", "100rel"),)).request)
    assert supports(invite(fields=(("k", "timer, 100rel"),)).request)
    assert not supports(invite(fields=(("Supported", "replaces"),)).request)


# the side that called


def provisional(status=183, rseq="7", fields=(("Require", "100rel"),)):
    made = [*fields, *([("RSeq", rseq)] if rseq else [])]
    return Response(Headers(made), status, "x")


def test_responses_are_taken_in_their_order_only():
    """A repetition, a gap and an old one are ignored; what is not reliable has no order."""
    sequence = Sequence()
    assert sequence.arrived(provisional(rseq="7")) is Arrival.NEXT
    assert sequence.rack(CSeq(3, "INVITE")) == "7 3 INVITE"
    for rseq, kind in (
        ("7", Arrival.STALE),
        ("9", Arrival.STALE),
        ("6", Arrival.STALE),
        ("8", Arrival.NEXT),
        ("", Arrival.PLAIN),
        ("x", Arrival.PLAIN),
    ):
        assert sequence.arrived(provisional(rseq=rseq)) is kind
    assert sequence.arrived(provisional(fields=())) is Arrival.PLAIN
    assert sequence.arrived(provisional(status=100)) is Arrival.PLAIN


# both, over the wire


def test_early_media_is_agreed_reliably_and_both_ways(wire):
    """183 with an answer, PRACK, 180 without one, 200 without one: heard once, on both sides."""
    box, peer = reliable_pair(wire)
    there, here = dial(wire, peer, box)
    agreed = box.agent.ring(here, wire.now, EARLY)
    assert (agreed.host, agreed.port) == ("192.0.2.9", 4000)
    assert agreed.direction is Direction.SENDRECV
    box.agent.ring(here, wire.now)
    wire.until(lambda: len(peer.all(Ringing)) == 2)
    assert [event.status for event in peer.all(Ringing)] == [183, 180]
    (early,) = peer.all(EarlyMedia)
    assert (early.call, early.media.host, early.media.port) == (there, "192.0.2.1", 4000)
    wire.run(5)
    assert box.agent.answer(here, EARLY, wire.now) == agreed
    wire.until(lambda: peer.all(Answered) and box.all(Confirmed))
    assert peer.last(Answered).media == early.media
    assert box.last(Confirmed).media == agreed
    ok = [parse(packet.data) for packet in responses(wire, 200)]
    assert all(answer.body == b"" for answer in ok if answer.cseq.method == "INVITE")
    assert {parse(packet.data).cseq.number for packet in requests(wire, "PRACK")} == {2, 3}
    peer.agent.hang_up(there, wire.now)
    wire.quiet([box, peer])
    assert ended(box, here) == [EndReason.HUNG_UP]


@pytest.mark.parametrize("described", [True, False])
def test_the_answer_waits_for_the_prack_of_a_description(clean, described):
    """With a description the 200 must wait (RFC 3262 section 3), with none only a little."""
    box, peer = reliable_pair(clean)
    there, here = dial(clean, peer, box)
    clean.drop = lambda packet: packet.data.startswith(b"PRACK")
    box.agent.ring(here, clean.now, EARLY if described else None)
    box.agent.answer(here, EARLY, clean.now)
    with pytest.raises(LocalError):
        box.agent.answer(here, EARLY, clean.now)
    clean.run(COURTESY / 2)
    assert peer.all(Answered) == []
    clean.run(COURTESY)
    assert bool(peer.all(Answered)) is not described
    clean.drop = lambda packet: False
    clean.run(10)
    assert [event.call for event in peer.all(Answered)] == [there]
    assert len(box.all(Confirmed)) == 1
    assert not responses(clean, 481)
    box.agent.hang_up(here, clean.now)
    clean.quiet([box, peer])


@pytest.mark.parametrize("answered", [True, False])
def test_a_peer_that_never_acknowledges_is_refused(clean, answered):
    """After 64 T1 a 5xx ends the call, whether the user had answered or not."""
    box, peer = reliable_pair(clean)
    there, here = dial(clean, peer, box)
    clean.drop = lambda packet: packet.data.startswith(b"PRACK")
    box.agent.ring(here, clean.now, EARLY)
    if answered:
        box.agent.answer(here, EARLY, clean.now)
    clean.run(31)
    assert ended(box, here) == []
    clean.run(2)
    assert ended(box, here) == [EndReason.TIMEOUT]
    assert peer.last(Rejected).status == 504
    assert ended(peer, there) == [EndReason.REJECTED]
    clean.quiet([box, peer])


@pytest.mark.parametrize("end", ["hang_up", "cancel", "bye"])
def test_a_call_may_end_while_its_answer_waits(wire, end):
    """The user, or the caller, gives up before the PRACK: one end for each, nothing is left."""
    box, peer = reliable_pair(wire)
    there, here = dial(wire, peer, box)
    wire.until(lambda: peer.agent._book.calls[there].phase.name == "PROCEEDING")
    wire.drop = lambda packet: packet.data.startswith(b"PRACK")
    box.agent.ring(here, wire.now, EARLY)
    box.agent.answer(here, EARLY, wire.now)
    wire.run(0.1)
    if end == "hang_up":
        box.agent.hang_up(here, wire.now)
    else:
        peer.agent.hang_up(there, wire.now)
    wire.drop = lambda packet: False
    wire.quiet([box, peer], 400)
    assert len(ended(box, here)) == len(ended(peer, there)) == 1
    assert peer.all(Answered) == []


def test_a_stray_prack_is_refused(clean):
    """481 for what acknowledges nothing, 400 for what cannot be read."""
    box, peer = reliable_pair(clean)
    raw = invite(fields=(("Supported", "100rel"),))

    def give(data):
        before = len(clean.sent)
        box.agent.receive(data, peer.address, clean.now)
        clean.settle()
        return parse(clean.sent[before][2].data)

    clean.cut.add(peer.address)
    give(raw.data)
    box.agent.ring(box.last(Incoming).call, clean.now)
    clean.settle()
    ringing = responses(clean, 180)[-1].data
    rseq = number(ringing)
    for branch, rack, status in (
        ("a", f"{rseq + 1} 1 INVITE", 481),
        ("b", f"{rseq} 2 INVITE", 481),
        ("c", "nonsense", 400),
        ("d", "", 400),
        ("e", f"{rseq} 1 INVITE", 200),
        ("f", f"{rseq} 1 INVITE", 481),
    ):
        prack = raw.within(ringing, "PRACK", 2, (("RAck", rack),), branch=branch)
        assert give(prack).status == status
    clean.run(40)
    assert len(responses(clean, 180)) == 1


def test_a_prack_may_bring_a_new_offer(clean):
    """It is answered in the 200 of the PRACK, and the user is told (RFC 3262 section 5)."""
    box, peer = reliable_pair(clean)
    clean.cut.add(peer.address)
    raw = invite(fields=(("Supported", "100rel"),))
    box.agent.receive(raw.data, peer.address, clean.now)
    clean.settle()
    box.agent.ring(box.last(Incoming).call, clean.now, EARLY)
    clean.settle()
    said = responses(clean, 183)[-1].data
    offer = SDP.replace(b"7000", b"7700").replace(b"1 1 IN", b"1 2 IN")
    rack = ("RAck", f"{number(said)} 1 INVITE")
    box.agent.receive(raw.within(said, "PRACK", 2, (rack,), offer), peer.address, clean.now)
    clean.settle()
    answer = parse(responses(clean, 200)[-1].data)
    assert answer.cseq.method == "PRACK"
    assert b"m=audio 4000" in answer.body
    assert box.last(MediaChanged).media.port == 7700
    bad = raw.within(said, "PRACK", 3, (("RAck", f"{number(said) + 1} 1 INVITE"),), b"rubbish")
    box.agent.ring(box.last(Incoming).call, clean.now)
    clean.settle()
    box.agent.receive(bad, peer.address, clean.now)
    clean.settle()
    assert parse(clean.sent[-1][2].data).status == 400
    assert ended(box, box.last(Incoming).call) == []


def test_an_offer_in_our_183_is_answered_in_its_prack(wire):
    """An INVITE without offer: 183 offers, PRACK answers, EarlyMedia on both sides."""
    box, peer = reliable_pair(wire)
    there = peer.agent.invite(
        "sip:100@192.0.2.1", media("192.0.2.9"), wire.now, route=box.address, offer=False
    )
    wire.until(lambda: box.all(Incoming))
    here = box.last(Incoming).call
    assert box.agent.ring(here, wire.now, EARLY) is None
    wire.until(lambda: box.all(EarlyMedia) and peer.all(EarlyMedia))
    assert box.last(EarlyMedia).media.host == "192.0.2.9"
    assert peer.last(EarlyMedia).media.host == "192.0.2.1"
    box.agent.answer(here, EARLY, wire.now)
    wire.until(lambda: box.all(Confirmed) and peer.all(Answered))
    assert peer.last(Answered).media == peer.last(EarlyMedia).media
    peer.agent.hang_up(there, wire.now)
    wire.quiet([box, peer])


@pytest.mark.parametrize("body", [b"", b"rubbish", SDP.replace(b"AVP 0", b"AVP 18")])
def test_a_prack_without_the_answer_it_owes_ends_the_call(clean, body):
    """Nothing can be agreed any more: the INVITE is refused."""
    box, peer = reliable_pair(clean)
    clean.cut.add(peer.address)
    raw = invite(b"", fields=(("Supported", "100rel"),))
    box.agent.receive(raw.data, peer.address, clean.now)
    clean.settle()
    here = box.last(Incoming).call
    box.agent.ring(here, clean.now, EARLY)
    clean.settle()
    said = responses(clean, 183)[-1].data
    rack = ("RAck", f"{number(said)} 1 INVITE")
    box.agent.receive(raw.within(said, "PRACK", 2, (rack,), body), peer.address, clean.now)
    clean.settle()
    assert ended(box, here) == [EndReason.FAILED]
    assert len(responses(clean, 488)) >= 1


def test_required_reliability_needs_no_policy(clean):
    """Require: 100rel makes every response but 100 reliable; merely supporting it does not."""
    for fields, reliable in (
        ((("Require", "100rel"),), True),
        ((("Supported", "100rel"),), False),
    ):
        wire = type(clean)()
        box, peer = pair(wire)
        box.agent.receive(invite(fields=fields).data, peer.address, wire.now)
        wire.settle()
        box.agent.ring(box.last(Incoming).call, wire.now)
        wire.settle()
        assert ("RSeq" in parse(responses(wire, 180)[0].data).headers) is reliable
        assert "RSeq" not in parse(responses(wire, 100)[0].data).headers


def test_repeated_responses_get_one_prack(clean):
    """A repetition is absorbed, a gap waits for what is missing."""
    script = Script(clean)
    assert "100rel" in script.invite.headers["Supported"]

    def ring(rseq, status=180):
        script.says(status, fields=(CONTACT, ("Require", "100rel"), ("RSeq", str(rseq))))

    for rseq in (5, 5, 7, 6, 6, 7):
        ring(rseq)
    racks = [parse(p.data).headers["RAck"] for p in requests(clean, "PRACK")]
    assert racks == ["5 1 INVITE", "6 1 INVITE", "7 1 INVITE"]
    assert len(script.box.all(Ringing)) == 3
    assert {parse(p.data).to.tag for p in requests(clean, "PRACK")} == {"t"}
    assert parse(requests(clean, "PRACK")[0].data).uri == "sip:201@192.0.2.9:5060"


def test_a_prack_is_proved_like_any_request(clean):
    """A proxy that asks for the password for the PRACK gets it."""
    script = Script(clean)
    script.says(183, body=SDP, fields=(CONTACT, ("Require", "100rel"), ("RSeq", "1")))
    prack = parse(requests(clean, "PRACK")[0].data)
    challenge = ("Proxy-Authenticate", 'Digest realm="r", nonce="n"')
    refusal = respond(prack, 407, headers=[challenge])
    script.box.agent.receive(bytes(refusal), script.box.address, clean.now)
    clean.settle()
    again = parse(requests(clean, "PRACK")[1].data)
    assert "Proxy-Authorization" in again.headers
    assert again.headers["RAck"] == prack.headers["RAck"]
    assert again.cseq.number == prack.cseq.number + 1


def test_media_that_differ_from_the_early_ones_are_our_fault(clean):
    """What was said once stands: answer() and ring() with other audio raise."""
    for policy in (Policy(), RELIABLE):
        wire = type(clean)()
        box = wire.station("192.0.2.1", account=ACCOUNT, policy=policy)
        peer = wire.station("192.0.2.9")
        _, here = dial(wire, peer, box)
        box.agent.ring(here, wire.now, EARLY)
        other = LocalMedia("192.0.2.1", 4444)
        with pytest.raises(LocalError):
            box.agent.answer(here, other, wire.now)
        with pytest.raises(LocalError):
            box.agent.ring(here, wire.now, other)
        assert box.agent.answer(here, EARLY, wire.now) is not None
        wire.run(5)
        assert len(peer.all(Answered)) == 1


def test_a_description_is_said_reliably_once(clean):
    """A second 183 adds nothing to what the peer has acknowledged (RFC 3262 section 5)."""
    box, peer = reliable_pair(clean)
    _, here = dial(clean, peer, box)
    first = box.agent.ring(here, clean.now, EARLY)
    assert box.agent.ring(here, clean.now, EARLY) == first
    clean.run(5)
    bodies = [parse(packet.data).body for packet in responses(clean, 183)]
    assert [bool(body) for body in bodies] == [True, False]
    assert len(peer.all(EarlyMedia)) == 1


def test_the_prack_and_its_answer_come_before_the_200(clean):
    """A peer that takes one thing after the other is not confused by an answer at once."""
    box, peer = reliable_pair(clean)
    _, here = dial(clean, peer, box)
    box.agent.ring(here, clean.now)
    box.agent.answer(here, EARLY, clean.now)
    clean.run(COURTESY / 2)
    assert len(peer.all(Answered)) == 1
    clean.run(40)
    finals = [parse(packet.data).cseq.method for packet in responses(clean, 200)]
    assert finals == ["PRACK", "INVITE"]
    assert len(peer.all(Answered)) == 1


def raw_call(clean, body=SDP):
    """A reliable box, and a hand-written call to it."""
    box, peer = reliable_pair(clean)
    clean.cut.add(peer.address)
    raw = invite(body, fields=(("Supported", "100rel"),))
    box.agent.receive(raw.data, peer.address, clean.now)
    clean.settle()
    return box, raw, box.last(Incoming).call


def prack(clean, box, raw, said, sequence, body=b""):
    """Acknowledge a response; the first thing that is said to it."""
    rack = ("RAck", f"{number(said)} 1 INVITE")
    before = len(clean.sent)
    data = raw.within(said, "PRACK", sequence, (rack,), body)
    box.agent.receive(data, box.address, clean.now)
    clean.settle()
    return parse(clean.sent[before][2].data)


def test_the_answer_waits_for_every_description(clean):
    """The PRACK of an earlier response lets the next one out, not yet the 200."""
    box, raw, here = raw_call(clean)
    box.agent.ring(here, clean.now)
    box.agent.ring(here, clean.now, EARLY)
    box.agent.answer(here, EARLY, clean.now)
    clean.settle()
    prack(clean, box, raw, responses(clean, 180)[0].data, 2)
    assert len(responses(clean, 183)) == 1
    assert len(responses(clean, 200)) == 1
    prack(clean, box, raw, responses(clean, 183)[0].data, 3)
    finals = [parse(packet.data).cseq.method for packet in responses(clean, 200)]
    assert finals == ["PRACK", "PRACK", "INVITE"]


def test_an_offer_in_a_prack_before_our_answer_is_refused(clean):
    """One offer at a time: 488, the PRACK counts all the same, and the call goes on."""
    box, raw, here = raw_call(clean)
    box.agent.ring(here, clean.now)
    clean.settle()
    assert prack(clean, box, raw, responses(clean, 180)[0].data, 2, SDP).status == 488
    assert box.agent.answer(here, EARLY, clean.now) is not None
    clean.settle()
    assert parse(responses(clean, 200)[-1].data).cseq.method == "INVITE"
