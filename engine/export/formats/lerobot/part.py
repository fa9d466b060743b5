"""What one clip contributes to a LeRobot data set: its pictures at the common rate and size, and their numbers.

clip.mp4       the pictures
levels.npy     how often each of 256 levels occurs in red, green and blue of some of them, (3, 256) int64
hands.npz      arrays of the mode of actions, one row a frame; absent without actions
part.json      how many frames, and of how many the levels were counted
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import ExportError, FormatError
from engine.export.formats.lerobot.layout import hand_features
from engine.export.formats.lerobot.statistics import LevelCounts
from engine.files.read_json import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.export.formats.base import ClipToExport, ExportContext
    from engine.export.formats.lerobot.hand_motion import HandLooks
    from engine.export.formats.lerobot.options import ActionMode
    from engine.video.constant_rate import EncodedClip, Encoding, EvenFrame

__all__ = ["PartReader", "make_part"]

_VIDEO, _LEVELS, _HANDS, _FACTS = "clip.mp4", "levels.npy", "hands.npz", "part.json"
_COUNT_EVERY = 10
"""Pixels are counted in every so many frames: neighbours are much alike."""


@dataclass(frozen=True)
class _Facts:
    frames: int
    counted: int


class PartReader:
    """Reads what `make_part` wrote into a folder. Raises `ExportError` where it is not whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.video = folder / _VIDEO
        try:
            facts = _Facts(**read_json(folder / _FACTS, max_bytes=4096))
        except (FormatError, TypeError) as error:
            raise self._broken(f"{_FACTS}: {error}") from error
        self.frames: int = facts.frames
        self._counted = facts.counted

    def levels(self) -> LevelCounts:
        """The counted levels of the pictures."""
        try:
            return LevelCounts(np.load(self._folder / _LEVELS, allow_pickle=False), self._counted)
        except (OSError, ValueError, EOFError) as error:
            raise self._broken(f"{_LEVELS}: {error}") from error

    def arrays(self, actions: ActionMode) -> Mapping[str, NDArray[np.float32]]:
        """The arrays of the mode of actions, `(frames, width)` each."""
        wanted = hand_features(actions)
        if not wanted:
            return {}
        try:
            with np.load(self._folder / _HANDS, allow_pickle=False) as kept:
                found = {key: kept[key] for key in wanted}
        except (OSError, ValueError, EOFError, KeyError) as error:
            raise self._broken(f"{_HANDS}: {error}") from error
        for key, feature in wanted.items():
            if found[key].shape != (self.frames, feature.width):
                raise self._broken(f"{key} has the shape {found[key].shape}")
        return found

    def _broken(self, reason: str) -> ExportError:
        return ExportError(
            f"what was made of a clip is damaged ({self._folder.name}, {reason})", remedy="Export again."
        )


def make_part(
    clip: ClipToExport,
    folder: Path,
    context: ExportContext,
    *,
    encoding: Encoding,
    actions: ActionMode,
    looks: HandLooks | None,
) -> None:
    """Write a clip's files into `folder`. `looks` finds hands, where the mode of actions asks for them.

    Raises `VideoError`, and `Cancelled` on request.
    """
    from engine.video.constant_rate import encode_at_rate
    from engine.video.windows import Window

    window = Window(clip.start_s, clip.end_s)
    hands = looks.begin(window) if looks is not None else None
    levels = LevelCounts()

    def each(frame: EvenFrame, picture: Any) -> None:
        if frame.index % _COUNT_EVERY == 0:
            levels.add(_as_policies_see_it(picture))
        if hands is not None:
            hands.add(frame)

    encoded = encode_at_rate(
        clip.path,
        window,
        folder / _VIDEO,
        encoding,
        each=each,
        progress=context.progress,
        cancelled=context.is_cancelled,
    )
    _warn(clip, encoded, context)
    np.save(folder / _LEVELS, levels.counts, allow_pickle=False)
    if hands is not None:
        from engine.export.formats.lerobot.hand_motion import landmark_arrays, motion_arrays

        series, size = hands.series(), (encoding.width, encoding.height)
        arrays = landmark_arrays(series, encoded.source_size, size) if actions == "hands" else motion_arrays(series)
        np.savez_compressed(folder / _HANDS, allow_pickle=False, **arrays)
    facts = _Facts(frames=encoded.frames, counted=levels.pictures)
    (folder / _FACTS).write_text(json.dumps(asdict(facts)), encoding="utf-8")


def _as_policies_see_it(picture: Any) -> NDArray[np.uint8]:
    """A picture that is about to be encoded as RGB, by its own matrix."""
    from av.video.reformatter import ColorRange

    rgb = picture.reformat(
        format="rgb24",
        src_colorspace=picture.colorspace,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    image: NDArray[np.uint8] = rgb.to_ndarray()
    return image


def _warn(clip: ClipToExport, encoded: EncodedClip, context: ExportContext) -> None:
    """Warn of what reading the clip's video met."""
    from engine.video.windows import Window

    stats = encoded.stats
    if stats.damaged_within(Window(clip.start_s, clip.end_s)) or stats.decode_errors:
        context.warn(f"{clip.clip_id}: its source is damaged: {stats.damage()}.")
    if stats.size_change is not None:
        context.warn(f"{clip.clip_id}: its video's pictures change their size: {stats.size_change}")
