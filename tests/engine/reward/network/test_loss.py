"""The losses against closed forms, finite differences, and choix."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.reward.judging.strengths import PENALTY, clip_strengths
from engine.reward.network.loss import bradley_terry_loss, davidson_loss, gain_loss
from engine.tables.types import PairTable


def test_bradley_terry_against_its_formula() -> None:
    d, t = torch.tensor([0.0, 2.0, -1.0, 0.7]), torch.tensor([1.0, 1.0, 1.0, 0.0])
    expected = [-math.log(1 / (1 + math.exp(-(x if y else -x)))) for x, y in zip(d.tolist(), t.tolist(), strict=True)]
    assert bradley_terry_loss(d, t).tolist() == pytest.approx(expected, abs=1e-6)
    assert bradley_terry_loss(d, t, beta=2.5).tolist() == pytest.approx(
        bradley_terry_loss(2.5 * d, t).tolist(), abs=1e-6
    )


def test_a_tie_is_half_a_win_each_way() -> None:
    d = torch.linspace(-3, 3, 7)
    both = (bradley_terry_loss(d, torch.ones(7)) + bradley_terry_loss(d, torch.zeros(7))) / 2
    assert torch.allclose(bradley_terry_loss(d, torch.full((7,), 0.5)), both)


def test_large_differences_do_not_overflow() -> None:
    d = torch.tensor([1e4, -1e4])
    assert torch.isfinite(bradley_terry_loss(d, torch.tensor([0.0, 1.0]))).all()
    assert torch.isfinite(davidson_loss(d, torch.tensor([0.5, 0.5]), torch.zeros(2))).all()


@given(st.floats(-20, 20), st.floats(-3, 3), st.floats(0.1, 4))
def test_davidson_probabilities_sum_to_one(difference: float, log_nu: float, beta: float) -> None:
    d = torch.full((3,), difference, dtype=torch.float64)
    loss = davidson_loss(d, torch.tensor([1.0, 0.0, 0.5], dtype=torch.float64), torch.tensor([log_nu] * 3), beta)
    assert float(torch.exp(-loss).sum()) == pytest.approx(1, abs=1e-6)


def test_davidson_without_ties_is_bradley_terry() -> None:
    d, t = torch.linspace(-4, 4, 9), (torch.arange(9) % 2).float()
    never = torch.full((9,), -60.0)
    assert torch.allclose(davidson_loss(d, t, never), bradley_terry_loss(d, t), atol=1e-6)


def test_gradients_against_finite_differences() -> None:
    d = torch.tensor([0.3, -1.2, 2.0, 0.1], dtype=torch.float64, requires_grad=True)
    t = torch.tensor([1.0, 0.0, 0.5, 0.5], dtype=torch.float64)
    nu = torch.tensor([-0.4], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: bradley_terry_loss(x, t, 1.7), (d,))
    assert torch.autograd.gradcheck(lambda x, n: davidson_loss(x, t, n, 1.7), (d, nu))
    assert torch.autograd.gradcheck(lambda x: gain_loss(x, t), (d,))


def test_strengths_against_choix() -> None:
    import choix

    random = np.random.default_rng(3)
    left = random.integers(8, size=60)
    right = (left + random.integers(1, 8, size=60)) % 8
    target = (random.random(60) < 0.6).astype(float)
    pairs = PairTable(left=left, right=right, target=target, annotators=("a",) * 60, strategies=("random",) * 60)
    data = [(a, b) if t else (b, a) for a, b, t in zip(left.tolist(), right.tolist(), target, strict=True)]
    expected = choix.opt_pairwise(8, data, alpha=PENALTY)
    assert clip_strengths(pairs, 8) == pytest.approx(expected, abs=1e-3)
