"""Random generators that depend only on the seed, the video and the purpose.

`hash()` differs between processes, and sequential draws depend on earlier ones; a `SeedSequence` over (seed, video,
purpose) has neither problem, so that video 3 of 12 equals video 3 of 5.
"""

from __future__ import annotations

import zlib

import numpy as np

__all__ = ["generator"]


def generator(seed: int, index: int, purpose: str) -> np.random.Generator:
    """A PCG64 generator for one purpose of one video (`index` −1 for the whole set)."""
    entropy = [seed & 0xFFFFFFFFFFFFFFFF, index + 1, zlib.crc32(purpose.encode())]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
