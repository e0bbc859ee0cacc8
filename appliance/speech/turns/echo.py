"""Taking the box's own voice out of what comes back from the line.

    played ─► [delay line of spectra] ─► background filter ─► its error ─► adaptation
                        │                      │ better for a while: copied
                        └──────────────► foreground filter ─► echo
    heard ──────────────────────────────────────────────────── − ─► what the caller says

A hybrid somewhere in the network, or a telephone's own loudspeaker, returns a part of what the box
says, a network's and a jitter buffer's delay later. The canceller is linear: a partitioned block
frequency-domain adaptive filter (Soo and Pang, "Multidelay block frequency domain adaptive filter",
1990), constrained, with a normalised step for each bin.

Two filters (Ochiai et al., "Echo canceler with two echo path models", 1977): the background one
always adapts, the foreground one makes the output and takes over the other's coefficients only
while that proves to be better. So a caller who talks into the box's sentence spoils the background
filter only, and is heard unchanged.

What is left is weakened further unless it is too loud for an echo (Geigel's detector, with the
echo's own level once that is known): in the box's first second, before the echo is learned, after a
jitter buffer has moved, and because a detector of voices hears a sentence 30 dB down. A line on
which nothing comes back is told by that silence, and nothing is kept back on it.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
_Spectra = npt.NDArray[np.complex64]

TAIL: Final = 0.48
"""Seconds between the box's sending a sound and the end of its echo that are covered: the way
there and back, two jitter buffers, and the line's own 10 to 128 ms."""
_BLOCK: Final = 160
_STEP: Final = 0.7
_FLOOR: Final = 1e-7 * _BLOCK
"""Power of a bin below which nothing is learned: about −70 dBFS."""
_QUIET: Final = 0.01
"""Power of a bin, against the loudest lately, at which the steps are halved."""
_DECAY: Final = 0.999
_SMOOTH: Final = 0.85
"""Of the errors that are compared: about 130 ms."""
_BETTER: Final = 0.8
"""Error power of the background filter, against that of the foreground, at which it is copied."""
_WORSE: Final = 4.0
"""The same at which it is thrown away, and begins again from the foreground."""
_LEARNED: Final = 0.04
"""Error power against what was heard at which the echo counts as learned: 14 dB."""
_ECHO_PEAK: Final = 0.5
"""An echo is at most half as high as what was played (Geigel): 6 dB."""
_FAINT: Final = 0.005
"""A peak below which nobody talks, whatever was played: −46 dBFS."""
_HANGOVER: Final = 40
"""Blocks between two loud syllables: 0.8 s."""
_REST: Final = 0.05
"""What remains of a residual echo: −26 dB."""
_MARGIN: Final = 3.0
"""The same against the root of a learned echo's power: speech peaks where the line is loud."""
_NO_ECHO: Final = 1e-3
"""Power heard, against the least power played within the tail, at which there is no echo."""
_PLAYING: Final = _BLOCK * 1e-4
"""Power of a block from which the box counts as talking: −40 dBFS."""
_IDLE: Final = _BLOCK * 1e-6
"""Power of a block below which nothing is judged: −60 dBFS, just above the noise of A-law."""


