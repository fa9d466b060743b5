"""The truth file of a sample video: JSON with rounded numbers, identical to the byte on every machine.

Format `handpicked-sample-truth`, version 2. `frames` holds columns, one entry a frame; hands are `left` and `right`
of the wearer; pixels run to the right and down; landmarks are flat lists of 42 numbers, x and y by turns, in
MediaPipe's order. Version 2 adds `action` to every clip, and the traits of scripts that it comes from; all else is as
in version 1.

    {"format", "version",
     "video":  {"name", "seed", "index", "width", "height", "fps", "n_frames", "duration_s", "crf"},
     "person": {…}, "scene": {…},                              the traits of the script
     "clips":  [{"start_s", "end_s", "kind", "outcome", "degradation": {…}, "hands_share",
                 "quality", "usefulness", "useful",             one per episode
                 "action": {"task", "outcome", "hands", "grasps_tried", "grasps_failed", "strokes", "stroked_m",
                            "reach_m", "carried_m", "touched_s", "busy_s", "pace",
                            "transports": [{"hand", "item", "thing", "start_s", "end_s", "from_m", "to_m", "way_m"}],
                            "contacts": [{"hand", "item", "thing", "start_s", "end_s"}]}}, …],
     "frames": {"time_s", "episode", "kind", "shown", "frozen", "blur_px", "motion_blur_px", "exposure_gain",
                "homography": [[9 numbers], …],                 frame pixels → table plane in metres, row by row
                "left":  {"palm_px", "wrist_px", "landmarks_px", "in_view_share", "fully_in_view"},
                "right": {…}}}
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.files.replace_whole import write_whole
from engine.sample.quality import quality, usefulness
from engine.sample.seeds import generator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.sample.types import FrameTruth, VideoScript
    from engine.sample.work import Action

__all__ = ["FORMAT", "PALM", "VERSION", "ClipTruth", "Truth", "gather", "truth_json", "write_truth"]

FORMAT: Final = "handpicked-sample-truth"
VERSION: Final = 2
PALM: Final = (0, 5, 9, 13, 17)
"""The landmarks whose mean is the palm's centre."""


