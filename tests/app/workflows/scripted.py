"""The app's side of the scripted kinds of job (`steps.py` is the workers'): a table that shows what was taken in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from app.workflows.jobs.kinds import FollowUp, JobKind
from engine.runtime.spec import Item, JobSpec
from storage.jobs import Outcome
from tests.app.workflows.steps import MadeRow, ScriptedPayload, ScriptedSettings, UnpreparedSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from engine.runtime.shards import ShardFolder
    from storage import Workspace

KIND = "scripted"
QUICK = "scripted_quick"
"""The same in the quick lane."""


def install(site: Path) -> None:
    """Make app and workers know the kinds, as a package that adds kinds of job would; `site` goes on PYTHONPATH."""
    # Arrow looks for pandas at its first conversion, which takes a second or more. No scripted item has a use for it.
    (site / "pandas").mkdir(parents=True)
    (site / "pandas" / "__init__.py").write_text("raise ImportError('not needed here')\n")
    info = site / "handpicked_test_steps-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: handpicked-test-steps\nVersion: 1.0\n")
    steps, kinds, odd = "tests.app.workflows.steps", "tests.app.workflows.scripted", "tests.engine.runtime.misbehaviour"
    (info / "entry_points.txt").write_text(
        f"[handpicked.steps]\n{KIND} = {steps}:Scripted\n{QUICK} = {steps}:Scripted\n"
        f"unprepared = {steps}:FailsToPrepare\n"
        f"misbehaves = {odd}:Misbehaves\n"
        f"[handpicked.kinds]\n{KIND} = {kinds}:SCRIPTED\n{QUICK} = {kinds}:SCRIPTED_QUICK\n"
        f"unprepared = {kinds}:UNPREPARED\n"
        "misbehaves = tests.app.workflows.jobs.test_any_step_in_a_job:MISBEHAVES\n"
    )


def make_table(workspace: Workspace) -> None:
    """The table that shards go to. It has no key: what is taken in twice is there twice."""
    workspace.database.write("CREATE TABLE IF NOT EXISTS made (item TEXT, pid INTEGER)")


def apply(workspace: Workspace, settings: ScriptedSettings, shard: ShardFolder, _prepared: None) -> Iterable[Outcome]:
    """Take rows in; say of items named `quiet…` that they needed nothing."""
    if settings.apply == "stumble":
        raise RuntimeError("a defect in taking in")
    for row in shard.read(MadeRow):
        workspace.database.write("INSERT INTO made VALUES (?, ?)", [row.item, row.pid])
    if settings.apply == "die":
        os._exit(9)  # in the midst of the transaction
    return [Outcome(item, "skipped", "known") for item in shard.items if item.startswith("quiet")]


def after(_workspace: Workspace, settings: ScriptedSettings) -> Iterable[FollowUp]:
    """Another job of this kind, where the settings ask for one."""
    if settings.follow == "stumble":
        raise RuntimeError("a defect in what follows")
    if settings.follow:
        rest = settings.model_copy(update={"follow": None})
        yield FollowUp("What follows", JobSpec(KIND, (Item("follower", ScriptedPayload()),), rest))


SCRIPTED = JobKind(
    kind=KIND, settings=ScriptedSettings, payload=ScriptedPayload, apply=apply, after=after, portable=True
)
SCRIPTED_QUICK = JobKind(
    kind=QUICK, lane="quick", settings=ScriptedSettings, payload=ScriptedPayload, apply=apply, after=after
)
UNPREPARED = JobKind(kind="unprepared", settings=UnpreparedSettings, apply=lambda *_: ())


def spec(folder: Path, items: Mapping[str, list[tuple[str, Any]]], *, kind: str = KIND, **settings: Any) -> JobSpec:
    """A job of items `name → what is to happen`, whose ledger is in `folder`."""
    made = tuple(Item(name, ScriptedPayload(do=tuple(actions))) for name, actions in items.items())
    return JobSpec(kind, made, ScriptedSettings(ledger=str(folder / "ledger"), **settings))


def ledger(folder: Path) -> list[str]:
    """The items that were begun, in order, each as often as it was."""
    path = folder / "ledger"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def made(workspace: Workspace) -> list[str]:
    """The items whose rows were taken in, sorted, each as often as it was."""
    return [row["item"] for row in workspace.database.rows("SELECT item FROM made ORDER BY item")]