class EchoCanceller:
    """One call's canceller; 20 ms at 8 kHz at a time (0.13 ms of one x86 core)."""

    def __init__(self, tail: float = TAIL, rate: int = 8000) -> None:
        """`tail`: seconds of echo path that are modelled."""
        self._parts = max(1, round(tail * rate / _BLOCK))
        bins = _BLOCK + 1
        self._far = np.zeros((self._parts, bins), np.complex64)
        """Spectra of what was played, the newest first."""
        self._power = np.zeros((self._parts, bins), np.float32)
        self._background = np.zeros_like(self._far)
        self._foreground = np.zeros_like(self._far)
        self._loudest = np.zeros(bins, np.float32)
        self._last = np.zeros(_BLOCK, np.float32)
        self._constrained = 0
        self._silent = self._parts + 1
        """Blocks for which nothing has been played."""
        self._heard = self._front = self._back = 0.0
        self._peaks: deque[float] = deque(maxlen=self._parts)
        self._levels: deque[float] = deque(maxlen=self._parts)
        """Peak and smoothed power of the blocks played within the tail."""
        self._safe = False
        """There is no echo: what is heard is the caller."""
        self._highest = _ECHO_PEAK
        """How high an echo may be, against what was played."""
        self._loud = 0
        """Blocks for which somebody who was too loud for an echo is still believed to talk."""

    def process(self, heard: Floats, played: Floats | None) -> Floats:
        """Return `heard` without the echo of what was played up to now.

        Both hold samples within ±1; `played` is what the box sent during the same 20 ms, None for
        silence. A packet of another length is passed on unchanged: there is no telling which
        samples belong together.
        """
        if len(heard) != _BLOCK or (played is not None and len(played) != _BLOCK):
            return heard
        self._silent = 0 if played is not None and played.any() else self._silent + 1
        if self._silent > self._parts:
            return heard  # whatever is heard, it is no echo
        self._push(np.zeros(_BLOCK, np.float32) if played is None else played)
        front = self._error(self._foreground, heard)
        back = self._error(self._background, heard)
        self._adapt(back)
        left = self._choose(heard, front, back)
        learned = self._front < _LEARNED * self._heard + _IDLE
        self._judge(learned=learned)
        if np.abs(heard).max() > max(self._highest * max(self._peaks), _FAINT):
            self._loud = _HANGOVER
        self._loud = max(-1, self._loud - 1)
        return left if self._safe or self._loud >= 0 else left * np.float32(_REST)

    def _push(self, played: Floats) -> None:
        spectrum = np.fft.rfft(np.concatenate((self._last, played))).astype(np.complex64)
        self._far = np.roll(self._far, 1, axis=0)
        self._power = np.roll(self._power, 1, axis=0)
        self._far[0] = spectrum
        self._power[0] = np.abs(spectrum) ** 2
        self._last = played
        self._peaks.append(float(np.abs(played).max()))
        level = self._levels[-1] if self._levels else 0.0
        self._levels.append(_SMOOTH * level + (1 - _SMOOTH) * float(played @ played))

    def _judge(self, *, learned: bool) -> None:
        """Note that there is no echo, or how strong the one is that was learned."""
        played = min(self._levels) if len(self._levels) == self._parts else 0.0
        if played < _PLAYING:
            return
        if self._heard < _NO_ECHO * played:
            self._safe = True
        elif learned:
            gain = float((np.abs(self._foreground) ** 2).sum(axis=0).mean())
            self._highest = min(_ECHO_PEAK, _MARGIN * gain**0.5)

    def _error(self, weights: _Spectra, heard: Floats) -> Floats:
        echo = np.fft.irfft(np.einsum("pk,pk->k", weights, self._far))[_BLOCK:]
        return (heard - echo).astype(np.float32)

    def _adapt(self, error: Floats) -> None:
        padded = np.fft.rfft(np.concatenate((np.zeros(_BLOCK, np.float32), error)))
        # Parts of the filter that carry the echo learn faster than those that are empty
        # (proportionate steps: Duttweiler 2000), which a long tail for a short echo needs.
        energy = np.sqrt((np.abs(self._background) ** 2).sum(axis=1))
        share = energy + max(float(energy.max()), 1e-6) * 0.1
        share = (share / share.sum()).astype(np.float32)
        power = share @ self._power
        # What is quiet against what was played lately teaches little: the line's own noise would.
        self._loudest = np.maximum(_DECAY * self._loudest, power)
        power = power + _QUIET * self._loudest + _FLOOR
        wanted = (_STEP * padded / power).astype(np.complex64)
        self._background += share[:, None] * np.conj(self._far) * wanted
        # Circular convolution is made linear (the constraint) for two parts in turn: all of them
        # within a quarter of a second, at a tenth of the cost.
        for _ in range(2):
            part = self._constrained = (self._constrained + 1) % self._parts
            response = np.fft.irfft(self._background[part])
            response[_BLOCK:] = 0
            self._background[part] = np.fft.rfft(response)

    def _choose(self, heard: Floats, front: Floats, back: Floats) -> Floats:
        def smooth(old: float, samples: Floats) -> float:
            return _SMOOTH * old + (1 - _SMOOTH) * float(samples @ samples)

        # The caller's own voice is in all three powers alike; only the echo tells them apart.
        self._heard = smooth(self._heard, heard)
        self._front = smooth(self._front, front)
        self._back = smooth(self._back, back)
        if self._back < _BETTER * self._front and self._back < self._heard:
            self._foreground = self._background.copy()
            self._front = self._back
        elif self._back > _WORSE * self._front + _IDLE:
            self._background = self._foreground.copy()
            self._back = self._front
        return heard if self._front > self._heard + _IDLE else front
