"""The app's side of the scripted kinds of job (`steps.py` is the workers'): a table that shows what was taken in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from app.workflows.jobs.kinds import FollowUp, JobKind, register
from engine.runtime.spec import Item, JobSpec
from storage.jobs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from engine.runtime.shards import ShardFolder
    from storage import Workspace

KIND = "scripted"


def install(site: Path) -> None:
    """Make workers know the steps, as a package that adds kinds of job would; `site` goes on PYTHONPATH."""
    # Arrow looks for pandas at its first conversion, which takes a second or more. No scripted item has a use for it.
    (site / "pandas").mkdir(parents=True)
    (site / "pandas" / "__init__.py").write_text("raise ImportError('not needed here')\n")
    info = site / "handpicked_test_steps-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: handpicked-test-steps\nVersion: 1.0\n")
    steps = "tests.app.workflows.steps"
    (info / "entry_points.txt").write_text(
        f"[handpicked.steps]\n{KIND} = {steps}:Scripted\nunprepared = {steps}:FailsToPrepare\n"
        "misbehaves = tests.engine.runtime.misbehaviour:Misbehaves\n"
    )


def make_table(workspace: Workspace) -> None:
    """The table that shards go to. It has no key: what is taken in twice is there twice."""
    workspace.database.write("CREATE TABLE IF NOT EXISTS made (item TEXT, pid INTEGER)")


def apply(workspace: Workspace, settings: dict[str, Any], shard: ShardFolder) -> Iterable[Outcome]:
    """Take rows in; say of items named `quiet…` that they needed nothing."""
    if settings.get("apply") == "stumble":
        raise RuntimeError("a defect in taking in")
    for row in shard.rows("made"):
        workspace.database.write("INSERT INTO made VALUES (?, ?)", [row["item"], row["pid"]])
    if settings.get("apply") == "die":
        os._exit(9)  # in the midst of the transaction
    return [Outcome(item, "skipped", "known") for item in shard.items if item.startswith("quiet")]


def after(_workspace: Workspace, settings: dict[str, Any]) -> Iterable[FollowUp]:
    """Another job of this kind, where the settings ask for one."""
    if settings.get("follow") == "stumble":
        raise RuntimeError("a defect in what follows")
    if settings.get("follow"):
        rest = {**settings, "follow": None}
        yield FollowUp("What follows", JobSpec(KIND, (Item("follower"),), rest))


register(JobKind(KIND, apply, after))
register(JobKind("unprepared", lambda *_: ()))


def spec(folder: Path, items: Mapping[str, list[tuple[str, Any]]], **settings: Any) -> JobSpec:
    """A job of items `name → what is to happen`, whose ledger is in `folder`."""
    made = tuple(Item(name, {"do": [list(action) for action in actions]}) for name, actions in items.items())
    return JobSpec(KIND, made, {"ledger": str(folder / "ledger"), **settings})


def ledger(folder: Path) -> list[str]:
    """The items that were begun, in order, each as often as it was."""
    path = folder / "ledger"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def made(workspace: Workspace) -> list[str]:
    """The items whose rows were taken in, sorted, each as often as it was."""
    return [row["item"] for row in workspace.database.rows("SELECT item FROM made ORDER BY item")]
