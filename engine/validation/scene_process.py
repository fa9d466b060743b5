"""Live scenes in a process of their own. Drawing a picture is a thousand small steps of Python: threads would wait for
one another, processes do not."""

from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Literal, Self

from engine.errors import EngineError
from engine.runtime.local import worker_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from engine.arrays import Floats
    from engine.sample.live import Observation
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
        # Not by multiprocessing, which runs the main module once more in the new process: here that may be a page.
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "engine.validation.scene_server", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=worker_environment(1),
                start_new_session=True,  # a Ctrl-C in the terminal reaches whoever closes this process in order
            )
        self._pipe = Connection(ours.detach())
        self._ask("scenes", (tuple(scripts), frame))

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
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

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
