"""Times the hand landmarker in torch against MediaPipe's own, for frames without a hand, with one and with two.

    python -m benchmarks.hands [--device cpu] [--batches 1,8,32] [--threads 1] [--seconds 2] [--json]

One frame of the sample renderer, 640 × 360, with both hands or with one or both painted over, is looked at again and
again in video mode, so that hands are followed from the frame before, as in a clip. Both sides take turns in one
process; times are the best of the rounds. On a CPU they are CPU time, so that other work on the machine counts little;
on another device they are wall time, the copy to the device included.

- `faster`: milliseconds a frame by MediaPipe over those by torch; above 1 torch is faster.
- `gap`: how far torch's landmarks lie from MediaPipe's, in palm lengths, the median of a hand.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from engine.features.hand.batched.landmarker import BatchedLandmarker
from engine.features.hand.batched.model_file import load_networks
from engine.features.hand.finder import MediaPipeFinder
from engine.features.hand.tracks import palm_length
from engine.features.hands import Hands
from engine.features.resources import Resources
from engine.sample.render import render_frames
from engine.sample.script import sample_scripts
from engine.sample.types import CLEAN
from engine.weights import HAND_LANDMARKER, require_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.features.hand.tracks import Hand

SIZE = (640, 360)
ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Result:
    """One frame at one batch size; times in ms a frame."""

    hands: int
    batch: int
    mediapipe_ms: float
    torch_ms: float
    gap: float | None

    @property
    def faster(self) -> float:
        """Time by MediaPipe over that by torch."""
        return self.mediapipe_ms / self.torch_ms


def pictures() -> dict[int, np.ndarray]:
    """Hands in view → a picture; those that are not wanted are painted over in the colour of the table."""
    script = sample_scripts(1, seed=0, fps=10)[0]
    clean = replace(script, episodes=tuple(replace(episode, degradation=CLEAN) for episode in script.episodes))
    frame = next(
        frame
        for frame in islice(render_frames(clean), 100)
        if len(frame.truth.hands) == 2
        and all(hand.fully_in_view for hand in frame.truth.hands)
        and np.ptp([hand.landmarks_px[:, 0].mean() for hand in frame.truth.hands]) > script.width / 4
    )
    found = {}
    for wanted in (2, 1, 0):
        image = frame.image.copy()
        for hand in frame.truth.hands[wanted:]:
            low, high = hand.landmarks_px.min(axis=0) - 40, hand.landmarks_px.max(axis=0) + 40
            (left, top), (right, bottom) = np.maximum(low, 0).astype(int), high.astype(int)
            image[top:bottom, left:right] = np.median(image.reshape(-1, 3), axis=0)
        found[wanted] = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
    return found


def ms_a_frame(work: Callable[[], object], frames: int, seconds: float, clock: Callable[[], float]) -> float:
    """Milliseconds a frame of `work`, which looks at `frames`, repeated for about `seconds`."""
    start, rounds = clock(), 0
    while rounds == 0 or clock() - start < seconds:
        work()
        rounds += 1
    return (clock() - start) / (rounds * frames) * 1000


def gap(ours: tuple[Hand, ...], theirs: list[Hand]) -> float | None:
    """Median distance of the landmarks of the hand that differs most, in palm lengths; None without a hand."""
    gaps = []
    for hand in theirs:
        palm = float(palm_length(hand.landmarks, SIZE))
        apart = [np.linalg.norm((other.landmarks - hand.landmarks)[:, :2] * SIZE, axis=1) for other in ours]
        gaps.append(min((float(np.median(each)) / palm for each in apart), default=float("inf")))
    return max(gaps, default=None)


def measure(picture: np.ndarray, hands: Hands, landmarker: BatchedLandmarker, batch: int, options: Any) -> Result:
    """Both sides on one picture, taking turns."""
    finder = MediaPipeFinder(hands.landmarker())
    finder.add(picture, 0.0)
    frames = [picture] * batch
    (first,) = landmarker.step([picture], [()])
    clock = time.process_time if options.device == "cpu" else time.perf_counter
    landmarker.step(frames, [first.squares] * batch)
    theirs_ms, ours_ms = [], []
    for _ in range(ROUNDS):
        theirs_ms.append(ms_a_frame(lambda: finder.add(picture, 0.0), 1, options.seconds / ROUNDS, clock))
        step = lambda: landmarker.step(frames, [first.squares] * batch)  # noqa: E731
        ours_ms.append(ms_a_frame(step, batch, options.seconds / ROUNDS, clock))
    return Result(
        hands=len(finder.hands()[0]),
        batch=batch,
        mediapipe_ms=min(theirs_ms),
        torch_ms=min(ours_ms),
        gap=gap(first.hands, finder.hands()[0]),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batches", default="1,8,32", help="batch sizes, with commas")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads on the CPU")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each side of each comparison")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    hands = Hands(None, Resources())
    hands.prepare()
    landmarker = BatchedLandmarker(load_networks(require_weights(HAND_LANDMARKER).path, options.device))
    results = [
        measure(picture, hands, landmarker, batch, options)
        for picture in pictures().values()
        for batch in map(int, options.batches.split(","))
    ]
    if options.json:
        print(json.dumps([asdict(result) | {"faster": result.faster} for result in results]))
        return
    print(f"hands  batch  MediaPipe ms  torch ms on {options.device}  faster  gap in palm lengths")
    for r in results:
        apart = "" if r.gap is None else f"{r.gap:.4f}"
        print(f"{r.hands:5}  {r.batch:5}  {r.mediapipe_ms:12.1f}  {r.torch_ms:15.1f}  {r.faster:6.2f}  {apart}")


if __name__ == "__main__":
    main()
