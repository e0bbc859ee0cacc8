"""The calling side of a call, partly against answers written by hand."""

import pytest

from appliance.sip import (
    Address,
    Answered,
    EndReason,
    Incoming,
    LocalError,
    Rejected,
)
from appliance.sip.headers import NameAddr
from appliance.sip.message import respond
from appliance.sip.parser import parse
from tests.sip.raw import SDP
from tests.sip.wire import ACCOUNT, PBX, dial, ended, media, pair, requests

CONTACT = ("Contact", "<sip:201@192.0.2.9:5060>")


class Script:
    """A box whose call is answered by the test."""

    def __init__(self, wire, **more):
        self.wire = wire
        self.box, _ = pair(wire)
        wire.cut.add(PBX)  # the peer is this script
        self.call = self.box.agent.invite("201", media(), wire.now, **more)
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


@pytest.mark.parametrize("ringing", [False, True])
def test_a_call_of_ours_lapses_when_it_says_so(clean, ringing):
    """Expires among the headers bounds the ringing: CANCEL as soon as allowed, TIMEOUT."""
    script = Script(clean, headers=(("Expires", "20"),))
    assert script.invite.headers["Expires"] == "20"
    if ringing:
        script.says(180)
    clean.run(19)
    assert ended(script.box, script.call) == []
    clean.run(2)
    assert ended(script.box, script.call) == [EndReason.TIMEOUT]
    if not ringing:
        assert script.sent("CANCEL") == []
        script.says(180)
    assert len(script.sent("CANCEL")) >= 1
    script.says(487)
    clean.run(100)
    assert script.box.idle()


def test_an_answer_ends_the_lapse(clean):
    """A call that stands does not lapse."""
    script = Script(clean, headers=(("Expires", "20"),))
    script.says(200, body=SDP)
    clean.run(100)
    assert ended(script.box, script.call) == []


def test_a_redirection_tells_where_to(clean):
    """3xx is Rejected with the contacts, best first; nothing follows by itself."""
    script = Script(clean)
    contacts = (
        '<sip:2@h>;q=0.5, "Desk" <sip:1@h;user=phone>;q=0.9, nonsense, <sip:3@h>;q=x',
        "<sip:4@h>;q=0",
    )
    script.says(302, fields=tuple(("Contact", value) for value in contacts))
    rejected = script.box.last(Rejected)
    assert rejected.status == 302
    assert rejected.contacts == ("sip:3@h", "sip:1@h;user=phone", "sip:2@h", "sip:4@h")
    assert ended(script.box, script.call) == [EndReason.REJECTED]
    clean.run(100)
    assert len(script.sent("INVITE")) == 1


def test_contacts_of_other_refusals_are_no_redirection(clean):
    """485 and the like may name contacts that are not meant to be called."""
    script = Script(clean)
    script.says(485)
    assert script.box.last(Rejected).contacts == ()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ((), "Not Acceptable Here"),
        ((("Warning", '304 pbx "no codec"'),), "Not Acceptable Here (no codec)"),
        ((("Reason", 'Q.850;cause=17;text="busy"'),), "Not Acceptable Here (busy)"),
        (
            (("Warning", '304 pbx "no codec"'), ("Reason", "Q.850;cause=88")),
            "Not Acceptable Here (no codec; Q.850 88)",
        ),
    ],
)
def test_a_refusal_says_why_in_words(clean, fields, reason):
    """Warning and Reason stand behind the phrase of the status line."""
    script = Script(clean)
    script.says(488, fields=fields)
    assert script.box.last(Rejected).reason == reason