@dataclass(frozen=True, kw_only=True)
class ClipTruth:
    """Truth of one clip: the window `[start_s, end_s)`, the action, its quality and usefulness."""

    start_s: float
    end_s: float
    kind: str
    outcome: str
    degradation: dict[str, float]
    hands_share: float
    """Share of the frames in which a hand is fully in view."""
    quality: float
    usefulness: float
    useful: bool
    action: Action


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Truth of a whole video. `landmarks_px` is (n_frames, 2, 21, 2), `fully_in_view` (n_frames, 2): left, right."""

    video: dict[str, Any]
    person: dict[str, Any]
    scene: dict[str, Any]
    clips: tuple[ClipTruth, ...]
    time_s: NDArray[Any]
    episode: NDArray[Any]
    kind: tuple[str, ...]
    shown: NDArray[Any]
    frozen: NDArray[Any]
    blur_px: NDArray[Any]
    motion_blur_px: NDArray[Any]
    exposure_gain: NDArray[Any]
    homography: NDArray[Any]
    palm_px: NDArray[Any]
    wrist_px: NDArray[Any]
    landmarks_px: NDArray[Any]
    in_view_share: NDArray[Any]
    fully_in_view: NDArray[Any]


def gather(script: VideoScript, frames: list[FrameTruth], actions: Sequence[Action]) -> Truth:
    """Collect the truth of a video from its frames and what its episodes did, rounded as in the file."""
    seen = np.array([[h.fully_in_view for h in f.hands] for f in frames])
    any_seen = np.array([any(h.fully_in_view for h in f.hands) for f in frames])
    episode = np.array([f.episode for f in frames])
    return Truth(
        video={
            "name": script.name, "seed": script.seed, "index": script.index, "width": script.width, "height":
            script.height,
            "fps": script.fps, "n_frames": len(frames), "duration_s": round(len(frames) / script.fps, 6),
            "crf": script.crf,
        },
        person=_plain(asdict(script.person)),
        scene=_plain(asdict(script.scene)),
        clips=_clips(script, any_seen, episode, actions),
        time_s=_round([f.time_s for f in frames], 6),
        episode=episode,
        kind=tuple(f.kind for f in frames),
        shown=np.array([f.shown for f in frames]),
        frozen=np.array([f.frozen for f in frames]),
        blur_px=_round([f.blur_px for f in frames], 3),
        motion_blur_px=_round([f.motion_blur_px for f in frames], 2),
        exposure_gain=_round([f.exposure_gain for f in frames], 4),
        homography=_round([f.homography for f in frames], 8),
        palm_px=_round([[h.palm_px for h in f.hands] for f in frames], 2),
        wrist_px=_round([[h.wrist_px for h in f.hands] for f in frames], 2),
        landmarks_px=_round([[h.landmarks_px for h in f.hands] for f in frames], 2),
        in_view_share=_round([[h.in_view_share for h in f.hands] for f in frames], 3),
        fully_in_view=seen,
    )  # fmt: skip


def _clips(
    script: VideoScript, seen: NDArray[Any], episode: NDArray[Any], actions: Sequence[Action]
) -> tuple[ClipTruth, ...]:
    out = []
    for k, ((start_s, end_s), e, did) in enumerate(zip(script.windows(), script.episodes, actions, strict=True)):
        mine = seen[episode == k]
        share = float(mine.mean()) if mine.size else 0.0
        rng = generator(script.seed, script.index, f"taste {k}")
        use = usefulness(e, did, share)
        good = quality(e, did, script.person, share, rng)
        out.append(
            ClipTruth(
                start_s=round(start_s, 6),
                end_s=round(end_s, 6),
                kind=e.kind,
                outcome=did.outcome,
                degradation=e.degradation.as_dict(),
                hands_share=round(share, 3),
                quality=round(good, 3),
                usefulness=round(use, 3),
                useful=use >= 0.5,
                action=did,
            )
        )
    return tuple(out)


def _round(values: Any, decimals: int) -> NDArray[Any]:
    # Adding zero turns −0.0 into 0.0, whose sign would show in the file.
    out: NDArray[Any] = np.round(np.asarray(values, np.float64), decimals) + 0.0
    return out


def _plain(traits: dict[str, Any]) -> dict[str, Any]:
    return {k: _plain_value(v) for k, v in traits.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, tuple | list):
        return [_plain_value(v) for v in value]
    return round(value, 4) + 0.0 if isinstance(value, float) else value


def _clip(clip: ClipTruth) -> dict[str, Any]:
    """A clip as the file has it: with the sums of its action, which spare readers the adding up."""
    did = clip.action
    sums = {"carried_m": did.carried_m, "touched_s": did.touched_s}
    return {**asdict(clip), "action": _plain({**asdict(did), **sums})}


def truth_json(truth: Truth) -> str:
    """The file's text."""
    hands: dict[str, Any] = {}
    for h, side in enumerate(("left", "right")):
        hands[side] = {
            "palm_px": truth.palm_px[:, h].tolist(),
            "wrist_px": truth.wrist_px[:, h].tolist(),
            "landmarks_px": truth.landmarks_px[:, h].reshape(len(truth.time_s), 42).tolist(),
            "in_view_share": truth.in_view_share[:, h].tolist(),
            "fully_in_view": truth.fully_in_view[:, h].tolist(),
        }
    columns = ("time_s", "episode", "shown", "frozen", "blur_px", "motion_blur_px", "exposure_gain")
    frames: dict[str, Any] = {c: getattr(truth, c).tolist() for c in columns}
    frames["kind"] = list(truth.kind)
    frames["homography"] = truth.homography.reshape(len(truth.time_s), 9).tolist()
    document = {
        "format": FORMAT, "version": VERSION, "video": truth.video, "person": truth.person, "scene": truth.scene,
        "clips": [_clip(c) for c in truth.clips], "frames": {**frames, **hands},
    }  # fmt: skip
    return json.dumps(document, separators=(",", ":"), sort_keys=True, allow_nan=False) + "\n"


def write_truth(truth: Truth, path: Path) -> None:
    """Write the file under a temporary name, then rename it."""
    write_whole(path, truth_json(truth))
