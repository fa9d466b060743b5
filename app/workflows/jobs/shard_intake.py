"""Stores finished shards, each exactly once; item by item where the store refuses the whole shard."""

from __future__ import annotations

import contextlib
import shutil
import traceback
from typing import TYPE_CHECKING

from app.workflows.jobs.prepared import read_prepared
from engine.errors import HandpickedError, JobError
from engine.runtime.reasons import in_plain_words, is_disk_trouble
from engine.runtime.shards import ShardFolder, finished_shards
from storage.errors import WORKSPACE_TROUBLE
from storage.jobs import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from app.workflows.jobs.kinds import AnyKind
    from app.workflows.jobs.prepared import Prepared
    from engine.runtime.spec import JobSpec
    from storage import Workspace

__all__ = ["ShardIntake"]


class ShardIntake:
    """Stores the shards of one job."""

    def __init__(self, workspace: Workspace, job_id: int, spec: JobSpec, kind: AnyKind) -> None:
        self._workspace = workspace
        self._job_id = job_id
        self._spec = spec
        self._kind = kind
        self._prepared: Prepared | None = None

    def ingest_finished(self, part_folder: Path) -> list[str]:
        """Store the shards of a part whose process has ended, and delete unfinished ones; returns the stored items."""
        items = []
        for shard in finished_shards(part_folder / "shards"):
            items.extend(self.ingest_shard(part_folder, shard.name))
        shutil.rmtree(part_folder / "shards", ignore_errors=True)
        return items

    def ingest_shard(self, part_folder: Path, name: str) -> list[str]:
        """Store a shard, once, and delete its folder; returns the items that it settles.

        Results that the store refuses fail their own item. Raises `StorageError` or OSError where the workspace itself
        fails (a full disk, say); the shard then stays in place, for Resume.
        """
        folder = part_folder / "shards" / name
        try:
            shard, self._prepared = ShardFolder.open(folder), self._read_prepared()
        except JobError as error:
            # Cut off by a power failure, say, or left by an earlier version. Its items are still to do.
            self._workspace.jobs.note(self._job_id, str(error), level="warning")
            return []
        key = f"{part_folder.name}/{name}"
        settled = list(shard.items)
        if self._workspace.jobs.is_taken_by_item(self._job_id, key) or not self._ingest_whole(shard, key, part_folder):
            settled = self._ingest_by_item(shard, key, part_folder)
        shutil.rmtree(folder, ignore_errors=True)
        return settled

    def _ingest_whole(self, shard: ShardFolder, key: str, part_folder: Path) -> bool:
        """Store the whole shard in one transaction; returns whether that succeeded."""
        try:
            self._write(shard, key)
        except Exception as error:
            self._survive(error, part_folder)
            return False
        return True

    def _ingest_by_item(self, shard: ShardFolder, key: str, part_folder: Path) -> list[str]:
        """Store the items' results one by one; an item that the store refuses has failed."""
        alone = shard.singly()
        if len(alone) < len(shard.items):
            note = f"the results of {len(shard.items)} items can't be taken in together, and will be made again"
            self._workspace.jobs.note(self._job_id, note, level="warning")
            return []
        for place, piece in enumerate(alone):
            name = f"{key}#{place}"
            try:
                self._write(piece, name)
            except Exception as error:
                self._survive(error, part_folder)
                reason = str(error) if isinstance(error, HandpickedError) else in_plain_words(error)
                refused = [Outcome(piece.items[0], "failed", f"Its results can't be taken in: {reason}")]
                self._workspace.jobs.ingest(self._job_id, name, piece.items, refused.copy)
        return list(shard.items)

    def _read_prepared(self) -> Prepared | None:
        """What the job was prepared with. Raises `JobError` where an earlier version did not write it down."""
        model = self._kind.prepared
        return None if model is None else read_prepared(model, self._workspace.paths.job(self._job_id))

    def _write(self, shard: ShardFolder, key: str) -> None:
        settings, prepared = self._spec.settings, self._prepared
        self._workspace.jobs.ingest(
            self._job_id, key, shard.items, lambda: self._kind.apply(self._workspace, settings, shard, prepared)
        )

    def _survive(self, error: Exception, part_folder: Path) -> None:
        """Write `error` into the part's log; raise it again where it would hit every item."""
        if isinstance(error, WORKSPACE_TROUBLE) or is_disk_trouble(error):
            raise error
        if not isinstance(error, HandpickedError):
            with contextlib.suppress(OSError), (part_folder / "log.txt").open("a", encoding="utf-8") as log:
                log.write("".join(traceback.format_exception(error)))
