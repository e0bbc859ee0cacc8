"""Our registration against our registrar, and against answers written by hand."""

from itertools import pairwise

import pytest

from appliance.sip import (
    Account,
    Address,
    Bound,
    LocalError,
    Packet,
    Registered,
    Registrar,
    RegistrationFailed,
    Unbound,
    Unregistered,
)
from appliance.sip.guard import Policy
from appliance.sip.message import respond
from appliance.sip.parser import parse
from appliance.sip.registration import LONGEST_WAIT, MOVES, PATIENCE, Phase
from tests.sip.wire import ACCOUNT, CLEAN, PBX, Wire, media, requests, responses, tokens


class NatWire(Wire):
    """A wire with a router in it, behind which one station is seen at another address."""

    def __init__(self, inside, outside, port=40000):
        super().__init__()
        self.inside = Address("udp", inside, 5060)
        self.outside = Address("udp", outside, port)

    def _fly(self, source, packet):
        if source == self.inside:
            super()._fly(self.outside, packet)
        elif packet.to == self.outside:
            super()._fly(source, Packet(packet.data, self.inside))
        else:
            super()._fly(source, packet)


def sent_at(wire, start):
    """When packets that begin so were sent."""
    return [when for when, _, packet in wire.sent if packet.data.startswith(start)]


def registered(wire, box):
    """Register and wait until it is done."""
    box.agent.register(wire.now)
    wire.until(lambda: box.all(Registered))


def office(
    wire,
    *,
    algorithms=("SHA-256", "MD5"),
    password="secret",
    expires=300,
    expires_min=10,
    **more,
):
    """A registrar, its station, and a box that is about to register."""
    registrar = Registrar(
        "pbx",
        {"100": "secret"},
        tokens("registrar"),
        algorithms=algorithms,
        expires_min=expires_min,
    )
    pbx = wire.station("192.0.2.9", registrar=registrar)
    box = wire.station(
        "192.0.2.1", account=Account("100", "pbx", password, PBX, expires=expires), **more
    )
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
    box, pbx, registrar = office(clean, policy=Policy(probe=0))
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
    box, _, _ = office(clean, expires=100, policy=Policy(probe=0))
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


class Clerk:
    """A registrar by hand: `say(request)` gives a status and fields, or None for silence."""

    def __init__(self, say):
        self.say = say
        self.heard = []
        self._packets = []

    def receive(self, data, source, now):
        """Answer as told; OPTIONS are fine."""
        if not data.startswith((b"REGISTER", b"OPTIONS")):
            return
        request, said = parse(data), (200,)
        if request.method == "REGISTER":
            self.heard.append((now, request))
            said = self.say(request)
        if said is not None:
            status, *fields = said
            response = respond(request, status, tag="t", headers=fields)
            self._packets.append(Packet(bytes(response), source))

    def tick(self, now):
        """Nothing is ever due."""

    def deadline(self):
        """Never."""

    def outgoing(self):
        """What was said."""
        packets, self._packets = self._packets, []
        return packets

    def events(self):
        """None."""
        return []


def hired(wire, say, address=PBX, **more):
    """A clerk at an address, and a box that registers there."""
    clerk = Clerk(say)
    wire.join(clerk, address)
    account = Account("100", "pbx", "secret", address)
    box = wire.station("192.0.2.1", account=account, transport=address.transport, **more)
    box.agent.register(wire.now)
    return box, clerk


def carry(wire, box, host):
    """Give the box another address, as another network does."""
    del wire._stations[box.address]
    box.address = Address(box.address.transport, host, box.address.port)
    wire._stations[box.address] = box
    box.agent.moved(box.address, wire.now)


def challenge(nonce, realm="pbx", field="WWW-Authenticate", more=""):
    return (field, f'Digest realm="{realm}", nonce="{nonce}", qop="auth"{more}')


@pytest.mark.parametrize("moment", [0.0, 1.7, 5.0, 7.6, 11.0, 13.9, 19.0, 27.0, 36.5])
def test_ten_silent_minutes_end_within_32_seconds(clean, moment):
    """Whenever the PBX comes back, also just after a last repetition went unheard."""
    box, pbx, _ = office(clean)
    registered(clean, box)
    clean.cut.add(pbx.address)
    clean.run(600 + moment)
    assert box.all(RegistrationFailed)
    clean.cut.clear()
    before = len(box.all(Registered))
    clean.run(32)
    assert len(box.all(Registered)) == before + 1


