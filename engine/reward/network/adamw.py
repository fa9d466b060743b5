"""The optimiser: AdamW (I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019).

torch's own does the same; but its first step loads torch's compiler, and every training, a process of its own, would
pay for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["AdamW"]

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


class AdamW:
    """Steps down the gradients of a network's parameters. Weights of layers decay; biases do not."""

    def __init__(self, network: nn.Module, learning_rate: float, weight_decay: float) -> None:
        self._parameters: list[Tensor] = list(network.parameters())
        self._decaying = [p for p in self._parameters if p.ndim == 3 and p.shape[1] > 1]
        self._mean = [torch.zeros_like(p) for p in self._parameters]
        self._square = [torch.zeros_like(p) for p in self._parameters]
        self._rate, self._decay = learning_rate, weight_decay
        self._steps = 0

    @torch.no_grad()
    def step(self) -> None:
        """Take one step, and forget the gradients."""
        self._steps += 1
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self._parameters]
        torch._foreach_mul_(self._decaying, 1 - self._rate * self._decay)
        torch._foreach_lerp_(self._mean, gradients, 1 - BETA_1)
        torch._foreach_mul_(self._square, BETA_2)
        torch._foreach_addcmul_(self._square, gradients, gradients, 1 - BETA_2)
        denominators = [square.sqrt() for square in self._square]
        torch._foreach_div_(denominators, (1 - BETA_2**self._steps) ** 0.5)
        torch._foreach_add_(denominators, EPSILON)
        torch._foreach_addcdiv_(self._parameters, self._mean, denominators, -self._rate / (1 - BETA_1**self._steps))
        for parameter in self._parameters:
            parameter.grad = None
