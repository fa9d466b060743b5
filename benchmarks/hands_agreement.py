"""How far the hand landmarker in torch agrees with MediaPipe's own, and MediaPipe with itself, on real videos.

    python -m benchmarks.hands_agreement VIDEO_OR_FOLDER… [--seconds 2] [--every 1] [--json]

The first seconds of each video are looked at ten times a second in video mode, as in a clip: by MediaPipe, by torch,
and by MediaPipe once more with one value in a hundred changed by one level. The third says how much of a difference is
MediaPipe's own doing: it follows a hand from the frame before, and a small difference grows.

- `differ`: frames with a hand by one and none by the other.
- `gap`: how far a hand's landmarks lie from MediaPipe's, in palm lengths, the median of the 21; of the nearest hand.

Folders are searched for .mp4 files; `--every 3` takes every third. Without a video it says so and ends.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import HandpickedError
from engine.features.hand.batched.landmarker import BatchedLandmarker
from engine.features.hand.batched.model_file import load_networks
from engine.features.hand.batched.waiting import WaitingFrames
from engine.features.hand.finder import MediaPipeFinder
from engine.features.hand.tracks import palm_length
from engine.features.hands import Hands
from engine.features.resources import Resources
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, Sample
from engine.video.windows import Window
from engine.weights import HAND_LANDMARKER, require_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.features.hand.finder import HandFinder
    from engine.features.hand.tracks import Hand
    from engine.video.types import Image

    Found = Sequence[Sequence[Hand]]

RATE_HZ, SHORT_SIDE_PX = 10.0, 360
CHANGED_SHARE = 0.01


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """One way of looking against MediaPipe's, over all frames."""

    way: str
    frames: int
    differ: int
    gap_median: float | None
    gap_p90: float | None


def frames_of(path: Path, seconds: float) -> list[Image]:
    """The frames that the hands extractor would see. Raises `HandpickedError` for a file that can't be read."""
    request = ClipRequest(0, Window(0.0, seconds), (FrameRequest(RATE_HZ, SHORT_SIDE_PX, "rgb"),))
    return [np.ascontiguousarray(event.image) for event in read(path, [request]) if isinstance(event, Sample)]


def changed(frames: Sequence[Image], rng: np.random.Generator) -> list[Image]:
    """The frames with one value in a hundred a level higher or lower."""
    signs = (rng.choice([-1, 0, 1], frame.shape, p=_SIGNS) for frame in frames)
    return [np.clip(frame + sign, 0, 255).astype(np.uint8) for frame, sign in zip(frames, signs, strict=True)]


_SIGNS = (CHANGED_SHARE / 2, 1 - CHANGED_SHARE, CHANGED_SHARE / 2)


def hands_in(frames: Sequence[Image], finder: HandFinder) -> Found:
    """The hands in each frame."""
    for number, frame in enumerate(frames):
        finder.add(frame, number / RATE_HZ)
    found = finder.hands()
    finder.close()
    return found


def gaps(ours: Found, theirs: Found, size: tuple[int, int]) -> list[float]:
    """Of each of their hands in a frame where both found some: its distance from the nearest of ours."""
    return [
        min(float(np.median(np.linalg.norm((one.landmarks - hand.landmarks)[:, :2] * size, axis=1))) for one in mine)
        / float(palm_length(hand.landmarks, size))
        for mine, those in zip(ours, theirs, strict=True)
        if mine
        for hand in those
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    files = [file for place in options.videos for file in (sorted(place.rglob("*.mp4")) if place.is_dir() else [place])]
    if not files:
        print("Needs videos.")
        return
    hands = Hands(None, Resources())
    hands.prepare()
    landmarker = BatchedLandmarker(load_networks(require_weights(HAND_LANDMARKER).path))
    rng = np.random.default_rng(0)
    differ, apart = {"torch": 0, "MediaPipe, changed": 0}, {"torch": [], "MediaPipe, changed": []}  # type: ignore[var-annotated]
    looked = with_hands = videos = 0
    for file in files[:: options.every]:
        try:
            frames = frames_of(file, options.seconds)
        except HandpickedError as error:
            print(f"{file.name}: left out: {error}")
            continue
        if not frames:
            continue
        theirs = hands_in(frames, MediaPipeFinder(hands.landmarker()))
        size = frames[0].shape[1], frames[0].shape[0]
        ways = {
            "torch": hands_in(frames, WaitingFrames(landmarker, most=len(frames) + 1, batch_size=1).begin()),
            "MediaPipe, changed": hands_in(changed(frames, rng), MediaPipeFinder(hands.landmarker())),
        }
        for way, found in ways.items():
            differ[way] += sum(bool(mine) != bool(those) for mine, those in zip(found, theirs, strict=True))
            apart[way] += gaps(found, theirs, size)
        videos, looked, with_hands = videos + 1, looked + len(frames), with_hands + sum(map(bool, theirs))
    results = [
        Agreement(
            way=way,
            frames=looked,
            differ=differ[way],
            gap_median=float(np.median(found)) if found else None,
            gap_p90=float(np.quantile(found, 0.9)) if found else None,
        )
        for way, found in apart.items()
    ]
    if options.json:
        print(json.dumps([asdict(result) for result in results]))
        return
    print(f"{videos} videos, {looked} frames, {with_hands} of them with hands by MediaPipe")
    print("against MediaPipe    frames that differ   gap, median   90th percentile   (palm lengths)")
    for result in results:
        share = f"{result.differ} ({100 * result.differ / max(1, looked):.2f} %)"
        middle, tail = (("–" if gap is None else f"{gap:.4f}") for gap in (result.gap_median, result.gap_p90))
        print(f"{result.way:20} {share:20} {middle:13} {tail}")


if __name__ == "__main__":
    main()
