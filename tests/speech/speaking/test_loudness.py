"""Behaviour of `appliance.speech.speaking.loudness`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.speech.speaking.loudness import (
    CEILING,
    DBM0,
    FADE,
    LEVEL,
    active_level,
    faded,
    gain_to,
    held,
    levelled,
    limited,
)

RATE = 16_000


def tone(size: float, seconds: float = 1.0, hertz: float = 300.0) -> NDArray[np.float32]:
    return (size * np.sin(2 * np.pi * hertz * np.arange(round(RATE * seconds)) / RATE)).astype(
        np.float32
    )


def babble(seconds: float, seed: int = 3) -> NDArray[np.float32]:
    """Noise whose loudness moves like that of syllables."""
    count = round(RATE * seconds)
    noise = np.random.default_rng(seed).standard_normal(count)
    shape = 0.3 + np.abs(np.sin(2 * np.pi * 2.5 * np.arange(count) / RATE))
    return (0.05 * noise * shape).astype(np.float32)


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(RATE * seconds), np.float32)


# --- level


def test_telephone_level_is_what_g711_makes_of_it() -> None:
    """Has 0 dBm0 where G.711 puts it, against the project's own coder, and -19 dBm0 below it."""
    assert pytest.approx(-6.15, abs=0.005) == DBM0
    assert 20 * math.log10(LEVEL) == pytest.approx(-25.15, abs=0.005)


def test_the_level_of_a_steady_sound_is_its_rms() -> None:
    """Agrees with plain power where nothing pauses."""
    steady = np.random.default_rng(1).standard_normal(4 * RATE).astype(np.float32) * 0.1
    assert active_level(steady, RATE) == pytest.approx(-20.0, abs=0.2)


def test_long_pauses_do_not_lower_the_level() -> None:
    """Measures nearly the same with silence around and between words, where plain power sinks."""
    word = babble(1.5)
    alone = active_level(word, RATE)
    spaced = np.concatenate([silence(2), word, silence(1.5), word, silence(3)])
    assert active_level(spaced, RATE) == pytest.approx(alone, abs=1.0)
    plain = 10 * math.log10(float((spaced**2).mean()))
    assert plain < alone - 4


def test_short_gaps_count_as_speech() -> None:
    """Takes a sixth of a second between syllables for speaking, as P.56 does, and a second not."""

    def gapped(seconds: float) -> tuple[float, float]:
        parts = [np.concatenate([babble(0.3, n), silence(seconds)]) for n in range(8)]
        sound = np.concatenate(parts)
        return active_level(sound, RATE), 10 * math.log10(float((sound**2).mean()))

    level, plain = gapped(0.17)
    assert level == pytest.approx(plain, abs=0.2)
    level, plain = gapped(1.0)
    assert level > plain + 2.0


def test_doubling_the_sound_adds_6_db() -> None:
    """Follows the gain, at any rate of samples."""
    one = babble(2)
    assert active_level(one * 2, RATE) - active_level(one, RATE) == pytest.approx(6.02, abs=0.05)
    assert active_level(one[::2], RATE // 2) == pytest.approx(active_level(one, RATE), abs=0.3)


def test_silence_has_no_level_and_is_not_made_loud() -> None:
    """Leaves silence and scraps alone."""
    assert active_level(silence(1), RATE) == -math.inf
    assert active_level(np.ones(3, np.float32), RATE) == -math.inf
    assert gain_to(-25, silence(1), RATE) == 1.0
    assert not levelled(silence(1), RATE).any()
    assert len(levelled(np.ones(3, np.float32), RATE)) == 3


def test_quiet_and_loud_packs_come_out_alike() -> None:
    """Brings phrases to one active level."""
    for size in (0.1, 3.0):
        made = levelled(babble(1.5) * np.float32(size), RATE)
        assert active_level(made, RATE) == pytest.approx(20 * math.log10(LEVEL), abs=0.05)


def test_a_click_has_the_level_of_its_samples() -> None:
    """Measures what is too short for an envelope, too."""
    assert active_level(np.full(32, 0.01, np.float32), RATE) == pytest.approx(-40.0, abs=0.1)


# --- peaks


def test_nothing_exceeds_the_ceiling() -> None:
    """Holds any peak, a single sample or a long shout."""
    sound = babble(1) * 8
    sound[5000] = 3.0
    assert np.abs(held(sound, RATE)).max() <= CEILING + 1e-6
    assert np.abs(limited(sound, RATE).astype(int)).max() <= round(CEILING * 32767)


def test_what_is_below_the_ceiling_stays_as_it_is() -> None:
    """Changes nothing that is far from a peak."""
    sound = tone(0.4)
    assert held(sound, RATE) is sound
    sound[8000] = 2.0
    made = held(sound, RATE)
    far = np.abs(np.arange(len(sound)) - 8000) > 0.011 * RATE
    np.testing.assert_allclose(made[far], sound[far], rtol=1e-6)


def test_holding_adds_no_harmonics() -> None:
    """Keeps a tone a tone, where clipping would add a tenth of distortion."""
    made = held(tone(1.0), RATE)[4000:12000]
    power = np.abs(np.fft.rfft(made * np.hanning(len(made)))) ** 2
    hertz = np.fft.rfftfreq(len(made), 1 / RATE)
    rest = power[np.abs(hertz - 300) > 20].sum() / power.sum()
    assert rest < 1e-5


# --- edges


def test_edges_rise_from_nothing_and_sink_to_it() -> None:
    """Begins and ends near zero, whatever was cut, and keeps the middle."""
    made = faded(np.ones(RATE, np.float32), RATE)
    length = round(FADE * RATE)
    assert made[0] == made[-1] == 0.0
    assert np.abs(np.diff(made)).max() < 2 / length
    assert (made[length:-length] == 1.0).all()


def test_only_the_asked_edges_are_faded() -> None:
    """Leaves an edge that goes on."""
    made = faded(np.ones(RATE, np.float32), RATE, begin=False)
    assert (made[0], made[-1]) == (1.0, 0.0)
    assert faded(np.ones(1, np.float32), RATE)[0] == 1.0
    assert len(faded(np.ones(0, np.float32), RATE)) == 0
