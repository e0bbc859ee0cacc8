"""Sound files of any rate and any number of channels as 8 kHz mono samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import soundfile

from appliance.contracts.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

Floats = npt.NDArray[np.float32]

RATE: Final = 8000
LONGEST: Final = 3600.0
"""Seconds of one file."""
_ZERO_CROSSINGS: Final = 24
"""Of the windowed sinc on each side: 90 dB of stop band, 3.7 kHz kept."""
_ROLLOFF: Final = 0.94
_KAISER: Final = 9.0
_BLOCK: Final = 4096


def read_audio(file: Path) -> Floats:
    """Return the samples (±1, 8 kHz, mono) of a WAV, FLAC, Ogg or other file of libsndfile.

    Raises UserError where it cannot be read, is empty of sound or longer than an hour.
    """
    try:
        with soundfile.SoundFile(file) as sound:
            if sound.frames > LONGEST * sound.samplerate:
                raise UserError(f"{file} is longer than an hour: cut it into shorter files.")
            samples = sound.read(dtype="float32", always_2d=True)
            rate = int(sound.samplerate)
    except (OSError, soundfile.SoundFileError) as error:
        if not file.exists():
            raise UserError(f"{file} does not exist: name a sound file.") from None
        raise UserError(
            f"{file} is not a sound file that can be read: name a WAV, FLAC or Ogg file."
        ) from error
    if not len(samples):
        raise UserError(f"{file} holds no sound: record it again.")
    mono = np.nan_to_num(samples.mean(1), nan=0.0, posinf=0.0, neginf=0.0)
    return resample(mono.astype(np.float32), rate, RATE)


def resample(samples: Floats, rate: int, target: int) -> Floats:
    """Return `samples` at `target` Hz, band-limited to the lower of both rates, without delay.

    A polyphase windowed sinc (Smith, "Digital Audio Resampling").
    """
    if rate == target or not len(samples):
        return samples
    common = math.gcd(rate, target)
    up, down = target // common, rate // common
    width = math.ceil(_ZERO_CROSSINGS * max(1.0, rate / target))
    taps = _taps(up, width, min(1.0, target / rate) * _ROLLOFF)
    padded = np.concatenate([np.zeros(width, np.float32), samples, np.zeros(width, np.float32)])
    count = -(-len(samples) * up // down)
    out = np.empty(count, np.float32)
    reach = np.arange(2 * width)
    for first in range(0, count, _BLOCK):
        at = np.arange(first, min(first + _BLOCK, count)) * down
        whole, phase = at // up, at % up
        # Sample i of the input stands at i + width; the taps begin one to the right of whole.
        index = np.minimum(whole[:, None] + 1 + reach, len(padded) - 1)
        out[first : first + len(at)] = np.einsum("ij,ij->i", padded[index], taps[phase])
    return out


def _taps(phases: int, width: int, cutoff: float) -> Floats:
    """Return the filter of every phase [phases, 2 * width]; `cutoff` as a share of the input's."""
    offset = np.arange(phases)[:, None] / phases - (np.arange(2 * width) - width + 1)[None]
    window = np.i0(_KAISER * np.sqrt(np.maximum(0.0, 1 - (offset / width) ** 2))) / np.i0(_KAISER)
    taps = cutoff * np.sinc(cutoff * offset) * window
    return np.asarray(taps / taps.sum(1, keepdims=True), np.float32)
