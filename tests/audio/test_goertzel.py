"""Keys heard in the audio: each key, its limits after ITU-T Q.24, and what is no key."""

import math
import random

import pytest

from appliance.audio import tones
from appliance.audio.codecs import available, make
from appliance.audio.goertzel import ToneDetector
from appliance.audio.pcm import gain, mix, pack, silence
from appliance.rtp.concealment import Concealer

KEYS = tones.KEYS
SOME = "159D3#*"


def heard(pcm, lost=()):
    """Keys and durations in this audio; frames of these numbers are lost and concealed."""
    detector, concealer, out = ToneDetector(), Concealer(), []
    pcm = pcm + silence(1600 + -len(pcm) // 2 % 160)
    for n, at in enumerate(range(0, len(pcm), 320)):
        smoothed = concealer.smoothing
        frame = concealer.conceal(160) if n in lost else concealer.good(pcm[at : at + 320])
        out += detector.feed(frame, made_up=smoothed or n in lost)
    return out


def digits(pcm, lost=()):
    return "".join(key for key, _ in heard(pcm, lost))


def pair(row, column, seconds, low=-16.0, high=-16.0):
    return mix(tones.sine(row, seconds, low), tones.sine(column, seconds, high))


def every_pair(**options):
    """How many of the 16 keys are heard of tones that are changed in this way."""
    error, seconds = options.pop("error", 0.0), options.pop("seconds", 0.06)
    return sum(
        len(
            digits(silence(397) + pair(row * (1 + error), column * (1 + error), seconds, **options))
        )
        for row in tones.ROWS
        for column in tones.COLUMNS
    )


def noise(seconds, level, seed=1):
    chance, scale = random.Random(seed), 32768 * 10 ** (level / 20)
    return pack(chance.gauss(0, scale) for _ in range(round(8000 * seconds)))


def voice(seed, seconds=4.0):
    """Vowels: a gliding pitch with all its harmonics, under formants that wander."""
    chance, out, phase = random.Random(seed), [], 0.0
    pitch, formants = chance.uniform(90, 260), [500.0, 1400.0, 2500.0]
    weights = [0.0]
    for n in range(round(8000 * seconds)):
        if n % 400 == 0:
            pitch = min(320.0, max(80.0, pitch * chance.uniform(0.94, 1.06)))
            centres = [(300, 900), (900, 2200), (2200, 3000)]
            formants = [
                min(high, max(low, f * chance.uniform(0.85, 1.18)))
                for f, (low, high) in zip(formants, centres, strict=True)
            ]
            count = int(3600 / pitch)
            weights = [
                sum(1 / (1 + ((h * pitch - f) / 90) ** 2) for f in formants) + 0.01
                for h in range(1, count + 1)
            ]
        phase += 2 * math.pi * pitch / 8000
        value = sum(w * math.sin(h * phase) for h, w in enumerate(weights, 1))
        out.append(4000 * value)
    return pack(out)


def music(seed, seconds=6.0):
    """Chords of a tempered scale, each note with overtones, some of them pure."""
    chance, out = random.Random(seed), b""
    while len(out) < 16000 * seconds:
        length = chance.choice([0.1, 0.2, 0.4])
        chord = silence(0)
        for _ in range(chance.choice([1, 2, 3, 4])):
            note = 220 * 2 ** (chance.randrange(36) / 12)
            for overtone in range(1, chance.choice([2, 4, 6])):
                if note * overtone < 3600:
                    level = -18 - 7 * overtone
                    chord = mix(chord, tones.sine(note * overtone, length, level))
        out += chord
    return out


@pytest.mark.parametrize("seconds", [0.04, 0.05, 0.1, 0.5])
def test_each_key_is_heard_once_wherever_it_begins(seconds):
    """From 40 ms on, at any place within the frames, with its duration within 20 ms."""
    for offset in range(0, 160, 37):
        for key in KEYS:
            found = heard(silence(320 + offset) + tones.dtmf(key, seconds))
            assert [k for k, _ in found] == [key]
            assert found[0][1] == pytest.approx(seconds, abs=0.021)


def test_a_number_is_heard_digit_by_digit():
    """The same key twice, with 40 ms between two, is two keys, wherever the frames lie."""
    dialled = "0049891100#*"
    for offset in range(0, 80, 13):
        pcm = silence(offset) + b"".join(tones.dtmf(key, 0.05) + silence(320) for key in dialled)
        assert digits(pcm) == dialled


def test_a_click_within_a_key_does_not_make_it_two():
    """10 ms without the tones are no pause (Q.24)."""
    for offset in range(0, 160, 13):
        pcm = silence(offset) + tones.dtmf("5", 0.05) + silence(80) + tones.dtmf("5", 0.05)
        assert digits(pcm) == "5"


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ({"error": 0.015}, 16),
        ({"error": -0.015}, 16),
        ({"error": 0.035}, 0),
        ({"error": -0.035}, 0),
        ({"low": -16.0, "high": -24.0}, 16),  # 8 dB of twist
        ({"low": -20.0, "high": -16.0}, 16),  # 4 dB of reverse twist
        ({"low": -30.0, "high": -16.0}, 0),
        ({"low": -40.0, "high": -40.0}, 16),
        ({"low": -60.0, "high": -60.0}, 0),
        ({"low": -6.0, "high": -6.0}, 16),
        ({"seconds": 0.012}, 0),
    ],
    ids=str,
)
def test_the_limits_are_those_of_q24(options, keys):
    """Frequencies, twist, level and length: within the limits all keys, beyond them none."""
    assert every_pair(**options) == keys


