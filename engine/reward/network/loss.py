"""What training makes small: how surprising the answers are, given the rewards.

Sources: R. A. Bradley, M. E. Terry, "Rank analysis of incomplete block designs", Biometrika 39, 1952;
R. R. Davidson, "On extending the Bradley–Terry model to accommodate ties in paired comparison experiments", Journal of
the American Statistical Association 65, 1970.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["bradley_terry_loss", "davidson_loss", "gain_loss"]


def bradley_terry_loss(difference: Tensor, target: Tensor, beta: float = 1.0) -> Tensor:
    """−log P of each answer, in nats, for `difference` = reward left − reward right; shapes broadcast.

    P(left) = σ(β difference). A `target` of 0.5 is a tie as half a win each way: the mean of both answers' losses.
    """
    logit = beta * difference
    # softplus(x) − t x is the cross-entropy of σ(x) and t, without overflow however large x is.
    return functional.softplus(logit) - target * logit


def davidson_loss(difference: Tensor, target: Tensor, log_nu: Tensor, beta: float = 1.0) -> Tensor:
    """−log P of each answer where a tie is an answer of its own: P(tie) is ν times the geometric mean of the strengths.

    P(left) : P(tie) : P(right) = e^(β d / 2) : ν : e^(−β d / 2).
    """
    half = beta * difference / 2
    total = torch.logsumexp(torch.stack([half, -half, log_nu.expand_as(half)]), dim=0)
    said = torch.where(target == 0.5, log_nu.expand_as(half), (2 * target - 1) * half)
    return total - said


def gain_loss(predicted: Tensor, measured: Tensor) -> Tensor:
    """Huber's loss of each predicted gain, both in standard deviations: a few wild measurements do not rule."""
    return functional.huber_loss(predicted, measured.expand_as(predicted), reduction="none", delta=1.5)
