"""Credentials on requests other than REGISTER."""

import pytest

from appliance.sip import Account, Address, Answered, EndReason, Incoming, Registrar, Rejected
from appliance.sip.attempt import Attempt, Wallet
from appliance.sip.digest import Challenge, Credentials
from appliance.sip.guard import Policy
from appliance.sip.message import respond
from appliance.sip.parser import parse
from tests.sip.raw import SDP, invite
from tests.sip.test_calling import Script
from tests.sip.wire import ACCOUNT, PBX, Wire, ended, media, requests, responses, tokens

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


ROUTE = (("Record-Route", "<sip:192.0.2.8;lr>"),)
SBC = Address("udp", "192.0.2.8", 5060)
STRANGER = Address("udp", "192.0.2.66", 5060)


def challenged(clean, realm, *, source=PBX, fields=ROUTE, contact="", trusted=()):
    """Hang up on a call that came from `source`; the proofs that its 407 to the BYE gets."""
    policy = Policy(trusted=trusted)
    box = clean.station("192.0.2.1", account=ACCOUNT, policy=policy)
    box.agent.register(clean.now)
    clean.settle()
    register = parse(requests(clean, "REGISTER")[0].data)
    asked = respond(register, 401, tag="t", headers=[("WWW-Authenticate", ASKED.format(1))])
    box.agent.receive(bytes(asked), PBX, clean.now)
    raw = invite(fields=fields)
    data = raw.data.replace(b"<sip:300@192.0.2.9:5060>", contact.encode()) if contact else raw.data
    box.agent.receive(data, source, clean.now)
    clean.settle()
    box.agent.answer(box.last(Incoming).call, media(), clean.now)
    clean.settle()
    box.agent.receive(raw.ack(responses(clean, 200)[-1].data), source, clean.now)
    box.agent.hang_up(box.last(Incoming).call, clean.now)
    clean.settle()
    packet = requests(clean, "BYE")[0]
    asked = f'Digest realm="{realm}", nonce="n", qop="auth"'
    refusal = respond(parse(packet.data), 407, headers=[("Proxy-Authenticate", asked)])
    box.agent.receive(bytes(refusal), packet.to, clean.now)
    clean.settle()
    sent = [parse(packet.data) for packet in requests(clean, "BYE")[1:]]
    return packet.to, [one.headers.get("Proxy-Authorization", "") for one in sent]


@pytest.mark.parametrize(("realm", "proved"), [("pbx", True), ("elsewhere", False)])
def test_a_bye_survives_a_407_of_another_host_of_the_pbx(clean, realm, proved):
    """The proxy on whose route the registrar has put the call gets the proof for its realm."""
    to, proofs = challenged(clean, realm)
    assert to == SBC
    assert len(proofs) == proved
    assert all('realm="pbx"' in proof for proof in proofs)


@pytest.mark.parametrize(("realm", "proved"), [("pbx", True), ("elsewhere", False)])
def test_a_host_that_the_site_trusts_gets_the_proof_for_a_known_realm(clean, realm, proved):
    """A border controller that calls us from a host of its own."""
    to, proofs = challenged(
        clean,
        realm,
        source=SBC,
        fields=(),
        trusted=("192.0.2.8",),
        contact="<sip:300@192.0.2.8:5060>",
    )
    assert to == SBC
    assert len(proofs) == proved


@pytest.mark.parametrize("way", ["source", "route", "contact"])
def test_no_stranger_gets_a_proof(clean, way):
    """Not by calling us, nor by a route of its own; not where a Contact alone leads us."""
    more = {
        "source": {"source": STRANGER, "fields": (), "contact": "<sip:300@192.0.2.66:5060>"},
        "route": {"source": STRANGER, "fields": (("Record-Route", "<sip:192.0.2.66;lr>"),)},
        "contact": {"fields": (), "contact": "<sip:300@192.0.2.66:5060>"},
    }[way]
    to, proofs = challenged(clean, "pbx", **more)
    assert to.host == STRANGER.host
    assert proofs == []


def test_a_call_proves_itself_without_being_asked_again(clean):
    """Requests later in the call use the nonce once more, or the next one that was handed out."""
    script = Script(clean)
    script.says(407, fields=(("Proxy-Authenticate", ASKED.format(1)),))
    script.invite = parse(requests(clean, "INVITE")[-1].data)
    script.says(200, body=SDP)
    script.box.agent.send_key(script.call, "5", clean.now)
    clean.settle()
    info = parse(requests(clean, "INFO")[0].data)
    proof = Credentials.parse(info.headers["Proxy-Authorization"])
    assert (proof.nonce, proof.count) == ("n1", "00000002")
    fields = [("Proxy-Authentication-Info", 'nextnonce="n2"')]
    script.box.agent.receive(bytes(respond(info, 200, headers=fields)), PBX, clean.now)
    script.box.agent.hang_up(script.call, clean.now)
    clean.settle()
    bye = parse(requests(clean, "BYE")[0].data)
    proof = Credentials.parse(bye.headers["Proxy-Authorization"])
    assert (proof.nonce, proof.count) == ("n2", "00000001")


