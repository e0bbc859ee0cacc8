"""Muon (Jordan et al. 2024): momentum whose matrix updates are made orthogonal."""

import torch
from torch import Tensor

_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonal(gradient: Tensor, steps: int = 4) -> Tensor:
    """Return about the nearest semi-orthogonal matrix, by Newton-Schulz steps in bfloat16.

    Five steps are usual; four cost a twentieth of the whole training less.
    """
    x = gradient.bfloat16()
    x = x / (x.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T.contiguous() if tall else x
    for _ in range(steps):
        q = x @ x.T
        x = torch.addmm(x, torch.addmm(q, q, q, beta=_B, alpha=_C), x, beta=_A)
    return (x.T if tall else x).float()


class Muon:
    """The optimiser for matrices; AdamW takes the rest."""

    def __init__(
        self, parameters: list[Tensor], momentum: float = 0.95, decay: float = 0.02
    ) -> None:
        """Own `parameters` (matrices only); the learning rate is given at each step."""
        self._parameters = parameters
        self._buffers = [torch.zeros_like(p) for p in parameters]
        self._momentum, self._decay = momentum, decay

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move the parameters by their gradients at the learning `rate`."""
        for parameter, buffer in zip(self._parameters, self._buffers, strict=True):
            if parameter.grad is None:
                continue
            buffer.mul_(self._momentum).add_(parameter.grad)
            update = orthogonal(parameter.grad + self._momentum * buffer)
            scale = max(1.0, parameter.shape[0] / parameter.shape[1]) ** 0.5
            parameter.mul_(1 - rate * self._decay).add_(update, alpha=-rate * scale)

    def state(self) -> list[Tensor]:
        """Return the momentum buffers for a checkpoint."""
        return self._buffers

    def load(self, state: list[Tensor]) -> None:
        """Take the momentum buffers of a checkpoint."""
        for buffer, saved in zip(self._buffers, state, strict=True):
            buffer.copy_(saved)