def test_an_interval_that_is_too_brief_is_asked_longer(clean):
    """422 with Min-SE: the INVITE is repeated with it, in the same call (RFC 4028 7.3)."""
    script = Script(clean)
    first = script.invite
    script.says(422, fields=(("Min-SE", "3000"),))
    again = script.sent("INVITE")[-1]
    assert again.headers["Min-SE"] == "3000"
    assert again.headers["Session-Expires"].startswith("3000")
    assert (again.call_id, again.sender) == (first.call_id, first.sender)
    assert again.cseq.number == 2
    assert again.via.branch != first.via.branch
    script.invite = again
    script.says(200, body=SDP)
    assert len(script.box.all(Answered)) == 1
    assert [ack.cseq.number for ack in script.sent("ACK")] == [1, 2]


def test_phones_that_rang_before_a_422_are_forgotten(clean):
    """Their early dialogs belonged to the INVITE that was refused."""
    script = Script(clean)
    script.says(180)
    script.says(422, fields=(("Min-SE", "3000"),))
    assert script.box.agent._book.dialogs == {}


def test_a_phone_that_answers_a_call_that_failed_is_hung_up(clean):
    """The first 200 named nobody to talk to; the second gets ACK and BYE, and nothing stays."""
    script = Script(clean)
    script.says(200, body=SDP, fields=(("Contact", "<sip:oops"),))
    script.says(200, tag="two", body=SDP)
    assert ended(script.box, script.call) == [EndReason.FAILED]
    assert [bye.to.tag for bye in script.sent("BYE")] == ["two"]
    clean.run(100)
    assert script.box.idle()


def test_an_ack_names_the_transport_by_which_it_goes(clean):
    """A call over a connection from a box that else speaks UDP."""
    box, _ = pair(clean)
    there = Address("tcp", "192.0.2.9", 5060)
    box.agent.invite("201", media(), clean.now, route=there)
    clean.settle()
    sent = parse(requests(clean, "INVITE")[0].data)
    response = respond(sent, 200, tag="t", headers=[CONTACT], body=SDP)
    box.agent.receive(bytes(response), there, clean.now)
    clean.settle()
    ack = requests(clean, "ACK")[0]
    assert ack.to == there
    assert parse(ack.data).via.transport == sent.via.transport == "TCP"


def test_an_unreasonable_422_is_a_refusal(clean):
    """Without a longer interval there is nothing to ask for."""
    script = Script(clean)
    script.says(422)
    assert script.box.last(Rejected).status == 422


def test_our_call_takes_the_route_of_its_registration(clean):
    """Service-Route is preloaded, in its order (RFC 3608), but where we know a way ourselves."""
    box, _ = pair(clean)
    routes = tuple(NameAddr.parse(f"<sip:192.0.2.{n};lr>") for n in (20, 21))
    box.agent._stack.routes = routes
    box.agent.invite("201", media(), clean.now)
    box.agent.invite("202", media(), clean.now, route=PBX)
    clean.settle()
    first, second = requests(clean, "INVITE")
    assert first.to == PBX
    assert parse(first.data).headers.lines("Route") == tuple(str(route) for route in routes)
    assert parse(first.data).uri == "sip:201@pbx"
    assert second.to == PBX
    assert parse(second.data).headers.lines("Route") == ()


def test_a_failed_connection_says_why(clean):
    """What the world around tells of it stands in Rejected."""
    account = type(ACCOUNT)("100", "pbx", "secret", Address("tcp", "192.0.2.9", 5060))
    box = clean.station("192.0.2.1", account=account, transport="tcp")
    call = box.agent.invite("201", media(), clean.now)
    clean.settle()
    box.agent.lost(account.registrar, "port 5060 refuses connections", clean.now)
    clean.settle()
    assert box.last(Rejected).reason == "port 5060 refuses connections"
    assert ended(box, call) == [EndReason.TIMEOUT]


def test_a_sips_address_needs_tls(clean):
    """Over TLS its call bears a SIPS contact (RFC 3261 8.1.1.8); otherwise it is our fault."""
    box, _ = pair(clean)
    with pytest.raises(LocalError):
        box.agent.invite("sips:201@pbx", media(), clean.now)
    account = type(ACCOUNT)("100", "pbx", "secret", Address("tls", "192.0.2.9", 5061))
    secure = clean.station("192.0.2.2", account=account, transport="tls")
    secure.agent.invite("sips:201@pbx", media(), clean.now)
    clean.settle()
    sent = parse(requests(clean, "INVITE")[0].data)
    assert sent.uri == "sips:201@pbx"
    assert sent.contact().uri.scheme == "sips"
    assert sent.via.transport == "TLS"