def test_noise_of_the_line_does_not_hide_a_key():
    """At 15 dB signal to noise each key is heard, once."""
    for key in KEYS:
        pcm = mix(silence(400) + tones.dtmf(key, 0.08) + silence(800), noise(0.25, -22))
        assert digits(pcm) == key


@pytest.mark.parametrize("name", ["PCMU", "PCMA", "G722", "opus"])
def test_keys_survive_the_codecs_and_five_percent_of_loss(name):
    """Through each codec, 5 % of the packets concealed: the number arrives, nothing doubled."""
    if name not in available():
        pytest.skip(f"{name} cannot be run here")
    dialled = "5551234#0*99A7" * 3
    encoder, decoder = make(name), make(name)
    spoken = b"".join(silence(800) + tones.dtmf(key, 0.1) for key in dialled)
    pcm = b"".join(
        decoder.decode(encoder.encode(spoken[at : at + 320])) for at in range(0, len(spoken), 320)
    )
    chance = random.Random(5)
    lost = {n for n in range(len(pcm) // 320) if chance.random() < 0.05}
    assert len(lost) > 10
    assert digits(pcm) == dialled
    assert digits(pcm, lost) == dialled


def test_a_gap_in_the_middle_of_a_key_does_not_make_it_two():
    """20 ms lost of 100 ms, wherever: one key."""
    for lost in range(1, 9):
        assert digits(silence(250) + tones.dtmf("5", 0.1), {lost}) == "5"


@pytest.mark.parametrize("seed", range(6))
def test_voices_are_no_keys(seed):
    """Vowels of any pitch, loud and softly over noise, press nothing."""
    speech = voice(seed)
    assert digits(speech) == ""
    assert digits(mix(gain(speech, -12), noise(4, -50))) == ""


@pytest.mark.parametrize("seed", range(6))
def test_music_is_no_key(seed):
    """Chords with overtones, as on hold, press nothing."""
    assert digits(music(seed)) == ""


def test_the_tones_of_the_network_are_no_keys():
    """Dial, ringing, busy tones, fax, modem, information tones, noise, single DTMF tones."""
    signals = [
        tones.ringback()[:16000], tones.busy(), noise(2, -20), noise(2, -50),
        mix(tones.sine(350, 1), tones.sine(440, 1)), tones.sine(425, 1), tones.sine(1100, 1),
        tones.sine(2100, 1), tones.sine(950, 0.33) + tones.sine(1400, 0.33) + tones.sine(1800, 0.33),
        *(tones.sine(frequency, 0.3) for frequency in tones.ROWS + tones.COLUMNS),
        mix(tones.sine(697, 0.3), tones.sine(770, 0.3)),
    ]  # fmt: skip
    assert [digits(signal) for signal in signals] == [""] * len(signals)


def test_a_voice_over_a_key_hides_it_rather_than_making_another():
    """Both at once: the key or nothing, never another key."""
    for seed, key in enumerate(SOME):
        pcm = mix(voice(seed, 1.0), silence(2400) + tones.dtmf(key, 0.3))
        assert set(digits(pcm)) <= {key}


def test_only_frames_are_taken():
    """Anything but multiples of 20 ms is a ValueError."""
    with pytest.raises(ValueError):
        ToneDetector().feed(bytes(100))
