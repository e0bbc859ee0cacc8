"""A telephone of another make calls the box: starts `pyvoip` and judges what it tells."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import sys
from dataclasses import asdict, dataclass
from typing import Any, Final

from appliance.call.linetest import calls
from appliance.call.linetest.pyvoip import Order
from appliance.call.linetest.steps import Result, Step, failed, passed, skipped

_SPARE: Final = 15.0
"""Seconds beyond its own waiting after which it is ended: it may hang."""


@dataclass(slots=True)
class Sighting:
    """What it told."""

    registered: bool = False
    refused: int = 0
    answered: bool = False
    frames: int = 0
    loud: int = 0
    ended_early: bool = False
    trouble: str = ""


def installed() -> bool:
    """Whether pyVoIP is there, and what it needs on newer Pythons."""
    return all(importlib.util.find_spec(name) is not None for name in ("pyVoIP", "audioop"))


async def visit(order: Order) -> Sighting:
    """Let it call; the password goes by stdin, where nobody sees it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "appliance.call.linetest.pyvoip",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    if process.stdin is None or process.stdout is None:
        return Sighting(trouble="no pipe to it")
    sighting = Sighting()
    try:
        async with asyncio.timeout(order.ring + order.listen + _SPARE):
            process.stdin.write(json.dumps(asdict(order)).encode())
            process.stdin.close()
            async for line in process.stdout:
                _note(sighting, line)
    except TimeoutError:
        sighting.trouble = sighting.trouble or "it did not end by itself"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return sighting


def _note(sighting: Sighting, line: bytes) -> None:
    """Take one event; its own complaints are no JSON objects."""
    try:
        told: Any = json.loads(line)
    except ValueError:
        return
    if not isinstance(told, dict):
        return
    match told.get("event"):
        case "registered":
            sighting.registered = True
        case "refused":
            sighting.refused = int(told["status"])
        case "answered":
            sighting.answered = True
        case "heard":
            sighting.frames, sighting.loud = int(told["frames"]), int(told["loud"])
            sighting.ended_early = bool(told["ended"])
        case "broken":
            sighting.trouble = str(told["why"])


def judge(sighting: Sighting, order: Order) -> Result:
    """Say what it means; it is judged only by what it can do."""
    if sighting.refused == 407:
        return skipped(
            Step.STRANGER, "pyVoIP cannot answer to a proxy that asks for the password (407)"
        )
    if sighting.refused:
        said = calls.refusal(sighting.refused, "", order.number)
        return failed(
            Step.STRANGER,
            f"a telephone of another make (pyVoIP) is refused: {said}",
            "compare what the PBX demands of this extension with what a simple telephone has:"
            " UDP, G.711, no encryption",
        )
    if order.register and not sighting.registered:
        return skipped(
            Step.STRANGER,
            f"pyVoIP could not register as {order.user}: it knows UDP and MD5 only",
        )
    if not sighting.answered:
        why = f": {sighting.trouble}" if sighting.trouble else ""
        return failed(
            Step.STRANGER,
            f"a telephone of another make (pyVoIP) got no answer from {order.number}{why}",
            "if the call of the box's own make was answered, look at what the PBX does with simple"
            " telephones",
        )
    if not sighting.loud:
        return failed(
            Step.STRANGER,
            "a telephone of another make (pyVoIP) was answered and hears nothing",
            "look at firewalls and NAT between it and the PBX, as for one-way audio",
        )
    if sighting.ended_early:
        return failed(
            Step.STRANGER,
            "a telephone of another make (pyVoIP) was answered and then rung off",
            "look at the PBX's log at this moment",
        )
    return passed(
        Step.STRANGER, "a telephone of another make (pyVoIP) was answered, heard and rang off"
    )
