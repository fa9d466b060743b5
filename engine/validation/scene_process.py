"""Live scenes in a process of their own. Drawing a picture is a thousand small steps of Python: threads would wait for
one another, processes do not."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.connection import Connection
    from types import TracebackType

    from engine.arrays import Floats
    from engine.sample.live import Attempt, LiveScene, Observation
    from engine.sample.types import VideoScript

__all__ = ["Rolled", "SceneProcess", "Scripted"]

Scripted = Literal["expert", "still"]


@dataclass(frozen=True, kw_only=True)
class Rolled:
    """What became of one policy's attempts at `n` scenes."""

    outcome: Floats
    """`(n, 3)`: whether a thing was grasped, whether it was placed, and the share of the way to it."""
    moves: Floats
    """`(n, steps, 2, pose)`: where the hands went; NaN once an attempt is over."""


class SceneProcess:
    """A process that draws scenes and moves hands in them, step by step; one policy at a time is tried in all."""

    def __init__(self, scripts: Sequence[VideoScript], frame: tuple[int, int]) -> None:
        """`frame`: width and height of the frames that policies see."""
        start = multiprocessing.get_context("spawn")
        self._pipe, theirs = start.Pipe()
        self._process = start.Process(target=_serve, args=(theirs, tuple(scripts), frame), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self) -> dict[int, Observation]:
        """Start anew in every scene: scene → what a policy sees there."""
        found: dict[int, Observation] = self._ask("begin", None)
        return found

    def move(self, wanted: Mapping[int, Floats]) -> dict[int, Observation]:
        """Take a step: scene → how far `(2, 2)` the palms should go, in palm lengths. Scenes that are over are left
        out of what comes back."""
        found: dict[int, Observation] = self._ask("move", dict(wanted))
        return found

    def results(self) -> Rolled:
        """What the attempts came to."""
        found: Rolled = self._ask("results", None)
        return found

    def scripted(self, mode: Scripted) -> Rolled:
        """Hands that follow the script, or stand still after the start; nothing has to be drawn."""
        found: Rolled = self._ask("scripted", mode)
        return found

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(2)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _ask(self, what: str, value: object) -> Any:
        try:
            self._pipe.send((what, value))
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise EngineError(
                "the process that draws scenes has ended", remedy="Resume the job; close other programs first."
            ) from error
        if isinstance(answer, Exception):
            raise answer
        return answer


def _serve(pipe: Connection, scripts: Sequence[VideoScript], frame: tuple[int, int]) -> None:
    """Answer requests until the other side is gone."""
    import cv2

    from engine.sample.live import LiveScene

    cv2.setNumThreads(1)
    scenes = [LiveScene(script, frame) for script in scripts]
    attempts: list[Attempt] = []
    while True:
        try:
            what, value = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            if what == "begin":
                attempts = begun(scenes)
            answer = _answer(what, value, scenes, attempts)
        except Exception as error:
            answer = error
        pipe.send(answer)


def begun(scenes: Sequence[LiveScene]) -> list[Attempt]:
    """New attempts at all scenes."""
    from engine.sample.live import Attempt

    return [Attempt(scene) for scene in scenes]


def _answer(what: str, value: Any, scenes: Sequence[LiveScene], attempts: list[Attempt]) -> object:
    if what == "results":
        return results_of(attempts)
    if what == "scripted":
        return results_of([_scripted(attempt, value) for attempt in begun(scenes)])
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
