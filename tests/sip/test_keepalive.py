"""Signs of life of the registrar between two registrations."""

import pytest

from appliance.sip import Account, Address, Registered, Registrar, RegistrationFailed
from appliance.sip.framing import PING, PONG
from appliance.sip.guard import Policy
from appliance.sip.keepalive import OPEN, PONG_PATIENCE, PROBE_PATIENCE
from appliance.sip.registration import PATIENCE
from tests.sip.raw import invite
from tests.sip.test_registration import NatWire, office, registered, sent_at
from tests.sip.wire import PBX, Wire, requests, responses, tokens

TCP = Address("tcp", "192.0.2.9", 5060)


def over_tcp(wire, **more):
    """A box that is registered over a connection, and its PBX."""
    registrar = Registrar("pbx", {"100": "secret"}, tokens("registrar"))
    pbx = wire.station("192.0.2.9", registrar=registrar, transport="tcp")
    account = Account("100", "pbx", "secret", TCP, expires=3600)
    box = wire.station("192.0.2.1", account=account, transport="tcp", **more)
    box.agent.register(wire.now)
    wire.until(lambda: box.all(Registered))
    return box, pbx


def test_the_registration_is_made_sure_of(clean):
    """By UDP it is refreshed each 25 s or so, and nothing is told of it."""
    box, _, _ = office(clean, expires=3600)
    registered(clean, box)
    began = box.agent.registration.since
    clean.run(600)
    asked = len(box.all(Registered)), box.agent.registration.since
    assert asked == (1, began)
    assert 600 / 25 <= len(responses(clean, 200)) <= 600 / 20 + 1
    assert box.all(RegistrationFailed) == []


def test_a_pbx_that_restarts_in_a_moment_is_told_again(clean):
    """It forgot us and answers as before: within 32 s it knows us again."""
    box, _, registrar = office(clean, expires=3600)
    registered(clean, box)
    for moment in (0, 7, 13, 24.9):
        clean.run(200 + moment)
        registrar._bindings.clear()
        clean.run(32)
        assert registrar.bindings("100", clean.now)
    assert box.all(RegistrationFailed) == []


def test_a_registrar_that_is_gone_is_noticed_and_found_again(clean):
    """Long before the registration would have been refreshed, and 32 s after it is back."""
    box, pbx, _ = office(clean, expires=3600)
    registered(clean, box)
    clean.cut.add(pbx.address)
    clean.until(lambda: box.all(RegistrationFailed), 25 + PATIENCE + 1)
    assert box.agent.registration.reason
    clean.run(300)
    clean.cut.clear()
    before = len(box.all(Registered))
    clean.run(32)
    assert len(box.all(Registered)) == before + 1


def test_a_line_that_is_busy_is_not_asked(clean):
    """Whatever comes over the connection is sign enough."""
    box, pbx = over_tcp(clean)
    for _ in range(30):
        clean.run(10)
        box.agent.receive(bytes(invite(b"", method="OPTIONS").request), pbx.address, clean.now)
    assert sent_at(clean, PING) == []
    assert requests(clean, "OPTIONS") == []


def test_a_registrar_that_answers_neither_is_soon_asked_no_more(clean):
    """Twice the registration proves that it lives; after that we believe it."""
    box, _ = over_tcp(clean)
    clean.drop = lambda packet: packet.data.startswith(b"OPTIONS")
    clean.run(2000)
    assert box.all(RegistrationFailed) == []
    assert len(box.all(Registered)) == 3
    assert len(requests(clean, "OPTIONS")) == 2


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_no_probe_is_sent_where_none_is_wanted(transport):
    """Policy.probe 0 switches it off."""
    wire = Wire()
    if transport == "tcp":
        over_tcp(wire, policy=Policy(probe=0))
    else:
        box, _, _ = office(wire, expires=3600, policy=Policy(probe=0))
        registered(wire, box)
    wire.run(1000)
    assert requests(wire, "OPTIONS") == []
    assert sent_at(wire, PING) == []
    assert len(requests(wire, "REGISTER")) == 2


def test_over_a_connection_a_ping_is_enough(clean):
    """CRLFCRLF is answered by CRLF, and nothing else is sent."""
    box, pbx = over_tcp(clean)
    count = 0
    for _ in range(100):
        clean.run(2)
        pings = len([one for _, _, one in clean.sent if one.data == PING])
        if pings > count:
            count = pings
            box.agent.receive(PONG, pbx.address, clean.now)
    assert count >= 200 / 27
    assert requests(clean, "OPTIONS") == []
    assert box.all(RegistrationFailed) == []


def test_a_pong_counts_however_late_the_clock_strikes(clean):
    """It came after the ping: that is all that matters, not when it is looked at."""
    box, pbx = over_tcp(clean)
    clean.until(lambda: sent_at(clean, PING))
    box.agent.receive(PONG, pbx.address, clean.now + 0.001)
    box.agent.tick(clean.now + PONG_PATIENCE + 0.5)
    clean.settle()
    assert requests(clean, "OPTIONS") == []


def test_a_registrar_that_knows_no_pings_is_asked_in_words(clean):
    """Without a pong OPTIONS decides, and is what is sent from then on."""
    box, _ = over_tcp(clean)
    clean.run(300)
    assert len([one for _, _, one in clean.sent if one.data == PING]) == 1
    assert len(requests(clean, "OPTIONS")) > 5
    assert len(box.all(Registered)) == 1


def test_a_dead_connection_is_dropped_and_made_anew(clean):
    """No pong, no answer: an empty packet tells the shell to drop it, and we register again."""
    box, pbx = over_tcp(clean)
    clean.cut.add(pbx.address)
    clean.until(
        lambda: [one for _, source, one in clean.sent if one.data == b"" and one.to == TCP],
        25 + PONG_PATIENCE + PROBE_PATIENCE + 1,
    )
    clean.cut.clear()
    clean.run(1)
    assert len(box.all(Registered)) == 2


def test_a_nat_is_kept_open():
    """Behind a NAT an empty datagram goes out every 25 s; without one none does."""
    wire = NatWire("192.0.2.1", "203.0.113.5")
    box, pbx, _ = office(wire, expires=3600, policy=Policy(probe=0))
    registered(wire, box)
    wire.run(250)
    pings = sent_at(wire, PING)
    assert len(pings) == 250 // OPEN
    box.agent.unregister(wire.now)
    wire.run(100)
    assert len(sent_at(wire, PING)) == len(pings)
    assert box.idle()
    assert pbx.address == PBX


def test_a_registrar_known_by_name_only_is_not_asked_each_second(clean):
    """Its answers are signs of life although they come from an address."""
    named = Address("tcp", "pbx.example", 5060)
    account = Account("100", "pbx", "secret", named, expires=3600)
    box = clean.station("192.0.2.1", account=account, transport="tcp")
    registrar = Registrar("pbx", {"100": "secret"}, tokens("registrar"))
    clean._stations[named] = clean.station("192.0.2.9", registrar=registrar, transport="tcp")
    registered(clean, box)
    clean.run(200)
    assert 5 <= len(requests(clean, "OPTIONS")) <= 10