@pytest.mark.parametrize("after", [(), (("Retry-After", "3600"),)])
def test_an_hour_of_500_ends_within_32_seconds(clean, after):
    """Refusals come at once, whatever they ask for; steps are at most 30 s."""
    broken = [True]
    box, clerk = hired(clean, lambda _: (500, *after) if broken[0] else (200,))
    clean.run(3600)
    times = [when for when, _ in clerk.heard]
    assert all(later - earlier <= LONGEST_WAIT + 0.1 for earlier, later in pairwise(times))
    assert len(times) < 3600 / (0.5 * LONGEST_WAIT) + 10
    assert box.last(RegistrationFailed).status == 500
    broken[0] = False
    clean.run(32)
    assert box.all(Registered)


PBX2 = Address("udp", "192.0.2.8", 5060)
PBX3 = Address("udp", "192.0.2.7", 5060)


def offices(wire, **more):
    """A box with two registrars that both know it."""
    box, first, _ = office(wire, **more)
    second = wire.station(
        "192.0.2.8", registrar=Registrar("pbx", {"100": "secret"}, tokens("second"))
    )
    box.agent.locate((PBX, PBX2), wire.now)
    return box, first, second


def test_the_second_registrar_serves_while_the_first_is_dead(clean):
    """Within seconds, with no failure told; requests go there, and back to the first later."""
    box, first, _ = offices(clean)
    clean.cut.add(first.address)
    box.agent.register(clean.now)
    clean.run(6)
    assert box.last(Registered).at == PBX2
    assert box.agent._stack.registrar == PBX2
    assert box.all(RegistrationFailed) == []
    clean.run(300)
    assert {event.at for event in box.all(Registered)} == {PBX2}
    clean.cut.clear()
    clean.run(300)
    assert box.last(Registered).at == PBX
    assert box.agent.registration.registrar == PBX
    assert box.all(RegistrationFailed) == []


def test_while_the_first_is_asked_again_the_second_stays_in_use(clean):
    """A call of ours does not wait for a dead registrar."""
    box, first, _ = offices(clean)
    clean.cut.add(first.address)
    registered(clean, box)
    asked = len(sent_at(clean, b"REGISTER"))
    clean.until(lambda: len(sent_at(clean, b"REGISTER")) > asked, 400)
    assert clean.sent[-1][2].to == PBX
    assert box.agent._stack.registrar == PBX2


@pytest.mark.parametrize("status", [500, 503, 408])
def test_a_registrar_that_cannot_is_passed_over(clean, status):
    """503 and the like: the next one is asked at once."""
    box, _ = hired(clean, lambda _: (status,), PBX)
    other = Clerk(lambda _: (200,))
    clean.join(other, PBX2)
    box.agent.locate((PBX, PBX2), clean.now)
    clean.run(1)
    assert box.last(Registered).at == PBX2


@pytest.mark.parametrize("status", [403, 404, 600])
def test_a_clear_refusal_is_not_tried_elsewhere(clean, status):
    """A wrong password is wrong at the second registrar too."""
    box, _ = hired(clean, lambda _: (status,), PBX)
    other = Clerk(lambda _: (200,))
    clean.join(other, PBX2)
    box.agent.locate((PBX, PBX2), clean.now)
    clean.run(1)
    assert box.last(RegistrationFailed).status == status
    assert other.heard == []


@pytest.mark.parametrize("moment", range(0, 45, 4))
@pytest.mark.parametrize("which", [PBX, PBX2, PBX3])
def test_each_of_three_registrars_is_found_within_32_seconds(clean, moment, which):
    """A long round shortens the pause after it."""
    box, _ = hired(clean, lambda _: None, PBX)
    back = []
    for address in (PBX, PBX2, PBX3):
        clean.join(Clerk(lambda _, at=address: (200,) if at in back else None), address)
    box.agent.locate((PBX, PBX2, PBX3), clean.now)
    clean.run(400 + moment)
    assert box.all(RegistrationFailed)
    assert box.all(Registered) == []
    back.append(which)
    clean.run(32)
    assert box.last(Registered).at == which


