"""Records jobs: their settings, history, and the outcome of each item. Rows are only added."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from storage.errors import StorageError
from storage.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from storage.database import Database

__all__ = ["ACTIVE", "ENDED", "RESUMABLE", "Job", "JobEvent", "JobFailure", "JobState", "JobStore", "Outcome"]

JobState = Literal["queued", "running", "cancelling", "cancelled", "done", "failed", "interrupted"]
Level = Literal["note", "warning", "left out"]
ACTIVE: tuple[JobState, ...] = ("queued", "running", "cancelling")
ENDED: tuple[JobState, ...] = ("done", "failed", "cancelled", "interrupted")
RESUMABLE: tuple[JobState, ...] = ("failed", "cancelled", "interrupted")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One background job with its present state."""

    job_id: int
    kind: str
    title: str
    state: JobState
    done: int
    """Finished items, skipped ones included."""
    total: int
    failed: int
    skipped: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    message: str

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def left(self) -> int:
        return self.total - self.done - self.failed


@dataclass(frozen=True)
class JobEvent:
    """One line of a job's history."""

    created_at: datetime
    level: str
    state: JobState | None
    message: str


@dataclass(frozen=True)
class JobFailure:
    """An item that could not be done, and why."""

    item: str
    error: str
    created_at: datetime


@dataclass(frozen=True)
class Outcome:
    """The outcome of one item: `done`, `skipped`, `failed`, or `cleared` (to be tried again)."""

    item: str
    outcome: Literal["done", "skipped", "failed", "cleared"]
    message: str = ""
    _: KW_ONLY
    warning: str = ""
    """A warning about an item that is done; part of the job's history."""
    left_out: str = ""
    """What could not be stored of a finished item, and why: its job is done in part."""


