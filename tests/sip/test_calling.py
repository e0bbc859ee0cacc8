"""The calling side of a call, partly against answers written by hand."""

import pytest

from appliance.sip import (
    Answered,
    EndReason,
    Incoming,
    LocalError,
    Rejected,
)
from appliance.sip.message import respond
from appliance.sip.parser import parse
from tests.sip.raw import SDP
from tests.sip.wire import PBX, dial, ended, media, pair, requests

CONTACT = ("Contact", "<sip:201@192.0.2.9:5060>")


class Script:
    """A box whose call is answered by the test."""

    def __init__(self, wire):
        self.wire = wire
        self.box, _ = pair(wire)
        wire.cut.add(PBX)  # the peer is this script
        self.call = self.box.agent.invite("201", media(), wire.now)
        wire.settle()
        self.invite = parse(requests(wire, "INVITE")[0].data)

    def says(self, status, tag="t", body=b"", fields=(CONTACT,)):
        response = respond(self.invite, status, tag=tag, headers=fields, body=body)
        self.box.agent.receive(bytes(response), PBX, self.wire.now)
        self.wire.settle()

    def sent(self, method):
        return [parse(packet.data) for packet in requests(self.wire, method)]


@pytest.mark.parametrize("moment", ["at once", "after 100", "after 180", "while 200 is on its way"])
def test_a_call_may_be_cancelled_at_every_moment(wire, moment):
    """CANCEL waits for a provisional answer, crosses a 200 with ACK and BYE, and leaves nothing."""
    box, peer = pair(wire)
    if moment == "at once":
        there = peer.agent.invite("sip:100@192.0.2.1", media(), wire.now, route=box.address)
    else:
        there, here = dial(wire, peer, box)
        wire.run(0.2)
        if moment == "after 180":
            box.agent.ring(here, wire.now)
            wire.run(0.5)
        if moment == "while 200 is on its way":
            box.agent.answer(here, media(), wire.now)
    peer.agent.hang_up(there, wire.now)
    assert ended(peer, there) == []
    wire.settle()
    assert ended(peer, there) == [EndReason.LOCAL]
    wire.quiet([box, peer], 400)
    for event in box.all(Incoming):
        assert ended(box, event.call) in ([EndReason.CANCELLED], [EndReason.HUNG_UP])
    assert peer.all(Answered) == []


def test_a_cancel_waits_for_a_provisional_answer(clean):
    """Nothing is cancelled that may not have arrived (RFC 3261 9.1)."""
    script = Script(clean)
    script.box.agent.hang_up(script.call, clean.now)
    clean.settle()
    assert script.sent("CANCEL") == []
    script.says(100)
    script.says(180)
    cancel = script.sent("CANCEL")
    assert len(cancel) == 1
    assert cancel[0].vias == script.invite.vias
    assert str(cancel[0].cseq) == "1 CANCEL"
    assert cancel[0].uri == script.invite.uri


def test_a_cancel_without_effect_is_given_up(clean):
    """A peer that answers neither CANCEL nor INVITE is forgotten after 64 T1."""
    script = Script(clean)
    script.says(180)
    script.box.agent.hang_up(script.call, clean.now)
    clean.run(40)
    assert script.box.idle()


def test_a_peer_that_rings_for_ever_is_given_up(clean):
    """Three minutes without a word: CANCEL and TIMEOUT; a 180 now and then keeps it."""
    script = Script(clean)
    script.says(180)
    clean.run(170)
    script.says(180)
    clean.run(170)
    assert ended(script.box, script.call) == []
    clean.run(60)
    assert ended(script.box, script.call) == [EndReason.TIMEOUT]
    assert len(script.sent("CANCEL")) > 0
    clean.run(100)
    assert script.box.idle()


def test_nobody_there_is_told_as_such(clean):
    """Silence is Rejected 408 and Ended TIMEOUT."""
    script = Script(clean)
    clean.run(40)
    assert script.box.last(Rejected).status == 408
    assert ended(script.box, script.call) == [EndReason.TIMEOUT]
    assert script.box.idle()


