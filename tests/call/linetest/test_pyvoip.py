"""`call.linetest.pyvoip`: pyVoIP as a telephone, in a process of its own."""

import asyncio
import importlib.util
import json
import subprocess
import sys
from dataclasses import asdict

import pytest

from appliance.call.linetest import pyvoip
from appliance.call.linetest.pyvoip import Order
from tests.call.linetest.pbx import HOST, Faults, Pbx, free_port

ORDER = Order(
    server=HOST, port=1, host=HOST, sip_port=2, media_ports=(28_000, 28_020), number="100",
    user="200", password="phone", ring=5.0, listen=1.0,
)  # fmt: skip


def test_silence_is_told_from_sound():
    """Takes a rounding of silence for silence."""
    assert not pyvoip.loud(b"\x80\x81\x7f" * 50)
    assert pyvoip.loud(b"\x80" * 100 + b"\x90")
    assert pyvoip.loud(pyvoip.tone(0.02))
    assert len(pyvoip.tone(0.5)) == 4000


def test_the_order_survives_its_way():
    """Is what it was after JSON, the ports being a pair again."""
    given = json.loads(json.dumps(asdict(ORDER)))
    given["media_ports"] = tuple(given["media_ports"])
    assert Order(**given) == ORDER


def told(faults=None, **changes):
    """Run the process against a PBX; returns its events by name."""
    if importlib.util.find_spec("pyVoIP") is None:
        pytest.skip("pyVoIP is not installed: pip install attendant[line-test]")

    async def go():
        async with Pbx(faults) as pbx:
            order = asdict(ORDER) | {"port": pbx.port, "sip_port": free_port(), **changes}
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-W", "ignore", "-m", "appliance.call.linetest.pyvoip",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            out, _ = await asyncio.wait_for(process.communicate(json.dumps(order).encode()), 40)
            return out, process.returncode, pbx

    out, status, pbx = asyncio.run(go())
    assert status == 0
    events = [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]
    return {event.pop("event"): event for event in events}, pbx


def test_it_registers_calls_hears_and_leaves():
    """Is an independent judge of the whole way, and leaves no registration behind."""
    events, pbx = told()
    assert list(events) == ["registered", "answered", "heard"]
    assert events["heard"]["loud"] > 10
    assert not events["heard"]["ended"]
    assert pbx.confirmed
    assert "BYE" in [one.method for one in pbx.log]
    assert pbx.registrar._bindings == {}


def test_a_refusal_does_not_make_it_wait_for_ever():
    """Tells the status, which pyVoIP itself ignores."""
    events, _ = told(Faults(reject=486))
    assert events["refused"] == {"status": 486}


def test_a_refusal_before_anything_else_neither():
    """Ends also where no 100 comes first, for which pyVoIP waits inside the call."""
    events, _ = told(Faults(rude={"INVITE": (480, ())}))
    assert events["refused"] == {"status": 480}


def test_a_wrong_password_ends_it():
    """Says that it could not register."""
    events, _ = told(password="wrong")
    assert "unregistered" in events
