"""What this machine has: versions, GPU, codecs, model weights, disk; what is missing and how to get it."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal

from app.workflows.opencv import remedy, who_provides_cv2
from engine.errors import HandpickedError
from engine.features.clip_files import find_clip, where_clip_goes
from engine.features.settings import FeatureSettings, extractor_settings
from engine.weights import EFFICIENTNET_LITE0, WEIGHTS, find_weights
from storage.paths import WorkspacePaths
from storage.settings import SettingsFiles

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Check", "examine"]

PACKAGES = (
    *("streamlit", "duckdb", "pandas", "plotly", "pyarrow", "av", "mediapipe"),
    *("torch", "torchvision", "open_clip_torch", "scikit-learn", "boto3", "scenedetect-headless"),
)
LOW_DISK_BYTES = 5e9


@dataclass(frozen=True)
class Check:
    """One thing looked at. `remedy` says how to get it, where it is missing."""

    group: Literal["Versions", "Hardware", "Video", "Model weights", "Workspace"]
    name: str
    state: Literal["ok", "missing", "note"]
    found: str
    remedy: str = ""


def examine(workspace: Path) -> list[Check]:
    """Look at everything. Imports torch, cv2 and av, so it takes a few seconds: for workers and the command line."""
    return [*versions(), *hardware(), *video(), *weights(), clip_weights(workspace), *disk(workspace)]


def versions() -> list[Check]:
    """Python and the packages that do the work."""
    checks = [Check("Versions", "Python", "ok", platform.python_version())]
    for package in PACKAGES:
        try:
            checks.append(Check("Versions", package, "ok", metadata.version(package)))
        except metadata.PackageNotFoundError:
            checks.append(Check("Versions", package, "missing", "not installed", "Run `make setup`."))
    return [*checks, opencv()]


def opencv() -> Check:
    """Whether exactly one package provides OpenCV."""
    found = who_provides_cv2()
    lost = sum(one.lost_files for one in found)
    said = ", ".join(map(str, found)) or "not installed"
    if len(found) > 1:
        said = f"{len(found)} that overwrite each other: {said}"
    elif lost:
        said = f"{said}, but {lost:,} of its files are gone"
    way_out = remedy(found)
    return Check("Versions", "OpenCV", "missing" if way_out else "ok", said, way_out)


def hardware() -> list[Check]:
    """Cores, and what torch can compute on."""
    import psutil
    import torch

    memory = psutil.virtual_memory()
    checks = [
        Check("Hardware", "Processor", "ok", f"{psutil.cpu_count()} cores, {memory.total / 1e9:.0f} GB memory"),
    ]
    if torch.cuda.is_available():
        checks.append(Check("Hardware", "GPU", "ok", torch.cuda.get_device_name()))
    elif torch.backends.mps.is_available():
        checks.append(Check("Hardware", "GPU", "ok", "Apple GPU (MPS)"))
    else:
        checks.append(Check("Hardware", "GPU", "note", "none that torch can use", "All works on the CPU, slower."))
    return checks


def video() -> list[Check]:
    """The codecs that FFmpeg inside PyAV was built with."""
    import av

    decoders = {"h264": "H.264", "hevc": "HEVC", "av1": "AV1", "vp9": "VP9", "mpeg4": "MPEG-4", "mjpeg": "Motion JPEG"}
    have = [label for name, label in decoders.items() if can(name, "r")]
    lack = [label for name, label in decoders.items() if not can(name, "r")]
    version = ".".join(map(str, av.library_versions["libavcodec"]))
    checks = [Check("Video", "Decodes", "missing" if lack else "ok", f"{', '.join(have)} (libavcodec {version})")]
    if can("libx264", "w"):
        checks.append(Check("Video", "Encodes", "ok", "H.264 (libx264)"))
    else:
        checks.append(
            Check("Video", "Encodes", "missing", "no libx264", "Reinstall PyAV from its wheel: `make setup`.")
        )
    return checks


def can(codec: str, mode: Literal["r", "w"]) -> bool:
    """Whether FFmpeg has the codec."""
    import av

    try:
        av.Codec(codec, mode)
    except ValueError:  # av.codec.UnknownCodecError is one
        return False
    return True


def weights() -> list[Check]:
    """The model files that Handpicked uses, wherever they lie."""
    checks = []
    for weight in WEIGHTS:
        place = find_weights(weight)
        if place is not None:
            checks.append(Check("Model weights", weight.title, "ok", place.origin))
        else:
            checks.append(Check("Model weights", weight.title, "missing", "not found", weight.remedy))
    return checks


def clip_weights(workspace: Path) -> Check:
    """The embedding model of the workspace's settings: where its weights are, or what is used in their place."""
    try:
        settings = SettingsFiles(WorkspacePaths(workspace).settings).load(FeatureSettings)
        embedding = extractor_settings(settings, "embedding")
        model, pretrained, file = embedding.model, embedding.pretrained, embedding.weights_file  # type: ignore[attr-defined]
        folders = (WorkspacePaths(workspace).weights,)
        path = find_clip(model, pretrained, file, folders)
    except HandpickedError as error:
        return Check("Model weights", "CLIP", "missing", error.message, error.remedy)
    name = f"CLIP {model}/{pretrained}"
    if path is not None:
        return Check("Model weights", name, "ok", f"at {path}")
    fallback = find_weights(EFFICIENTNET_LITE0) is not None and embedding.fallback  # type: ignore[attr-defined]
    instead = "the fallback embedding is used" if fallback else "no embeddings"
    place = where_clip_goes(model, pretrained, folders)
    remedy = f"Fetched on first use where there is a network; else put the file at {place}."
    return Check("Model weights", name, "note" if fallback else "missing", f"not here: {instead}", remedy)


def disk(workspace: Path) -> list[Check]:
    """Room where the workspace lies."""
    folder = next(parent for parent in [workspace, *workspace.parents] if parent.exists())
    free = shutil.disk_usage(folder).free
    low = free < LOW_DISK_BYTES
    return [
        Check(
            "Workspace",
            str(workspace),
            "missing" if low else "ok",
            f"{free / 1e9:.1f} GB free",
            "Free some space, or choose another folder with --workspace." if low else "",
        )
    ]
