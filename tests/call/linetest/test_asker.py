"""`call.linetest.asker`: one question at a time, looked at closely."""

import itertools

from appliance import sip
from appliance.call.linetest.asker import Asker, Contact
from appliance.sip.message import respond
from appliance.sip.parser import parse
from appliance.sip.registrar import Registrar

BOX = sip.Address("udp", "10.0.0.2", 5070)
PBX = sip.Address("udp", "10.0.0.1", 5060)


def made(password="word"):
    numbers = itertools.count()
    account = sip.Account("100", "pbx", password, PBX)
    return Asker(BOX, lambda: f"t{next(numbers)}", account)


def sent(asker):
    """The one message that leaves."""
    (packet,) = asker.outgoing()
    assert packet.to == PBX
    return parse(packet.data)


def answered(asker, request, status, headers=(), change=lambda text: text, **more):
    """Answer a request, perhaps with something changed on the way; returns the replies."""
    data = bytes(respond(request, status, tag="x", headers=headers, **more))
    asker.receive(change(data.decode()).encode(), PBX, 1.0)
    return asker.events()


def test_options_tell_who_answers_and_when():
    """Reads server, date and where the PBX sees us."""
    asker = made()
    asker.options(PBX, 0.0)
    fields = (("Server", "Asterisk"), ("Date", "Sun, 22 Nov 2026 12:00:00 GMT"))
    (reply,) = answered(
        asker, sent(asker), 200, fields,
        change=lambda text: text.replace(";rport", ";received=192.0.2.9;rport=40000"),
    )  # fmt: skip
    assert (reply.status, reply.server, reply.seen) == (200, "Asterisk", ("192.0.2.9", 40000))
    assert reply.date.startswith("Sun, 22 Nov")
    assert reply.changed == ()


def test_options_never_prove_the_password():
    """Takes a challenge as the answer that it is."""
    asker = made()
    asker.options(PBX, 0.0)
    challenge = (("WWW-Authenticate", 'Digest realm="pbx", nonce="n", algorithm=MD5'),)
    (reply,) = answered(asker, sent(asker), 401, challenge)
    assert (reply.status, reply.proved, reply.asked) == (401, False, ("MD5",))
    assert asker.outgoing() == []


def test_bindings_are_fetched_and_none_is_made():
    """Sends REGISTER without Contact and Expires, proves the password, and reads the contacts."""
    asker = made()
    registrar = Registrar("pbx", {"100": "word"}, lambda: "secret")
    asker.bindings(PBX, 0.0)
    request = sent(asker)
    assert "Contact" not in request.headers
    assert "Expires" not in request.headers
    verdict, _ = registrar.register(request, BOX, 0.0)
    assert answered(asker, request, verdict.status, verdict.fields) == []
    again = sent(asker)
    verdict, _ = registrar.register(again, BOX, 0.0)
    assert verdict.status == 200
    kept = (
        ("Contact", "<sip:100@10.0.0.2:5066;transport=TCP>;expires=77, <sip:100@[fd00::7]>"),
        ("Contact", "garbage here <<"),
    )
    (reply,) = answered(asker, again, 200, kept)
    assert reply.proved
    assert reply.contacts == (Contact("10.0.0.2", 5066, "tcp", 77), Contact("fd00::7", 0, "", None))
    assert str(reply.contacts[1]) == "[fd00::7]"


def test_a_proof_that_cannot_be_given_is_told():
    """Names the scheme, and that nothing was proved."""
    asker = made()
    asker.bindings(PBX, 0.0)
    challenge = (("WWW-Authenticate", 'Digest realm="r", nonce="n", algorithm=SHA-512-256'),)
    (reply,) = answered(asker, sent(asker), 401, challenge)
    assert (reply.proved, reply.asked) == (False, ("SHA-512-256",))


def test_changed_fields_are_noticed():
    """Compares Via, Call-ID and From with what left, even where the answer finds no question."""
    for old, new, field in (
        ("10.0.0.2:5070", "192.0.2.1:40000", "Via"),
        ("branch=z9", "branch=z9hG4bKother;old=z9", "Via"),
        ("Call-ID: ", "Call-ID: changed-", "Call-ID"),
        ("From: <sip:100@pbx>", "From: <sip:100@192.0.2.1>", "From"),
    ):
        asker = made()
        asker.options(PBX, 0.0)
        replies = answered(
            asker, sent(asker), 200, change=lambda text, o=old, n=new: text.replace(o, n)
        )
        changed = replies[0].changed if replies else asker.give_up(2.0).changed
        assert changed == (field,)


def test_a_large_question_is_one_datagram():
    """Pads to the size that is asked for, and is sent as a datagram whatever its size."""
    asker = made()
    asker.large(PBX, 2400, 0.0)
    request = sent(asker)
    assert 2400 <= len(bytes(request)) < 2600
    assert asker.deadline() is None
    (reply,) = answered(asker, request, 200)
    assert reply.status == 200


def test_a_lost_connection_is_told_in_its_words():
    """Hands on why."""
    asker = made()
    tcp = sip.Address("tcp", "10.0.0.1", 5060)
    asker.options(tcp, 0.0)
    asker.lost(tcp, "pbx: port 5060 refuses connections", 0.1)
    (reply,) = asker.events()
    assert (reply.status, reply.reason) == (0, "pbx: port 5060 refuses connections")


def test_an_old_answer_answers_nothing_new():
    """Forgets a question that was given up."""
    asker = made()
    asker.options(PBX, 0.0)
    first = sent(asker)
    asker.give_up(1.0)
    asker.options(PBX, 2.0)
    sent(asker)
    assert answered(asker, first, 200) == []
    assert asker.give_up(3.0).changed == ()


def test_garbage_and_requests_are_dropped():
    """Answers nobody: it is no user agent."""
    asker = made()
    for data in (
        b"",
        b"\r\n\r\n",
        b"garbage",
        b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n",
    ):
        asker.receive(data, PBX, 0.0)
    assert (asker.outgoing(), asker.events()) == ([], [])
    assert asker.deadline() is None


def test_a_question_is_repeated_until_it_is_answered():
    """Sends a datagram again when it is due (RFC 3261 17.1.2)."""
    asker = made()
    asker.options(PBX, 0.0)
    first = sent(asker)
    asker.tick(asker.deadline())
    assert bytes(sent(asker)) == bytes(first)
