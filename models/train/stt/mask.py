"""Changes to features while training: level, vocal tract length, SpecAugment."""

import torch
from torch import Tensor

from models.train.stt.network import MELS


def warp(x: Tensor) -> Tensor:
    """Return features [N, T, 40] at another level, their frequencies stretched and shifted."""
    batch = len(x)
    at = torch.arange(MELS).float()
    source = at[None] * torch.empty(batch, 1).uniform_(0.9, 1.1)
    source = (source + torch.empty(batch, 1).uniform_(-1, 1)).clamp(0, MELS - 1)
    weights = (1 - (at[None, :, None] - source[:, None, :]).abs()).clamp(min=0)
    return torch.bmm(x + torch.empty(batch, 1, 1).uniform_(-1, 1), weights)


def hide(x: Tensor) -> Tensor:
    """Return shaped features [N, T, 41] with bands and stretches of time set to zero.

    Two bands of up to 6 mels, and one stretch of up to 80 ms for every 1.2 s
    (SpecAugment, Park et al. 2019; masks short, since words are short).
    """
    batch, frames, _ = x.shape
    mels, times = torch.arange(MELS), torch.arange(frames)
    keep_mel, keep_time = torch.ones(batch, MELS), torch.ones(batch, frames)
    for _ in range(2):
        width = torch.randint(0, 7, (batch, 1))
        start = (torch.rand(batch, 1) * (MELS - width)).long()
        keep_mel *= ((mels[None] < start) | (mels[None] >= start + width)).float()
    for _ in range(max(1, frames // 120)):
        width = torch.randint(0, 9, (batch, 1))
        start = (torch.rand(batch, 1) * (frames - width)).long()
        keep_time *= ((times[None] < start) | (times[None] >= start + width)).float()
    shape = torch.cat([x[..., :MELS] * keep_mel[:, None], x[..., MELS:]], -1)
    return shape * keep_time[..., None]
