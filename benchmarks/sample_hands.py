"""Measures in how many frames of sample videos the hand landmarker finds a hand that is there, by how fast it moves.

    python -m benchmarks.sample_hands [--seed 7] [--videos 12] [--rests] [--json]

Scripts of `handpicked sample` are rendered without what degrades a picture afterwards (blur, dark, noise), ten frames
a second, scaled as for the extractor `hands`, and looked at by its landmarker, a new one for each clip. A frame counts
where the renderer's truth has a hand whole in view; a hand is found where the landmarks of one that was found lie
within a palm length of its palm, and what is found farther than that from every palm (also of hands cut off by the
frame) is wrong. `--rests` skips every second frame while no hand is in view (`hands.rests`). Speed is how far the palm
went since the frame before, in palm lengths; a fast hand is blurred by its own motion, as a camera would have it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engine.features.base import COLOR_SHORT_SIDE_PX
from engine.features.hand.tracks import palm_centre
from engine.features.hands import Hands, HandsSettings
from engine.features.resources import Resources
from engine.sample.render import render_frames
from engine.sample.script import sample_scripts
from engine.sample.truth import PALM
from engine.sample.types import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.sample.types import Frame, VideoScript

RATE_HZ = 10
SPEEDS = (0.0, 0.1, 0.3, 0.6, 1.0, np.inf)
"""Edges of the bins of speed, in palm lengths a tenth of a second."""


@dataclass(kw_only=True)
class Tally:
    """Frames, those that were looked at, and hands that were found, right and wrong."""

    frames: int = 0
    looks: int = 0
    right: int = 0
    wrong: int = 0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One hand that is whole in view in one frame."""

    frame: tuple[int, int]
    """Which video, which frame."""
    kind: str
    speed: float
    """Palm lengths since the frame before; NaN in the first."""
    found: bool


def looked_at(script: VideoScript, hands: Hands, tally: Tally) -> Iterator[Seen]:
    """Every hand that is whole in view in a video, and whether it was found."""
    clean = replace(script, episodes=tuple(replace(episode, degradation=CLEAN) for episode in script.episodes))
    for _, frames in groupby(render_frames(clean), key=lambda frame: frame.truth.episode):
        clip = list(frames)
        before: list[np.ndarray] = []
        for frame, found in zip(clip, detected(clip, clean, hands, tally), strict=True):
            palms = [hand.landmarks_px[list(PALM)].mean(axis=0) for hand in frame.truth.hands]
            lengths = [float(np.linalg.norm(hand.landmarks_px[9] - hand.landmarks_px[0])) for hand in frame.truth.hands]
            near = [any(np.linalg.norm(palm - p) < s for p, s in zip(palms, lengths, strict=True)) for palm in found]
            tally.right, tally.wrong = tally.right + sum(near), tally.wrong + near.count(False)
            for number, hand in enumerate(frame.truth.hands):
                length = lengths[number]
                if hand.fully_in_view:
                    moved = np.linalg.norm(palms[number] - before[number]) / length if before else np.nan
                    is_found = any(np.linalg.norm(palm - palms[number]) < length for palm in found)
                    kind = clean.episodes[frame.truth.episode].kind
                    yield Seen(frame=(clean.index, frame.truth.index), kind=kind, speed=float(moved), found=is_found)
            before = palms


def detected(clip: list[Frame], script: VideoScript, hands: Hands, tally: Tally) -> list[list[np.ndarray]]:
    """The palms that are found in each frame of a clip, in px of the video."""
    scale = COLOR_SHORT_SIDE_PX / min(script.width, script.height)
    size = round(script.width * scale), round(script.height * scale)
    finder = hands.finder()
    for frame in clip:
        finder.add(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA), frame.truth.time_s)
    finder.close()
    found = finder.hands()
    tally.frames, tally.looks = tally.frames + len(found), tally.looks + sum(those is not None for those in found)
    return [[palm_centre(hand.landmarks, (script.width, script.height)) for hand in those or ()] for those in found]


def share(seen: list[Seen]) -> float:
    """Of these hands, the share that was found; NaN of none."""
    return float(np.mean([hand.found for hand in seen])) if seen else float("nan")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--videos", type=int, default=12)
    parser.add_argument("--rests", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    hands = Hands(HandsSettings(rests=options.rests), Resources())
    hands.prepare()
    tally = Tally()
    seen = [
        hand
        for script in sample_scripts(options.videos, options.seed, fps=RATE_HZ)
        for hand in looked_at(script, hands, tally)
    ]
    frames = {hand.frame: False for hand in seen}
    for hand in seen:
        frames[hand.frame] |= hand.found
    shares = {
        "frames with a hand whole in view": (len(frames), float(np.mean(list(frames.values())))),
        "hands": (len(seen), share(seen)),
    }
    for kind in sorted({hand.kind for hand in seen}):
        of_kind = [hand for hand in seen if hand.kind == kind]
        shares[f"hands, {kind}"] = len(of_kind), share(of_kind)
    for low, high in pairwise(SPEEDS):
        fast = [hand for hand in seen if low <= hand.speed < high]
        shares[f"hands, {low:g} to {high:g} palm lengths since the frame before"] = len(fast), share(fast)
    shares["frames that were looked at"] = tally.frames, tally.looks / max(1, tally.frames)
    shares["found hands that are where one is"] = (
        tally.right + tally.wrong,
        tally.right / max(1, tally.right + tally.wrong),
    )
    if options.json:
        print(json.dumps({name: {"n": n, "found": found} for name, (n, found) in shares.items()}))
        return
    for name, (n, found) in shares.items():
        print(f"{name:55s} {n:6,}  {found:.1%}")


if __name__ == "__main__":
    main()
