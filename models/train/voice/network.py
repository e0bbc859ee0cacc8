"""The student: phoneme tokens -> durations -> 64 vocoder parameters per 10 ms.

    tokens -> embedding -> 5 convolutions -+-> duration predictor -> log(1 + frames)
                                           +-> repeat each token for its frames (+ position)
                                               -> depthwise blocks -> parameters

Convolutions over tokens are written as one matrix product of shifted copies, so that dynamic
quantisation (which takes MatMul) reaches them. Positions stay in float32: bf16 cannot count frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # the name every reader knows

from models.train.voice.symbols import COUNTS, IDS

OUTPUTS: Final = 64
_DECODER_DILATIONS: Final = (1, 1, 2, 1, 2, 4)


@dataclass(frozen=True, slots=True)
class Size:
    """Widths of the student."""

    encoder: int = 192
    decoder: int = 192
    hidden: int = 512
    encoder_layers: int = 5
    decoder_layers: int = 6
    symbols: int = COUNTS["en"]
    """Signs that the voice reads, see `symbols`."""


def _gelu(x: Tensor) -> Tensor:
    return F.gelu(x)  # the exact form: the tanh form takes three times as long on a CPU in bf16


def _working_type() -> torch.dtype:
    """Follow autocast where it does not reach by itself: shifted sums are its slowest part."""
    if torch.is_autocast_enabled("cpu"):
        return torch.get_autocast_dtype("cpu")
    return torch.float32


class TokenConv(nn.Module):
    """Convolution over tokens [B, N, d] as one Linear over shifted copies, residual."""

    def __init__(self, width: int, taps: int, dilation: int) -> None:
        super().__init__()
        self.reach = [dilation * (tap - taps // 2) for tap in range(taps)]
        self.mix = nn.Linear(taps * width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Add what the neighbours say to each token; padding counts as zeros."""
        most = max(self.reach)
        length = x.shape[1]
        padded = F.pad(x * mask, (0, 0, most, most))
        shifted = [padded[:, most + reach : most + reach + length] for reach in self.reach]
        return x + _gelu(self.norm(self.mix(torch.cat(shifted, 2))))


class FrameBlock(nn.Module):
    """Depthwise convolution over frames, then a two-layer mix of channels, residual."""

    def __init__(self, width: int, hidden: int, dilation: int, taps: int = 7) -> None:
        super().__init__()
        self.reach = [dilation * (tap - taps // 2) for tap in range(taps)]
        self.taps = nn.Parameter(torch.randn(taps, width) / taps**0.5)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.gain = nn.Parameter(torch.full((width,), 0.3))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Refine frames [B, T, d]."""
        most, length = max(self.reach), x.shape[1]
        padded = F.pad(x * mask, (0, 0, most, most)).to(_working_type())
        taps = self.taps.to(padded.dtype)
        y = padded[:, :length] * taps[0]
        for reach, tap in zip(self.reach[1:], taps[1:], strict=True):
            y = y + padded[:, most + reach : most + reach + length] * tap
        return x + self.gain * self.down(_gelu(self.up(self.norm(y))))


class Student(nn.Module):
    """Tokens to vocoder parameters; the vocoder itself is `vocoder.Vocoder`."""

    mean: Tensor
    deviation: Tensor
    timed: Tensor

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size.symbols, size.encoder)
        self.encoder = nn.ModuleList(
            TokenConv(size.encoder, 5, (1, 1, 2, 2, 4)[i % 5]) for i in range(size.encoder_layers)
        )
        self.duration = nn.ModuleList(TokenConv(size.encoder, 3, 1) for _ in range(2))
        self.duration_out = nn.Linear(size.encoder, 1)
        self.widen = nn.Linear(size.encoder, size.decoder)
        self.position = nn.Linear(6, size.decoder)
        self.decoder = nn.ModuleList(
            FrameBlock(size.decoder, size.hidden, _DECODER_DILATIONS[i % 6])
            for i in range(size.decoder_layers)
        )
        self.norm = nn.LayerNorm(size.decoder)
        self.out = nn.Linear(size.decoder, OUTPUTS)
        self.register_buffer("mean", torch.zeros(OUTPUTS))
        self.register_buffer("deviation", torch.ones(OUTPUTS))
        timed = torch.ones(size.symbols)
        timed[[IDS["ˈ"], IDS["ˌ"]]] = 0.0  # stress marks take no time
        self.register_buffer("timed", timed)

    def encode(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read tokens [B, N] (0 is padding).

        Returns:
            states [B, N, d], predicted log(1 + frames) [B, N], mask [B, N, 1].

        """
        mask = (tokens != 0).float()[..., None]
        states = self.embedding(tokens) * mask
        for layer in self.encoder:
            states = layer(states, mask)
        timing = states
        for layer in self.duration:
            timing = layer(timing, mask)
        return states, self.duration_out(timing)[..., 0], mask

    def decode(self, states: Tensor, frames: Tensor, total: Tensor | int) -> tuple[Tensor, Tensor]:
        """Lay states over time.

        Args:
            states: [B, N, d] of `encode`.
            frames: whole frames of 10 ms per token [B, N], float32.
            total: frames of the longest.

        Returns:
            parameters [B, T, 64] in their own units, mask [B, T, 1].

        """
        ends = torch.cumsum(frames, 1)
        now = torch.arange(total, device=frames.device, dtype=torch.float32)[None, :]
        owner = (now[..., None] >= ends[:, None]).sum(2).clamp(max=frames.shape[1] - 1)
        mask = (now < ends[:, -1:]).float()[..., None]
        start = torch.gather(ends - frames, 1, owner)[..., None]
        length = torch.gather(frames, 1, owner)[..., None].clamp(min=1.0)
        wide = self.widen(states).float()
        spread = torch.gather(wide, 1, owner[..., None].expand(-1, -1, wide.shape[2])) * mask
        offset = ((now[..., None] - start) * mask).clamp(min=0.0)
        through = (offset + 0.5) / length
        left = (length - offset).clamp(min=1.0)
        place = torch.cat(
            [through, 1 - through, torch.log(length), 1 / (1 + offset), 1 / left, mask], 2
        )
        x = spread + self.position(place * mask)
        for block in self.decoder:
            x = block(x, mask)
        return self.out(self.norm(x)) * self.deviation + self.mean, mask
