"""From clean speech to what the recogniser is given.

    speech ─► 8 kHz, speed ─► trim, pad ─► room ─► tilt, band ─► noise ─► level
           ─► packet loss ─► G.711 ─► normalise ─► kaldi filter bank [frames, 40]

Everything before `normalise` happens to a caller; `normalise` and `features` happen in the
product as well and must stay the same there.
"""

import collections
import csv
import random
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from scipy.signal import butter, fftconvolve, lfilter

Samples = npt.NDArray[np.float32]
"""Mono samples, ±1."""

RATE = 8000
LEVEL_DBFS = -23.0
"""Level of the voiced part after `normalise`."""


def voiced_rms(x: Samples) -> float:
    """Return the root mean square of the loud frames of `x` (8 kHz).

    Frames of 20 ms; loud means within 20 dB of the 95th percentile of frame power.
    Returns 0 for less than one frame.
    """
    frames = x[: len(x) // 160 * 160].reshape(-1, 160)
    if not len(frames):
        return 0.0
    power = (frames.astype(np.float64) ** 2).mean(1)
    return float(np.sqrt(power[power >= np.percentile(power, 95) / 100].mean()))


def normalise(x: Samples, level_dbfs: float = LEVEL_DBFS) -> Samples:
    """Return `x` scaled so that its voiced part has `level_dbfs`; not clipped."""
    rms = voiced_rms(x)
    return x * np.float32(10 ** (level_dbfs / 20) / rms) if rms > 1e-5 else x


def features(x: Samples) -> npt.NDArray[np.float32]:
    """Return kaldi filter banks [frames, 40] of `x` (8 kHz, 25 ms windows every 10 ms)."""
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = False
    options.frame_opts.samp_freq = RATE
    options.mel_opts.num_bins = 40
    options.mel_opts.low_freq = 20
    options.mel_opts.high_freq = -400
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(RATE, x)
    bank.input_finished()
    return np.stack([bank.get_frame(i) for i in range(bank.num_frames_ready)])


def ulaw(x: Samples) -> Samples:
    """Return `x` after G.711 µ-law (continuous companding, 255 steps)."""
    y = np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256)
    y = np.round(y * 127.5) / 127.5
    return np.asarray(np.sign(y) * (256 ** np.abs(y) - 1) / 255, np.float32)


def alaw(x: Samples) -> Samples:
    """Return `x` after G.711 A-law (continuous companding, 255 steps)."""
    size, slope = np.abs(x), 1 + np.log(87.6)
    small = size < 1 / 87.6
    y = np.where(small, 87.6 * size, 1 + np.log(np.maximum(87.6 * size, 1e-9))) / slope
    y = (np.floor(y * 127.999) + 0.5) / 128
    z = np.where(y < 1 / slope, y * slope, np.exp(y * slope - 1)) / 87.6
    return np.asarray(np.sign(x) * z, np.float32)


def resample(x: Samples, rate: float) -> Samples:
    """Return `x` (at `rate`, Hz) at 8 kHz."""
    if rate == RATE:
        return x
    return np.asarray(soxr.resample(x, rate, RATE, quality="MQ"), np.float32)


def read_audio(path: Path) -> tuple[Samples, int]:
    """Return samples (first channel) and rate of any file libsndfile reads."""
    x, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(x[:, 0]), rate


def trim(x: Samples) -> Samples:
    """Return `x` (8 kHz) without its silent ends, 25 ms before and 50 ms after kept."""
    loud = np.flatnonzero(np.abs(x) > 0.01 * np.abs(x).max())
    return x[max(0, loud[0] - 200) : loud[-1] + 400] if len(loud) else x[:0]


def pad(x: Samples, before: float, after: float) -> Samples:
    """Return `x` (8 kHz) between `before` and `after` seconds of silence."""
    zeros = (np.zeros(int(RATE * s), np.float32) for s in (before, after))
    return np.concatenate([next(zeros), x, next(zeros)])


def telephone(x: Samples, rate: int) -> Samples:
    """Return `x` at `rate` (Hz) as a caller's utterance in the product: G.711, normalised."""
    return normalise(ulaw(np.clip(pad(resample(x, rate), 0.3, 0.6), -1, 1)))


