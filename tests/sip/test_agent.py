"""The user agent as its peers see it: every request answered, nothing raised, nothing kept."""

import pytest

from appliance.sip import Account, Address, Incoming, KeyPressed, LocalError, Moved, UserAgent
from appliance.sip.parser import parse
from tests.sip.raw import SDP, invite
from tests.sip.test_modify import Raw
from tests.sip.wire import (
    ACCOUNT,
    Wire,
    dial,
    ended,
    media,
    pair,
    requests,
    responses,
    talk,
    tokens,
)


class Box:
    """A box and what it says to hand-written requests."""

    def __init__(self):
        self.wire = Wire()
        self.box, self.peer = pair(self.wire)
        self.wire.cut.add(self.peer.address)

    def give(self, data, source=None):
        """Hand over a datagram; the packets that it caused."""
        before = len(self.wire.sent)
        self.box.agent.receive(bytes(data), source or self.peer.address, self.wire.now)
        self.wire.settle()
        return [packet for _, _, packet in self.wire.sent[before:]]

    def ask(self, request):
        """Hand over a request; its one answer."""
        (packet,) = self.give(request)
        return parse(packet.data)


def plain(method, **more):
    return invite(b"", method=method, **more).request


def test_an_ipv6_domain_may_stand_in_brackets(clean):
    """Registers, calls and asks for signs of life at the same address of record either way."""
    said = []
    for domain in ("2001:db8::9", "[2001:db8::9]"):
        wire = Wire()
        account = Account("100", domain, "x", Address("udp", "2001:db8::9", 5060))
        box = wire.station("2001:db8::1", account=account)
        box.agent.register(wire.now)
        box.agent.invite("201", media("2001:db8::1"), wire.now)
        wire.settle()
        sent = [parse(packet.data) for _, _, packet in wire.sent]
        said.append([(one.uri, str(one.sender.uri), str(one.to.uri)) for one in sent])
        assert box.agent.extension("sip:202@[2001:DB8:0::9]") == "202"
    aor = "sip:100@[2001:db8::9]"
    assert said[0] == [
        ("sip:[2001:db8::9]", aor, aor),
        ("sip:201@[2001:db8::9]", aor, "sip:201@[2001:db8::9]"),
    ]
    assert said[1] == said[0]


@pytest.mark.parametrize(
    ("uri", "fields", "scheme"),
    [
        ("sips:100@192.0.2.1", (), "sips"),
        ("sip:100@192.0.2.1", (("Record-Route", "<sips:192.0.2.9;lr>"),), "sips"),
        ("sip:100@192.0.2.1", (("Record-Route", "<sip:192.0.2.9;lr>"),), "sip"),
        ("sip:100@192.0.2.1", (), "sip"),
    ],
)
def test_a_sips_call_is_answered_by_a_sips_address(clean, uri, fields, scheme):
    """Ringing, the 200 and our own requests later name us by the scheme of the call."""
    box = clean.station("192.0.2.1", transport="tls")
    peer = clean.station("192.0.2.9", transport="tls")
    clean.cut.add(peer.address)
    raw = invite(fields=fields)
    data = raw.data.replace(b"INVITE sip:100@192.0.2.1", b"INVITE " + uri.encode())
    box.agent.receive(data, peer.address, clean.now)
    clean.settle()
    call = box.last(Incoming).call
    box.agent.ring(call, clean.now)
    box.agent.answer(call, media(), clean.now)
    clean.settle()
    answers = [parse(packet.data) for _, _, packet in clean.sent if b"SIP/2.0 " in packet.data[:8]]
    contacts = [one.contact() for one in answers if one.status >= 180]
    assert [contact.uri.scheme for contact in contacts] == [scheme] * 2
    box.agent.receive(raw.ack(clean.sent[-1][2].data), peer.address, clean.now)
    box.agent.hold(call, True, clean.now)
    clean.settle()
    assert parse(requests(clean, "INVITE")[-1].data).contact().uri.scheme == scheme


def test_calls_that_stand_hear_of_another_address_of_ours(clean):
    """Moved for these, once; nothing where the address is the same, or nobody has answered."""
    box, peer = pair(clean)
    _, here = talk(clean, peer, box)
    box.agent.invite("201", media(), clean.now)
    clean.settle()
    box.agent.moved(box.address, clean.now)
    assert box.agent.events() == []
    there = Address("udp", "192.0.2.2", 5060)
    box.agent.moved(there, clean.now)
    assert box.agent.events() == [Moved(here)]
    box.agent.change_media(here, media("192.0.2.2", 4100), clean.now)
    (packet,) = box.agent.outgoing()
    assert str(parse(packet.data).contact().uri) == "sip:100@192.0.2.2:5060"
    assert packet.to == peer.address


