"""What is heard where nothing is said: quiet noise, with soft edges towards speech.

    frame of speech ──────────────┐
    None, or a frame of silence ──┴─► frame ─► never digital silence, never a step

A line that falls to digital silence between two sentences sounds dead, and callers ask whether
anybody is there. So nothing is filled with noise as RFC 3389 describes it, at -66 dBov: -59.9 dBm0,
which is what a good line has by itself (ITU-T G.712 allows -65 dBm0p idle) and less than any
microphone in a room. It is 40 dB below speech (-19 dBm0), so no echo canceller or detector of
speech takes it for a voice.

PCM is 16-bit little-endian mono at 8 kHz, frames are 20 ms long.
"""

from __future__ import annotations

import math
from typing import Final

from appliance.audio.noise import ComfortNoise
from appliance.audio.pcm import FRAME_SAMPLES, pack, silence, unpack

LEVEL: Final = 66
"""Of the noise, in -dBov as RFC 3389 section 3.1 writes it."""
HUSHED: Final = 48
"""A frame whose samples are all smaller holds nothing: three times the RMS of the noise."""
EASE: Final = 40
"""Samples within which a step is eased out: 5 ms."""
_GLIMPSE: Final = 16
"""Every so manieth sample is looked at first."""
_STEP: Final = 64
"""A step up to this size is no louder than the noise itself."""
_SINKING: Final = tuple(0.5 + 0.5 * math.cos(math.pi * n / EASE) for n in range(EASE))


def eased(frame: bytes, last: int) -> bytes:
    """Return a frame that begins at the value of the sample before it and then finds its own way.

    `last`: the sample that was sent before it. The difference sinks to nothing within 5 ms.
    """
    samples = unpack(frame)
    step = last - samples[0]
    if abs(step) <= _STEP:
        return frame
    begun = [sample + step * part for sample, part in zip(samples, _SINKING, strict=False)]
    return pack(begun) + frame[2 * len(begun) :]


def last_sample(frame: bytes) -> int:
    """Return the value with which a frame ends."""
    return int.from_bytes(frame[-2:], "little", signed=True)


class Comfort:
    """The way of one stream's frames to the line; pure."""

    __slots__ = ("_last", "_noise", "_resting")

    def __init__(self) -> None:
        self._noise = ComfortNoise()
        self._noise.decode(bytes([LEVEL]))
        self._resting = True
        """Whether the last frame was noise."""
        self._last = 0

    def frame(self, pcm: bytes | None) -> bytes:
        """Return what is sent for 20 ms: `pcm`, or noise where it is None or holds nothing."""
        resting = pcm is None or _hushed(pcm)
        made = self._quiet() if pcm is None or resting else pcm
        if resting is not self._resting:
            made = eased(made, self._last)
            self._resting = resting
        self._last = last_sample(made)
        return made

    def _quiet(self) -> bytes:
        return self._noise.rest(FRAME_SAMPLES) or silence(FRAME_SAMPLES)


def _hushed(pcm: bytes) -> bool:
    samples = memoryview(pcm).cast("h")
    if max(samples[::_GLIMPSE]) >= HUSHED:  # nearly every frame of speech, at a tenth of the cost
        return False
    heard = samples.tolist()
    return max(heard) < HUSHED and min(heard) > -HUSHED