@pytest.mark.parametrize("body", [b"", b"rubbish", b"v=0\r\nm=audio 1 RTP/AVP 18\r\n"])
def test_an_answer_that_makes_no_call_ends_it(clean, body):
    """A 200 without a usable description is acknowledged and hung up (RFC 3261 13.2.2.4)."""
    script = Script(clean)
    script.says(200, body=body)
    assert ended(script.box, script.call) == [EndReason.FAILED]
    assert len(script.sent("ACK")) == len(script.sent("BYE")) == 1


def test_an_answer_with_a_broken_contact_ends_the_call(clean):
    """Nobody to acknowledge: the call fails, nothing stays."""
    script = Script(clean)
    script.says(200, body=SDP, fields=(("Contact", "<sip:oops"),))
    assert ended(script.box, script.call) == [EndReason.FAILED]
    clean.run(200)
    assert script.box.idle()


def test_a_description_in_a_provisional_answer_serves_a_200_without_one(clean):
    """Some peers say it only once."""
    script = Script(clean)
    script.says(183, body=SDP)
    script.says(200)
    assert script.box.last(Answered).media.port == 7000


def test_a_repeated_200_is_acknowledged_again(clean):
    """Each 200 gets its ACK, the user one event."""
    script = Script(clean)
    for _ in range(3):
        script.says(200, body=SDP)
    assert len(script.sent("ACK")) == 3
    assert len(script.box.all(Answered)) == 1
    assert {ack.via.branch for ack in script.sent("ACK")} != {script.invite.via.branch}


def test_a_second_phone_that_answers_is_hung_up(clean):
    """A fork's other 200 gets ACK and BYE in its own dialog (13.2.2.4)."""
    script = Script(clean)
    script.says(180, tag="one")
    script.says(180, tag="two")
    script.says(200, tag="one", body=SDP)
    script.says(200, tag="two", body=SDP)
    byes = script.sent("BYE")
    assert [bye.to.tag for bye in byes] == ["two"]
    assert [ack.to.tag for ack in script.sent("ACK")] == ["one", "two"]
    assert script.call in script.box.agent.calls()


def test_a_refusal_is_told_with_its_reason(clean):
    """Rejected, then Ended; the failure is acknowledged."""
    script = Script(clean)
    script.says(603)
    assert script.box.all(Rejected) == [Rejected(script.call, 603, "Decline")]
    assert ended(script.box, script.call) == [EndReason.REJECTED]
    assert len(script.sent("ACK")) == 1


def test_every_message_is_well_formed(clean):
    """The headers that every peer expects are there, and nothing tells our version."""
    script = Script(clean)
    invite = script.invite
    assert invite.via.branch.startswith("z9hG4bK")
    assert b";rport\r\n" in bytes(invite)
    assert invite.headers["Max-Forwards"] == "70"
    assert str(invite.contact()) == "<sip:100@192.0.2.1:5060>"
    assert "INVITE" in invite.headers["Allow"]
    assert invite.headers["User-Agent"] == "Attendant"
    assert invite.uri == "sip:201@pbx"
    assert str(invite.sender.uri) == "sip:100@pbx"
    assert requests(clean, "INVITE")[0].to == PBX


def test_what_cannot_be_called_is_our_fault(clean):
    """No address, an empty or forged target, forged headers: LocalError, and nothing is sent."""
    box, peer = pair(clean)
    for target, more in (
        ("", {}),
        ("sip:a b@h", {}),
        ("201\r\nX: y", {}),
        ("201", {"headers": (("X", "a\r\nY: b"),)}),
        ("201", {"display": "a\nb"}),
        ("201", {"caller": "a\nb"}),
    ):
        with pytest.raises(LocalError):
            box.agent.invite(target, media(), clean.now, **more)
    with pytest.raises(LocalError):
        peer.agent.invite("sip:a@name.example", media(), clean.now)
    clean.settle()
    assert clean.sent == []
    assert box.agent.calls() == peer.agent.calls() == ()


def test_an_address_can_be_called_without_an_account(clean):
    """A SIP URI of an IP address needs no route; user@host is a URI too."""
    _, peer = pair(clean)
    peer.agent.invite("sip:100@192.0.2.1:5062", media(), clean.now)
    peer.agent.invite("100@192.0.2.1", media(), clean.now)
    clean.settle()
    assert [packet.to.port for packet in requests(clean, "INVITE")] == [5062, 5060]
