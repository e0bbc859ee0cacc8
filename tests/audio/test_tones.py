"""Tones of the telephone network."""

import math

import pytest

from appliance.audio import tones
from appliance.audio.pcm import level_dbfs, unpack

FREQUENCIES = (697, 770, 852, 941, 1209, 1336, 1477, 1633)


def power(pcm, frequency):
    """Goertzel: power of one frequency."""
    samples = unpack(pcm)
    step = 2 * math.pi * frequency / 8000
    real = sum(s * math.cos(step * n) for n, s in enumerate(samples))
    imaginary = sum(s * math.sin(step * n) for n, s in enumerate(samples))
    return real * real + imaginary * imaginary


@pytest.mark.parametrize("digit", "1234567890*#ABCDa")
def test_a_key_is_the_sum_of_its_row_and_column(digit):
    """The two strongest of the eight DTMF frequencies are those of the key (Q.23)."""
    pcm = tones.dtmf(digit, 0.1)
    assert len(pcm) == 1600
    loudest = sorted(sorted(FREQUENCIES, key=lambda f: -power(pcm, f))[:2])
    row, column = divmod("123A456B789C*0#D".index(digit.upper()), 4)
    assert loudest == [FREQUENCIES[row], FREQUENCIES[4 + column]]


@pytest.mark.parametrize("digit", ["", "12", "x"])
def test_what_is_no_key_is_refused_in_words(digit):
    """Dtmf names the keys there are."""
    with pytest.raises(ValueError, match=r"use one of 0-9"):
        tones.dtmf(digit)


def test_a_sine_has_the_level_asked_for():
    """The level is RMS relative to full scale."""
    assert level_dbfs(tones.sine(440, 0.5, -13)) == pytest.approx(-13, abs=0.05)


@pytest.mark.parametrize(
    ("tone", "seconds", "on", "frequencies"),
    [(tones.ringback, 6, 2, (440, 480)), (tones.busy, 1, 0.5, (480, 620))],
)
def test_cadences_are_whole_periods(tone, seconds, on, frequencies):
    """Ringing and busy are one period of tone and pause, ready to be repeated."""
    pcm = tone()
    sounding = int(on * 16000)
    assert len(pcm) == seconds * 16000
    assert not any(pcm[sounding:])
    assert all(power(pcm[:1600], f) > 100 * power(pcm[:1600], 1200) for f in frequencies)
