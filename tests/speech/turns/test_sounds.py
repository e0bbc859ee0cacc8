"""What is on the line instead of a caller, made by the standards, and people who are no machines."""

import csv

import numpy as np
import pytest

from appliance.audio.g711 import CODECS
from appliance.contracts.speech import Sound
from appliance.speech.audiofile import read_audio
from appliance.speech.features import level_dbfs
from appliance.speech.turns.sounds import LineSounds

RATE = 8000


def tone(hertz, seconds, level=0.1):
    """One or several frequencies (Hz), each with amplitude `level`."""
    at = np.arange(round(seconds * RATE)) / RATE
    parts = hertz if isinstance(hertz, tuple) else (hertz,)
    return sum(level * np.sin(2 * np.pi * part * at) for part in parts).astype(np.float32)


def quiet(seconds, level=1e-4, seed=3):
    """A room's noise."""
    noise = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return (level * noise).astype(np.float32)


def keyed(low, high, baud, seconds, seed=1):
    """Random bits by frequency-shift keying with continuous phase."""
    size = round(seconds * RATE)
    bits = np.random.default_rng(seed).integers(0, 2, round(seconds * baud) + 2)
    hertz = np.where(bits[(np.arange(size) * baud / RATE).astype(int)] == 1, high, low)
    return (0.1 * np.sin(2 * np.pi * np.cumsum(hertz) / RATE)).astype(np.float32)


