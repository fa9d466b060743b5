"""A strength for each clip, from its labels alone, without any features: what a reward's ranking is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.reward.types import PairTable

__all__ = ["clip_strengths"]

PENALTY = 0.1
"""Of the squares of the strengths: keeps clips that only won from running away."""


def clip_strengths(pairs: PairTable, n_clips: int) -> NDArray[np.float64]:
    """`(n_clips,)`: the strengths of a penalised Bradley–Terry model; 0 for a clip that nobody compared.

    The same maximum that `choix.opt_pairwise` finds, by Newton's method; ties are half a win each way. `PENALTY` is
    half of choix's alpha.
    """
    from scipy import sparse  # type: ignore[import-untyped]
    from scipy.sparse.linalg import spsolve  # type: ignore[import-untyped]

    one = np.ones(len(pairs))
    rows = np.arange(len(pairs))
    # (n_pairs, n_clips): +1 where a clip was on the left, −1 where on the right.
    shown = sparse.csr_matrix((one, (rows, pairs.left)), (len(pairs), n_clips)) - sparse.csr_matrix(
        (one, (rows, pairs.right)), (len(pairs), n_clips)
    )
    strength = np.zeros(n_clips)
    for _ in range(50):
        p = 1 / (1 + np.exp(-(shown @ strength)))
        slope = shown.T @ (pairs.target - p) - 2 * PENALTY * strength
        curve = shown.T @ sparse.diags(p * (1 - p)) @ shown + 2 * PENALTY * sparse.identity(n_clips)
        step = spsolve(curve.tocsc(), slope)
        strength += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    return strength
