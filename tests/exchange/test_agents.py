"""One user agent for each transport, in virtual time."""

import pytest

from appliance import sip
from appliance.exchange.agents import call_id_of
from tests.exchange.test_pbx import USERS, nothing_kept
from tests.exchange.world import HOST, PBX, STREAMS, Telephone, World


@pytest.fixture
def world() -> World:
    return World(USERS)


def phones(world: World, *ways: tuple[str, str]) -> list[Telephone]:
    made = [world.telephone(user, transport=transport) for user, transport in ways]
    for phone in made:
        phone.register()
        assert phone.last(sip.Registered), phone.events
    return made


def requests(world: World, method: bytes) -> list[tuple[str, str]]:
    """Transport and Contact of each request of the exchange."""
    found = []
    for source, packet in world.sent:
        if source in (PBX, *STREAMS) and packet.data.startswith(method):
            lines = packet.data.split(b"\r\n")
            contact = next((n for n in lines if n.startswith(b"Contact:")), b"")
            found.append((packet.to.transport, contact.decode()))
    return found


@pytest.mark.parametrize("caller", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("called", ["udp", "tcp", "tls"])
def test_every_transport_calls_every_other(world: World, caller: str, called: str) -> None:
    """Each leg stays on the transport by which its telephone registered, to the end."""
    near, far = phones(world, ("300", caller), ("100", called))
    world.sent.clear()
    handle = near.call("100")
    far.answer()
    assert near.last(sip.Answered), near.events
    ports = {"udp": 5060, "tcp": 5060, "tls": 5061}
    mark = "" if called == "udp" else f";transport={called}"
    assert requests(world, b"INVITE") == [(called, f"Contact: <sip:{HOST}:{ports[called]}{mark}>")]
    near.do(near.core.hold, handle, True)
    assert not far.last(sip.MediaChanged).media.direction.sends
    far.do(far.core.hang_up, far.incoming)
    assert near.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    used = {packet.to.transport for source, packet in world.sent if source == near.address}
    assert used == {caller}
    assert nothing_kept(world)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_lost_connection_unbinds(world: World, transport: str) -> None:
    """Who had registered over a connection that is gone is not reachable; who comes again is."""
    (phone,) = phones(world, ("301", transport))
    assert world.pbx.reachable("301", world.now)
    world.pbx.lost(phone.address, "closed", world.now)
    world.run(0.1)
    assert not world.pbx.reachable("301", world.now)
    assert isinstance(world.happened[-1], sip.Unbound)
    phone.core.register(world.now)
    world.run(1.0)
    assert world.pbx.reachable("301", world.now)


LARGE = {"srtp": sip.Srtp.OFFERED, "codecs": ("PCMU", "PCMA", "G722", "opus")}
"""With all codecs and keys an INVITE is too large for a datagram."""


def large(**named) -> tuple[World, Telephone, Telephone]:
    world = World(USERS, srtp=sip.Srtp.OFFERED, **named)
    near, far = (world.telephone(user, **LARGE) for user in ("300", "100"))
    for phone in (near, far):
        phone.register()
    return world, near, far


def test_large_message_of_a_datagram_call_finds_its_dialog() -> None:
    """What is too large for a datagram comes by TCP, and belongs to the call all the same."""
    world, near, far = large()
    handle = near.call("100")
    far.answer()
    assert near.last(sip.Answered), near.events
    assert [way for way, _ in requests(world, b"INVITE")] == ["tcp"]
    for phone, call in ((near, handle), (far, far.incoming)):
        world.sent.clear()
        phone.do(phone.core.hold, call, True)
        used = {p.to.transport for s, p in world.sent if s.port == phone.address.port}
        assert "tcp" in used
        phone.do(phone.core.hold, call, False)
        assert phone.last(sip.MediaChanged).media.direction is sip.Direction.SENDRECV
    far.do(far.core.hang_up, far.incoming)
    assert near.last(sip.Ended).reason is sip.EndReason.HUNG_UP
    assert nothing_kept(world)


def test_large_message_names_the_port_of_its_transport() -> None:
    """Who answers an INVITE that went by TCP finds our TCP port in its Via, whatever the other."""
    world, near, _ = large(streams=(sip.Address("tcp", HOST, 5090),))
    world.plug(PBX, world.pbx)  # whoever listens on both ports gets the large INVITE of a telephone
    near.call("100")
    sent = [p.data for _, p in world.sent if p.to.transport == "tcp" and p.data[:6] == b"INVITE"]
    assert any(f"Via: SIP/2.0/TCP {HOST}:5090;".encode() in data for data in sent)


def test_telephone_without_tcp_gets_large_messages_by_udp() -> None:
    """Where no connection can be made to a telephone, the INVITE comes as a datagram."""
    world, near, far = large()
    world.deaf.add(sip.Address("tcp", HOST, far.address.port))
    near.call("100")
    assert [way for way, _ in requests(world, b"INVITE")] == ["tcp", "udp"]
    far.answer()
    assert near.last(sip.Answered), near.events


@pytest.mark.parametrize(
    ("data", "call_id"),
    [
        (b"OPTIONS sip:a SIP/2.0\r\nCall-ID: x@y\r\n\r\n", "x@y"),
        (b"OPTIONS sip:a SIP/2.0\r\ni :  z \r\nCSeq: 1 OPTIONS\r\n\r\n", "z"),
        (b"OPTIONS sip:a SIP/2.0\r\nX-Call-ID: no\r\n\r\n", ""),
        (b"", ""),
        (b"\r\n\r\n", ""),
    ],
)
def test_call_id_is_found_in_any_form(data: bytes, call_id: str) -> None:
    """Long or compact, whatever the blanks; other headers are not taken for it."""
    assert call_id_of(data) == call_id


def test_broken_refer_is_no_harm() -> None:
    """An exchange that refuses transfers drops a REFER that cannot even be answered."""
    world = World(USERS, refer=405)
    for data in (b"REFER ", b"REFER sip:a SIP/2.0\r\n\r\n", b"REFER \xff\xff"):
        world.pbx.receive(data, PBX, world.now)
    world.run(0.1)
    assert not [p for _, p in world.sent if not p.data.startswith(b"SIP/2.0 405")]