def melody(seconds, seed=5):
    """Chords of decaying harmonics, half a second each."""
    chance, parts = np.random.default_rng(seed), []
    for _ in range(round(seconds / 0.5)):
        at = np.arange(RATE // 2) / RATE
        chord = np.zeros(len(at))
        for root in chance.choice([262, 294, 330, 349, 392, 440, 494], 3, replace=False):
            for harmonic in (1, 2, 3, 4):
                chord += np.sin(2 * np.pi * root * harmonic * at) / harmonic**1.5
        parts.append(0.05 * chord * np.exp(-1.5 * at))
    return np.concatenate(parts).astype(np.float32)


def telephone(samples):
    """The same after G.711, with the noise of a line."""
    noisy = samples + quiet(len(samples) / RATE)[: len(samples)]
    codec = CODECS["PCMA"]
    held = (np.clip(noisy, -1, 1) * 32767).astype("<i2").tobytes()
    return np.frombuffer(codec.decode(codec.encode(held)), "<i2").astype(np.float32) / 32768


def notice(samples, voiced=()):
    """Return the sounds noticed; `voiced`: seconds (begin, end) in which somebody speaks."""
    listener, found = LineSounds(), []
    for at in range(0, len(samples) - 255, 256):
        window, now = samples[at : at + 256], at / RATE
        speech = float(any(begin <= now < end for begin, end in voiced))
        noticed = listener.window(window, now, level_dbfs(window), speech)
        if noticed is not None:
            found.append(noticed)
    return found


def burst(*parts):
    """Return parts one behind the other as they come by telephone."""
    return telephone(np.concatenate([quiet(0.5), *parts, quiet(0.6)]))


@pytest.mark.parametrize(
    ("name", "samples", "sound"),
    [
        ("T.30 calling tone", burst(tone(1100, 0.5), quiet(3.0), tone(1100, 0.5)), Sound.FAX),
        ("T.30 calling tone, off frequency", burst(tone(1132, 0.5)), Sound.FAX),
        ("T.30 answer", burst(tone(2100, 2.6)), Sound.FAX),
        ("T.30 flags", burst(keyed(1650, 1850, 300, 2.0)), Sound.FAX),
        ("V.25 calling tone", burst(tone(1300, 0.6)), Sound.MODEM),
        ("V.21", burst(keyed(980, 1180, 300, 2.0)), Sound.MODEM),
        ("Bell 103", burst(tone(2225, 1.5)), Sound.MODEM),
        ("text telephone", burst(keyed(1400, 1800, 45.45, 2.5)), Sound.MODEM),
        ("dial tone", burst(tone(425, 3.0)), Sound.TONE),
        ("American dial tone", burst(tone((350, 440), 3.0)), Sound.TONE),
        ("busy", burst(*[tone(425, 0.48), quiet(0.48)] * 4), Sound.TONE),
        ("American busy", burst(*[tone((480, 620), 0.5), quiet(0.5)] * 4), Sound.TONE),
        ("congestion", burst(*[tone(425, 0.24), quiet(0.24)] * 5), Sound.TONE),
        ("no such number", burst(tone(950, 0.33), tone(1400, 0.33), tone(1800, 0.33)), Sound.TONE),
        ("music", burst(melody(8.0)), Sound.MUSIC),
        ("nothing", np.zeros(12 * RATE, np.float32), Sound.SILENCE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_standard_sound_is_known(name, samples, sound):
    """Each sound, through G.711 with noise, is told as what it is, and as nothing else."""
    found = notice(samples)
    assert {noticed.sound for noticed in found} == {sound}, name


def test_a_sound_is_told_once():
    """One fax calls as long as it likes: it is one fax. After a pause it is told anew."""
    once = [tone(2100, 2.0), quiet(1.0)] * 3
    assert len(notice(burst(*once))) == 1
    assert len(notice(burst(tone(2100, 2.0), quiet(6.0), tone(2100, 2.0)))) == 2


def test_it_is_told_since_when():
    """The time is that of its beginning, within two windows."""
    [found] = notice(burst(tone(1100, 0.5)))
    assert found.since == pytest.approx(0.5, abs=0.064)


def test_speech_and_a_beep_are_a_machine():
    """A greeting of some seconds, a beep, and quiet."""
    speech = quiet(4.0, 0.05)
    sound = burst(speech, quiet(0.5), tone(1000, 0.5))
    [found] = notice(sound, [(0.5, 4.5)])
    assert found.sound is Sound.MACHINE
    assert found.since == pytest.approx(5.0, abs=0.1)


def test_a_beep_alone_is_no_machine():
    """A pressed key or a microwave oven does not make a machine, nor does speech without beep."""
    assert notice(burst(tone(1000, 0.5))) == []
    assert notice(burst(quiet(4.0, 0.05)), [(0.5, 4.5)]) == []


def test_who_talks_on_without_a_pause_is_a_machine():
    """An announcement leaves nobody a turn; a caller who takes a breath is none."""
    long = burst(quiet(16.0, 0.05))
    [found] = notice(long, [(0.5, 16.0)])
    assert (found.sound, round(found.since, 1)) == (Sound.MACHINE, 0.5)
    assert notice(long, [(0.5, 6.0), (6.8, 11.0), (11.9, 16.0)]) == []


def test_steady_noise_and_a_hum_are_nothing():
    """A fan with its hum, or a hissing line, is a room."""
    fan = telephone(quiet(12.0, 0.02) + tone(300, 12.0, 0.02) + tone(600, 12.0, 0.01))
    assert notice(fan) == []
    assert notice(telephone(quiet(12.0, 0.05))) == []


def test_a_room_is_not_nothing():
    """The faintest noise is a line that lives; silence is told when it has lasted."""
    assert notice(quiet(15.0, 5e-4)) == []
    assert notice(np.zeros(9 * RATE, np.float32)) == []


def test_pressed_keys_are_no_machine():
    """DTMF has its own way."""
    keys = [part for low, high in ((697, 1209), (852, 1477), (941, 1336)) * 4
            for part in (tone((low, high), 0.2), quiet(0.15))]  # fmt: skip
    assert notice(burst(*keys)) == []


def test_people_are_people(human_speech):
    """Nobody of the evaluation sets is taken for a machine, without a detector's help."""
    wrong = []
    for name in ("an4_eval", "common_voice_eval", "kerstin_de"):
        folder = human_speech / "audio" / name
        with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[::2]
        for row in rows:
            samples = read_audio(folder / row["file"])
            wrong += [(row["file"], n) for n in notice(samples, [(0.0, len(samples) / RATE)])]
    assert wrong == []
