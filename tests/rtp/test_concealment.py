"""Loss concealment: what stands in for lost audio, and how it begins and ends."""

import math
import random
from itertools import pairwise

import pytest

from appliance.audio.pcm import level_dbfs, pack, unpack
from appliance.rtp.concealment import Concealer

FRAME = 320


def voice(period, samples, seed=0):
    """A pulse train of this pitch period through a resonance, as a vowel has them."""
    chance = random.Random(seed)
    out, y1, y2 = [], 0.0, 0.0
    for n in range(samples):
        pulse = 4000.0 if n % period == 0 else chance.uniform(-20, 20)
        y1, y2 = pulse + 1.6 * y1 - 0.8 * y2, y1
        out.append(y1)
    return pack(out)


def feed(concealer, pcm):
    return b"".join(concealer.good(pcm[at : at + FRAME]) for at in range(0, len(pcm), FRAME))


def test_good_audio_passes_untouched():
    """Without a gap nothing is changed."""
    pcm = voice(57, 1600)
    assert feed(Concealer(), pcm) == pcm


@pytest.mark.parametrize("period", [40, 47, 64, 79, 91, 110, 120])
def test_a_lost_frame_goes_on_at_the_pitch_of_the_voice(period):
    """The stand-in for 20 ms resembles what was lost, for voices from 66 to 200 Hz."""
    pcm = voice(period, 1600)
    concealer = Concealer()
    feed(concealer, pcm[: 8 * FRAME])
    lost, made = unpack(pcm[8 * FRAME : 9 * FRAME]), unpack(concealer.conceal(160))
    product = sum(a * b for a, b in zip(lost, made, strict=True))
    power = (sum(a * a for a in lost) * sum(b * b for b in made)) ** 0.5
    assert product / power > 0.9


def test_a_long_gap_fades_to_silence_within_60_ms():
    """Each 20 ms is softer than the one before; after 60 ms there is digital silence."""
    concealer = Concealer()
    feed(concealer, voice(64, 1600))
    levels = [level_dbfs(concealer.conceal(160)) for _ in range(3)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > levels[2] + 8
    assert concealer.exhausted
    assert concealer.conceal(160) == bytes(FRAME)


@pytest.mark.parametrize("before", range(800, 840, 3))
def test_a_gap_does_not_click_where_it_begins_repeats_and_ends(before):
    """A tone that grows, lost at any phase: no step is much larger than the tone's own."""
    tone = [500 * 2 ** (n / 160) * math.sin(math.tau * 187 * n / 8000) for n in range(before)]
    pcm = pack(tone)
    own = max(abs(b - a) for a, b in pairwise(tone))
    concealer = Concealer()
    out = feed(concealer, pcm)
    for _ in range(3):
        out += concealer.conceal(160)
    assert max(abs(b - a) for a, b in pairwise(unpack(out))) < 1.15 * own
    out += concealer.good(pcm[-FRAME:])
    assert max(abs(b - a) for a, b in pairwise(unpack(out))) < 1.2 * own


def test_after_the_smoothed_start_good_audio_is_bit_exact():
    """Recovery touches 4 ms after one lost frame and 10 ms after a longer gap."""
    pcm = voice(70, 3200)
    for frames, touched in ((1, 32), (3, 80), (9, 80)):
        concealer = Concealer()
        feed(concealer, pcm[: 5 * FRAME])
        for _ in range(frames):
            concealer.conceal(160)
        assert concealer.smoothing
        following = pcm[7 * FRAME : 8 * FRAME]
        out = concealer.good(following)
        assert not concealer.smoothing
        assert out[: 2 * touched] != following[: 2 * touched]
        assert out[2 * touched :] == following[2 * touched :]


def test_gaps_of_any_length_are_filled_exactly():
    """Pieces of a frame, as 10 and 30 ms packets lose them, add up to the same stand-in."""
    whole, pieces = Concealer(), Concealer()
    for concealer in (whole, pieces):
        feed(concealer, voice(64, 1600))
    parts = [pieces.conceal(n) for n in (80, 40, 37, 3)]
    assert b"".join(parts) == whole.conceal(160)


@pytest.mark.parametrize("loud", [0, 32767, -32768])
def test_extremes_are_concealed_without_overflow(loud):
    """Silence, and audio at the limits of 16 bits, are no special case."""
    concealer = Concealer()
    feed(concealer, pack([loud] * 800))
    for _ in range(4):
        assert len(concealer.conceal(160)) == FRAME
    assert len(concealer.good(bytes(FRAME))) == FRAME


def test_a_gap_before_any_audio_is_silent():
    """With no history there is nothing to repeat."""
    assert Concealer().conceal(160) == bytes(FRAME)