def test_failure_is_told_when_all_were_asked(clean):
    """Not at each silent one; the reason names the last."""
    box, first, second = offices(clean)
    clean.cut |= {first.address, second.address}
    box.agent.register(clean.now)
    clean.run(11)
    assert box.all(RegistrationFailed) == []
    clean.run(2)
    (told,) = box.all(RegistrationFailed)
    assert "192.0.2.8" in told.reason


def test_a_resolver_that_finds_others_ends_the_waiting(clean):
    """DNS back, or changed: what was located is asked at once, an empty answer changes nothing."""
    box, first, _ = office(clean)
    clean.cut.add(first.address)
    box.agent.register(clean.now)
    clean.run(100)
    clean.join(Clerk(lambda _: (200,)), PBX2)
    box.agent.locate((), clean.now)
    assert box.agent._stack.registrars == (PBX,)
    box.agent.locate((PBX2,), clean.now)
    clean.run(0.5)
    assert box.last(Registered).at == PBX2
    before = len(sent_at(clean, b"REGISTER"))
    box.agent.locate((PBX2,), clean.now)
    box.agent.locate((PBX2, PBX), clean.now)
    clean.run(1)
    assert len(sent_at(clean, b"REGISTER")) == before


def test_a_registrar_that_is_no_longer_located_is_left(clean):
    """Its place is taken by those that are."""
    box, _, _ = office(clean)
    registered(clean, box)
    clean.join(Clerk(lambda _: (200,)), PBX2)
    box.agent.locate((PBX2,), clean.now)
    clean.run(0.5)
    assert box.last(Registered).at == PBX2


def test_a_changed_address_is_registered_at_once(clean):
    """Within 0.2 s, and the old contact goes with it."""
    box, _, registrar = office(clean)
    registered(clean, box)
    clean.run(10)
    before = len(sent_at(clean, b"REGISTER"))
    carry(clean, box, "192.0.2.2")
    asked = clean.now
    clean.run(2)
    assert sent_at(clean, b"REGISTER")[before] - asked < 0.2
    assert [contact for contact, _ in registrar.bindings("100", clean.now)] == [
        "sip:100@192.0.2.2:5060"
    ]
    assert "192.0.2.2:5060" in parse(requests(clean, "REGISTER")[-1].data).headers["Via"]


def test_a_network_that_is_back_ends_the_waiting(clean):
    """The same address again: no back-off of the outage is left."""
    box, pbx, _ = office(clean)
    clean.cut.add(pbx.address)
    box.agent.register(clean.now)
    clean.run(600)
    clean.cut.clear()
    box.agent.moved(box.address, clean.now)
    clean.run(0.3)
    assert box.all(Registered)


def test_after_a_move_the_pauses_begin_small_again(clean):
    """Another network is another chance, even if the PBX is not there at once."""
    box, pbx, _ = office(clean)
    clean.cut.add(pbx.address)
    box.agent.register(clean.now)
    clean.run(600)
    before = len(box.all(RegistrationFailed))
    box.agent.moved(box.address, clean.now)
    clean.until(lambda: len(box.all(RegistrationFailed)) > before)
    assert box.last(RegistrationFailed).retry_at - clean.now <= 2


def test_an_agent_that_is_not_registered_stays_so_when_it_moves(clean):
    """Only its address changes."""
    box, _, _ = office(clean)
    moved = Address("udp", "192.0.2.2", 5060)
    box.agent.moved(moved, clean.now)
    clean.run(10)
    assert clean.sent == []
    assert "192.0.2.2" in box.agent._stack.contact


TLS = Address("tls", "192.0.2.9", 5061, "pbx.example")


def test_a_broken_connection_is_renewed_at_once(clean):
    """TLS: registered again in a moment, with no failure told; why is kept for the page."""
    box, _ = hired(clean, lambda _: (200,), TLS)
    clean.run(100)
    box.agent.lost(TLS, "the PBX closed the connection", clean.now)
    assert box.agent.registration.phase is Phase.WAITING
    clean.run(0.3)
    assert len(box.all(Registered)) == 2
    assert box.all(RegistrationFailed) == []
    standing = box.agent.registration
    assert standing.phase is Phase.REGISTERED
    assert standing.reason == "the PBX closed the connection"


