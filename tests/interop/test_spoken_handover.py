"""A person takes or declines a call by a spoken word, heard by the box's own recogniser."""

import shutil
import time
import wave

import pytest

from tests.interop.conftest import ACCOUNTS, ROOT, Box, Process
from tests.interop.peers import Baresip
from tests.interop.test_baresip import write_wav

pytestmark = pytest.mark.interop

BEFORE = 3.5
"""Seconds after they have picked up in which the person only listens."""
LONG = " ".join(["Stay on the line, or say yes to take the call, or no to refuse it."] * 10)
"""Half a minute: whoever stays to its end has not been heard."""


def word(folder, text):
    """A sound file: silence, one word again and again, each with a pause after it."""
    wav = folder / "word.wav"
    said = Process(folder, "say", text, "-o", str(wav))
    assert said.process.wait(60) == 0, said.said()
    said.stop()
    with wave.open(str(wav)) as file:
        step = file.getframerate() // 8000
        samples = memoryview(file.readframes(file.getnframes())).cast("h")[::step].tobytes()
    spoken = samples + bytes(16_000 * 60)
    return write_wav(folder / "person.wav", bytes(int(16_000 * BEFORE)) + spoken)


@pytest.fixture
def scene(box, tmp_path):
    """A box that briefs people, a caller, and a person who says a word."""
    folder = tmp_path / "dialogue"
    shutil.copytree(ROOT / "appliance" / "dialogue" / "starter", folder)
    main = folder / "dialogue.yaml"
    told = main.read_text("utf-8").replace("number: 200", "number: 302")
    told = told.replace("sentences:\n", f"sentences:\n  briefing_keys: {LONG}\n", 1)
    main.write_text(told, "utf-8")
    made = []

    def make(text):
        held = Box(tmp_path / "box", box.socket, dialogue=folder, handover="attended")
        made.append(held)
        held.ready()

        def phone(user, spoken, **options):
            account = f"<sip:{user}@127.0.0.1:{held.registrar}>;auth_pass={ACCOUNTS[user]}"
            account += ";regint=60;audio_codecs=PCMA,PCMU"
            made.append(Baresip(tmp_path / f"phone{user}", account, spoken, **options))
            made[-1].await_said("200 OK")
            return made[-1]

        phone("302", word(tmp_path, text), answer="auto")
        caller = phone("301", write_wav(tmp_path / "silence.wav", bytes(16_000 * 90)))
        caller.tell("dial", f"sip:100@127.0.0.1:{held.registrar}")
        caller.await_event("CALL_ESTABLISHED")
        held.call.await_event(lambda e: e["event"] == "greeting", 15)
        caller.tell("sndcode", "0")
        held.call.await_event(lambda e: e["event"] == "consulting" and e["briefing"], 30)
        return held, time.monotonic()

    yield make
    for one in reversed(made):
        one.stop()


def test_a_yes_connects_before_the_briefing_is_over(scene):
    """Joins the caller with the person as soon as they have agreed."""
    held, began = scene("Yes, please.")
    done = held.call.await_event(lambda e: e["event"] == "transferred", 18)
    assert done["how"] in ("attended", "bridged")
    assert BEFORE < time.monotonic() - began < 18.0
    assert not [e for e in held.call.events if e["event"] == "transfer-failed"]


def test_a_no_brings_the_caller_back(scene):
    """Tells the caller that nobody can take the call, and goes on with them."""
    held, _ = scene("No.")
    failed = held.call.await_event(lambda e: e["event"] == "transfer-failed", 25)
    assert failed["reason"] == "they cannot take the call"
    since = held.call.events.index(failed)
    assert held.call.await_event(lambda e: e["event"] == "said", 10, since)["text"]
