"""Behaviour of `appliance.speech.speaking.voice`, with the committed starter voice."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.speech.engines.voice_interface import VoiceError
from appliance.speech.speaking import voice as module
from appliance.speech.speaking.loudness import CEILING, LEVEL, active_level
from appliance.speech.speaking.phrasing import Takes
from appliance.speech.speaking.voice import RENDERING, Speaking, Voice
from appliance.speech.words.pronunciation import Entry, Pronunciations

TWO = "Thank you for calling. How can I help you?"


@pytest.fixture(scope="module")
def pack(packs_folder: Path) -> Path:
    return packs_folder / "en-rms-16k"


@pytest.fixture(scope="module")
def voice(pack: Path) -> Voice:
    return Voice(pack / "model.int8.onnx", pack / "tokens.txt", 16000)


class Hum:
    """An engine that hums at a loudness of its own, 50 ms for each character, cut off anywhere."""

    def __init__(self, size: float = 0.2, takes: Takes = Takes.PHONEMES) -> None:
        self.takes = takes
        self.rate = 16000
        self.size = size
        self.said: list[tuple[str, float]] = []

    def synthesise(self, said: str, speed: float) -> NDArray[np.float32]:
        self.said.append((said, speed))
        at = np.arange(int(0.05 * len(said) / speed * self.rate))
        return (self.size * np.cos(2 * np.pi * 311 * at / self.rate)).astype(np.float32)


def pieces_of(voice: Speaking, text: str, speed: float = 1.0) -> list[NDArray[np.int16]]:
    found: list[NDArray[np.int16]] = []
    assert voice.say(text, lambda piece: found.append(piece) is None, speed)
    return found


def decibels(samples: NDArray[np.int16]) -> float:
    return active_level((samples / 32768).astype(np.float32), 8000)


# --- the voice


def test_speech_is_telephone_audio(voice: Voice) -> None:
    """A sentence lasts as long as one does, at its level, without clipping, silent at its ends."""
    said = voice.render("Please hold the line while I connect you to the reception.")
    assert said.dtype == np.int16
    assert 2.0 < len(said) / 8000 < 5.0
    loud = (said / 32768).astype(np.float32)
    assert active_level(loud, 8000) == pytest.approx(20 * np.log10(LEVEL), abs=1.0)
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
    # The voice's noise is drawn anew each time, and with it where its first sound begins.
    assert sum(map(len, pieces)) == pytest.approx(len(voice.render(TWO)), abs=8 * 60)


@pytest.mark.parametrize(
    "text",
    [
        TWO,
        "We are open from eight to six, Monday to Friday, and on Saturday until one.",
        'I said <prosody volume="loud">stop</prosody> and go.',
        'One <break time="300ms"/> two.',
    ],
)
def test_no_joint_clicks(text: str) -> None:
    """No step at a beginning, an end or a joint is larger than the sound itself makes.

    The engine cuts its hum off at full swing, the worst that a voice can do.
    """
    marked = f"<speak>{text}</speak>" if "<" in text else text
    said = np.concatenate(pieces_of(Speaking(Hum(0.7)), marked)).astype(int)
    swing = np.abs(said).max()
    steepest = 2 * np.pi * 311 / 8000 * swing
    assert np.abs(np.diff(np.concatenate([[0], said, [0]]))).max() < 1.1 * steepest


def test_a_voice_that_is_loud_or_quiet_is_heard_as_any_other() -> None:
    """Brings every voice to -19 dBm0, plus what the site wants."""
    for size in (0.02, 0.2, 0.9):
        said = Speaking(Hum(size)).render(TWO)
        assert decibels(said) == pytest.approx(20 * np.log10(LEVEL), abs=1.0)
    louder = Speaking(Hum(), loudness=4.0).render(TWO)
    assert decibels(louder) == pytest.approx(20 * np.log10(LEVEL) + 4.0, abs=1.0)


def test_markup_changes_loudness_speed_and_pauses() -> None:
    """Follows prosody and breaks: louder, slower, silent for as long as asked."""
    engine = Hum()
    voice = Speaking(engine)
    plain = pieces_of(voice, "Please wait for a moment.")
    soft = pieces_of(
        voice, '<speak><prosody volume="-6dB">Please wait for a moment.</prosody></speak>'
    )
    assert decibels(plain[0]) - decibels(soft[0]) == pytest.approx(6.0, abs=0.3)
    engine.said.clear()
    pieces_of(voice, '<speak><prosody rate="80%">Please wait.</prosody></speak>', 0.5)
    assert engine.said[-1][1] == 0.5  # 0.4 is slower than anybody follows
    broken = voice.render('<speak>One.<break time="2s"/>Two.</speak>')
    whole = voice.render("One. Two.")
    assert len(broken) - len(whole) == pytest.approx(16000, abs=8)


def test_words_go_to_engines_that_want_words() -> None:
    """Gives normalised words instead of phonemes where the engine has a lexicon of its own."""
    engine = Hum(takes=Takes.WORDS)
    Speaking(engine).render("Room 12.")
    assert engine.said[-1][0] == "Room twelve."


def test_who_speaks_and_how_is_told() -> None:
    """Has another identity with another pack, loudness, accent or pronunciation."""
    names = Pronunciations([("en", Entry("Siobhan", ipa="ʃɪvˈɔːn"))])
    made = [
        Speaking(Hum(), name="one@1"), Speaking(Hum(), name="one@2"),
        Speaking(Hum(), name="one@1", loudness=1.0), Speaking(Hum(), name="one@1", accent="en-gb"),
        Speaking(Hum(), name="one@1", lexicon=lambda: names),
    ]  # fmt: skip
    assert len({voice.identity for voice in made}) == len(made)
    assert Speaking(Hum(), name="one@1").identity == made[0].identity
    assert made[0].identity.startswith("one@1+")


def test_another_way_of_rendering_is_another_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts of an older version of this program are made anew."""
    before = Speaking(Hum()).identity
    monkeypatch.setattr(module, "RENDERING", RENDERING + 1)
    assert Speaking(Hum()).identity != before


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
    assert len(wide.render(TWO)) == pytest.approx(2 * len(narrow.render(TWO)), abs=16 * 60)


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
