"""Connected components of the comparison graph: only clips joined by a chain of answers can be ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from engine.arrays import Rows

__all__ = ["UNCOMPARED", "comparison_pieces"]

UNCOMPARED = -1
"""The component of a clip without answers."""


def comparison_pieces(left: Rows, right: Rows, n_clips: int) -> Rows:
    """`(n_clips,)`: the connected component of each clip in the graph whose edges are the answered pairs.

    Numbered from 0 for the largest; `UNCOMPARED` for a clip in no pair.

    Between two components no item-level Bradley–Terry score is defined (L. R. Ford, "Solution of a ranking problem from
    binary comparisons", American Mathematical Monthly 64, 1957).
    """
    from scipy import sparse  # type: ignore[import-untyped]
    from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

    edges = sparse.coo_matrix((np.ones(len(left), np.bool_), (left, right)), (n_clips, n_clips))
    count, label = connected_components(edges, directed=False)
    compared = np.zeros(n_clips, np.bool_)
    compared[left] = compared[right] = True
    sizes = np.bincount(label[compared], minlength=count)
    by_size = np.empty(count, np.intp)
    by_size[np.argsort(-sizes, kind="stable")] = np.arange(count)
    return np.where(compared, by_size[label], UNCOMPARED).astype(np.intp)