def test_connections_do_not_follow_to_another_address(clean):
    """What goes on in a call then goes to where the peer wants it, by a new connection."""
    box = clean.station("192.0.2.1", transport="tcp")
    source = Address("tcp", "192.0.2.9", 40123)
    raw = invite()
    contact = b"<sip:300@192.0.2.9:5070;transport=tcp>"
    data = raw.data.replace(b"<sip:300@192.0.2.9:5060>", contact)
    box.agent.receive(data, source, clean.now)
    clean.settle()
    call = box.last(Incoming).call
    box.agent.answer(call, media(), clean.now)
    clean.settle()
    box.agent.receive(raw.ack(clean.sent[-1][2].data), source, clean.now)
    box.agent.send_key(call, "5", clean.now)
    box.agent.moved(Address("tcp", "192.0.2.2", 5060), clean.now)
    box.agent.send_key(call, "5", clean.now)
    clean.settle()
    to = [packet.to for packet in requests(clean, "INFO")]
    assert to == [source, Address("tcp", "192.0.2.9", 5070)]


def test_an_address_at_our_own_pbx_is_a_number(clean):
    """Names the user part of the domain's and the registrars' addresses, and leaves all others."""
    agent = clean.station("192.0.2.1", account=ACCOUNT).agent
    for target, number in (
        ("sip:202@pbx", "202"),
        ("sip:202@PBX:5070;user=phone", "202"),
        ("sip:202@192.0.2.9", "202"),
        ("sips:a%20b@192.0.2.9:5061", "a b"),
        ("sip:202@evil.example", ""),
        ("sip:pbx", ""),
        ("tel:+4930123", ""),
        ("mailto:a@pbx", ""),
        ("202", ""),
        ("", ""),
    ):
        assert agent.extension(target) == (number or target)


def test_options_outside_a_call_are_answered():
    """PBXs qualify with OPTIONS: 200 with Allow, Accept and Supported."""
    answer = Box().ask(plain("OPTIONS"))
    assert answer.status == 200
    assert "REFER" in answer.headers["Allow"]
    assert "application/sdp" in answer.headers["Accept"]
    assert "Supported" in answer.headers
    assert answer.to.tag


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("BYE", 481),
        ("UPDATE", 481),
        ("INFO", 481),
        ("REFER", 481),
        ("CANCEL", 481),
        ("NOTIFY", 489),
        ("MESSAGE", 405),
        ("SUBSCRIBE", 405),
        ("PRACK", 481),
        ("NEWMETHOD", 501),
        ("REGISTER", 405),
    ],
)
def test_requests_outside_a_call_get_their_refusal(method, status):
    """Each has one sane answer, 405 names what is allowed."""
    answer = Box().ask(plain(method))
    assert answer.status == status
    assert ("Allow" in answer.headers) is (status == 405)


@pytest.mark.parametrize("method", ["BYE", "INVITE", "NOTIFY", "OPTIONS"])
def test_an_unknown_dialog_is_481(method):
    """A request with a tag that we never gave."""
    request = plain(method)
    request = request.with_headers(request.headers.setting("To", "<sip:100@h>;tag=nobody"))
    assert Box().ask(request).status == 481


def test_what_a_peer_requires_and_we_lack_is_named():
    """420 with Unsupported; merely supporting it is fine."""
    answer = Box().ask(invite(fields=(("Require", "timer, gruu, x"),)).request)
    assert answer.status == 420
    assert answer.headers["Unsupported"] == "gruu, x"
    box = Box()
    box.give(invite(fields=(("Supported", "100rel, timer, replaces"),)).data)
    assert len(box.box.all(Incoming)) == 1


def test_a_request_that_has_travelled_far_is_still_served():
    """Max-Forwards is the proxies' affair: its last stop is us (RFC 4475 3.3.11)."""
    request = plain("OPTIONS")
    for value, status in (("0", 200), ("x", 200), ("1", 200)):
        made = request.with_headers(request.headers.setting("Max-Forwards", value))
        assert Box().ask(made).status == status


