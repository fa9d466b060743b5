"""Stores tags of clips with a journal, so that every action can be undone exactly."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow as pa

from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.database import Database

__all__ = ["DROP", "KEEP", "TagAction", "TagStore"]

KEEP, DROP = "keep", "drop"
"""Two tags that exclude each other."""
LONGEST = 60


@dataclass(frozen=True)
class TagAction:
    """One tagging action of a person."""

    action_id: str
    title: str
    clips: int
    created_at: datetime


class TagStore:
    """Reads and writes the table clip_tag and its journal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, clip_ids: Iterable[str], tag: str, *, action_id: str | None = None) -> TagAction:
        """Tag clips; `keep` removes `drop` and vice versa.

        A repeated `action_id` does nothing, so that a browser may send it again. Raises `StorageError` for a tag that
        is empty or longer than 60 letters.
        """
        tag = checked(tag)
        ids = list(clip_ids)
        other = {KEEP: DROP, DROP: KEEP}.get(tag)
        changes = [(tag, True)] + ([(other, False)] if other else [])
        return self._act(f"Tag {tag}", ids, changes, action_id)

    def add_theirs(self, tags: Iterable[tuple[str, str]], title: str) -> TagAction | None:
        """Add others' tags, `(clip_id, tag)` each, as one action called `title`; None where nothing changes.

        Decisions made here stay: no `keep` beside our `drop` or vice versa, and a tag that was removed here, or whose
        import was undone, does not come back. Tags that are not valid are left out.
        """
        wanted: dict[tuple[str, str], None] = {}
        for clip_id, tag in tags:
            with contextlib.suppress(StorageError):
                wanted[clip_id, checked(tag)] = None
        name = uuid4().hex

        def work() -> int:
            added = self._undecided(list(wanted))
            self._add_together(added, name, title)
            return len({clip_id for clip_id, _ in added})

        changed: int = self._database.transact(work) if wanted else 0
        return TagAction(name, title, changed, datetime.now(UTC)) if changed else None

    def _undecided(self, wanted: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The `(clip_id, tag)` that are new and do not contradict a decision here; of `keep` and `drop`, the first."""
        rows = self._database.rows(
            "WITH theirs AS (SELECT unnest($ids) AS clip_id, unnest($tags) AS tag, unnest(range(len($ids))) AS place), "
            "ours AS (SELECT clip_id, tag FROM clip_tag UNION ALL SELECT clip_id, CASE tag WHEN 'keep' THEN 'drop' "
            "WHEN 'drop' THEN 'keep' END AS tag FROM clip_tag UNION ALL SELECT clip_id, tag FROM "
            "(SELECT unnest(clip_ids) AS clip_id, tag, added, change_id FROM tag_change WHERE tag IN "
            "(SELECT tag FROM theirs)) GROUP BY clip_id, tag HAVING NOT arg_max(added, change_id)) "
            "SELECT clip_id, tag FROM theirs SEMI JOIN clip USING (clip_id) ANTI JOIN ours USING (clip_id, tag) "
            "ORDER BY place",
            {"ids": [clip_id for clip_id, _ in wanted], "tags": [tag for _, tag in wanted]},
        )
        kept: dict[tuple[str, str], None] = {}
        for row in rows:
            if (row["clip_id"], {KEEP: DROP, DROP: KEEP}.get(row["tag"], "")) not in kept:
                kept[row["clip_id"], row["tag"]] = None
        return list(kept)

    def _add_together(self, added: list[tuple[str, str]], action: str, title: str) -> None:
        """Add `(clip_id, tag)`, in the journal as one action with a row for each tag."""
        at = datetime.now(UTC)
        by_tag: dict[str, list[str]] = {}
        for clip_id, tag in added:
            by_tag.setdefault(tag, []).append(clip_id)
        self._database.write(
            "INSERT INTO clip_tag SELECT unnest($ids), unnest($tags), $at",
            {"ids": [clip_id for clip_id, _ in added], "tags": [tag for _, tag in added], "at": at},
        )
        same = {"action_id": action, "title": title, "added": True, "undoes": None, "created_at": at}
        notes = [{**same, "tag": tag, "clip_ids": clip_ids} for tag, clip_ids in by_tag.items()]
        self._database.write_arrow(
            "INSERT INTO tag_change BY NAME SELECT * FROM incoming", pa.Table.from_pylist(notes, NOTE_SCHEMA)
        )

    def remove(self, clip_ids: Iterable[str], tag: str, *, action_id: str | None = None) -> TagAction:
        """Remove a tag from clips."""
        return self._act(f"Remove tag {tag}", list(clip_ids), [(tag, False)], action_id)

    def undo(self, action_id: str | None = None) -> TagAction | None:
        """Undo an action, by default the latest not undone; returns it, or None where there is none."""

        def work() -> TagAction | None:
            action = self.last(action_id)
            if action is None:
                return None
            rows = self._database.rows(
                "SELECT * FROM tag_change WHERE action_id = ? ORDER BY change_id DESC", [action.action_id]
            )
            undo_id = uuid4().hex
            for row in rows:
                self._change(row["clip_ids"], row["tag"], added=not row["added"])
                self._note(
                    undo_id, f"Undo: {row['title']}", row["clip_ids"], row["tag"], not row["added"], action.action_id
                )
            return action

        done: TagAction | None = self._database.transact(work)
        return done

    def last(self, action_id: str | None = None) -> TagAction | None:
        """The latest action that can be undone, or the one with this id if it still can be."""
        return self._database.record(
            TagAction,
            "SELECT action_id, any_value(title) AS title, max(len(clip_ids)) AS clips, max(created_at) AS created_at "
            "FROM tag_change WHERE undoes IS NULL AND ($id IS NULL OR action_id = $id) "
            "AND action_id NOT IN (SELECT undoes FROM tag_change WHERE undoes IS NOT NULL) "
            "GROUP BY action_id ORDER BY max(change_id) DESC LIMIT 1",
            {"id": action_id},
        )

    def of_clip(self, clip_id: str) -> list[str]:
        """A clip's tags, by name."""
        return self._database.column("SELECT tag FROM clip_tag WHERE clip_id = ? ORDER BY tag", [clip_id])

    def tagged(self, tag: str) -> set[str]:
        """The clips that have a tag."""
        return set(self._database.column("SELECT clip_id FROM clip_tag WHERE tag = ?", [tag]))

    def _act(self, title: str, ids: list[str], changes: list[tuple[str, bool]], action_id: str | None) -> TagAction:
        name = action_id or uuid4().hex

        def work() -> int:
            if self._database.scalar("SELECT count(*) FROM tag_change WHERE action_id = ?", [name]):
                return 0
            most = 0
            for tag, added in changes:
                changed = self._change(ids, tag, added=added)
                # The first tag is the requested one: it is in the journal even if it changed nothing.
                if changed or tag == changes[0][0]:
                    self._note(name, title, changed, tag, added, None)
                most = max(most, len(changed))
            return most

        changed: int = self._database.transact(work)
        return TagAction(name, title, changed, datetime.now(UTC))

    def _change(self, ids: list[str], tag: str, *, added: bool) -> list[str]:
        """Add or remove a tag; returns the clips that this changed."""
        if added:
            changed = self._database.column(
                "SELECT clip_id FROM clip WHERE list_contains($ids, clip_id) "
                "AND clip_id NOT IN (SELECT clip_id FROM clip_tag WHERE tag = $tag)",
                {"ids": ids, "tag": tag},
            )
            self._database.write(
                "INSERT INTO clip_tag SELECT unnest($ids), $tag, $at",
                {"ids": changed, "tag": tag, "at": datetime.now(UTC)},
            )
            return changed
        changed = self._database.column(
            "SELECT clip_id FROM clip_tag WHERE tag = $tag AND list_contains($ids, clip_id)", {"ids": ids, "tag": tag}
        )
        self._database.write(
            "DELETE FROM clip_tag WHERE tag = $tag AND list_contains($ids, clip_id)", {"ids": changed, "tag": tag}
        )
        return changed

    def _note(self, action: str, title: str, ids: list[str], tag: str, added: bool, undoes: str | None) -> None:
        self._database.write(
            "INSERT INTO tag_change (action_id, title, clip_ids, tag, added, undoes, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [action, title, ids, tag, added, undoes, datetime.now(UTC)],
        )


def checked(tag: str) -> str:
    """A valid tag without blanks around it. Raises `StorageError` for one that is not valid."""
    found = " ".join(tag.split())
    if not found or len(found) > LONGEST:
        raise StorageError(f"{tag!r} can't be a tag", remedy=f"Give it between 1 and {LONGEST} letters.")
    return found


NOTE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("action_id", "title")),
        ("clip_ids", pa.list_(pa.string())),
        ("tag", pa.string()),
        ("added", pa.bool_()),
        ("undoes", pa.string()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
