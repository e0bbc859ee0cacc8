"""Credentials on requests other than REGISTER."""

from appliance.sip import Account, Answered, EndReason, Incoming, Registrar, Rejected
from appliance.sip.message import respond
from appliance.sip.parser import parse
from tests.sip.raw import SDP
from tests.sip.test_calling import Script
from tests.sip.wire import PBX, ended, media, requests, tokens

ASKED = 'Digest realm="pbx", nonce="n{}", qop="auth"'


def test_a_call_through_a_pbx_that_asks_for_the_password(wire):
    """INVITE is challenged, proved with a new CSeq and branch, and the ACK proves itself too."""
    pbx = wire.station("192.0.2.9", registrar=Registrar("pbx", {"100": "secret"}, tokens("r")))
    box = wire.station("192.0.2.1", account=Account("100", "pbx", "secret", PBX))
    pbx.react = lambda event, now: (
        pbx.agent.answer(event.call, media("192.0.2.9"), now)
        if isinstance(event, Incoming)
        else None
    )
    call = box.agent.invite("201", media(), wire.now)
    wire.until(lambda: box.all(Answered))
    assert len(pbx.all(Incoming)) == 1
    sent = [parse(packet.data) for packet in requests(wire, "INVITE")]
    assert {str(one.cseq) for one in sent} == {"1 INVITE", "2 INVITE"}
    assert len({one.via.branch for one in sent}) == 2
    acks = [parse(packet.data) for packet in requests(wire, "ACK")]
    assert all("Authorization" in ack.headers for ack in acks if ack.cseq.number == 2)
    box.agent.hang_up(call, wire.now)
    wire.until(lambda: not pbx.agent.calls())
    wire.quiet([box, pbx])


def test_a_call_with_the_wrong_password_is_refused_in_the_end(clean):
    """Two proofs, then Rejected 401: no endless loop."""
    script = Script(clean)
    for number in range(5):
        script.invite = parse(requests(clean, "INVITE")[-1].data)
        script.says(401, fields=(("WWW-Authenticate", ASKED.format(number)),))
    assert len(requests(clean, "INVITE")) == 3
    assert script.box.last(Rejected).status == 401
    assert ended(script.box, script.call) == [EndReason.REJECTED]


def test_a_cancelled_call_does_not_prove_itself(clean):
    """A challenge that crosses our giving up is the end."""
    script = Script(clean)
    script.box.agent.hang_up(script.call, clean.now)
    script.says(407, fields=(("Proxy-Authenticate", ASKED.format(1)),))
    assert len(requests(clean, "INVITE")) == 1
    clean.run(100)
    assert script.box.idle()


def test_a_bye_survives_a_407(clean):
    """Requests within a dialog are proved too, under the next number."""
    script = Script(clean)
    script.says(200, body=SDP)
    script.box.agent.hang_up(script.call, clean.now)
    clean.settle()
    bye = parse(requests(clean, "BYE")[0].data)
    asked = respond(bye, 407, headers=[("Proxy-Authenticate", ASKED.format(1))])
    script.box.agent.receive(bytes(asked), PBX, clean.now)
    clean.settle()
    again = parse(requests(clean, "BYE")[-1].data)
    assert again.cseq.number == bye.cseq.number + 1
    assert "nc=00000001" in again.headers["Proxy-Authorization"]


def test_a_challenge_that_cannot_be_answered_is_the_answer(clean):
    """Basic, or an unknown algorithm, ends the attempt."""
    script = Script(clean)
    script.says(401, fields=(("WWW-Authenticate", 'Basic realm="x"'),))
    assert script.box.last(Rejected).status == 401