def test_a_call_that_comes_by_two_paths_is_taken_once():
    """The second is 482 (RFC 3261 8.2.2.2)."""
    box = Box()
    box.give(invite().data)
    assert box.ask(invite(branch="z9hG4bKother").request).status == 482
    assert len(box.box.all(Incoming)) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (SDP.replace(b"AVP 0", b"AVP 18"), 488),
        (SDP.replace(b"RTP/AVP", b"RTP/SAVP"), 488),
        (SDP.replace(b"m=audio", b"m=video"), 488),
        (b"rubbish", 400),
    ],
)
def test_an_offer_that_cannot_be_accepted_makes_no_call(body, status):
    """488 with the reason in a Warning, and the user hears nothing."""
    box = Box()
    last = parse(box.give(invite(body).data)[-1].data)
    assert last.status == status
    assert last.headers["Warning"].startswith("399 ")
    assert box.box.all(Incoming) == []
    box.wire.run(100)
    assert box.box.idle()


def test_a_body_that_is_no_description_is_415():
    """Accept says what would be one."""
    request = invite(b"<x/>").request
    request = request.with_headers(request.headers.setting("Content-Type", "text/xml"))
    last = parse(Box().give(request)[-1].data)
    assert last.status == 415
    assert last.headers["Accept"] == "application/sdp"


@pytest.mark.parametrize(
    ("via", "port"),
    [
        ("SIP/2.0/UDP 10.9.9.9:5099;branch=z9hG4bKr;rport", 4711),
        ("SIP/2.0/UDP 10.9.9.9:5099;branch=z9hG4bKr", 5099),
        ("SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKr", 5060),
        ("SIP/2.0/UDP 10.9.9.9:5099;branch=z9hG4bKr;maddr=192.0.2.200;received=192.0.2.201", 5099),
    ],
)
def test_answers_go_to_where_the_request_came_from(via, port):
    """Never to another host, whatever the Via claims (RFC 3581)."""
    request = plain("OPTIONS")
    request = request.with_headers(request.headers.setting("Via", via))
    source = Address("udp", "192.0.2.77", 4711)
    (packet,) = Box().give(request, source)
    assert packet.to == Address("udp", "192.0.2.77", port)
    assert parse(packet.data).via.host == "10.9.9.9"
    assert "received=192.0.2.77" in str(parse(packet.data).via)


@pytest.mark.parametrize(
    "data", [b"", b"\r\n\r\n", b"\0", b"\xff" * 1000, b"SIP/2.0 200 OK\r\n\r\n", b"INVITE"]
)
def test_noise_is_ignored(data):
    """No answer, no event, no state."""
    box = Box()
    assert box.give(data) == []
    assert box.box.told == []
    assert box.box.idle()


def test_a_broken_request_gets_400_and_a_broken_ack_nothing():
    """What can be answered is answered."""
    request = plain("OPTIONS")
    broken = request.with_headers(request.headers.without("Call-ID"))
    assert Box().ask(broken).status == 400
    ack = plain("ACK")
    assert Box().give(ack.with_headers(ack.headers.without("Call-ID"))) == []
    foreign = plain("OPTIONS")
    assert Box().ask(type(foreign)(foreign.headers, "OPTIONS", "mailto:a@b")).status == 416


def test_a_stray_ack_is_ignored():
    """An ACK is never answered."""
    assert Box().give(plain("ACK")) == []


@pytest.mark.parametrize(
    ("kind", "body", "keys"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", ["5"]),
        ("application/dtmf", b"#", ["#"]),
        ("application/dtmf-relay", b"Signal=?", []),
    ],
)
def test_keys_by_info(clean, kind, body, keys):
    """Both bodies are told as KeyPressed and answered 200."""
    raw = Raw(clean)
    assert raw.ask("INFO", body, (("Content-Type", kind),)).status == 200
    assert [event.digit for event in raw.box.all(KeyPressed)] == keys


def test_other_requests_within_a_call(clean):
    """OPTIONS 200, an unknown method 405, another INFO 415, and the call goes on."""
    raw = Raw(clean)
    assert raw.ask("OPTIONS").status == 200
    assert raw.ask("MESSAGE", b"hi", (("Content-Type", "text/plain"),)).status == 405
    assert raw.ask("INFO", b"<x/>", (("Content-Type", "text/xml"),)).status == 415
    assert raw.ask("INFO").status == 200
    assert raw.call in raw.box.agent.calls()


def test_our_name_has_no_version_and_no_line_break():
    """The product goes out as given; a forged one is refused."""
    local = Address("udp", "192.0.2.1", 5060)
    with pytest.raises(LocalError):
        UserAgent(local=local, tokens=tokens("x"), product="a\r\nb")


