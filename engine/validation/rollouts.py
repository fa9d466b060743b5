"""Counts how often policies succeed in live scenes: each is trained on chosen clips, and tried in all scenes.

Policies are worked off side by side, each lane with a process of its own that draws its scenes; what a finished policy
came to is kept in the cache, so that a run that was cancelled goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.cancel import Cancelled
from engine.files.cache import load_arrays, save_arrays
from engine.sample.live_scripts import live_scripts
from engine.validation.scene_process import Rolled, SceneProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from engine.sample.types import VideoScript
    from engine.validation.learner import Learner, Policy
    from engine.validation.rollout_rows import Choice
    from engine.video.types import CancelCheck

__all__ = ["Attempts", "Kind", "Rollouts", "roll_out"]

Kind = Literal["network", "head"]
_MOST_LANES = 8
"""Each lane holds all scenes in memory, about 1 MB each."""
_AT_STEP = slice(2, 4)
"""Where in a policy's numbers the palm's place 0.2 s from now is: one step."""
_VERSION = 1
"""Counts up when scenes or their rules change: outcomes of other versions in the cache mean something else."""


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """What one policy came to, and its loss on held-out videos (NaN where it was not asked for)."""

    rolled: Rolled
    loss: float


class Rollouts:
    """All attempts of one run."""

    def __init__(
        self,
        learner: Learner,
        *,
        scenes: int,
        seconds: float,
        seed: int,
        cache: Path,
        workers: int = 2,
        on_progress: Callable[[float, str], None] | None = None,
        cancelled: CancelCheck | None = None,
    ) -> None:
        self._learner, self._cache = learner, cache
        cache.mkdir(parents=True, exist_ok=True)
        self.scripts: list[VideoScript] = live_scripts(scenes, learner.frame, seconds=seconds, seed=seed)
        self._about = [_VERSION, learner.fingerprint, learner.frame, scenes, seconds, seed]
        self._lanes = max(1, min(workers, _MOST_LANES))
        self._on_progress, self._cancelled, self._lock = on_progress, cancelled, Lock()
        self._done, self._total = 0.0, 1

    def scripted(self) -> dict[str, Rolled]:
        """The attempts of hands that follow the script, and of hands that stand still."""
        with SceneProcess(self.scripts, self._learner.frame) as process:
            return {"expert": process.scripted("expert"), "still": process.scripted("still")}

    def count(self, work: Sequence[tuple[Kind, Choice]]) -> list[Attempts]:
        """The attempts of each policy, in order. Raises `Cancelled`."""
        self._done, self._total = 0.0, max(1, len(work))
        known: list[Attempts | None] = [self._recalled(kind, choice) for kind, choice in work]
        self._advance(sum(found is not None for found in known), "reading what is known")
        missing = [number for number, found in enumerate(known) if found is None]
        if missing:
            self._work_off(work, known, missing)
        return [found for found in known if found is not None]

    def _work_off(
        self, work: Sequence[tuple[Kind, Choice]], known: list[Attempts | None], missing: Sequence[int]
    ) -> None:
        lanes = min(self._lanes, len(missing))
        processes: SimpleQueue[SceneProcess] = SimpleQueue()
        opened = [SceneProcess(self.scripts, self._learner.frame) for _ in range(lanes)]
        for process in opened:
            processes.put(process)

        def one(number: int) -> None:
            process = processes.get()
            try:
                known[number] = self._tried(*work[number], process)
            finally:
                processes.put(process)

        try:
            with ThreadPoolExecutor(lanes) as threads:
                tasks = [threads.submit(one, number) for number in missing]
                try:
                    for task in tasks:
                        task.result()
                except BaseException:
                    threads.shutdown(wait=True, cancel_futures=True)  # what has not begun need not
                    raise
        finally:
            for process in opened:
                process.close()

    def _tried(self, kind: Kind, choice: Choice, process: SceneProcess) -> Attempts:
        note = f"{choice.row}, seed {choice.seed + 1}" if kind == "network" else choice.row
        trained = 0.0

        def train(share: float) -> None:
            nonlocal trained
            self._advance(0.5 * (share - trained), f"training on {note}")
            trained = share

        train(0.0)
        trainer = self._learner.networks if kind == "network" else self._learner.heads
        policy = trainer(choice.clip_ids, choice.seed, train)
        train(1.0)
        loss = self._learner.loss(policy) if kind == "head" else float("nan")
        rolled = roll_out(policy, process, lambda: self._advance(0.0, f"trying {note}"))
        save_arrays(
            self._stored(kind, choice), {"outcome": rolled.outcome, "moves": rolled.moves, "loss": np.array(loss)}
        )
        self._advance(0.5, f"trying {note}")
        return Attempts(rolled=rolled, loss=loss)

    def _recalled(self, kind: Kind, choice: Choice) -> Attempts | None:
        found = load_arrays(self._stored(kind, choice))
        if found is None or found.keys() != {"outcome", "moves", "loss"}:
            return None
        return Attempts(rolled=Rolled(outcome=found["outcome"], moves=found["moves"]), loss=float(found["loss"]))

    def _stored(self, kind: Kind, choice: Choice) -> Path:
        about = json.dumps([*self._about, kind, choice.seed, choice.clip_ids])
        return self._cache / f"success-{hashlib.sha256(about.encode()).hexdigest()[:24]}.npz"

    def _advance(self, policies: float, note: str) -> None:
        """Raises `Cancelled`."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
        with self._lock:
            self._done += policies
            share = min(1.0, self._done / self._total)
        if self._on_progress is not None:
            self._on_progress(share, note)


def roll_out(policy: Policy, process: SceneProcess, each_step: Callable[[], None] = lambda: None) -> Rolled:
    """Try a policy in all scenes of a process, step by step; `each_step` may raise `Cancelled`."""
    seen = process.begin()
    while seen:
        each_step()
        actions = np.asarray(policy(list(seen.values())), np.float64)
        seen = process.move({scene: action[:, _AT_STEP] for scene, action in zip(seen, actions, strict=True)})
    return process.results()
