"""What arrives, and what it is answered with."""

import pytest

from appliance.sip import Address, EndReason, Incoming, Registrar
from appliance.sip import reception as module
from appliance.sip.guard import UNREAD_TIMES, Policy, Strangers
from appliance.sip.parser import parse
from tests.sip.raw import invite
from tests.sip.test_agent import Box, plain
from tests.sip.wire import ACCOUNT, Wire, ended, media, responses, tokens


def test_too_many_calls_are_503(monkeypatch):
    """With Retry-After; calls that stand are not touched."""
    monkeypatch.setattr(module, "MOST_CALLS", 2)
    box = Box()
    for number in range(3):
        last = parse(box.give(invite(branch=f"z9hG4bK{number}", call_id=str(number)).data)[-1].data)
    assert last.status == 503
    assert "Retry-After" in last.headers
    assert len(box.box.agent.calls()) == 2


def test_too_many_transactions_are_503_without_memory(monkeypatch):
    """A flood is answered statelessly, and is over when it is over."""
    monkeypatch.setattr(module, "MOST_TRANSACTIONS", 5)
    box = Box()
    for number in range(20):
        last = parse(
            box.give(plain("OPTIONS", branch=f"z9hG4bK{number}", call_id=str(number)))[-1].data
        )
    assert last.status == 503
    box.wire.run(40)
    assert box.box.idle()


STRANGER = Address("udp", "203.0.113.66", 5060)


def parsed(packets):
    return [parse(packet.data) for packet in packets]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda data: data.replace(b"Content-Length: 0", b"Content-Length: 99"), 400),
        (lambda data: data.replace(b" SIP/2.0\r\n", b" SIP/7.0\r\n", 1), 505),
        (lambda data: data.replace(b"CSeq: 1 OPTIONS", b"CSeq: x"), 400),
        (lambda data: data.replace(b"Call-ID: raw\r\n", b""), None),
        (lambda data: data.replace(b"sip:100@192.0.2.1 ", b"sip:%s " % (b"a" * 3000)), 414),
        (lambda data: data.replace(b"sip:100@192.0.2.1 ", b"fax:100 "), 416),
        (lambda data: data.replace(b"OPTIONS", b"DANCE"), 501),
        (lambda data: data.replace(b"OPTIONS", b"PUBLISH"), 405),
        (lambda data: data.replace(b"OPTIONS", b"PRACK"), 481),
    ],
)
def test_what_is_broken_is_answered_where_it_can_be(change, status):
    """RFC 3261 8.2, 18.3: truncated, of another version, too long, of an unknown kind."""
    answers = parsed(Box().give(change(bytes(plain("OPTIONS")))))
    if status is not None:
        (answer,) = answers
        assert answer.status == status
        assert answer.to.tag
        assert answer.call_id == "raw"
    assert len(answers) <= 1


def test_what_is_broken_and_must_not_be_answered_is_not():
    """An ACK, a response, and rubbish."""
    ack = bytes(plain("ACK")).replace(b"Content-Length: 0", b"Content-Length: 99")
    answer = b"SIP/2.0 200 OK\r\n" + bytes(plain("OPTIONS")).split(b"\r\n", 1)[1]
    for data in (ack, answer.replace(b"Content-Length: 0", b"Content-Length: 9"), b"\xff\r\n\r\n"):
        assert Box().give(data) == []


@pytest.mark.parametrize("tags", ["timer", "100rel, replaces", "Timer"])
def test_what_we_support_may_be_required(tags):
    """Only what we lack is refused."""
    box = Box()
    box.give(invite(fields=(("Require", tags),)).data)
    assert len(box.box.all(Incoming)) == 1


def test_a_caller_that_takes_no_description_is_406():
    """Accept without application/sdp; a wildcard is fine."""
    assert parsed(Box().give(invite(fields=(("Accept", "text/html"),)).data))[-1].status == 406
    for accept in ("application/sdp;level=1, text/html", "application/*", "*/*"):
        box = Box()
        box.give(invite(fields=(("Accept", accept),)).data)
        assert len(box.box.all(Incoming)) == 1


class Guarded(Box):
    """A box with a policy."""

    def __init__(self, policy):
        self.wire = Wire()
        self.box = self.wire.station("192.0.2.1", account=ACCOUNT, policy=policy)
        self.peer = self.wire.station("192.0.2.9")
        self.wire.cut.add(self.peer.address)


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER", "BYE", "CANCEL", "NOTIFY"])
@pytest.mark.parametrize("policy", list(Strangers))
def test_strangers_are_treated_as_the_policy_says(policy, method):
    """Answered, refused with 403, or met with silence; our own PBX is served all the same."""
    guarded = Guarded(Policy(strangers=policy))
    request = invite(b"", method=method).request
    answers = parsed(guarded.give(request, STRANGER))
    if policy is Strangers.IGNORE:
        assert answers == []
    elif policy is Strangers.REFUSE:
        assert [answer.status for answer in answers] == [403]
    else:
        assert answers
        assert answers[0].status != 403
    assert guarded.give(invite(b"", method=method, branch="z9hG4bKown", call_id="own").request)
    broken = bytes(request).replace(b"Content-Length: 0", b"Content-Length: 9")
    assert len(guarded.give(broken, STRANGER)) == (policy is not Strangers.IGNORE)


def test_a_trusted_network_is_no_stranger():
    """By address or network of the settings."""
    guarded = Guarded(Policy(strangers=Strangers.IGNORE, trusted=("203.0.113.0/24",)))
    assert guarded.give(plain("OPTIONS"), STRANGER)