def test_no_proof_goes_unasked_to_a_telephone_that_is_no_registrar(clean):
    """A BYE that leads past the PBX, to where the telephone is, carries none."""
    script = Script(clean)
    script.says(407, fields=(("Proxy-Authenticate", ASKED.format(1)),))
    script.invite = parse(requests(clean, "INVITE")[-1].data)
    script.says(200, body=SDP, fields=(("Contact", "<sip:201@192.0.2.66:5060>"),))
    script.box.agent.hang_up(script.call, clean.now)
    clean.settle()
    (packet,) = requests(clean, "BYE")
    assert packet.to == STRANGER
    assert "Proxy-Authorization" not in parse(packet.data).headers


def test_a_nonce_that_serves_once_only_costs_a_round_and_no_call(clean):
    """A challenge of a repeated proof is answered anew, whether it says stale or not."""
    script = Script(clean)
    script.says(407, fields=(("Proxy-Authenticate", ASKED.format(1)),))
    script.invite = parse(requests(clean, "INVITE")[-1].data)
    script.says(200, body=SDP)
    for number in (2, 3, 4):
        script.box.agent.send_key(script.call, "5", clean.now)
        clean.settle()
        info = parse(requests(clean, "INFO")[-1].data)
        asked = respond(info, 407, headers=[("Proxy-Authenticate", ASKED.format(number))])
        script.box.agent.receive(bytes(asked), PBX, clean.now)
        clean.settle()
        again = parse(requests(clean, "INFO")[-1].data)
        assert f'nonce="n{number}"' in again.headers["Proxy-Authorization"]
        script.box.agent.receive(bytes(respond(again, 200)), PBX, clean.now)
    assert ended(script.box, script.call) == []


def test_a_challenge_that_cannot_be_answered_is_the_answer(clean):
    """Basic, or an unknown algorithm, ends the attempt."""
    script = Script(clean)
    script.says(401, fields=(("WWW-Authenticate", 'Basic realm="x"'),))
    assert script.box.last(Rejected).status == 401


def test_any_registrar_of_ours_gets_the_proof():
    """Those that were located, and no other; the old one no more."""
    other = Address("udp", "192.0.2.8", 5060)
    for located, times in (((PBX, other), 2), ((PBX,), 1)):
        wire = Wire()
        box = wire.station("192.0.2.1", account=Account("100", "pbx", "secret", PBX))
        box.agent.locate(located, wire.now)
        box.agent.invite("201", media(), wire.now, route=other)
        wire.settle()
        invite = parse(requests(wire, "INVITE")[-1].data)
        asked = respond(invite, 407, tag="t", headers=[("Proxy-Authenticate", ASKED.format(1))])
        box.agent.receive(bytes(asked), other, wire.now)
        wire.settle()
        assert len(requests(wire, "INVITE")) == times


def test_a_refused_realm_does_not_hide_a_new_one(clean):
    """A second realm is no refusal of the first; the same realm again is."""
    script = Script(clean)
    for number, realm in enumerate(("a", "b", "b", "b")):
        script.invite = parse(requests(clean, "INVITE")[-1].data)
        asked = f'Digest realm="{realm}", nonce="{number}", qop="auth"'
        script.says(407, fields=(("Proxy-Authenticate", asked),))
    sent = [parse(packet.data) for packet in requests(clean, "INVITE")]
    proofs = [len(one.headers.lines("Proxy-Authorization")) for one in sent]
    assert proofs == [0, 1, 2, 2]
    assert script.box.last(Rejected).status == 407


def test_realms_without_end_are_not_collected(clean):
    """Tries are few, and so are the nonces that are kept."""
    stack = clean.station("192.0.2.1", account=ACCOUNT).agent._stack
    wallet = Wallet(stack)
    for number in range(100):
        wallet.learn(Challenge(f"r{number}", "n"), "Authorization")
    signed = wallet.sign(invite().request)
    assert len(signed.headers.lines("Authorization")) == 8
    assert len(wallet.sign(signed).headers.lines("Authorization")) == 8


def test_of_several_proofs_the_cnonce_says_which_nonce_is_next(clean):
    """Authentication-Info names no realm (RFC 7616 3.5)."""
    wallet = Wallet(clean.station("192.0.2.1", account=ACCOUNT).agent._stack)
    for realm in ("a", "b"):
        wallet.learn(Challenge(realm, "old", qop=("auth",)), "Authorization")
    signed = wallet.sign(invite().request)
    cnonce = Credentials.parse(signed.headers.lines("Authorization")[1]).cnonce
    fields = [("Authentication-Info", f'nextnonce="new", cnonce="{cnonce}"')]
    wallet.follow(respond(signed, 200, headers=fields))
    proofs = [Credentials.parse(one) for one in wallet.sign(signed).headers.lines("Authorization")]
    assert [(one.realm, one.nonce, one.count) for one in proofs] == [
        ("a", "old", "00000002"),
        ("b", "new", "00000001"),
    ]


def test_a_broken_connection_says_why(clean):
    """`trouble` is empty until then; `peer` is where the request went."""
    tcp = Address("tcp", "192.0.2.9", 5060)
    station = clean.station("192.0.2.1", account=ACCOUNT, transport="tcp")
    stack, silent = station.agent._stack, []
    made = Attempt(
        stack,
        invite().request,
        tcp,
        clean.now,
        answered=None,
        silent=silent.append,
        resequence=lambda: 2,
    )
    assert (made.trouble, made.peer) == ("", tcp)
    station.agent.lost(tcp, "port 5060 refuses connections", clean.now)
    assert silent == [clean.now]
    assert made.trouble == "port 5060 refuses connections"
