"""Our registration against our registrar, and against answers written by hand."""

from itertools import pairwise

import pytest

from appliance.sip import (
    Account,
    Bound,
    LocalError,
    Registered,
    Registrar,
    RegistrationFailed,
    Unbound,
    Unregistered,
)
from appliance.sip.message import respond
from appliance.sip.parser import parse
from appliance.sip.registration import LONGEST_WAIT, MOVES, PATIENCE, Phase
from tests.sip.wire import ACCOUNT, CLEAN, PBX, Wire, media, requests, responses, tokens


def office(wire, *, algorithms=("SHA-256", "MD5"), password="secret", expires=300, expires_min=10):
    """A registrar, its station, and a box that is about to register."""
    registrar = Registrar(
        "pbx",
        {"100": "secret"},
        tokens("registrar"),
        algorithms=algorithms,
        expires_min=expires_min,
    )
    pbx = wire.station("192.0.2.9", registrar=registrar)
    box = wire.station("192.0.2.1", account=Account("100", "pbx", password, PBX, expires=expires))
    return box, pbx, registrar


@pytest.mark.parametrize(
    "algorithms", [("SHA-256",), ("MD5",), ("SHA-256-sess",), ("MD5", "SHA-256")]
)
def test_registration_with_each_algorithm(wire, algorithms):
    """The box proves its password, the registrar keeps its contact, and it can be withdrawn."""
    box, pbx, registrar = office(wire, algorithms=algorithms)
    box.agent.register(wire.now)
    wire.until(lambda: box.all(Registered))
    assert box.last(Registered).expires == 300
    assert registrar.bindings("100", wire.now) == [("sip:100@192.0.2.1:5060", box.address)]
    assert [event.user for event in pbx.all(Bound)] == ["100"]
    best = "SHA-256" if "SHA-256" in algorithms else algorithms[0]
    assert f"algorithm={best},".encode() in requests(wire, "REGISTER")[-1].data
    box.agent.unregister(wire.now)
    wire.until(lambda: box.all(Unregistered))
    assert registrar.bindings("100", wire.now) == []
    assert len(pbx.all(Unbound)) == 1
    wire.quiet([box, pbx])


def test_the_registration_is_kept_for_days(clean):
    """It is refreshed at about 85 % of the granted time, with no new failure, for ever."""
    box, pbx, registrar = office(clean)
    box.agent.register(clean.now)
    clean.run(2 * 86400.0)
    assert box.all(RegistrationFailed) == []
    assert len(box.all(Registered)) > 2 * 86400 / 300
    assert registrar.bindings("100", clean.now)
    assert pbx.all(Unbound) == []
    sent = [when for when, _, p in clean.sent if p.data.startswith(b"REGISTER")]
    gaps = [later - earlier for earlier, later in pairwise(sent[2:]) if later - earlier > 1]
    assert all(0.8 * 300 < gap < 0.9 * 300 for gap in gaps)


def test_a_known_nonce_saves_a_round_trip(clean):
    """A refresh proves itself under the last nonce with the next count."""
    box, _, _ = office(clean, expires=100)
    box.agent.register(clean.now)
    clean.run(180)
    counts = [
        data.split(b"nc=")[1][:8] for p in requests(clean, "REGISTER") if b"nc=" in (data := p.data)
    ]
    assert counts == [b"00000001", b"00000002", b"00000003"]
    assert len(responses(clean, 401)) == 1


def test_a_wrong_password_is_told_and_tried_gently(wire):
    """Two proofs under fresh nonces, then words for people and pauses of at most 30 s."""
    box, _, _ = office(wire, password="wrong")
    box.agent.register(wire.now)
    wire.until(lambda: box.all(RegistrationFailed))
    told = box.last(RegistrationFailed)
    assert told.status == 401
    assert "wrong password or unknown extension" in told.reason
    assert 0 < told.retry_at - wire.now <= LONGEST_WAIT
    wire.run(600)
    failures = len(box.all(RegistrationFailed))
    assert 600 / (LONGEST_WAIT + PATIENCE) - 2 < failures < 60
    if wire.weather == CLEAN:
        assert len(requests(wire, "REGISTER")) == 3 * failures


def test_no_proof_goes_to_a_stranger(clean):
    """A challenge from another host than the registrar is not answered."""
    box, _, _ = office(clean)
    evil = clean.station("192.0.2.66", registrar=Registrar("pbx", {"100": "x"}, tokens("evil")))
    box.agent.invite("sip:1@192.0.2.66", media(), clean.now, route=evil.address)
    clean.run(5)
    assert len(requests(clean, "INVITE")) == 1


def test_a_silent_registrar_is_asked_again_and_found_when_it_returns(wire):
    """Silence is told as status 0; within 32 s of its return the box is registered again."""
    box, pbx, _ = office(wire)
    wire.cut.add(pbx.address)
    box.agent.register(wire.now)
    wire.run(600)
    told = box.all(RegistrationFailed)
    assert {event.status for event in told} == {0}
    assert "192.0.2.9:5060" in told[0].reason
    assert len(told) >= 600 / (LONGEST_WAIT + PATIENCE) - 1
    wire.weather = CLEAN
    wire.cut.clear()
    wire.run(32.0)
    assert box.all(Registered)