class JobStore:
    """Reads and writes the job tables."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found = Kept[list[Job]](MOST_QUESTIONS)

    def create(self, kind: str, title: str, total: int, *, write: Callable[[int], None] = lambda _: None) -> int:
        """Add a job, queued; returns its number.

        `write` gets the number before anybody can see the job: a process that dies in between, or an error that `write`
        raises, leaves no job of which nobody knows what to do.
        """

        def work() -> int:
            job_id: int = self._database.scalar(
                "INSERT INTO job_definition (kind, title, total, created_at) VALUES (?, ?, ?, ?) RETURNING job_id",
                [kind, title, total, datetime.now(UTC)],
            )
            self.set_state(job_id, "queued")
            write(job_id)
            return job_id

        created: int = self._database.transact(work)
        return created

    def set_state(self, job_id: int, state: JobState, message: str = "") -> None:
        """Record that the job is now in `state`."""
        self._event(job_id, "state", state, message)

    def note(self, job_id: int, message: str, *, level: Level = "note") -> None:
        """Add a message to the job's history; level `left out`: something was not stored, and why."""
        self._event(job_id, level, None, message)

    def _event(self, job_id: int, level: str, state: JobState | None, message: str) -> None:
        self._database.write(
            "INSERT INTO job_event (job_id, created_at, level, state, message) VALUES (?, ?, ?, ?, ?)",
            [job_id, datetime.now(UTC), level, state, storable(message)],
        )

    def record(self, job_id: int, outcomes: Iterable[Outcome]) -> None:
        """Record the outcomes of items."""
        now = datetime.now(UTC)
        rows = [
            {"job_id": job_id, "item": o.item, "outcome": o.outcome, "message": storable(o.message), "created_at": now}
            for o in outcomes
        ]
        if rows:
            self._database.write_arrow(
                "INSERT INTO job_item BY NAME SELECT * FROM incoming", pa.Table.from_pylist(rows, ITEM_SCHEMA)
            )

    def ingest(self, job_id: int, shard: str, items: Iterable[str], apply: Callable[[], Iterable[Outcome]]) -> bool:
        """Store a shard in one transaction: what `apply` writes, its items' outcomes, and that it was stored.

        An item without an outcome from `apply` is done. Returns False, and does nothing, where the shard was stored
        before. `apply` may run again after a conflict.
        """

        def work() -> bool:
            if self._database.row("SELECT 1 FROM job_shard WHERE job_id = ? AND shard = ?", [job_id, shard]):
                return False
            said = {outcome.item: outcome for outcome in apply()}
            self.record(job_id, [said.get(item, Outcome(item, "done")) for item in items])
            self._say(job_id, "warning", [f"{o.item}: {o.warning}" for o in said.values() if o.warning])
            self._say(job_id, "left out", [f"{o.item}: {o.left_out}" for o in said.values() if o.left_out])
            self._database.write("INSERT INTO job_shard VALUES (?, ?, ?)", [job_id, shard, datetime.now(UTC)])
            return True

        taken: bool = self._database.transact(work)
        return taken

    def is_taken_by_item(self, job_id: int, shard: str) -> bool:
        """Whether storing `shard` item by item (as `<shard>#<index>`) was begun before."""
        found = self._database.row(
            "SELECT 1 FROM job_shard WHERE job_id = ? AND starts_with(shard, ?) LIMIT 1", [job_id, f"{shard}#"]
        )
        return found is not None

    def _say(self, job_id: int, level: Level, messages: list[str]) -> None:
        """Add messages about items to the job's history: the first few, and how many more there are."""
        for message in messages[:MAX_WARNINGS_A_SHARD]:
            self.note(job_id, message, level=level)
        if len(messages) > MAX_WARNINGS_A_SHARD:
            self.note(job_id, f"{len(messages) - MAX_WARNINGS_A_SHARD:,} more like these.", level=level)

    def warnings(self, job_id: int, limit: int = 200) -> list[str]:
        """The job's warnings, oldest first."""
        return self._messages(job_id, "warning", limit)

    def left_out(self, job_id: int, limit: int = 200) -> list[str]:
        """What the job could not store of finished items, and why, oldest first."""
        return self._messages(job_id, "left out", limit)

    def _messages(self, job_id: int, level: Level, limit: int) -> list[str]:
        return self._database.column(
            "SELECT message FROM job_event WHERE job_id = ? AND level = ? ORDER BY event_id LIMIT ?",
            [job_id, level, limit],
        )

    def outcomes(self, job_id: int) -> dict[str, str]:
        """Item → its latest outcome."""
        rows = self._database.rows("SELECT item, outcome FROM job_item_latest WHERE job_id = ?", [job_id])
        return {row["item"]: row["outcome"] for row in rows}

    def outcomes_of(self, item: str, job_ids: Iterable[int]) -> dict[int, Outcome]:
        """Job → the latest outcome of this item in it, for jobs that have one."""
        rows = self._database.rows(
            "SELECT job_id, item, outcome, message FROM job_item_latest WHERE item = ? AND list_contains(?, job_id)",
            [item, list(job_ids)],
        )
        return {row.pop("job_id"): Outcome(**row) for row in rows}

    def clear_failures(self, job_id: int) -> int:
        """Mark the failed items as to be tried again; returns how many."""
        failures = self.failures(job_id)
        self.record(job_id, [Outcome(failure.item, "cleared") for failure in failures])
        return len(failures)

    def get(self, job_id: int) -> Job:
        """The job numbered `job_id`. Raises `StorageError` for an unknown number."""
        found = self._database.record(Job, "SELECT * FROM job WHERE job_id = ?", [job_id])
        if found is None:
            raise StorageError(f"there is no job {job_id}", remedy="`handpicked jobs list` shows them all.")
        return found

    def find(
        self,
        *,
        states: Iterable[JobState] | None = None,
        kind: str | None = None,
        ids: Iterable[int] | None = None,
        limit: int = 200,
    ) -> list[Job]:
        """Jobs, newest first."""
        wanted = list(states) if states is not None else None
        numbers = list(ids) if ids is not None else None
        found = self._found.get(
            (str(wanted), kind, str(numbers), limit),
            self._database.changes_of("job_definition", "job_event", "job_item"),
            lambda: self._database.records(
                Job,
                "SELECT * FROM job WHERE ($states IS NULL OR list_contains($states, state)) "
                "AND ($kind IS NULL OR kind = $kind) AND ($ids IS NULL OR list_contains($ids, job_id)) "
                "ORDER BY job_id DESC LIMIT $limit",
                {"states": wanted, "kind": kind, "ids": numbers, "limit": limit},
            ),
        )
        return list(found)

    def events(self, job_id: int, limit: int = 500) -> list[JobEvent]:
        """A job's history, oldest first; the latest `limit` of it."""
        found = self._database.records(
            JobEvent,
            "SELECT created_at, level, state, message FROM job_event WHERE job_id = ? ORDER BY event_id DESC LIMIT ?",
            [job_id, limit],
        )
        return found[::-1]

    def failures(self, job_id: int, limit: int = 1_000_000) -> list[JobFailure]:
        """The items whose latest outcome is failed, by name."""
        return self._database.records(
            JobFailure,
            "SELECT item, error, created_at FROM job_failure WHERE job_id = ? ORDER BY item LIMIT ?",
            [job_id, limit],
        )

    def failed_items(self, kind: str) -> set[str]:
        """The items whose latest outcome in some job of this kind is failed."""
        found = self._database.column(
            "SELECT DISTINCT item FROM job_failure WHERE job_id IN (SELECT job_id FROM job WHERE kind = ?)", [kind]
        )
        return set(found)

    def skipped(self, job_id: int) -> list[tuple[str, str]]:
        """`(item, reason)` of the items that needed nothing."""
        rows = self._database.rows(
            "SELECT item, message FROM job_item_latest WHERE job_id = ? AND outcome = 'skipped' ORDER BY item", [job_id]
        )
        return [(row["item"], row["message"]) for row in rows]

    def interrupt_orphans(self) -> list[int]:
        """Mark jobs that a dead process left active as `interrupted`; returns their numbers."""
        orphans = [job.job_id for job in self.find(states=ACTIVE, limit=1_000_000)]
        for job_id in orphans:
            self.set_state(
                job_id, "interrupted", "The app ended while this job was under way. Resume goes on with the rest."
            )
        return orphans


def storable(text: str) -> str:
    """`text` as valid UTF-8: a message may quote bytes that are not."""
    return text.encode("utf-8", errors="backslashreplace").decode()


MAX_WARNINGS_A_SHARD = 50
MOST_QUESTIONS = 50
ITEM_SCHEMA = pa.schema(
    [
        ("job_id", pa.int32()),
        ("item", pa.string()),
        ("outcome", pa.string()),
        ("message", pa.string()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
