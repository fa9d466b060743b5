"""The reward network of all members at once: one trunk, a human head, and a robot head where there are gains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.reward.settings import NetworkSettings

__all__ = ["Dropout", "Ensemble", "Head", "StackedLinear", "Trunk", "hidden"]

ACTIVATIONS: dict[str, type[nn.Module]] = {"gelu": nn.GELU, "relu": nn.ReLU, "silu": nn.SiLU, "tanh": nn.Tanh}


class StackedLinear(nn.Module):
    """The same linear layer of many networks at once: `(members, n, width_in)` → `(members, n, width_out)`.

    One batched product for all members is many times faster than one small product each.
    """

    def __init__(self, members: int, width_in: int, width_out: int, generator: torch.Generator) -> None:
        super().__init__()
        bound = 1 / math.sqrt(width_in)  # as `nn.Linear` begins

        def uniform(*shape: int) -> nn.Parameter:
            return nn.Parameter((torch.rand(*shape, generator=generator) * 2 - 1) * bound)

        self.weight = uniform(members, width_in, width_out)
        self.bias = uniform(members, 1, width_out)

    def forward(self, x: Tensor) -> Tensor:
        """Every member's layer on its own inputs."""
        return torch.baddbmm(self.bias, x, self.weight)


class Dropout(nn.Module):
    """Switch off a share of the units in each step, to the nearest 1/256, and scale the others up for it.

    A byte of NumPy's generator decides each unit: a quarter of the time that torch's own takes on a CPU, where that is
    most of a step; and what is drawn depends on no global state.
    """

    def __init__(self, share: float, random: np.random.Generator) -> None:
        super().__init__()
        self._below = round(256 * share)
        self._random = random

    def forward(self, x: Tensor) -> Tensor:
        """The same shape; unchanged outside of training."""
        if not self.training or not self._below:
            return x
        drawn = np.frombuffer(self._random.bytes(x.numel()), np.uint8).reshape(tuple(x.shape))
        kept = torch.from_numpy(drawn >= self._below).to(x.device)
        return x * kept * (256 / (256 - self._below))


def hidden(
    members: int, width_in: int, sizes: Sequence[int], network: NetworkSettings, generator: torch.Generator
) -> nn.Sequential:
    """Hidden layers of the given sizes, each followed by the activation and dropout."""
    random = np.random.Generator(np.random.PCG64(generator.initial_seed()))
    layers: list[nn.Module] = []
    for size in sizes:
        layers += [
            StackedLinear(members, width_in, size, generator),
            ACTIVATIONS[network.activation](),
            Dropout(network.dropout, random),
        ]
        width_in = size
    return nn.Sequential(*layers)


class Trunk(nn.Module):
    """`(members, n, inputs)` → `(members, n, last trunk size)`."""

    def __init__(self, members: int, inputs: int, network: NetworkSettings, generator: torch.Generator) -> None:
        super().__init__()
        self.layers = hidden(members, inputs, network.trunk_sizes, network, generator)
        self.width: int = network.trunk_sizes[-1]

    def forward(self, x: Tensor) -> Tensor:
        """What both heads judge by."""
        out: Tensor = self.layers(x)
        return out


class Head(nn.Module):
    """The human head's reward, in logits, or the robot head's gain, in standard deviations of the gains it was trained
    on: a linear part of the inputs, which is fitted beforehand and stays as it is, and what the layers add to it."""

    def __init__(
        self,
        members: int,
        inputs: int,
        width: int,
        sizes: Sequence[int],
        network: NetworkSettings,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.linear: Tensor
        self.register_buffer("linear", torch.zeros(members, inputs, 1))
        self.layers = hidden(members, width, sizes, network, generator)
        self.last = StackedLinear(members, sizes[-1] if sizes else width, 1, generator)
        # The layers begin by adding nothing.
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """One number a clip and member, `(members, n)`, of the inputs `(members, n, inputs)` and of what the trunk
        makes of them, `(members, n, width)`."""
        out: Tensor = torch.bmm(x, self.linear) + self.last(self.layers(seen))
        return out.squeeze(-1)


class Ensemble(nn.Module):
    """`members` networks of the same shape, each with weights of its own, drawn from `seed`."""

    def __init__(self, members: int, inputs: int, network: NetworkSettings, *, robot: bool, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.members = members
        self.trunk = Trunk(members, inputs, network, generator)
        self.human = Head(members, inputs, self.trunk.width, network.human_head_sizes, network, generator)
        self.robot: Head | None = None
        if robot:
            self.robot = Head(members, inputs, self.trunk.width, network.robot_head_sizes, network, generator)
        self.tie = nn.Parameter(torch.zeros(members))
        """Log of Davidson's ν, each member's own; only trained where ties are an answer of their own."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Rewards and robot rewards, each `(members, n)`, of inputs `(members, n, inputs)`."""
        seen = self.trunk(x)
        return self.human(x, seen), None if self.robot is None else self.robot(x, seen)
