"""The fixed source-filter vocoder that lies in the same graph as the student; nothing is trained.

    log F0, voiced -> pulse train --+
                                    +-> framed DFT -> band mix x minimum-phase mel-cepstral filter
    noise --------------------------+                                  -> inverse DFT -> overlap-add

Pulses are a band-limited train (sum of all harmonics below 8 kHz in closed form, the Dirichlet
kernel); phase is accumulated per 5 ms frame modulo 1, or float32 would lose it in long clauses.
16 kHz, frames of 80 samples, windows of 240, DFT of 512.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # the name every reader knows

from models.train.voice.features import ORDER, RATE, warped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HOP: Final = 80
WINDOW: Final = 240
DFT: Final = 512
BINS: Final = DFT // 2 + 1


class Vocoder(nn.Module):
    """Parameters [B, T, 32] each 5 ms to audio [B, 80 T] in -1..1 (peaks may exceed it)."""

    cosines: Tensor
    sines: Tensor
    bands: Tensor
    analyse: Tensor
    synthesise: Tensor

    def __init__(self, filters: NDArray[np.float64]) -> None:
        """Take the teacher's band-pass filters [5, 48] for the mixed excitation."""
        super().__init__()
        angle = torch.tensor(warped(BINS), dtype=torch.float32)
        order = torch.arange(ORDER)[:, None].float()
        self.register_buffer("cosines", torch.cos(order * angle))
        self.register_buffer("sines", -torch.sin(order * angle))
        taps = torch.tensor(filters, dtype=torch.float32)
        delay = torch.arange(taps.shape[1]) - (taps.shape[1] - 1) / 2
        flat = math.pi * torch.arange(BINS) / (BINS - 1)
        # Symmetric filters about their middle: a real, zero-phase response each.
        response = torch.cos(delay[None, :, None] * flat[None, None])
        self.register_buffer("bands", (taps[:, :, None] * response).sum(1))
        sample, bin_ = torch.arange(WINDOW)[:, None], torch.arange(BINS)[None]
        hann = 0.5 - 0.5 * torch.cos(2 * math.pi * (torch.arange(WINDOW) + 0.5) / WINDOW)
        hann = hann / (WINDOW / HOP / 2)  # windows add up to one
        turn = 2 * math.pi * ((sample * bin_) % DFT) / DFT
        self.register_buffer(
            "analyse", torch.cat([torch.cos(turn), -torch.sin(turn)], 1) * hann[:, None]
        )
        turn = 2 * math.pi * ((bin_.T * torch.arange(DFT)[None]) % DFT) / DFT
        twice = torch.full((BINS, 1), 2.0)
        twice[0] = twice[-1] = 1
        self.register_buffer(
            "synthesise", torch.cat([torch.cos(turn) * twice, -torch.sin(turn) * twice], 0) / DFT
        )

    def pulses(self, log_pitch: Tensor) -> Tensor:
        """Pulse train [B, 80 T] of unit variance for log F0 [B, T]."""
        pitch = torch.exp(log_pitch)
        each = F.interpolate(pitch[:, None], scale_factor=float(HOP), mode="linear")[:, 0]
        inner = torch.cumsum((each / RATE).reshape(pitch.shape[0], -1, HOP), 2)
        whole = inner[:, :, -1] - torch.floor(inner[:, :, -1])
        base = torch.cumsum(whole, 1) - whole
        phase = ((base - torch.floor(base))[..., None] + inner).reshape(pitch.shape[0], -1)
        phase = phase - torch.floor(phase)
        harmonics = torch.floor(0.5 * RATE / each)
        half = math.pi * phase
        below = torch.sin(half)
        near = below.abs() < 1e-4
        kernel = torch.sin((2 * harmonics + 1) * half)
        kernel = kernel / torch.where(near, torch.full_like(below, 1e-4), below)
        kernel = torch.where(near, 2 * harmonics + 1, kernel)
        return (kernel - 1) * 0.5 * torch.sqrt(2 / harmonics)

    def spectra(self, signal: Tensor) -> Tensor:
        """Windowed DFT [B, T, 2 x 257] (real, imaginary) of windows centred on each frame."""
        blocks = F.pad(signal, (HOP, HOP)).reshape(signal.shape[0], -1, HOP)
        return torch.cat([blocks[:, :-2], blocks[:, 1:-1], blocks[:, 2:]], 2) @ self.analyse

    def forward(self, rows: Tensor) -> Tensor:
        """Synthesise."""
        pitch, voiced = rows[..., 0], rows[..., 1:2]
        cepstra, strengths = rows[..., 2 : 2 + ORDER], rows[..., 2 + ORDER :].clamp(0, 1)
        source = self.pulses(pitch)
        noise = torch.randn_like(source)
        tone, hiss = self.spectra(source), self.spectra(noise)
        tone_gain = (strengths @ self.bands) * voiced
        # As in flite: what a band lacks in pulse it has in noise, unvoiced frames too.
        hiss_gain = (1 - strengths) @ self.bands
        size = torch.exp((cepstra @ self.cosines).clamp(-20, 6))
        angle = cepstra @ self.sines
        real, imag = size * torch.cos(angle), size * torch.sin(angle)
        mixed_real = tone[..., :BINS] * tone_gain + hiss[..., :BINS] * hiss_gain
        mixed_imag = tone[..., BINS:] * tone_gain + hiss[..., BINS:] * hiss_gain
        spectrum = torch.cat(
            [mixed_real * real - mixed_imag * imag, mixed_real * imag + mixed_imag * real], -1
        )
        frames = spectrum @ self.synthesise
        batch, count, _ = frames.shape
        spans = -(-DFT // HOP)
        frames = F.pad(frames, (0, spans * HOP - DFT)).reshape(batch, count, spans, HOP)
        added = sum(
            (F.pad(frames[:, :, i], (0, 0, i, spans - i)) for i in range(spans)),
            start=torch.zeros(()),
        )
        return added.reshape(batch, -1)[:, HOP : HOP * (count + 1)]
