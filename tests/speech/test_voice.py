"""Behaviour of `appliance.speech.voice`, with the committed starter voice."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.speech.voice import (
    CEILING,
    LEVEL,
    PHRASE_CHARACTERS,
    Resampler,
    Voice,
    VoiceError,
    levelled,
    limited,
    phrases,
)

TWO = "Thank you for calling. How can I help you?"


@pytest.fixture(scope="module")
def pack(packs_folder: Path) -> Path:
    return packs_folder / "en-rms-16k"


@pytest.fixture(scope="module")
def voice(pack: Path) -> Voice:
    return Voice(pack / "model.int8.onnx", pack / "tokens.txt", 16000)


def tone(rate: int, hertz: float, seconds: float) -> NDArray[np.float32]:
    return np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate).astype(np.float32)


# --- phrases


def test_each_sentence_is_a_phrase() -> None:
    """Sentences come one by one, clauses of one sentence together, with their marks."""
    first, second = phrases("Hello, you. Are you there?")
    assert first.ipa.endswith("uː.") or first.ipa.endswith("u.")
    assert "," in first.ipa
    assert (first.mark, second.mark) == (".", "?")


def test_long_sentences_end_phrases_at_marks() -> None:
    """A long sentence is said in parts that a voice has learnt the length of."""
    parts = list(phrases("one two three four five six, " * 8 + "seven."))
    assert len(parts) > 2
    assert max(len(part.ipa) for part in parts) <= 2 * PHRASE_CHARACTERS
    assert [part.mark for part in parts[:-1]] == [","] * (len(parts) - 1)


# --- resampling


@pytest.mark.parametrize("source", [16000, 22050, 24000, 8000])
def test_the_rate_changes_without_delay_or_colour(source: int) -> None:
    """A tone keeps its phase, level and length."""
    change = Resampler(source, 8000)
    made = np.concatenate([change.push(tone(source, 440, 0.5)), change.flush()])
    want = tone(8000, 440, 0.5)
    assert abs(len(made) - len(want)) <= 2
    middle = slice(400, 3600)
    np.testing.assert_allclose(made[middle], want[middle], atol=0.01)


def test_pieces_join_without_a_seam() -> None:
    """The same samples in any pieces give the same output."""
    noise = np.random.default_rng(1).standard_normal(5000).astype(np.float32)
    whole, cut = Resampler(16000, 8000), Resampler(16000, 8000)
    at_once = np.concatenate([whole.push(noise), whole.flush()])
    edges = [0, 1, 2, 3, 50, 51, 1000, 1000, 4999, 5000]
    pieces = [cut.push(noise[a:b]) for a, b in itertools.pairwise(edges)]
    np.testing.assert_allclose(np.concatenate([*pieces, cut.flush()]), at_once, atol=1e-6)


def test_what_8_khz_cannot_carry_is_removed() -> None:
    """A tone above 4 kHz does not fold back."""
    change = Resampler(16000, 8000)
    made = change.push(tone(16000, 5000, 0.5))
    assert np.abs(made[200:]).max() < 1e-3


def test_equal_rates_pass_through() -> None:
    """Nothing is done where nothing is to do."""
    change = Resampler(16000, 16000)
    samples = tone(16000, 440, 0.1)
    assert change.push(samples) is samples
    assert len(change.flush()) == 0


# --- level


def test_quiet_and_loud_packs_come_out_alike() -> None:
    """Phrases are brought to one level; silence stays silence."""
    for size in (0.03, 0.9):
        made = levelled(tone(16000, 300, 0.5) * np.float32(size), 16000)
        assert float(np.sqrt((made**2).mean())) == pytest.approx(LEVEL, rel=0.02)
    assert not levelled(np.zeros(16000, np.float32), 16000).any()
    assert len(levelled(np.ones(3, np.float32), 16000)) == 3


def test_peaks_are_bent_not_clipped() -> None:
    """No sample exceeds the ceiling, order is kept, and small samples are untouched."""
    ramp = np.linspace(-1.5, 1.5, 3001).astype(np.float32)
    made = limited(ramp)
    assert np.abs(made.astype(int)).max() <= round(CEILING * 32767)
    assert (np.diff(made.astype(int)) >= 0).all()
    small = np.abs(ramp) < 0.4
    np.testing.assert_allclose(made[small], ramp[small] * 32767, atol=0.51)


# --- the voice


def test_speech_is_telephone_audio(voice: Voice) -> None:
    """A sentence lasts as long as one does, at its level, without clipping, silent at its ends."""
    said = voice.render("Please hold the line while I connect you to the reception.")
    assert said.dtype == np.int16
    assert 2.0 < len(said) / 8000 < 5.0
    loud = said / 32768
    assert 0.06 < np.sqrt((loud**2).mean()) < 0.14
    assert np.abs(loud).max() <= CEILING + 1e-4
    assert np.abs(loud[:80]).max() < 0.05
    assert np.abs(loud[-80:]).max() < 0.05


def test_speech_has_the_bands_of_speech(voice: Voice) -> None:
    """Most energy lies below 1 kHz, some above 2 kHz: neither hum nor hiss."""
    said = voice.render("She sells sea shells by the sea shore.").astype(float)
    power = np.abs(np.fft.rfft(said)) ** 2
    hertz = np.fft.rfftfreq(len(said), 1 / 8000)
    low, high = power[hertz < 1000].sum() / power.sum(), power[hertz > 2000].sum() / power.sum()
    assert low > 0.5
    assert 0.003 < high < 0.4


def test_phrases_arrive_one_by_one_and_make_the_whole(voice: Voice) -> None:
    """Each phrase is handed over when ready; together they last as long as the rendered text."""
    pieces: list[NDArray[np.int16]] = []
    assert voice.say(TWO, lambda piece: pieces.append(piece) is None)
    assert len(pieces) == 2
    assert sum(map(len, pieces)) == len(voice.render(TWO))


def test_no_click_between_phrases(voice: Voice) -> None:
    """The joint of two phrases is as smooth as silence."""
    pieces: list[NDArray[np.int16]] = []
    voice.say(TWO, lambda piece: pieces.append(piece) is None)
    joint = np.concatenate([pieces[0][-40:], pieces[1][:40]]).astype(int)
    assert np.abs(np.diff(joint)).max() < 300


def test_false_stops(voice: Voice) -> None:
    """After the listener says no, nothing more is made."""
    pieces: list[NDArray[np.int16]] = []

    def once(piece: NDArray[np.int16]) -> bool:
        pieces.append(piece)
        return False

    assert not voice.say("One. Two. Three.", once)
    assert len(pieces) == 1


def test_nothing_to_say_is_silence(voice: Voice) -> None:
    """No text, no call, no audio."""
    assert voice.say(" ... ", lambda _: pytest.fail("called"))
    assert len(voice.render("")) == 0


def test_speed_changes_the_length(voice: Voice) -> None:
    """Faster speech is shorter."""
    slow, fast = (len(voice.render(TWO, speed)) for speed in (0.8, 1.25))
    assert slow > 1.3 * fast


def test_every_repeated_digit_is_said(voice: Voice) -> None:
    """Five fives take longer than one."""
    one, five = len(voice.render("five.")), len(voice.render("five five five five five."))
    assert five > 2.5 * one


def test_threads_speak_at_once(voice: Voice) -> None:
    """Several threads get whole sentences of their own length."""
    texts = ["Yes.", TWO, "Please stay on the line.", "No, thank you."] * 2
    alone = [len(voice.render(text)) for text in texts]
    lengths = [0] * len(texts)

    def speak(number: int) -> None:
        lengths[number] = len(voice.render(texts[number]))

    threads = [threading.Thread(target=speak, args=(n,)) for n in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The voice's noise is drawn anew each time, and with it where its first sound begins.
    assert lengths == pytest.approx(alone, abs=8 * 60)


def test_the_packs_own_rate_can_be_had(pack: Path) -> None:
    """With the target at the pack's rate the audio is wide-band."""
    wide = Voice(pack / "model.int8.onnx", pack / "tokens.txt", 16000, target_rate=16000)
    narrow = Voice(pack / "model.int8.onnx", pack / "tokens.txt", 16000)
    assert wide.rate == 16000
    assert abs(len(wide.render(TWO)) - 2 * len(narrow.render(TWO))) <= 4


def test_missing_and_broken_files_are_named(pack: Path, tmp_path: Path) -> None:
    """A voice that cannot be loaded says which file is at fault."""
    with pytest.raises(VoiceError, match="nowhere"):
        Voice(tmp_path / "nowhere.onnx", pack / "tokens.txt", 16000)
    with pytest.raises(VoiceError, match="8000"):
        Voice(pack / "model.int8.onnx", pack / "tokens.txt", 8000)


def test_the_first_sound_comes_at_once(voice: Voice) -> None:
    """The quiet that a voice begins with is cut, so that callers do not wait for it."""
    for text in ("We are open.", "Thank you.", "Six."):
        loud = np.flatnonzero(np.abs(voice.render(text)) > 0.005 * 32767)
        assert loud[0] <= 8 * 50
