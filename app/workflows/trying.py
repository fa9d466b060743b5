"""Runs the engine's self-check in separate processes, so that a library that crashes can't end the app."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from engine.runtime.local import describe_exit, worker_environment
from engine.self_check import CARD_DECODER, CODECS, LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Try", "try_all"]

PATIENCE_S = 180.0
"""How long one process may take to load its libraries, on a slow disk too."""
TORCH = ("torch", "torchvision", "open_clip_torch", "GPU")
VIDEO = ("av", *CODECS, "mediapipe")
CARD = (CARD_DECODER,)
"""In a process of its own: a card's decoder must be opened before torch uses the card."""
APART = {*TORCH, *VIDEO, *CARD}
BATCHES = (tuple(name for name in LIBRARIES if name not in APART), TORCH, VIDEO, CARD)
"""Groups of checks that share a process."""


@dataclass(frozen=True)
class Try:
    """The result of loading and using a library."""

    ok: bool
    found: str
    remedy: str = ""


def try_all(batches: Sequence[Sequence[str]] = BATCHES, *, patience_s: float = PATIENCE_S) -> dict[str, Try]:
    """Name → result, for all checks of `engine.self_check`."""
    with ThreadPoolExecutor(len(batches)) as pool:
        done = pool.map(lambda names: try_names(list(names), patience_s), batches)
        return dict(chain.from_iterable(tries.items() for tries in done))


def try_names(names: list[str], patience_s: float) -> dict[str, Try]:
    """Run checks in one process; after one that crashes it, the rest in another."""
    done: dict[str, Try] = {}
    while len(done) < len(names):
        left = names[len(done) :]
        answers, end = ask(left, patience_s)
        done |= answers
        if len(answers) < len(left):
            done[left[len(answers)]] = Try(ok=False, found=end, remedy="Run `make setup` again.")
    return done


def ask(names: Sequence[str], patience_s: float) -> tuple[dict[str, Try], str]:
    """The answers of one process, in order, and how it ended where it did not answer all."""
    command = [sys.executable, "-P", "-m", "engine.self_check", *names]
    try:
        ran = subprocess.run(
            command, capture_output=True, timeout=patience_s, env=worker_environment(1), check=False, cwd="/"
        )
        output, end = ran.stdout, describe_exit(ran.returncode).removeprefix("the worker ")
        said = ran.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        end = f"its process {end or 'ended without an answer'}" + (f": {said}" if said else "")
    except subprocess.TimeoutExpired as late:
        output, end = late.stdout or b"", f"no answer within {patience_s:g} s"
    answers = [json.loads(line) for line in output.decode(errors="replace").splitlines() if line.startswith("{")]
    return {said["name"]: Try(said["ok"], said["found"], said["remedy"]) for said in answers}, end