def test_nothing_waits_in_an_idle_agent():
    """No deadline before the first request."""
    agent = UserAgent(local=Address("udp", "192.0.2.1", 5060), tokens=tokens("x"))
    assert agent.deadline() is None
    agent.tick(5.0)
    assert agent.outgoing() == []
    assert agent.events() == []


def test_a_compact_peer_is_served(clean):
    """Short names and bare line feeds all the way through a call."""
    box, peer = pair(clean)
    data = bytes(invite().request).decode()
    for name, short in (
        ("Via", "v"),
        ("From", "f"),
        ("To", "t"),
        ("Call-ID", "i"),
        ("Contact", "m"),
        ("Content-Type", "c"),
        ("Content-Length", "l"),
    ):
        data = data.replace(f"\r\n{name}: ", f"\r\n{short}: ")
    head, _, body = data.partition("\r\n\r\n")
    box.agent.receive(
        (head.replace("\r\n", "\n") + "\n\n" + body).encode(), peer.address, clean.now
    )
    clean.settle()
    assert box.last(Incoming).caller_name == "Raw"


@pytest.mark.parametrize(
    ("relay", "kind", "body"),
    [
        (True, "application/dtmf-relay", b"Signal=5\r\nDuration=250\r\n"),
        (False, "application/dtmf", b"5"),
    ],
)
def test_a_key_is_sent_by_info(clean, relay, kind, body):
    """Both bodies go out and are understood at the other end; no other answer is needed."""
    box, peer = pair(clean)
    there, here = talk(clean, peer, box)
    box.agent.send_key(here, "5", clean.now, milliseconds=250, relay=relay)
    clean.run(1)
    (sent,) = [parse(packet.data) for packet in requests(clean, "INFO")]
    assert (sent.content_type, sent.body) == (kind, body)
    assert peer.all(KeyPressed) == [KeyPressed(there, "5")]


def test_keys_that_are_none_and_calls_that_do_not_stand_are_our_fault(clean):
    """LocalError, and nothing is sent."""
    box, peer = pair(clean)
    _, here = dial(clean, peer, box)
    with pytest.raises(LocalError):
        box.agent.send_key(here, "5", clean.now)
    box.agent.answer(here, media(), clean.now)
    clean.run(1)
    for bad in ({"digit": "55"}, {"digit": "x"}, {"digit": "5", "milliseconds": 5}):
        with pytest.raises(LocalError):
            box.agent.send_key(here, now=clean.now, **bad)
    clean.run(1)
    assert requests(clean, "INFO") == []


class Connection:
    """A call that came over a connection from a port of the moment."""

    def __init__(self, clean):
        self.wire = clean
        self.box = clean.station("192.0.2.1", transport="tcp")
        self.flow = Address("tcp", "192.0.2.9", 33333)
        self.raw = invite()
        self.give(self.raw.data)
        self.call = self.box.last(Incoming).call
        self.box.agent.answer(self.call, media(), clean.now)
        clean.settle()
        self.ok = responses(clean, 200)[0].data
        self.give(self.raw.ack(self.ok))

    def give(self, data):
        self.box.agent.receive(data, self.flow, self.wire.now)
        self.wire.settle()


def test_a_broken_connection_does_not_end_a_call(clean):
    """What follows in the dialog goes by a new connection to where the peer wants it."""
    peer = Connection(clean)
    peer.box.agent.send_key(peer.call, "1", clean.now)
    peer.box.agent.lost(peer.flow, "reset by peer", clean.now)
    clean.run(1)
    assert ended(peer.box, peer.call) == []
    peer.box.agent.hang_up(peer.call, clean.now)
    clean.settle()
    assert requests(clean, "INFO")[0].to == peer.flow
    assert requests(clean, "BYE")[0].to == Address("tcp", "192.0.2.9", 5060)


def test_a_peer_that_connects_anew_is_answered_there(clean):
    """A request over a new connection of the same host moves the dialog there."""
    peer = Connection(clean)
    peer.box.agent.lost(peer.flow, "reset by peer", clean.now)
    peer.flow = Address("tcp", "192.0.2.9", 44444)
    peer.give(peer.raw.within(peer.ok, "OPTIONS", 2))
    peer.box.agent.hang_up(peer.call, clean.now)
    clean.settle()
    assert requests(clean, "BYE")[0].to == peer.flow