def test_the_loss_of_another_connection_changes_nothing(clean):
    """Only the registrar's own counts."""
    box, clerk = hired(clean, lambda _: (200,), TLS)
    clean.run(1)
    box.agent.lost(Address("tls", "192.0.2.77", 5061), "closed", clean.now)
    box.agent.lost(Address("tcp", "192.0.2.9", 5061), "closed", clean.now)
    clean.run(1)
    assert len(clerk.heard) == 1


def test_a_connection_that_is_refused_is_told_in_words_and_tried_again(clean):
    """The request fails at once, and `why` is what people read."""
    box, _ = hired(clean, lambda _: None, TLS)
    clean.run(0.1)
    why = "the certificate of pbx.example expired on 2026-01-01"
    box.agent.lost(TLS, why, clean.now)
    clean.settle()
    told = box.last(RegistrationFailed)
    assert (told.status, told.reason) == (0, why)
    assert told.retry_at - clean.now <= 2
    assert clean.sent[-1][2].data != b""  # there is no connection to be dropped


def test_a_connection_that_breaks_again_and_again_is_left_in_peace(clean):
    """A server that accepts and hangs up at once is asked ever more seldom."""
    box, clerk = hired(clean, lambda _: (200,), TLS)
    for _ in range(3000):
        clean.run(0.2)
        if box.agent.registration.phase is Phase.REGISTERED:
            box.agent.lost(TLS, "closed", clean.now)
    assert 600 / LONGEST_WAIT <= len(clerk.heard) <= 50


def test_silence_on_a_connection_has_it_dropped(clean):
    """The next attempt is not to go the same dead way."""
    box, _ = hired(clean, lambda _: None, TLS)
    clean.run(PATIENCE + 0.1)
    assert box.all(RegistrationFailed)
    assert [packet.to for _, _, packet in clean.sent if packet.data == b""] == [TLS]


def test_a_redirection_is_followed(clean):
    """302 to an address: registered there, proved there, and asked at home first next time."""
    box, clerk = hired(clean, lambda _: (302, ("Contact", "<sip:192.0.2.8:5060>")))
    registrar = Registrar("pbx", {"100": "secret"}, tokens("second"))
    clean.station("192.0.2.8", registrar=registrar)
    clean.until(lambda: box.all(Registered))
    assert box.last(Registered).at == PBX2
    assert box.agent._stack.registrar == PBX2
    assert registrar.bindings("100", clean.now)
    clean.run(300)
    assert len(clerk.heard) > 1
    assert box.all(RegistrationFailed) == []


def test_redirections_in_a_circle_are_a_failure(clean):
    """Told as the status, with the reason, and tried again."""
    box, _ = hired(clean, lambda _: (302, ("Contact", "<sip:192.0.2.8>")))
    clean.join(Clerk(lambda _: (301, ("Contact", "<sip:192.0.2.9>"))), PBX2)
    clean.run(1)
    told = box.last(RegistrationFailed)
    assert told.status == 301
    assert "circle" in told.reason
    assert len(sent_at(clean, b"REGISTER")) == 2


def test_the_next_nonce_saves_the_challenge(clean):
    """Authentication-Info hands out the nonce of the next request (RFC 7616 3.5)."""
    answers = iter([(401, challenge("one")), (200, ("Authentication-Info", 'nextnonce="two"'))])
    box, clerk = hired(clean, lambda _: next(answers, (200,)))
    clean.run(500)
    proofs = [request.headers.get("Authorization", "") for _, request in clerk.heard]
    assert 'nonce="one"' in proofs[1]
    assert 'nonce="two"' in proofs[2]
    assert "nc=00000001" in proofs[2]
    assert box.all(RegistrationFailed) == []


def test_a_proxy_and_a_registrar_may_each_ask(clean):
    """407 and then 401: both proofs go out together."""
    proxy = challenge("p", "proxy", "Proxy-Authenticate")
    answers = iter([(407, proxy), (401, challenge("r", "registrar")), (200,)])
    box, clerk = hired(clean, lambda _: next(answers, (200,)))
    clean.run(1)
    assert box.all(Registered)
    final = clerk.heard[-1][1].headers
    assert 'realm="proxy"' in final["Proxy-Authorization"]
    assert 'realm="registrar"' in final["Authorization"]


