"""`call.voice`: sentences from the cache or the link, and what bridges a wait."""

from __future__ import annotations

import itertools

from appliance.audio.pcm import unpack
from appliance.call.player import FRAME
from appliance.call.voice import AGAIN, PATIENCE, STUCK, Voice
from appliance.contracts.speech import Say, Spoken, Stop

CACHED = b"\x01\x01" * 1600
FILLER = b"\x02\x02" * 320
TONES = b"\x03\x03" * 320
LIVE = b"\x04\x04" * 1600


def make() -> Voice:
    return Voice({"cached": CACHED}.get, filler=FILLER, tones=TONES)


def test_a_cached_sentence_needs_no_link() -> None:
    """Plays at once and asks nobody."""
    voice = make()
    assert voice.say("cached", 0.0, alive=True) is None
    assert voice.pull(0.0) == CACHED[:FRAME]
    assert voice.complete


def test_another_sentence_is_asked_for() -> None:
    """Asks with a number of its own and plays what comes under that number only."""
    voice = make()
    first = voice.say("one", 0.0, alive=True)
    second = voice.say("two", 0.0, alive=True)
    assert isinstance(first, Say)
    assert isinstance(second, Say)
    assert first.utterance != second.utterance
    voice.receive(Spoken(first.utterance, FILLER, last=True), 0.1)
    assert voice.pull(0.1) is None
    voice.receive(Spoken(second.utterance, LIVE, last=True), 0.1)
    assert voice.pull(0.1) == LIVE[:FRAME]


def test_without_link_and_cache_there_are_tones() -> None:
    """Plays tones where the sentence can come from nowhere."""
    voice = make()
    assert voice.say("one", 0.0, alive=False) is None
    assert voice.pull(0.0) == TONES[:FRAME]


def test_a_wait_is_bridged_again_and_again() -> None:
    """Plays the filler after PATIENCE, and once more every AGAIN seconds."""
    voice = make()
    voice.say("one", 0.0, alive=True)
    begun: list[float] = []
    was = None
    for n in range(int((PATIENCE + AGAIN) * 50) + 5):
        frame = voice.pull(n * 0.02)
        if frame is not None and was is None:
            begun.append(round(n * 0.02, 2))
        was = frame
    assert begun == [PATIENCE, PATIENCE + AGAIN]


def test_the_filler_is_heard_out_before_the_answer() -> None:
    """Finishes the filler's word, then begins the answer."""
    voice = make()
    voice.say("one", 0.0, alive=True)
    assert voice.pull(PATIENCE) == FILLER[:FRAME]
    voice.receive(Spoken(1, LIVE, last=True), PATIENCE)
    assert voice.pull(PATIENCE + 0.02) == FILLER[FRAME:]
    assert voice.pull(PATIENCE + 0.04) == LIVE[:FRAME]
    assert voice.first_frame == PATIENCE + 0.04


def test_audio_that_does_not_come_is_told() -> None:
    """Says that it is stuck after STUCK seconds without a chunk, not before."""
    voice = make()
    voice.say("one", 0.0, alive=True)
    voice.receive(Spoken(1, b""), 1.0)
    assert not voice.stuck(1.0 + STUCK - 0.1)
    assert voice.stuck(1.0 + STUCK)
    voice.pause()
    assert not voice.stuck(100.0)


def test_stopping_calls_off_what_is_still_to_come() -> None:
    """Returns a Stop for an utterance that was not complete, none otherwise."""
    voice = make()
    voice.say("one", 0.0, alive=True)
    assert voice.stop() == Stop(1)
    assert voice.stop() is None
    voice.say("cached", 0.0, alive=True)
    assert voice.stop() is None


def test_a_voice_aside_shares_the_link_and_mixes_nothing_up() -> None:
    """Has numbers of its own, so that each takes its own audio only."""
    voice = make()
    aside = voice.aside()
    first, second = voice.say("one", 0.0, alive=True), aside.say("two", 0.0, alive=True)
    assert isinstance(first, Say)
    assert isinstance(second, Say)
    for spoken in (Spoken(first.utterance, LIVE, last=True), Spoken(second.utterance, FILLER)):
        voice.receive(spoken, 0.1)
        aside.receive(spoken, 0.1)
    assert voice.pull(0.1) == LIVE[:FRAME]
    assert aside.pull(0.1) == FILLER[:FRAME]


def test_a_pause_silences_the_filler_too() -> None:
    """Falls silent at once, whatever was being played."""
    voice = make()
    voice.say("one", 0.0, alive=True)
    voice.pull(PATIENCE)
    voice.pause()
    assert voice.pull(PATIENCE + 0.02) is None
    assert voice.talking


def test_a_sentence_in_the_place_of_another_does_not_click() -> None:
    """Eases the step where a sentence is cut off in the middle of a word by the next."""
    loud = b"\x00\x40" * 1600
    voice = Voice({"loud": loud, "cached": CACHED}.get, filler=FILLER, tones=TONES)
    voice.say("loud", 0.0, alive=True)
    before = voice.pull(0.0)
    assert before == loud[:FRAME]
    voice.say("cached", 0.02, alive=True)
    after = voice.pull(0.02)
    assert after is not None
    samples = unpack(before[-2:] + after)
    assert max(abs(a - b) for a, b in itertools.pairwise(samples)) < 1000
    assert voice.pull(0.04) == CACHED[:FRAME]


def test_a_sentence_after_silence_is_said_as_it_is() -> None:
    """Eases nothing where nothing was cut."""
    loud = b"\x00\x40" * 1600
    voice = Voice({"loud": loud, "cached": CACHED}.get, filler=FILLER, tones=TONES)
    voice.say("loud", 0.0, alive=True)
    voice.pull(0.0)
    voice.stop()
    assert voice.pull(0.02) is None
    voice.say("cached", 0.04, alive=True)
    assert voice.pull(0.04) == CACHED[:FRAME]
