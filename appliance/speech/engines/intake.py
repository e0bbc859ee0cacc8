"""A caller's samples as a model wants them: its level, its sample rate.

    samples 8 kHz ─► gain (voiced part to level_dbfs, where the pack says so) ─► rate ─► model

sherpa-onnx would change the rate itself, but writes a line to the log for every utterance then.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from appliance.speech.engines.base import RATE
from appliance.speech.features import voiced_rms
from appliance.speech.speaking.resampling import Resampler

Floats = npt.NDArray[np.float32]

_LOUDEST: Final = 40.0
"""Most that a quiet caller is amplified: 32 dB."""
_AUDIBLE: Final = 0.003
"""Root mean square below which nothing has been said yet: -50 dBFS."""
_GLIDE: Final = RATE // 20
"""Samples over which a gain changes."""


class Intake:
    """One utterance on its way in; pieces may have any length."""

    def __init__(self, rate: int, level_dbfs: float) -> None:
        """Prepare for a model of `rate` Hz; a `level_dbfs` of 0 leaves the level as it is."""
        self._level = level_dbfs
        self._heard: Floats = np.zeros(0, np.float32)
        self._gain: float | None = None
        self._resampler = Resampler(RATE, rate)

    def push(self, samples: Floats) -> Floats:
        """Take samples (±1, 8 kHz), return those for the model that can be made by now.

        The gain follows the level of all that has been heard, without jumps once somebody speaks:
        what a streaming model has taken cannot be amplified afterwards.
        """
        if self._level < 0 and len(samples):
            self._heard = np.concatenate([self._heard, samples])
            rms, before = voiced_rms(self._heard), self._gain
            if rms > _AUDIBLE:
                self._gain = min(_LOUDEST, 10 ** (self._level / 20) / rms)
            if self._gain is not None:
                start = self._gain if before is None else before
                gains = np.full(len(samples), self._gain, np.float32)
                glide = gains[:_GLIDE]
                glide[:] = np.linspace(start, self._gain, len(glide), dtype=np.float32)
                samples = samples * gains
        return self._resampler.push(samples.astype(np.float32, copy=False))
