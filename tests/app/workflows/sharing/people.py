"""People who share a bucket, each with a workspace; their jobs are done in this process."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.workflows.jobs.kinds import FollowUp, Remark, job_kind, step_of
from app.workflows.sharing.sync import Shared, kinds_of, look, pull_spec, push_spec
from engine.runtime.messages import Failed, Fatal, Skipped
from engine.runtime.runner import run_part
from engine.runtime.shards import ShardFolder, finished_shards

if TYPE_CHECKING:
    from pathlib import Path

    from engine.runtime.spec import JobSpec
    from storage import Workspace
    from storage.s3.target import Target


@dataclass
class Person:
    """Somebody with a workspace and the shared bucket."""

    workspace: Workspace
    target: Target
    folder: Path
    jobs: int = 0

    def look(self, what: str = "all", **options: Any) -> Shared:
        return look(self.workspace, self.target, kinds_of(what), **options)

    def push(self, what: str = "all", *, delete: bool = False, again: bool = False) -> list[str]:
        """Push; returns what failed."""
        return self.do(push_spec(self.workspace, self.look(what, again=again).push, delete=delete, again=again))

    def pull(self, what: str = "all", *, delete: bool = False) -> list[str]:
        """Pull; returns what failed."""
        return self.do(pull_spec(self.workspace, self.look(what).pull, delete=delete))

    def do(self, spec: JobSpec | None) -> list[str]:
        """A job and what follows it, in this process; returns what failed or was left out."""
        if spec is None or spec.kind == "pictures":
            return []
        self.jobs += 1
        shards = self.folder / f"job-{self.jobs}"
        heard: list[Any] = []
        run_part(spec.written(step=step_of(spec.kind)), shards, heard.append, lambda _text: None, threading.Event())
        fatal = [message.error for message in heard if isinstance(message, Fatal)]
        failed = [message.error for message in heard if isinstance(message, Failed)]
        kind = job_kind(spec.kind)
        for folder in finished_shards(shards):
            shard = ShardFolder.open(folder)
            outcomes = self.workspace.database.transact(
                lambda s=shard: kind.apply(self.workspace, spec.settings, s, None)
            )
            failed += [outcome.message for outcome in outcomes if outcome.outcome == "failed"]
            failed += [outcome.left_out for outcome in outcomes if outcome.left_out]
        if fatal:
            return fatal
        for follow in kind.after(self.workspace, spec.settings):
            failed += [follow.text] if isinstance(follow, Remark) else []
            failed += self.do(follow.spec) if isinstance(follow, FollowUp) else []
        self.skipped = [message.item for message in heard if isinstance(message, Skipped)]
        return failed

    def answers(self) -> dict[str, str]:
        """Label → its live answer."""
        return {one.label_id: one.answer for one in self.workspace.labels.find()}
