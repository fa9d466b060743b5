"""The heads: each turns what the trunk makes of a clip into one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from engine.reward.trunk import StackedLinear, hidden

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from engine.reward.settings import NetworkSettings

__all__ = ["Head"]


class Head(nn.Module):
    """`(members, n, width)` → `(members, n)`: the human head's reward, in logits, or the robot head's gain, in
    standard deviations of the gains it was trained on."""

    def __init__(
        self, members: int, width: int, sizes: Sequence[int], network: NetworkSettings, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.layers = hidden(members, width, sizes, network, generator)
        self.last = StackedLinear(members, sizes[-1] if sizes else width, 1, generator)

    def forward(self, x: Tensor) -> Tensor:
        """One number a clip and member."""
        out: Tensor = self.last(self.layers(x))
        return out.squeeze(-1)
