"""The process behind `SceneProcess`: `python -m engine.validation.scene_server <number of an open socket>`."""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from engine.sample.live import Attempt, LiveScene
from engine.validation.scene_process import Rolled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.validation.scene_process import Scripted

__all__ = ["results_of", "serve"]


def serve(pipe: Connection) -> None:
    """Answer requests until the other side is gone. The first says what scenes there are."""
    cv2.setNumThreads(1)
    scenes: list[LiveScene] = []
    attempts: list[Attempt] = []
    while True:
        try:
            what, value = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            if what == "scenes":
                scripts, frame = value
                scenes = [LiveScene(script, frame) for script in scripts]
            if what == "begin":
                attempts = _begun(scenes)
            answer = _answer(what, value, scenes, attempts)
        except Exception as error:
            answer = error
        pipe.send(answer)


def _begun(scenes: Sequence[LiveScene]) -> list[Attempt]:
    return [Attempt(scene) for scene in scenes]


def _answer(what: str, value: Any, scenes: Sequence[LiveScene], attempts: list[Attempt]) -> object:
    if what == "scenes":
        return None
    if what == "results":
        return results_of(attempts)
    if what == "scripted":
        return results_of([_scripted(attempt, value) for attempt in _begun(scenes)])
    for scene, wanted in (value or {}).items():
        attempts[scene].move(wanted)
    return {number: attempt.look() for number, attempt in enumerate(attempts) if not attempt.done}


def _scripted(attempt: Attempt, mode: Scripted) -> Attempt:
    while not attempt.done:
        if mode == "expert":
            attempt.follow_script()
        else:
            attempt.move(np.zeros((2, 2)))
    return attempt


def results_of(attempts: Sequence[Attempt]) -> Rolled:
    """Outcomes and moves as arrays."""
    steps = max(attempt.scene.steps for attempt in attempts)
    width = attempts[0].scene.expert.paths[0].start.size
    moves = np.full((len(attempts), steps, 2, width), np.nan)
    for row, attempt in zip(moves, attempts, strict=True):
        row[: attempt.taken] = attempt.moves
    outcomes = [attempt.outcome for attempt in attempts]
    return Rolled(outcome=np.array([(o.grasp, o.placed, o.approach) for o in outcomes], np.float64), moves=moves)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
