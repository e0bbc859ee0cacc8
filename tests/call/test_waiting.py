"""`call.waiting`: what a caller hears while an answer is awaited."""

from __future__ import annotations

from appliance.audio.pcm import level_dbfs
from appliance.call.waiting import AGAIN, PAUSE, PERIOD, SOUND, Cue, Waiting
from appliance.dialogue import Await


def test_a_short_wait_is_silent_then_a_sentence_comes() -> None:
    """Says nothing for 0.7 s, then once that it takes a moment."""
    waiting = Waiting(Await("a", 8.0), 0.0)
    assert waiting.cue(PAUSE - 0.02) is Cue.NOTHING
    assert waiting.cue(PAUSE) is Cue.FIRST
    waiting.hush(2.0)
    assert waiting.cue(2.0) is Cue.SOUND


def test_a_long_wait_is_told_again_and_again() -> None:
    """Gives the soft sound in between, and a sentence every few seconds."""
    waiting = Waiting(Await("a", 60.0), 0.0)
    assert waiting.cue(PAUSE) is Cue.FIRST
    for end in (2.0, 10.0, 20.0):
        waiting.hush(end)
        assert waiting.cue(end + 1.0) is Cue.SOUND
        assert waiting.cue(end + AGAIN) is Cue.AGAIN


def test_waiting_on_for_the_same_answer_has_the_same_end() -> None:
    """Keeps the time of the first wait, and begins anew for another answer."""
    waiting = Waiting(Await("a", 5.0), 0.0)
    assert waiting.go_on(Await("a", 5.0), 4.0)
    assert not waiting.over(4.9)
    assert waiting.over(5.0)
    assert not waiting.go_on(Await("b", 5.0), 4.0)


def test_the_soft_sound_is_heard_and_never_pauses_for_long() -> None:
    """Is well above the line's noise, and quiet for less than a second and a half."""
    frames = [SOUND[at : at + 320] for at in range(0, len(SOUND), 320)]
    heard = [n for n, frame in enumerate(frames) if level_dbfs(frame) > -45.0]
    assert heard
    assert len(SOUND) == round(PERIOD * 8000) * 2
    assert (len(frames) - len(heard)) * 0.02 < 1.5
