"""SIPp, which we did not write, calls the box and judges what it answers."""

import csv
import re
import wave

import pytest

from appliance.audio.g711 import encode_alaw
from tests.interop.conftest import Box, Process
from tests.interop.peers import Sipp, free_port

pytestmark = pytest.mark.interop


def test_a_registrar_with_digest_accepts_the_box(tmp_path):
    """The box answers a digest challenge that SIPp verifies itself, and is registered."""
    registrar = Sipp("register", "", tmp_path, port=free_port())
    box = Box(tmp_path, exchange=False, registrar_port=registrar.port, password="secret")
    try:
        box.call.await_event(lambda e: e["event"] == "registered", 20)
        registrar.wait(20)
    finally:
        registrar.stop()
        box.stop()


def test_a_wrong_password_is_told_in_plain_words(tmp_path):
    """A password that the registrar refuses is reported as such, and the box lives on."""
    box = Box(tmp_path, password="wrong")
    try:
        event = box.call.await_event(lambda e: e["event"] == "unregistered", 30)
        assert "password" in event["cause"]
        assert box.call.process.poll() is None
    finally:
        assert box.stop()[0] == 0


@pytest.mark.parametrize("scenario", ["options", "no-codec", "hold", "info"])
def test_a_peer_is_answered_properly(box, tmp_path, scenario):
    """OPTIONS, an offer without a shared codec, hold and resume, and keys by INFO end well."""
    Sipp(scenario, box.address, tmp_path).wait(60)


def test_a_key_by_info_asks_for_the_hours(box, tmp_path):
    """Key 1, sent by INFO, is understood as the request that the keypad menu names."""
    since = len(box.call.events)
    Sipp("info", box.address, tmp_path).wait(60)
    told = [e["event"] for e in box.call.events[since:]]
    assert "key" in told
    said = " ".join(e.get("text", "") for e in box.call.events[since:] if e["event"] == "said")
    assert "open" in said


def test_a_call_that_is_cancelled_while_it_rings_ends(tmp_path, box):
    """CANCEL while the box rings gets 200, and the INVITE 487; the next call is taken."""
    ringing = Box(
        tmp_path / "ringing",
        speech_socket=box.socket,
        exchange=False,
        registrar_port=box.registrar,
        ring=3.0,
    )
    try:
        address = ringing.address
        for _ in range(3):
            Sipp("cancel", address, tmp_path).wait(30)
        event = ringing.call.await_event(lambda e: e["event"] == "ended", 5)
        assert event["outcome"] == "abandoned"
    finally:
        ringing.stop()


def test_twenty_calls_in_a_row_and_ten_at_once_are_served(box, tmp_path):
    """Twenty calls one after the other and ten at the same time are all answered and ended."""
    Sipp("call", box.address, tmp_path, calls=20, at_once=1).wait(120)
    Sipp("call", box.address, tmp_path, calls=10, at_once=10).wait(60)


def test_a_call_beyond_the_limit_hears_busy(tmp_path, box):
    """With room for one call, two at once are one answer and one 486, and both end well."""
    small = Box(
        tmp_path / "small",
        speech_socket=box.socket,
        exchange=False,
        registrar_port=box.registrar,
        capacity=1,
    )
    try:
        address = small.address
        small.call.await_event(lambda e: e["event"] == "speech" and e.get("state") == "ready", 60)
        first = Sipp("call", address, tmp_path)
        small.call.await_event(lambda e: e["event"] == "greeting", 15)
        second = Sipp("call", address, tmp_path)
        with pytest.raises(AssertionError, match=r"486|unexpected"):
            second.wait(30)
        first.wait(30)
        Sipp("call", address, tmp_path).wait(30)
    finally:
        small.stop()


def spoken(tmp_path, text):
    """Render a sentence with the box's own voice, as A-law without a header."""
    wav = tmp_path / "spoken.wav"
    said = Process(tmp_path, "say", text, "-o", str(wav))
    assert said.process.wait(60) == 0, said.said()
    said.stop()
    with wave.open(str(wav)) as file:
        pcm = file.readframes(file.getnframes())
        step = file.getframerate() // 8000
    samples = memoryview(pcm).cast("h")[::step].tobytes()
    raw = tmp_path / "spoken.alaw"
    raw.write_bytes(encode_alaw(samples + bytes(16_000)))
    return raw


def test_the_box_hangs_up_after_a_goodbye(box, tmp_path):
    """A spoken goodbye is answered, and the box ends the call with BYE."""
    since = len(box.call.events)
    Sipp("farewell", box.address, tmp_path, fields=[spoken(tmp_path, "Goodbye.")]).wait(60)
    event = box.call.await_event(lambda e: e["event"] == "ended", 10, since)
    assert event["outcome"] == "completed"


def digit_strings(folder):
    """Four-digit strings of human speech, one speaker each: name, digits, A-law."""
    import soundfile

    with (folder / "audio/fsdd_digits_8k/manifest.tsv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if r["split"] == "eval"]
    for speaker in sorted({r["speaker"] for r in rows}):
        mine = [r for r in rows if r["speaker"] == speaker]
        for first in (0, 17, 34):
            chosen = [mine[(first + 13 * k) % len(mine)] for k in range(4)]
            pcm = bytearray()
            for row in chosen:
                samples, _ = soundfile.read(
                    folder / "audio/fsdd_digits_8k" / row["file"], dtype="int16"
                )
                pcm += samples.tobytes() + bytes(2 * 1600)
            yield speaker, [r["transcript"] for r in chosen], encode_alaw(bytes(pcm) + bytes(8000))


def test_human_digits_are_understood(tmp_path, box, human_speech):
    """Digits spoken by people whom the recogniser has never heard are understood in a call."""
    from pathlib import Path

    numbers = Box(
        tmp_path / "numbers",
        speech_socket=box.socket,
        exchange=False,
        registrar_port=box.registrar,
        dialogue=Path(__file__).with_name("numbers"),
    )
    right = total = 0
    try:
        numbers.call.await_event(lambda e: e["event"] == "speech" and e.get("state") == "ready", 60)
        for speaker, digits, alaw in digit_strings(human_speech):
            raw = tmp_path / f"{speaker}-{'-'.join(digits)}.alaw"
            raw.write_bytes(alaw)
            since = len(numbers.call.events)
            Sipp("digits", numbers.address, tmp_path, fields=[raw]).wait(60)
            heard = [e["text"] for e in numbers.call.events[since:] if e["event"] == "heard"]
            words = re.sub(r"\boh\b", "zero", " ".join(heard)).split()
            total += len(digits)
            right += sum(a == b for a, b in zip(words, digits, strict=False))
    finally:
        numbers.stop()
    assert right >= 0.9 * total, f"{right} of {total} digits"