def test_a_telephone_number_is_a_user_of_the_pbx(clean):
    """TEL URIs become SIP ones at our domain (19.1.6); without an account they stay."""
    box, peer = pair(clean)
    box.agent.invite("tel:+49-30-(123)456", media(), clean.now)
    peer.agent.invite("tel:+4930", media(), clean.now, route=box.address)
    clean.settle()
    assert [parse(p.data).uri for p in requests(clean, "INVITE")] == [
        "sip:+4930123456@pbx;user=phone",
        "tel:+4930",
    ]


def test_what_a_transfer_asks_for_is_sent(clean):
    """A target with Replaces becomes a header that is required, and no URI header is left."""
    box, _ = pair(clean)
    target = "sip:201@pbx?Replaces=a%40b%3Bto-tag%3Dx%3Bfrom-tag%3Dy&Subject=z"
    box.agent.invite(target, media(), clean.now)
    clean.settle()
    sent = parse(requests(clean, "INVITE")[0].data)
    assert sent.uri == "sip:201@pbx"
    assert str(sent.to.uri) == "sip:201@pbx"
    assert sent.headers["Replaces"] == "a@b;to-tag=x;from-tag=y"
    assert sent.headers["Require"] == "replaces"
    assert "Subject" not in sent.headers
    with pytest.raises(LocalError):
        box.agent.invite("sip:201@pbx?Replaces=a%0D%0AX%3A%20y", media(), clean.now)


@pytest.mark.parametrize("called", ["2001:db8::1", "192.0.2.1"])
def test_calls_over_ipv6(clean, called):
    """Brackets everywhere an address is written, and a whole call."""
    v6 = ":" in called
    box = clean.station(called)
    peer = clean.station("2001:db8::9" if v6 else "192.0.2.9")
    there, here = dial(clean, peer, box) if not v6 else (None, None)
    if v6:
        there = peer.agent.invite("sip:100@[2001:db8::1]", media("2001:db8::9"), clean.now)
        clean.run(0.1)
        here = box.last(Incoming).call
        sent = parse(requests(clean, "INVITE")[0].data)
        assert str(sent.contact().uri) == "sip:[2001:db8::9]:5060"
        assert b"Via: SIP/2.0/UDP [2001:db8::9]:5060;" in bytes(sent)
    box.agent.ring(here, clean.now)
    box.agent.answer(here, media(called), clean.now)
    clean.run(1)
    assert peer.last(Answered).media.host == called
    box.agent.hang_up(here, clean.now)
    clean.quiet([box, peer])
    assert ended(peer, there) == [EndReason.HUNG_UP]


@pytest.mark.parametrize("status", [401, 407])
def test_a_bye_survives_a_challenge(clean, status):
    """A PBX that asks for the password again gets it, and the call ends (RFC 3261 22)."""
    script = Script(clean)
    script.says(200, body=SDP)
    script.box.agent.hang_up(script.call, clean.now)
    clean.settle()
    bye = script.sent("BYE")[0]
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    refusal = respond(bye, status, headers=[(name, 'Digest realm="r", nonce="n"')])
    script.box.agent.receive(bytes(refusal), PBX, clean.now)
    clean.settle()
    again = script.sent("BYE")[-1]
    assert again.cseq.number == bye.cseq.number + 1
    assert "response=" in again.headers["Authorization" if status == 401 else "Proxy-Authorization"]
    script.box.agent.receive(bytes(respond(again, 200)), PBX, clean.now)
    clean.run(10)
    assert len(script.sent("BYE")) == 2
    clean.run(40)
    assert script.box.idle()