def test_two_realms_are_proved_at_once(clean):
    """Each challenge of a response gets its own credentials (RFC 3261 22.3)."""
    answers = iter([(401, challenge("a", "first"), challenge("b", "second"))])
    box, clerk = hired(clean, lambda _: next(answers, (200,)))
    clean.run(1)
    assert box.all(Registered)
    proofs = clerk.heard[1][1].headers.lines("Authorization")
    assert [('realm="first"' in one, 'realm="second"' in one) for one in proofs] == [
        (True, False),
        (False, True),
    ]


def test_behind_a_nat_the_contact_is_where_we_are_seen():
    """The first answer tells it, the contact is registered anew once, and the wrong one goes."""
    wire = NatWire("192.0.2.1", "203.0.113.5")
    box, _, registrar = office(wire, policy=Policy(probe=0))
    registered(wire, box)
    assert len(box.all(Registered)) == 1
    assert [one for one, _ in registrar.bindings("100", wire.now)] == ["sip:100@203.0.113.5:40000"]
    assert len(requests(wire, "REGISTER")) == 3
    assert "192.0.2.1:5060" in parse(requests(wire, "REGISTER")[-1].data).headers["Via"]
    wire.run(700)
    assert len(box.all(Registered)) == 3
    assert len(requests(wire, "REGISTER")) <= 3 + 2 * 2
    wire.outside = Address("udp", "203.0.113.6", 41000)
    wire.run(300)
    assert [one for one, _ in registrar.bindings("100", wire.now)] == ["sip:100@203.0.113.6:41000"]


def test_a_mapping_that_changes_each_time_is_no_loop(clean):
    """The contact is corrected once in each round."""
    ports = iter(range(2000, 3000))

    def say(request):
        via = request.headers["Via"].replace(";rport", f";rport={next(ports)};received=192.0.2.1")
        request = request.with_headers(request.headers.setting("Via", via))
        clerk._packets.append(Packet(bytes(respond(request, 200, tag="t")), box.address))

    box, clerk = hired(clean, say)
    clean.run(10)
    assert len(clerk.heard) == 2
    assert len(box.all(Registered)) == 1


def test_a_registrar_that_refuses_two_contacts_gets_one(clean):
    """The old contact is then left to expire."""

    def say(request):
        return (400,) if len(request.headers.lines("Contact")) > 1 else (200,)

    box, clerk = hired(clean, say)
    clean.run(1)
    carry(clean, box, "192.0.2.2")
    clean.run(1)
    assert len(box.all(Registered)) == 2
    assert [len(one.headers.lines("Contact")) for _, one in clerk.heard] == [1, 2, 1]
    assert box.all(RegistrationFailed) == []


def test_the_service_route_is_kept(clean):
    """RFC 3608: in its order, until the registration is withdrawn; nonsense is as none."""
    said = [(("Service-Route", "<sip:192.0.2.50;lr>, <sip:192.0.2.51;lr>"),)]
    box, _ = hired(clean, lambda _: (200, *said[0]))
    clean.run(1)
    stack = box.agent._stack
    assert [str(route) for route in stack.routes] == [
        "<sip:192.0.2.50;lr>",
        "<sip:192.0.2.51;lr>",
    ]
    assert stack.proves("192.0.2.50")
    assert not stack.proves("192.0.2.52")
    box.agent.unregister(clean.now)
    clean.run(1)
    assert stack.routes == ()
    said[0] = (("Service-Route", "<nonsense"),)
    box.agent.register(clean.now)
    clean.run(1)
    assert stack.routes == ()
    assert len(box.all(Registered)) == 2


def test_we_say_that_we_understand_path(clean):
    """RFC 3327 5.1; a registrar needs it to keep one."""
    _, clerk = hired(clean, lambda _: (200,))
    clean.run(1)
    assert clerk.heard[0][1].headers["Supported"] == "path"


