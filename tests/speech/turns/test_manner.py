"""How an utterance was meant."""

import numpy as np
import pytest

from appliance.contracts.expectation import Kind
from appliance.contracts.speech import Manner
from appliance.speech.recognition.scoring import NOTHING, Reading
from appliance.speech.turns.endpointing import Progress
from appliance.speech.turns.manner import Usual, level, manner

RATE = 8000


def hum(seconds, hertz=130, amplitude=0.1):
    """Closed lips: a pitch and three harmonics."""
    at = np.arange(round(seconds * RATE)) / RATE
    parts = [np.sin(2 * np.pi * n * hertz * at) / n**2 for n in (1, 2, 3)]
    return (amplitude * sum(parts) * np.hanning(len(at)) ** 0.3).astype(np.float32)


def cough(seconds, amplitude=0.2):
    """A burst of noise that fades."""
    noise = np.random.default_rng(2).standard_normal(round(seconds * RATE))
    return (amplitude * noise * np.exp(-4 * np.linspace(0, 1, len(noise)))).astype(np.float32)


def vowels(seconds, amplitude=0.1):
    """A pitch with strong harmonics up to 3 kHz: somebody speaks."""
    at = np.arange(round(seconds * RATE)) / RATE
    parts = [np.sin(2 * np.pi * n * 130 * at + n) / np.sqrt(n) for n in range(1, 24)]
    return (amplitude / 3 * sum(parts)).astype(np.float32)


def read(text, confidence=0.9):
    """A reading of so much confidence."""
    return Reading(text, confidence, Progress.OPEN)


@pytest.mark.parametrize(
    ("samples", "reading", "kind", "meant"),
    [
        (vowels(0.5), read("okay"), Kind.FREE, Manner.BACKCHANNEL),
        (vowels(0.5), read("uh-huh"), Kind.FREE, Manner.BACKCHANNEL),
        (vowels(0.5), read("m h m"), Kind.FREE, Manner.BACKCHANNEL),
        (vowels(0.5), read("b m w"), Kind.FREE, Manner.SPEECH),
        (vowels(0.5), read("okay"), Kind.YES_NO, Manner.SPEECH),
        (vowels(2.0), read("okay"), Kind.FREE, Manner.SPEECH),
        (vowels(0.6), read("operator"), Kind.FREE, Manner.SPEECH),
        (vowels(0.5), read("seven", 0.3), Kind.DIGITS, Manner.SPEECH),
        (hum(0.5), NOTHING, Kind.FREE, Manner.BACKCHANNEL),
        (hum(0.5), read("home", 0.3), Kind.FREE, Manner.BACKCHANNEL),
        (hum(0.5), read("no", 0.8), Kind.FREE, Manner.SPEECH),
        (hum(2.5), NOTHING, Kind.FREE, Manner.SPEECH),
        (cough(0.4), NOTHING, Kind.FREE, Manner.NOISE),
        (cough(0.4), read("to", 0.1), Kind.YES_NO, Manner.NOISE),
        (cough(3.0), NOTHING, Kind.FREE, Manner.SPEECH),
        (vowels(0.5), NOTHING, Kind.FREE, Manner.SPEECH),
    ],
)
def test_the_manner_of_an_utterance(samples, reading, kind, meant):
    """Listeners' noises and coughs are told from words; in doubt it was words."""
    assert manner(samples, reading, kind, None) is meant


def test_somebody_else_is_farther_away():
    """What is much quieter than the caller has been so far is not the caller."""
    usual = Usual()
    far = vowels(1.5, 0.01)
    assert usual.level is None
    usual.note(level(vowels(1.0)))
    assert usual.level is None
    assert manner(far, read("football"), Kind.FREE, usual.level) is Manner.SPEECH
    usual.note(level(vowels(1.0)) + 2)
    assert manner(far, read("football"), Kind.FREE, usual.level) is Manner.BACKGROUND
    assert manner(vowels(1.5, 0.05), read("hello"), Kind.FREE, usual.level) is Manner.SPEECH


def test_a_caller_who_speaks_up_or_moves_away_is_followed():
    """The usual level is that of the last turns."""
    usual = Usual()
    for heard in (-20.0, -20.0, -38.0, -38.0, -38.0):
        usual.note(heard)
    assert usual.level == -38.0


def test_german_listeners():
    """Each language has its own noises."""
    assert manner(vowels(0.4), read("genau"), Kind.FREE, None, "de-AT") is Manner.BACKCHANNEL
    assert manner(vowels(0.4), read("genau"), Kind.FREE, None, "en") is Manner.SPEECH


def test_hardly_any_sound():
    """A click of a few samples is a noise, and breaks nothing."""
    assert manner(np.ones(20, np.float32), NOTHING, Kind.FREE, None) is Manner.NOISE
    assert manner(np.zeros(0, np.float32), NOTHING, Kind.FREE, -20.0) is Manner.BACKGROUND
