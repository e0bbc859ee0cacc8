"""`call.linetest.stranger`: what the telephone of another make tells, and what it means."""

import asyncio
import sys

import pytest

from appliance.call.linetest import stranger
from appliance.call.linetest.steps import Verdict
from appliance.call.linetest.stranger import Sighting
from tests.call.linetest.test_pyvoip import ORDER


@pytest.mark.parametrize(
    ("sighting", "verdict", "word"),
    [
        (Sighting(True, answered=True, frames=50, loud=40), Verdict.PASS, "answered, heard"),
        (Sighting(True, answered=True, frames=50), Verdict.FAIL, "hears nothing"),
        (Sighting(True, refused=407), Verdict.SKIPPED, "407"),
        (Sighting(True, refused=404), Verdict.FAIL, "knows no number 100"),
        (Sighting(True, trouble="KeyError: 'a'"), Verdict.FAIL, "no answer from 100: KeyError"),
        (Sighting(), Verdict.SKIPPED, "MD5 only"),
        (
            Sighting(True, answered=True, frames=9, loud=9, ended_early=True),
            Verdict.FAIL,
            "rung off",
        ),
    ],
)
def test_it_is_judged_by_what_it_can(sighting, verdict, word):
    """Blames the line only for what pyVoIP can do."""
    result = stranger.judge(sighting, ORDER)
    assert result.verdict is verdict
    assert word in result.saw


def visited(monkeypatch, program, **order):
    """Run a program in the place of the telephone."""
    start = asyncio.create_subprocess_exec

    async def other(*_words, **pipes):
        return await start(sys.executable, "-c", program, **pipes)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", other)
    from dataclasses import replace

    return asyncio.run(stranger.visit(replace(ORDER, **order)))


def test_its_own_complaints_are_not_mistaken_for_events(monkeypatch):
    """Skips what is no JSON object, and takes what is."""
    sighting = visited(
        monkeypatch,
        "print('TODO: Add 500 Error'); print(17); print('{\"event\": \"registered\"}');"
        'print(\'{"event": "heard", "frames": 3, "loud": 2, "ended": false}\')',
    )
    assert (sighting.registered, sighting.frames, sighting.loud) == (True, 3, 2)


def test_one_that_hangs_is_ended(monkeypatch):
    """Gives it its time and no more."""
    monkeypatch.setattr(stranger, "_SPARE", 0.3)
    sighting = visited(monkeypatch, "import time; time.sleep(60)", ring=0.1, listen=0.1)
    assert sighting.trouble


def test_the_password_is_in_no_command_line(monkeypatch):
    """Hands the order over by stdin."""
    sighting = visited(
        monkeypatch,
        "import json, sys; given = json.load(sys.stdin);"
        "told = {'event': 'broken', 'why': given['password'] + str('phone' in sys.argv)};"
        "print(json.dumps(told))",
    )
    assert sighting.trouble == "phoneFalse"