def test_the_standing_is_told(clean):
    """Phase, since when, the last failure, and what happens next."""
    box, clerk = hired(clean, lambda _: (403,))
    began = clean.now
    clean.run(0.5)
    standing = box.agent.registration
    assert standing.phase is Phase.WAITING
    assert (standing.status, standing.granted) == (403, 0)
    assert began < standing.since == standing.failed_at < clean.now < standing.next_at
    clerk.say = lambda _: (200, ("Expires", "120"))
    clean.run(5)
    standing = box.agent.registration
    assert standing.phase is Phase.REGISTERED
    assert standing.granted == 120
    assert standing.status == 403
    assert standing.since < standing.next_at <= standing.since + 120
    assert clean.station("192.0.2.44").agent.registration is None


def test_a_domain_that_is_an_ipv6_address_gets_its_brackets(clean):
    """However it was written in the settings."""
    for domain in ("2001:db8::9", "[2001:db8::9]"):
        box = clean.station("192.0.2.1", account=Account("100", domain, "secret", PBX))
        box.agent.register(clean.now)
        clean.settle()
        request = parse(requests(clean, "REGISTER")[-1].data)
        assert request.uri == "sip:[2001:db8::9]"
        assert request.headers["To"] == "<sip:100@[2001:db8::9]>"


def test_a_network_that_changes_while_asking_is_no_failure(clean):
    """The old connection is dropped, the new REGISTER goes at once, and nothing is told."""
    answers = iter([None, (200,)])
    box, clerk = hired(clean, lambda _: next(answers), TLS)
    clean.run(1)
    carry(clean, box, "192.0.2.2")
    clean.run(0.5)
    assert [packet.to for _, _, packet in clean.sent if packet.data == b""] == [TLS]
    assert len(clerk.heard) == 2
    assert box.all(RegistrationFailed) == []
    assert box.all(Registered)


def test_a_grant_of_nothing_is_no_storm(clean):
    """Zero seconds, or one, are not believed."""
    box, clerk = hired(clean, lambda _: (200, ("Expires", "0")))
    clean.run(100)
    assert len(clerk.heard) <= 21
    assert box.all(Registered)


def test_what_is_refreshed_stands_until_it_is_refused(clean):
    """The page shows no flicker; a refusal shows at once."""
    box, clerk = hired(clean, lambda _: (200,), policy=Policy(probe=0))
    clean.run(1)
    since = box.agent.registration.since
    clerk.say = lambda _: None
    clean.until(lambda: len(clerk.heard) > 1, 300)
    assert box.agent.registration.phase is Phase.REGISTERED
    clerk.say = lambda _: (200,)
    clean.run(2)
    assert box.agent.registration.since == since
    clerk.say = lambda _: (403,)
    clean.run(300)
    assert box.agent.registration.phase is Phase.WAITING


def test_making_sure_tells_what_has_changed(clean):
    """Another grant is news, the same one is not."""
    box, clerk = hired(clean, lambda _: (200, ("Expires", "200")))
    clean.run(100)
    assert len(box.all(Registered)) == 1
    assert len(clerk.heard) > 3
    clerk.say = lambda _: (200, ("Expires", "100"))
    clean.run(30)
    assert [event.expires for event in box.all(Registered)] == [200, 100]


def test_a_connection_that_may_have_outlived_a_change_is_tried_first(clean):
    """Calls depend on it. It is dropped when the change is told again before an answer came."""
    answers = iter([(200,), (200,), None, (200,)])
    box, clerk = hired(clean, lambda _: next(answers), TLS)
    clean.run(1)
    for _ in range(2):  # answered, then not
        assert box.agent.registration.phase is Phase.REGISTERED
        box.agent.moved(box.address, clean.now)
        clean.run(0.5)
    assert len(clerk.heard) == 3
    assert not [packet for _, _, packet in clean.sent if packet.data == b""]
    box.agent.moved(box.address, clean.now)
    clean.run(0.5)
    assert [packet.to for _, _, packet in clean.sent if packet.data == b""] == [TLS]
    assert box.agent.registration.phase is Phase.REGISTERED


def test_a_connection_from_an_address_that_is_gone_is_dropped(clean):
    """There is nothing to be tried."""
    box, _ = hired(clean, lambda _: (200,), TLS)
    clean.run(1)
    carry(clean, box, "192.0.2.2")
    clean.run(0.5)
    assert [packet.to for _, _, packet in clean.sent if packet.data == b""] == [TLS]
    assert box.agent.registration.phase is Phase.REGISTERED
