"""Random numbers that depend on the seed, the video and the purpose, and on nothing else.

`hash()` differs from process to process and draws in sequence depend on what was drawn before; a `SeedSequence` over
(seed, video, purpose) does neither, so that video 3 of 12 equals video 3 of 5.
"""

from __future__ import annotations

import zlib

import numpy as np

__all__ = ["generator"]


def generator(seed: int, index: int, purpose: str) -> np.random.Generator:
    """A PCG64 generator of its own for one purpose of one video (`index` −1 for what belongs to the whole set)."""
    entropy = [seed & 0xFFFFFFFFFFFFFFFF, index + 1, zlib.crc32(purpose.encode())]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
