"""Many behaviour-cloning networks as one: their weights side by side, and one pass through all of them. Needs torch.

Every network of a stack sees its own rows and has its own weights; what is computed is what each would compute alone,
but in sums of another order. On a graphics card a network as small as this leaves nearly all of it idle; a stack fills
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.func import functional_call, vmap
from torch.nn.utils import vector_to_parameters

from engine.validation.trunk import Batch, Trunk, loss_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.validation.trunk import Seen

__all__ = ["TrunkStack", "as_trunk"]


class TrunkStack:
    """The weights of `m` networks, `(m, P)`, and what they make of `b` rows each.

    A backward pass gives `weights.grad` a row a network, its own gradient: no network's loss depends on the weights of
    another.
    """

    def __init__(self, trunks: Sequence[Trunk], device: str) -> None:
        """Copy the weights of these networks to `device`."""
        self._model = Trunk()
        self._names = [name for name, _ in self._model.named_parameters()]
        self._shapes = [weight.shape for weight in self._model.parameters()]
        self._sizes = [weight.numel() for weight in self._model.parameters()]
        self.weights = torch.stack([_row(trunk) for trunk in trunks]).to(device)
        self.weights.requires_grad_()
        self.share = torch.tensor([1 - trunk.dropout for trunk in trunks], device=device)
        """`(m,)`: how many hidden units stay on, on average."""

    def __len__(self) -> int:
        return len(self.weights)

    def losses(self, batch: Batch, kept: Tensor) -> Tensor:
        """`(m,)`: each network's training loss on its own rows: `batch` is `(m, b, …)`, `kept` `(m, b, HIDDEN)`."""
        fields = batch.pixels, batch.state, batch.target, batch.valid, batch.palm, batch.present

        def one(weights: Tensor, kept: Tensor, share: Tensor, fields: tuple[Tensor, ...]) -> Tensor:
            pixels, state, target, valid, palm, present = fields
            rows = Batch(pixels=pixels, state=state, target=target, valid=valid, palm=palm, present=present)
            return loss_of(self._seen(weights, pixels, state, kept, share), rows)

        return vmap(one)(self.weights, kept, self.share, fields)

    @torch.no_grad()
    def seen(self, pixels: Tensor, state: Tensor) -> Seen:
        """What each network makes of its rows `(m, b, …)`, without dropout: code, actions, palms, presence."""

        def one(weights: Tensor, pixels: Tensor, state: Tensor) -> Seen:
            return self._seen(weights, pixels, state)

        found: Seen = vmap(one)(self.weights, pixels, state)
        return found

    def only(self, places: Sequence[int]) -> None:
        """Go on with these networks alone."""
        kept = torch.tensor(places, dtype=torch.long, device=self.weights.device)
        self.weights = self.weights.detach()[kept].requires_grad_()
        self.share = self.share[kept]

    def _seen(
        self, weights: Tensor, pixels: Tensor, state: Tensor, kept: Tensor | None = None, share: float | Tensor = 1.0
    ) -> Seen:
        parts = torch.split(weights, self._sizes)
        named = {name: part.view(shape) for name, part, shape in zip(self._names, parts, self._shapes, strict=True)}
        found: Seen = functional_call(self._model, named, (pixels, state, kept, share))
        return found


def _row(trunk: Trunk) -> Tensor:
    """`(P,)`: the weights of a network, whatever the order in which it keeps them."""
    return torch.cat([weight.detach().reshape(-1) for weight in trunk.parameters()])


def as_trunk(weights: Tensor, dropout: float) -> Trunk:
    """The network of a row of weights `(P,)`, on the CPU."""
    trunk = Trunk(dropout)
    vector_to_parameters(weights.cpu(), trunk.parameters())
    return trunk.to(memory_format=torch.channels_last).eval()
