"""A strength for each clip, from its labels alone, without any features: what a reward's ranking is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.preference.bradley_terry import most_likely

if TYPE_CHECKING:
    from engine.arrays import Floats
    from engine.tables.types import PairTable

__all__ = ["clip_strengths"]

PENALTY = 0.1
"""Of the squares of the strengths: keeps clips that only won from running away."""


def clip_strengths(pairs: PairTable, n_clips: int) -> Floats:
    """`(n_clips,)`: the strengths of a penalised Bradley–Terry model; 0 for a clip that nobody compared.

    The same maximum that `choix.opt_pairwise` finds; ties are half a win each way. `PENALTY` is choix's alpha.
    """
    from scipy import sparse  # type: ignore[import-untyped]

    one = np.ones(len(pairs))
    rows = np.arange(len(pairs))
    # (n_pairs, n_clips): +1 where a clip was on the left, −1 where on the right.
    shown = sparse.csr_matrix((one, (rows, pairs.left)), (len(pairs), n_clips)) - sparse.csr_matrix(
        (one, (rows, pairs.right)), (len(pairs), n_clips)
    )
    return most_likely(shown, pairs.target, 2 * PENALTY)