class Channel:
    """A random telephone line."""

    def __init__(self, seed: int, noise_dir: Path) -> None:
        """Load the noises and room responses listed in `noise_dir`/manifest.tsv (split train)."""
        self.rng = random.Random(seed)
        self._np = np.random.default_rng(seed)
        self._noise: list[Samples] = []
        self._rooms: list[Samples] = []
        self._babble: collections.deque[Samples] = collections.deque(maxlen=16)
        with (noise_dir / "manifest.tsv").open() as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["split"] != "train":
                    continue
                x = resample(*read_audio(noise_dir / row["file"]))
                if row["kind"] == "noise":
                    self._noise.append(x / (x.std() + 1e-9))
                else:
                    self._rooms.append(x[np.abs(x).argmax() :][: RATE // 2])

    def speed(self, x: Samples, rate: int) -> tuple[Samples, float]:
        """Return `x` at 8 kHz, faster or slower by a random factor, and the factor."""
        rng = self.rng
        factor = rng.choice([1.0, rng.uniform(0.85, 1.15), rng.uniform(0.85, 1.18)])
        return resample(x, rate * factor), factor

    def line(self, x: Samples) -> Samples:
        """Return padded speech `x` (8 kHz) as it arrives from a random line, normalised ±6 dB."""
        rng = self.rng
        loudness = float(np.sqrt((x**2).mean())) + 1e-6
        if rng.random() < 0.4:
            x = self._room(x)
        if rng.random() < 0.5:
            x = lfilter([1, -rng.uniform(-0.5, 0.6)], [1], x).astype(np.float32)
        if rng.random() < 0.6:
            band = [rng.uniform(100, 380) / 4000, rng.uniform(3000, 3800) / 4000]
            x = lfilter(*butter(2, band, "band"), x).astype(np.float32)
        x = x * (loudness / (float(np.sqrt((x**2).mean())) + 1e-9))
        if rng.random() < 0.75:
            x = x + self._background(len(x)) * loudness * 10 ** (-rng.uniform(6, 36) / 20)
        rms = voiced_rms(x) + 1e-9
        x = np.clip(x * (10 ** (rng.uniform(-40, -9) / 20) / rms), -1, 1).astype(np.float32)
        if rng.random() < 0.12:
            x = self._lose_packets(x)
        codec = rng.random()
        if codec < 0.45:
            x = ulaw(x)
        elif codec < 0.8:
            x = alaw(x)
        else:
            x = (np.round(x * 32767) / 32768).astype(np.float32)
        return normalise(x, LEVEL_DBFS + rng.uniform(-6, 6))

    def utterance(self, x: Samples, rate: int) -> Samples:
        """Return clean speech `x` at `rate` (Hz) as a recognised utterance (8 kHz)."""
        y = trim(self.speed(x, rate)[0])
        if len(y) < 400:
            return y[:0]
        out = self.line(pad(y, self.rng.uniform(0.08, 0.5), self.rng.uniform(0.2, 0.8)))
        self._babble.append(y)
        return out

    def _room(self, x: Samples) -> Samples:
        rng = self.rng
        if rng.random() < 0.35:
            h = rng.choice(self._rooms)
        else:
            length = int(RATE * rng.uniform(0.08, 0.4))
            decay = np.exp(-6.9 * np.arange(length) / length)
            h = (self._np.standard_normal(length) * decay).astype(np.float32)
            h *= rng.uniform(0.1, 0.6) / np.sqrt((h**2).sum())
            h[0] = 1
        return np.asarray(fftconvolve(x, h)[: len(x)], np.float32)

    def _background(self, n: int) -> Samples:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.45:
            spectrum = np.fft.rfft(self._np.standard_normal(-(-n // 4096) * 4096))
            f = np.maximum(np.arange(len(spectrum)), 1)
            y = np.fft.irfft(spectrum / f ** rng.choice([0, 0.3, 0.5, 0.8]))[:n]
        elif kind < 0.8 or len(self._babble) < 8:
            noise = rng.choice(self._noise)
            y = np.resize(np.roll(noise, -rng.randrange(len(noise))), n)
        else:
            y = np.zeros(n)
            for _ in range(rng.randint(1, 4)):
                other = rng.choice(self._babble)
                y += np.resize(np.roll(other, rng.randrange(len(other))), n)
        return np.asarray(y / (y.std() + 1e-9), np.float32)

    def _lose_packets(self, x: Samples) -> Samples:
        """Drop 20 ms packets in bursts; conceal by fading repeats of the last one."""
        rate, y, run = self.rng.uniform(0.005, 0.05), x.copy(), 0
        for start in range(160, len(y) - 160, 160):
            if self.rng.random() < (0.4 if run else rate):
                run += 1
                y[start : start + 160] = y[start - 160 : start] * 0.6
            else:
                run = 0
        return y
