"""`call.comfort`: noise where nothing is said, and no step between it and speech."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio.g711 import CODECS
from appliance.audio.pcm import FRAME_BYTES, level_dbfs, pack, unpack
from appliance.call.comfort import EASE, HUSHED, LEVEL, Comfort, eased, last_sample

SIZE = 8000


def swing(frames: int, phase: float = 0.0, hertz: float = 311.0) -> list[bytes]:
    """A tone in frames, which begins and ends wherever it happens to be."""
    at = range(160 * frames)
    pcm = pack(SIZE * math.cos(phase + 2 * math.pi * hertz * n / 8000) for n in at)
    return [pcm[n : n + FRAME_BYTES] for n in range(0, len(pcm), FRAME_BYTES)]


def steps(frames: list[bytes]) -> int:
    """The largest difference between neighbours."""
    samples = unpack(b"".join(frames))
    return max(abs(a - b) for a, b in itertools.pairwise(samples))


STEEPEST = SIZE * 2 * math.pi * 311 / 8000
"""The largest difference within the tone itself."""


def test_nothing_is_never_dead() -> None:
    """Sends noise of its level where nothing is said, at the telephone's end too."""
    comfort = Comfort()
    sent = [comfort.frame(None) for _ in range(100)]
    assert {len(frame) for frame in sent} == {FRAME_BYTES}
    assert level_dbfs(b"".join(sent)) == pytest.approx(-LEVEL, abs=1.0)
    for codec in CODECS.values():
        heard = codec.decode(codec.encode(b"".join(sent)))
        assert level_dbfs(heard) == pytest.approx(-LEVEL, abs=2.5)
    assert len(set(sent)) > 50


def test_silence_in_a_sentence_is_filled_alike() -> None:
    """Takes a frame without sound for none, and one that holds a breath for sound."""
    comfort = Comfort()
    assert comfort.frame(bytes(FRAME_BYTES)) != bytes(FRAME_BYTES)
    breath = pack([HUSHED + 2, -HUSHED - 2] * 80)
    comfort.frame(breath)
    assert comfort.frame(breath) == breath
    click = pack([0, -3000, *[0] * 158])
    comfort.frame(breath)
    assert comfort.frame(click) == click


def test_speech_goes_through_as_it_is() -> None:
    """Changes no frame between two others."""
    comfort = Comfort()
    frames = swing(10)
    assert [comfort.frame(frame) for frame in frames][1:] == frames[1:]


@given(begin=st.floats(0, 6.3), frames=st.integers(1, 4), hertz=st.floats(100, 311))
def test_no_edge_clicks(begin: float, frames: int, hertz: float) -> None:
    """Whatever is cut off wherever, no step is larger than those of the sound itself."""
    comfort = Comfort()
    parts: list[bytes | None] = [None, None, *swing(frames, begin, hertz), None, None]
    sent = [comfort.frame(part) for part in parts]
    most = STEEPEST + SIZE * math.pi / 2 / EASE + 200
    assert steps(sent) <= most


def test_an_interrupted_word_sinks_within_milliseconds() -> None:
    """Is noise again 5 ms after the cut."""
    comfort = Comfort()
    for frame in swing(3):
        comfort.frame(frame)
    after = unpack(comfort.frame(None))
    assert max(map(abs, after[EASE:])) < 4 * HUSHED


def test_a_step_is_eased_out() -> None:
    """Begins where the frame before ended, and is itself after 5 ms."""
    frame = pack([1000.0] * 160)
    made = unpack(eased(frame, -1000))
    assert made[0] == -1000
    assert list(made[EASE:]) == [1000] * (160 - EASE)
    assert eased(frame, 1000) is frame
    assert last_sample(frame) == 1000
    loud = unpack(eased(pack([32767.0] * 160), -32768))
    assert max(loud) == 32767
