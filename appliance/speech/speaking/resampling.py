"""Streaming change of sample rate, mono float32."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Resampler:
    """Streaming change of rate by a windowed-sinc polyphase filter, mono float32.

    Pieces may have any length; the joints are inaudible because the filter keeps its past. The
    output starts without delay: the filter's own is cut from the front and made good by `flush`.
    Stop band from about 1.03 times the lower Nyquist frequency, 80 dB down.
    """

    def __init__(self, source: int, target: int) -> None:
        """Prepare for `source` Hz in, `target` Hz out."""
        shared = math.gcd(source, target)
        self._up, self._down = target // shared, source // shared
        wide = max(self._up, self._down)
        # The filter's middle lies on an output, so that its delay can be cut off whole.
        middle = self._down * math.ceil(24 * wide / self._down)
        self._taps = -(-(2 * middle + 1) // self._up)
        at = np.arange(self._taps * self._up) - middle
        cutoff = 0.925 / wide
        window = np.i0(8.0 * np.sqrt(np.maximum(0.0, 1 - (at / middle) ** 2))) / np.i0(8.0)
        window[np.abs(at) > middle] = 0.0
        prototype = cutoff * np.sinc(cutoff * at) * window * self._up
        # Row p holds the taps for outputs that fall p steps after an input, newest input last.
        phases = prototype.reshape(self._taps, self._up).T[:, ::-1]
        self._phases: NDArray[np.float32] = np.ascontiguousarray(phases, np.float32)
        self._past: NDArray[np.float32] = np.zeros(self._taps - 1, np.float32)
        self._first = 0
        """Number of the input that the window ending `_past` would take next."""
        self._next = middle // self._down
        """Number of the next output, counted with the filter's delay."""
        self._rest = -(-middle // self._up)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take samples, return those of the new rate that can be made by now."""
        if self._up == self._down:
            return samples
        held = np.concatenate([self._past, samples])
        end = self._first + len(samples)
        last = -(-end * self._up // self._down)  # first output that needs input `end`
        numbers = np.arange(self._next, max(self._next, last))
        made = np.empty(len(numbers), np.float32)
        if not len(numbers):
            self._first, self._past = end, held[len(samples) :]
            return made
        windows = np.lib.stride_tricks.sliding_window_view(held, self._taps)
        for at in range(0, len(numbers), 4096):  # blocks bound the memory of the gathered windows
            steps = numbers[at : at + 4096] * self._down
            chosen = windows[steps // self._up - self._first]
            made[at : at + 4096] = np.einsum("nk,nk->n", chosen, self._phases[steps % self._up])
        self._next += len(numbers)
        self._first, self._past = end, held[len(samples) :]
        return made

    def flush(self) -> NDArray[np.float32]:
        """Return what the filter still holds."""
        if self._up == self._down:
            return np.zeros(0, np.float32)
        return self.push(np.zeros(self._rest, np.float32))
