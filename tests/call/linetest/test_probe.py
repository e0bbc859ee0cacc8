"""`call.linetest.probe`: questions over real sockets."""

import asyncio

import pytest

from appliance import sip
from appliance.call.line import tls_options
from appliance.call.linetest import probe
from appliance.call.linetest.probe import Probe
from appliance.settings import AccountSettings
from tests.call.linetest.pbx import HOST, Faults, Pbx, account, free_port


def asked(transport, question, *, faults=None, serving=None, **more):
    """Ask a PBX one question."""

    async def go():
        async with Pbx(faults, transports=serving or (transport,)) as pbx:
            to = sip.Address(transport, HOST, pbx.port)
            way = await Probe.open(
                HOST, to, account(pbx, transport=transport, **more), patience=1.0
            )
            try:
                return await question(way)
            finally:
                await way.close()

    return asyncio.run(go())


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_pbx_answers(transport):
    """Gets its answer by either transport."""
    reply = asked(transport, lambda way: way.options())
    assert (reply.status, reply.server) == (200, "Fake PBX")


def test_a_silent_port_is_no_answer():
    """Gives up after its patience and says who was silent."""
    reply = asked("udp", lambda way: way.large(3000), faults=Faults(largest=100))
    assert reply.status == 0
    assert "no answer" in reply.reason


def test_a_closed_port_refuses():
    """Hears the refusal that only a connected socket is told."""

    async def go():
        to = sip.Address("udp", HOST, free_port())
        way = await Probe.open(HOST, to, AccountSettings(domain=HOST), patience=0.2)
        try:
            return await way.options()
        finally:
            await way.close()

    assert "refuses connections" in asyncio.run(go()).reason


def test_connections_are_tried_in_plain_words():
    """Says why no connection comes about, and nothing where it does."""

    async def go():
        async with Pbx(transports=("tcp",)) as pbx:
            good = await probe.connects(HOST, sip.Address("tcp", HOST, pbx.port))
            to = sip.Address("tcp", HOST, free_port(), "pbx.example")
            return good, await probe.connects(HOST, to)

    assert asyncio.run(go())[0] == ""
    assert asyncio.run(go())[1].startswith("pbx.example: port")


def test_other_transports_are_found():
    """Finds TCP where UDP was expected."""

    async def go():
        async with Pbx(transports=("tcp",)) as pbx:
            to = sip.Address("udp", HOST, pbx.port)
            return pbx.port, await probe.others(HOST, to, account(pbx), 0.5)

    port, found = asyncio.run(go())
    assert sip.Address("tcp", HOST, port) in found


def test_credentials_and_tls_are_those_of_the_settings():
    """Takes login, password and every option of TLS."""
    made = AccountSettings(user="1", login="me", password="x", tls={"verify": False})
    held = probe.credentials(made, sip.Address("udp", HOST, 1))
    assert (held.user, held.login, held.password) == ("1", "me", "x")
    assert tls_options(made).verify is False