def test_a_stranger_within_a_call_is_served():
    """A dialog is proof enough: the far end of a call may speak from another host."""
    guarded = Guarded(Policy(strangers=Strangers.REFUSE))
    peer = invite()
    guarded.give(peer.data)
    call = guarded.box.last(Incoming).call
    guarded.box.agent.answer(call, media(), guarded.wire.now)
    guarded.wire.settle()
    answer = responses(guarded.wire, 200)[-1].data
    guarded.give(peer.ack(answer), STRANGER)
    guarded.give(peer.bye(answer), STRANGER)
    assert ended(guarded.box, call) == [EndReason.HUNG_UP]


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE"])
def test_a_flood_of_one_source_leaves_others_served(method):
    """A thousand requests at once cost it its share, and nobody else theirs."""
    guarded = Guarded(Policy(burst=20, rate=1.0))
    answered = 0
    for number in range(1000):
        made = invite(b"", method=method, branch=f"z9hG4bKf{number}", call_id=f"f{number}")
        answered += bool(guarded.give(made.data, STRANGER))
    assert answered == 20
    other = Address("udp", "203.0.113.67", 5060)
    assert guarded.give(plain("OPTIONS", branch="z9hG4bKo", call_id="o"), other)
    last = parsed(guarded.give(invite(branch="z9hG4bKp", call_id="p").data))[-1]
    assert last.status == 100
    guarded.wire.run(60)
    assert guarded.give(plain("OPTIONS", branch="z9hG4bKq", call_id="q"), STRANGER)


def test_a_flood_of_garbage_is_not_even_read(monkeypatch):
    """Beyond the rate nothing of its source is parsed any more."""
    read = []
    monkeypatch.setattr(module, "parse", lambda data: read.append(data) or parse(data))
    guarded = Guarded(Policy(burst=10, rate=1.0))
    for _ in range(1000):
        guarded.give(b"\xff" * 100, STRANGER)
    assert len(read) == 10 * UNREAD_TIMES
    assert guarded.give(plain("OPTIONS"))


def test_our_own_pbx_is_told_when_it_asks_too_much():
    """503 with Retry-After, ten times later than a stranger is dropped."""
    guarded = Guarded(Policy(burst=5, rate=0.0))
    statuses = [
        answer.status
        for number in range(60)
        for answer in parsed(
            guarded.give(plain("OPTIONS", branch=f"z9hG4bK{number}", call_id=str(number)))
        )
    ]
    assert statuses == [200] * 50 + [503] * 10


def test_a_repetition_does_not_count():
    """It is answered from memory."""
    guarded = Guarded(Policy(burst=3, rate=0.0))
    for _ in range(20):
        assert [one.status for one in parsed(guarded.give(plain("OPTIONS"), STRANGER))] == [200]


def test_strangers_leave_room_for_our_pbx(monkeypatch):
    """They fill half of the tables at most."""
    monkeypatch.setattr(module, "MOST_TRANSACTIONS", 10)
    guarded = Guarded(Policy(burst=0))
    statuses = [
        parsed(guarded.give(plain("OPTIONS", branch=f"z9hG4bK{n}", call_id=str(n)), STRANGER))[
            -1
        ].status
        for n in range(8)
    ]
    assert statuses == [200] * 5 + [503] * 3
    assert parsed(guarded.give(plain("OPTIONS")))[-1].status == 200


def test_the_answer_goes_over_the_connection_of_the_request(clean):
    """And to the sent-by of its Via where the connection is gone by then (RFC 3261 18.2.2)."""
    box = clean.station("192.0.2.1", account=ACCOUNT, transport="tcp")
    flow = Address("tcp", "192.0.2.9", 40123)
    request = plain("INVITE")
    via = "SIP/2.0/TCP 10.0.0.9:5062;branch=z9hG4bKt"
    request = request.with_headers(request.headers.setting("Via", via))
    box.agent.receive(bytes(request), flow, clean.now)
    clean.settle()
    box.agent.lost(flow, "closed", clean.now)
    box.agent.reject(box.last(Incoming).call, 486, clean.now)
    clean.settle()
    ways = [(parse(packet.data).status, packet.to) for _, _, packet in clean.sent]
    back = Address("tcp", "192.0.2.9", 5062)
    assert ways == [(100, flow), (100, back), (486, back)]


@pytest.mark.parametrize("policy", [Policy(burst=1, rate=0.0), Policy(burst=1, rate=1.0)])
def test_a_call_that_was_admitted_can_be_cancelled(policy):
    """However little its caller may still ask for."""
    guarded = Guarded(policy)
    peer = invite()
    guarded.give(peer.data, STRANGER)
    request = plain("CANCEL", branch=peer.request.via.branch)
    statuses = [answer.status for answer in parsed(guarded.give(request, STRANGER))]
    assert statuses == [200, 487]


def test_who_serves_many_telephones_is_not_limited_by_itself():
    """A registrar without a policy takes any number of requests of one host."""
    wire = Wire()
    pbx = wire.station("192.0.2.9", registrar=Registrar("pbx", {}, tokens("r")))
    for number in range(500):
        made = plain("OPTIONS", branch=f"z9hG4bK{number}", call_id=str(number))
        pbx.agent.receive(bytes(made), STRANGER, wire.now)
    assert len(pbx.agent.outgoing()) == 500
