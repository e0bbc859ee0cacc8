"""The recogniser: 2.9 M parameters, four times slower than its features, no recurrence.

    features [N, T, 40] ─► norm [N, T, 41] ─► 2 × (5 frames → linear, stride 2) [N, T/4, 192]
        ─► 5 blocks ─► phone head [N, T/4, phones + 1]
        ─► 5 blocks ─► piece head [N, T/4, 257]

A block is a gated convolution over 15 frames (600 ms) and a feed-forward layer, as in the
Conformer (Gulati et al. 2020) without attention. The phone head follows InterCTC
(Lee and Watanabe 2021).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

MELS = 40
PIECES = 256
PHONES = 39
"""Of English; other languages have more."""
FLOOR = -15.9
"""Log energy of digital silence, used as padding."""


class Subsample(nn.Module):
    """Halves the frame rate: five neighbouring frames through one linear layer."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(5 * inputs, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, T, inputs] (T even) to [N, T/2, width]."""
        frames = x.shape[1]
        y = functional.pad(x, (0, 0, 2, 1))
        y = torch.cat([y[:, k : k + frames - 1 : 2] for k in range(5)], -1)
        return functional.silu(self.norm(self.linear(y)))


class Block(nn.Module):
    """A gated depthwise convolution and a feed-forward layer, each with a residual."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.gate = nn.Linear(width, 2 * width)
        self.depthwise = nn.Conv1d(width, width, kernel, groups=width, padding=kernel // 2)
        self.norm2 = nn.LayerNorm(width)
        self.mix = nn.Linear(width, width)
        self.norm3 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, S, width] to the same shape."""
        y = functional.glu(self.gate(self.norm1(x)), -1)
        # As an image of height 1 in channels-last order: no copies, half the time of conv1d.
        conv = self.depthwise
        y = functional.conv2d(
            y.transpose(1, 2).unsqueeze(2),
            conv.weight.unsqueeze(2),
            conv.bias,
            padding=(0, conv.kernel_size[0] // 2),
            groups=conv.groups,
        )
        y = y.squeeze(2).transpose(1, 2)
        x = x + self.mix(functional.silu(self.norm2(y)))
        fed: Tensor = self.down(functional.silu(self.up(self.norm3(x))))
        return x + fed


class Recogniser(nn.Module):
    """Filter banks to pieces, and to phones at its middle layer."""

    mean: Tensor
    std: Tensor

    def __init__(
        self, phones: int = PHONES, width: int = 192, blocks: int = 10, kernel: int = 15
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(MELS))
        self.register_buffer("std", torch.ones(MELS))
        self.sub1 = Subsample(MELS + 1, width)
        self.sub2 = Subsample(width, width)
        self.blocks = nn.ModuleList(Block(width, kernel) for _ in range(blocks))
        self.phone_norm = nn.LayerNorm(width)
        self.phone_head = nn.Linear(width, phones + 1)
        self.piece_norm = nn.LayerNorm(width)
        self.piece_head = nn.Linear(width, PIECES + 1)

    def shape(self, x: Tensor) -> Tensor:
        """Map features [N, T, 40] to spectral shape and level [N, T, 41], about unit size."""
        level = x.mean(-1, keepdim=True)
        return torch.cat([((x - level) - self.mean) / self.std, (level + 9.0) / 3.0], -1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map shaped features [N, T, 41] (T a multiple of 4) to logits of pieces and phones."""
        x = self.sub2(self.sub1(x))
        phones = x
        for at, block in enumerate(self.blocks):
            x = block(x)
            if at == len(self.blocks) // 2 - 1:
                phones = self.phone_head(self.phone_norm(x))
        return self.piece_head(self.piece_norm(x)), phones


class Deployed(nn.Module):
    """The graph that is exported: sherpa-onnx's offline zipformer CTC interface and phones."""

    def __init__(self, model: Recogniser) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor, x_lens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map features [N, T, 40] and lengths [N] to log-probabilities, lengths, phones."""
        y = functional.pad(x, (0, 0, 0, 3), value=FLOOR)
        y = y[:, : (y.shape[1] // 4) * 4]
        pieces, phones = self.model(self.model.shape(y))
        lengths = (x_lens + 3) // 4
        return torch.log_softmax(pieces, -1), lengths, torch.log_softmax(phones, -1)
