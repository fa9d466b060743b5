"""What behaviour cloning learns from: the frames of clips with their pseudo-actions, read once and kept in a cache."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import EngineError, TooLittleData
from engine.files.cache import load_arrays, save_arrays
from engine.files.place import place_of
from engine.validation.actions import OUTPUTS, STATE, ClipActions, pseudo_actions
from engine.validation.hand_series import HANDS, hand_series

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from engine.arrays import Flags, Rows
    from engine.validation.settings import CloningSettings
    from engine.video.types import CancelCheck
    from engine.video.windows import Window

__all__ = ["CloningClip", "CloningSet", "Footage", "clips_with_actions", "gather", "read_frames", "robust_scale"]


@dataclass(frozen=True, kw_only=True)
class CloningClip:
    """A clip that behaviour cloning can learn from."""

    clip_id: str
    video_id: str
    path: str
    window: Window
    actions: ClipActions


@dataclass(frozen=True, kw_only=True)
class CloningSet:
    """Frames and pseudo-actions of `n` clips, up to `k` rows each; hands are left and right in the picture.

    A clip with fewer rows has its last one repeated: those are not `there`, and have neither hands nor actions.
    """

    clip_ids: tuple[str, ...]
    video_ids: tuple[str, ...]
    frames: NDArray[np.uint8]
    """`(n, k, 6, height, width)`."""
    there: Flags
    """`(n, k)`: a row of the clip, and no filling."""
    target: NDArray[np.float32]
    """`(n, k, 2, OUTPUTS)`, in palm lengths."""
    valid: Flags
    """`(n, k, 2)`."""
    velocity: NDArray[np.float32]
    state: NDArray[np.float32]
    """`(n, k, 2, STATE)`."""
    palm: NDArray[np.float32]
    """`(n, k, 2, 2)` in [0, 1]."""
    present: Flags
    confidence: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.clip_ids)

    def sure(self, least_confidence: float) -> Flags:
        """`(n, k, 2)`: valid, and the hand was seen at least this surely."""
        return np.asarray(self.valid & (self.confidence >= least_confidence))

    def moving(self, scale: NDArray[np.float32], least_motion: float) -> Flags:
        """`(n, k, 2)`: valid, and the largest number of the target is above `least_motion` scales."""
        return np.asarray(self.valid & ((np.abs(self.target) / scale).max(axis=-1) > least_motion))

    def take(self, rows: Rows) -> CloningSet:
        """These clips, in this order."""
        return CloningSet(
            clip_ids=tuple(self.clip_ids[i] for i in rows),
            video_ids=tuple(self.video_ids[i] for i in rows),
            frames=self.frames[rows],
            there=self.there[rows],
            target=self.target[rows],
            valid=self.valid[rows],
            velocity=self.velocity[rows],
            state=self.state[rows],
            palm=self.palm[rows],
            present=self.present[rows],
            confidence=self.confidence[rows],
        )


@dataclass(frozen=True)
class Footage:
    """Where the pictures of a clip are."""

    clip_id: str
    video_id: str
    path: str
    window: Window


def clips_with_actions(
    footage: Sequence[Footage], tracks: Mapping[str, Mapping[str, Any]]
) -> tuple[list[CloningClip], dict[str, str]]:
    """`(clips, clip → why it is left out)`; `tracks` are rows of the table `hand_track`, by clip."""
    clips, left_out = [], {}
    for clip in footage:
        track = tracks.get(clip.clip_id)
        if track is None:
            left_out[clip.clip_id] = "Hands were not looked for in it."
            continue
        try:
            actions = pseudo_actions(hand_series(track))
        except EngineError as error:
            left_out[clip.clip_id] = str(error)
            continue
        if not len(actions.spread(1)):
            left_out[clip.clip_id] = (
                "Shorter than the 0.8 s that a pseudo-action takes, or with pauses in it that leave no such stretch."
            )
            continue
        clips.append(
            CloningClip(
                clip_id=clip.clip_id, video_id=clip.video_id, path=clip.path, window=clip.window, actions=actions
            )
        )
    return clips, left_out


def read_frames(
    clips: Sequence[CloningClip],
    settings: CloningSettings,
    cache: Path,
    *,
    workers: int = 2,
    on_progress: Callable[[float], None] | None = None,
    cancelled: CancelCheck | None = None,
) -> dict[str, NDArray[np.uint8]]:
    """Clip → `(rows, 6, height, width)` of its spread rows, each video decoded once, or taken from `cache`.

    Clips of a video that can't be read are left out.
    """
    by_path: dict[str, list[CloningClip]] = {}
    for clip in clips:
        by_path.setdefault(clip.path, []).append(clip)
    cache.mkdir(parents=True, exist_ok=True)
    found: dict[str, NDArray[np.uint8]] = {}
    done = 0

    def one(path: str) -> dict[str, NDArray[np.uint8]]:
        return _frames_of_video(path, by_path[path], settings, cache, cancelled)

    with ThreadPoolExecutor(max(1, workers)) as threads:
        for frames in threads.map(one, by_path):
            found.update(frames)
            done += 1
            if on_progress is not None:
                on_progress(done / len(by_path))
    return found


def _frames_of_video(
    path: str, clips: list[CloningClip], settings: CloningSettings, cache: Path, cancelled: CancelCheck | None
) -> dict[str, NDArray[np.uint8]]:
    from engine.errors import VideoError
    from engine.validation.frames import FrameWish, clip_frames

    size = (settings.width_px, settings.height_px)
    wishes = [FrameWish(clip.clip_id, clip.actions, clip.actions.spread(settings.frames_per_clip)) for clip in clips]
    stored = cache / f"{_fingerprint(path, wishes, size)}.npz"
    known = load_arrays(stored)
    if known is not None:
        return known
    try:
        frames = clip_frames(path, wishes, size, cancelled=cancelled)
    except VideoError:
        return {}
    save_arrays(stored, frames)
    return frames


def _fingerprint(path: str, wishes: list[Any], size: tuple[int, int]) -> str:
    place = place_of(path)
    digest = hashlib.sha256(f"frames 3\0{path}\0{place.size_bytes if place.exists() else 0}\0{size}".encode())
    for wish in wishes:
        digest.update(wish.clip_id.encode() + wish.rows.tobytes() + wish.actions.t_s.tobytes())
    return digest.hexdigest()[:24]


def gather(
    clips: Sequence[CloningClip], frames: Mapping[str, NDArray[np.uint8]], settings: CloningSettings
) -> CloningSet:
    """The set of these clips; those without pixels are left out."""
    kept = [clip for clip in clips if clip.clip_id in frames]
    count = settings.frames_per_clip
    picked = [clip.actions.spread(count) for clip in kept]
    filled = [np.minimum(np.arange(count), len(rows) - 1) for rows in picked]
    there = np.array([np.arange(count) < len(rows) for rows in picked], bool).reshape(len(kept), count)

    def stack(name: str, *shape: int) -> NDArray[Any]:
        values = [
            getattr(clip.actions, name)[rows[fill]] for clip, rows, fill in zip(kept, picked, filled, strict=True)
        ]
        return np.stack(values) if values else np.empty((0, count, *shape), np.float32)

    shape = (0, count, 6, settings.height_px, settings.width_px)
    pixels = [frames[clip.clip_id][fill] for clip, fill in zip(kept, filled, strict=True)]
    return CloningSet(
        clip_ids=tuple(clip.clip_id for clip in kept),
        video_ids=tuple(clip.video_id for clip in kept),
        frames=np.stack(pixels) if pixels else np.empty(shape, np.uint8),
        there=there,
        target=stack("target", HANDS, OUTPUTS),
        valid=stack("valid", HANDS).astype(bool) & there[..., None],
        velocity=stack("velocity", HANDS, OUTPUTS),
        state=stack("state", HANDS, STATE),
        palm=stack("palm", HANDS, 2),
        present=stack("present", HANDS).astype(bool) & there[..., None],
        confidence=stack("confidence", HANDS),
    )


def robust_scale(data: CloningSet, least_confidence: float) -> NDArray[np.float32]:
    """`(OUTPUTS,)`: half the range that holds nine tenths of the targets, hands and clips together.

    The quartiles would not do: hands mostly rest, so they measure the tracker's jitter and not the motion.
    """
    targets = data.target[data.sure(least_confidence)]
    if not len(targets):
        raise TooLittleData(
            "no frame shows a hand that is seen surely and followed for half a second",
            remedy="Lower the hand confidence in validation.yaml, or import more videos with hands.",
        )
    low, high = np.quantile(targets, (0.05, 0.95), axis=0)
    return np.asarray(np.maximum((high - low) / 2, 0.02), np.float32)
