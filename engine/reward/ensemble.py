"""The reward network of all members at once: one trunk, a human head, and a robot head where there are gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from engine.reward.heads import Head
from engine.reward.trunk import Trunk

if TYPE_CHECKING:
    from engine.reward.settings import NetworkSettings

__all__ = ["Ensemble"]


class Ensemble(nn.Module):
    """`members` networks of the same shape, each with weights of its own, drawn from `seed`."""

    def __init__(self, members: int, inputs: int, network: NetworkSettings, *, robot: bool, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.members = members
        self.trunk = Trunk(members, inputs, network, generator)
        self.human = Head(members, self.trunk.width, network.human_head_sizes, network, generator)
        self.robot = Head(members, self.trunk.width, network.robot_head_sizes, network, generator) if robot else None
        self.tie = nn.Parameter(torch.zeros(members))
        """Log of Davidson's ν, each member's own; only trained where ties are an answer of their own."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Rewards and robot rewards, each `(members, n)`, of inputs `(members, n, inputs)`."""
        seen = self.trunk(x)
        return self.human(seen), None if self.robot is None else self.robot(seen)
