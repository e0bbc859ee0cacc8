"""`call.linetest.phone`: our own telephone, on real sockets."""

import asyncio

from appliance import sip
from appliance.call.linetest.phone import Phone
from appliance.call.linetest.seen import Setup
from tests.call.linetest.pbx import HOST, PORTS, QUICK, Faults, Pbx


def called(faults=None, *, password="phone", codecs=("PCMU",), **how):
    """Let the telephone call; returns what the registrar said and what was seen."""

    async def go():
        async with Pbx(faults) as pbx:
            account = sip.Account(
                "200", HOST, password, sip.Address("udp", HOST, pbx.port), expires=60
            )
            phone = Phone(Setup(HOST, PORTS, "100", codecs, sip.Srtp.OFF, account), QUICK)
            try:
                status = await phone.open()
                seen = await phone.call(**how) if status[0] == 200 else None
            finally:
                await phone.close()
            return status, seen, pbx

    return asyncio.run(go())


def test_a_call_is_gone_through_to_its_end():
    """Sees answer, audio, hold, resume, transfer and the answer to its own hanging up."""
    _, seen, pbx = called(transfer="200")
    assert (seen.status, seen.server, seen.contact) == (200, "Fake PBX", HOST)
    assert seen.figures.received > 10
    assert seen.audible
    assert (seen.held, seen.resumed) == (True, True)
    assert seen.after > 0
    assert seen.transfer == 200
    assert seen.bye == 200 or seen.ended is sip.EndReason.HUNG_UP
    assert [one.method for one in pbx.log if one.method == "REFER"] == ["REFER"]


def test_a_brief_call_ends_as_soon_as_it_is_answered():
    """Presses nothing and holds nothing where only the answer counts."""
    _, seen, pbx = called(brief=True)
    assert (seen.status, seen.held, seen.bye) == (200, None, 200)
    assert seen.seconds < QUICK.listen
    assert "REFER" not in [one.method for one in pbx.log]


def test_a_refusal_is_kept():
    """Keeps status and reason."""
    _, seen, _ = called(Faults(reject=486))
    assert (seen.status, seen.reason, seen.figures) == (486, "Busy Here", None)


def test_a_telephone_that_is_refused_does_not_call():
    """Hands on what the registrar says."""
    status, seen, pbx = called(password="wrong")
    assert status[0] == 401
    assert seen is None
    assert "INVITE" not in [one.method for one in pbx.log]


def test_it_leaves_no_registration_behind():
    """Withdraws its own contact, and nobody else's."""
    _, _, pbx = called(brief=True)
    assert pbx.registrar._bindings == {}