def test_a_registrar_that_goes_and_comes_back_is_found(wire):
    """A registration that stood is tried again too, and events tell both."""
    box, pbx, _ = office(wire, expires=60)
    box.agent.register(wire.now)
    wire.until(lambda: box.all(Registered))
    wire.cut.add(pbx.address)
    wire.run(120)
    assert box.all(RegistrationFailed)
    before = len(box.all(Registered))
    wire.cut.clear()
    wire.weather = CLEAN
    wire.run(32.0)
    assert len(box.all(Registered)) > before


def test_the_registrars_shortest_time_is_taken(wire):
    """423 is answered with Min-Expires at once (RFC 3261 10.2.8)."""
    box, _, _ = office(wire, expires=30, expires_min=120)
    box.agent.register(wire.now)
    wire.until(lambda: box.all(Registered))
    assert box.last(Registered).expires == 120
    assert box.all(RegistrationFailed) == []


class Script:
    """A box whose registrar is the test."""

    def __init__(self, wire):
        self.wire = wire
        self.box = wire.station("192.0.2.1", account=ACCOUNT)
        self.box.agent.register(wire.now)
        wire.settle()

    @property
    def last(self):
        return parse(requests(self.wire, "REGISTER")[-1].data)

    def says(self, status, *fields, reason=""):
        response = respond(self.last, status, reason=reason, tag="t", headers=fields)
        self.box.agent.receive(bytes(response), PBX, self.wire.now)
        self.wire.settle()

    @property
    def wait(self):
        return self.box.last(RegistrationFailed).retry_at - self.wire.now


@pytest.mark.parametrize(
    ("after", "low", "high"), [("20", 20, 20), ("3600", 30, 30), ("7 (busy)", 7, 7), ("x", 1, 2)]
)
def test_retry_after_is_honoured_up_to_the_longest_wait(clean, after, low, high):
    """503 with Retry-After waits that long, but never longer than 30 s."""
    script = Script(clean)
    script.says(503, ("Retry-After", after))
    assert low <= script.wait <= high


@pytest.mark.parametrize("status", [400, 403, 404, 500, 600])
def test_every_refusal_is_told_and_tried_again(clean, status):
    """No refusal ends registration for ever."""
    script = Script(clean)
    script.says(status)
    told = script.box.last(RegistrationFailed)
    assert told.status == status
    assert told.reason
    before = len(requests(clean, "REGISTER"))
    clean.run(script.wait + 0.1)
    assert len(requests(clean, "REGISTER")) > before


def test_a_423_that_asks_for_nothing_sensible_is_no_loop(clean):
    """Without a longer time, or again and again, it is a failure."""
    script = Script(clean)
    script.says(423)
    assert script.box.last(RegistrationFailed).status == 423
    script = Script(Wire())
    for longer in ("400", "500", "600"):
        script.says(423, ("Min-Expires", longer))
    assert script.box.last(RegistrationFailed).status == 423


def test_a_stale_nonce_is_replaced_and_not_counted_as_a_wrong_password(clean):
    """stale=true gets a proof under the new nonce, but not without end."""
    script = Script(clean)
    for number in range(20):
        script.says(
            401,
            ("WWW-Authenticate", f'Digest realm="pbx", nonce="{number}", stale=true, qop="auth"'),
        )
    assert len(requests(clean, "REGISTER")) == 5
    assert script.box.last(RegistrationFailed).status == 401


def test_a_proxy_that_asks_too_is_answered_in_its_own_header(clean):
    """407 is answered with Proxy-Authorization, several challenges with the strongest."""
    script = Script(clean)
    script.says(
        407,
        ("Proxy-Authenticate", 'Digest realm="p", nonce="1", algorithm=MD5, qop="auth,auth-int"'),
        ("Proxy-Authenticate", 'Digest realm="p", nonce="2", algorithm=SHA-256, qop="auth"'),
    )
    assert 'nonce="2"' in script.last.headers["Proxy-Authorization"]
    assert "Authorization" not in script.last.headers


def test_the_granted_time_is_our_contacts_own(clean):
    """Of several contacts ours counts; else Expires; else what we asked for."""
    for fields, granted in (
        ((("Contact", "<sip:999@192.0.2.5>;expires=10, <sip:100@192.0.2.1:5060>;expires=77"),), 77),
        ((("Contact", "nonsense<"), ("Expires", "88")), 88),
        ((), 300),
    ):
        script = Script(Wire())
        script.says(200, *fields)
        assert script.box.last(Registered).expires == granted


def test_stopping_while_asking_withdraws(clean):
    """Unregister in every phase ends with Unregistered, at the latest after the patience."""
    script = Script(clean)
    script.box.agent.unregister(clean.now)
    clean.run(PATIENCE + 1)
    assert len(script.box.all(Unregistered)) == 1
    assert script.last.headers["Expires"] == "0"
    clean.run(100)
    assert script.box.idle()
    script.box.agent.register(clean.now)
    clean.settle()
    assert script.last.headers["Expires"] == "300"


def test_asking_twice_is_asking_once(clean):
    """Register while it is under way sends nothing more."""
    script = Script(clean)
    script.box.agent.register(clean.now)
    clean.settle()
    assert len(requests(clean, "REGISTER")) == 1


def test_without_an_account_there_is_nothing_to_register(clean):
    """LocalError says so."""
    agent = clean.station("192.0.2.1").agent
    with pytest.raises(LocalError):
        agent.register(clean.now)


def test_the_table_is_whole():
    """Every phase is entered and left."""
    assert {phase for phase, _ in MOVES} == set(MOVES.values()) == set(Phase)
