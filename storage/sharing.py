"""Stores the data for sharing: this workspace's id, clips and label entries to share, and pulled files."""

from __future__ import annotations

import hashlib
import platform
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.files.names import ClockTime, Text
from engine.preference.answers import Entry
from engine.preference.kinds import LabelKind, as_simulated, stated_kind
from storage.database import filled
from storage.labels import refuse_another_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from storage.database import Database

__all__ = ["LabelEntry", "PulledFile", "SharedClip", "SharingStore", "entry_digest"]

ENTRY_FIELDS = (
    *("label_id", "left_clip_id", "right_clip_id", "answer", "annotator", "kind"),
    *("response_ms", "strategy", "created_at"),
)
"""The fields of a label entry's content. Entries of equal content are the same entry, on any machine."""
DIGESTED = tuple("simulated" if name == "kind" else name for name in ENTRY_FIELDS[:-1])
"""The fields that name an entry, as they were with two kinds: equal entries have one name in all versions."""


Said = Annotated[Text, Field(min_length=1)]


class LabelEntry(BaseModel):
    """A validated label entry from another workspace."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    label_id: Said
    left_clip_id: Said
    right_clip_id: Said
    answer: Entry
    annotator: Text
    kind: LabelKind
    response_ms: int | None = Field(default=None, ge=-(2**31), lt=2**31)
    strategy: Text
    created_at: ClockTime

    @model_validator(mode="before")
    @classmethod
    def _kind_by_any_version(cls, values: object) -> object:
        """Earlier versions state `simulated` instead of a kind."""
        if not isinstance(values, dict):
            return values
        kind = stated_kind(values)
        return values if kind is None else {**values, "kind": kind}

    @property
    def simulated(self) -> bool | None:
        """The kind as earlier versions have it; None where they know no such kind, and refuse the entry."""
        return as_simulated(self.kind)


@dataclass(frozen=True, kw_only=True)
class SharedClip:
    """A window of a video as it travels from one workspace to another, with what is known of it.

    `end_s` is None for the end of the file, whose length the receiver measures.
    """

    start_s: float
    end_s: float | None
    origin: str
    narration: str | None
    verb: str | None
    noun: str | None
    tags: Sequence[str]

    def end_within(self, duration_s: float) -> float:
        """Where the clip ends in a video of this length."""
        return duration_s if self.end_s is None else self.end_s


@dataclass(frozen=True)
class PulledFile:
    """A file that a pull brought: its path below the workspace, what it is, and what its owner said about it (JSON)."""

    path: str
    what: str
    sha256: str
    about: str


def entry_digest(entry: LabelEntry) -> str:
    """A digest of a label entry's content, as its id."""
    said = [getattr(entry, name) for name in DIGESTED]
    text = "\0".join(map(repr, [*said, entry.created_at.astimezone(UTC).isoformat(timespec="microseconds")]))
    return hashlib.sha256(text.encode()).hexdigest()


class SharingStore:
    """Reads and writes the tables of identities and pulled files, and label entries in their shared form."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def workspace_id(self, root: str) -> str:
        """This workspace's id in a shared bucket. A folder that was copied or moved gets a new id, so that two copies
        never overwrite each other's manifest."""
        place = hashlib.sha256(f"{platform.node()}\0{root}".encode()).hexdigest()[:16]

        def work() -> str:
            row = self._database.row(
                "SELECT workspace_id, place FROM workspace_identity ORDER BY event_id DESC LIMIT 1"
            )
            if row is not None and row["place"] == place:
                known: str = row["workspace_id"]
                return known
            made = secrets.token_hex(8)
            self._database.write(
                "INSERT INTO workspace_identity (workspace_id, place, created_at) VALUES (?, ?, ?)",
                [made, place, datetime.now(UTC)],
            )
            return made

        identity: str = self._database.transact(work)
        return identity

    # --- clips --------------------------------------------------------------------------------------------------

    def clips_by_video(self) -> dict[str, list[SharedClip]]:
        """Video id → its clips with narration and tags, as shared with others."""
        rows = self._database.rows(
            "SELECT video_id, start_s, end_s, origin, narration, verb, noun, "
            "coalesce((SELECT list(tag ORDER BY tag) FROM clip_tag t WHERE t.clip_id = c.clip_id), []) AS tags "
            "FROM clip c ORDER BY video_id, start_s, end_s"
        )
        found: dict[str, list[SharedClip]] = {}
        for row, clip in zip(rows, filled(SharedClip, rows), strict=True):
            found.setdefault(row["video_id"], []).append(clip)
        return found

    # --- names of videos ----------------------------------------------------------------------------------------

    def video_names(self) -> dict[str, str]:
        """SHA-256 → video_id of every video that is here or was named by others."""
        rows = self._database.rows(
            "SELECT sha256, video_id FROM known_video WHERE sha256 NOT IN (SELECT sha256 FROM video) "
            "UNION ALL SELECT sha256, video_id FROM video"
        )
        return {row["sha256"]: row["video_id"] for row in rows}

    def name_videos(self, theirs: Mapping[str, str]) -> dict[str, str]:
        """Others' video_id → the id of that video here, given the SHA-256 of each; the mapping is stored.

        An id that is taken by another video here gets the start of the digest appended.
        """

        def work() -> dict[str, str]:
            names = self.video_names()
            taken = set(names.values())
            ours = {}
            for video_id, sha256 in theirs.items():
                if sha256 not in names:
                    plain = plain_id(video_id)
                    free = plain if plain not in taken else f"{plain}-{sha256[:8]}"
                    names[sha256] = free
                    taken.add(free)
                    self._database.write("INSERT OR IGNORE INTO known_video VALUES (?, ?)", [sha256, free])
                ours[video_id] = names[sha256]
            return ours

        named: dict[str, str] = self._database.transact(work)
        return named

    # --- labels -------------------------------------------------------------------------------------------------

    def label_entries(self) -> list[LabelEntry]:
        """Every entry ever made, undo and changes included, oldest first; each once."""
        picked = ", ".join(ENTRY_FIELDS)
        rows = self._database.rows(f"SELECT {picked} FROM label_entry ORDER BY entry_id")  # noqa: S608 - our own names
        entries = [LabelEntry.model_construct(**row) for row in rows]  # ours: no need to check them
        once = {entry_digest(entry): entry for entry in reversed(entries)}
        return list(reversed(once.values()))

    def merge_label_entries(self, entries: Sequence[LabelEntry]) -> int:
        """Store others' entries, in their order; known ones are left out. Returns how many are new.

        If others' entries include our last one for a label, their later ones hold, whatever the clocks say. If both
        sides changed the same label independently, the later entry holds: if that is ours, it is added again, because
        the last entry of a label counts. Raises `StorageError`, and stores none, where an annotator's labels here are
        of another kind.
        """

        def work() -> int:
            ours = self.label_entries()
            known = {entry_digest(entry) for entry in ours}
            last = {entry.label_id: entry for entry in ours}
            new = {entry_digest(entry): entry for entry in entries}
            fresh = [entry for digest, entry in new.items() if digest not in known]
            refuse_another_kind(self._database, ((entry.annotator, entry.kind) for entry in fresh))
            theirs = {entry.label_id: entry for entry in entries}
            again = [
                last[label_id]
                for label_id in dict.fromkeys(entry.label_id for entry in fresh)
                if label_id in last
                and entry_digest(last[label_id]) not in new
                and _later(last[label_id], theirs[label_id])
            ]
            if fresh:
                self._database.write_arrow(
                    "INSERT INTO label_entry BY NAME SELECT * FROM incoming",
                    pa.Table.from_pylist([entry.model_dump() for entry in (*fresh, *again)], ENTRY_SCHEMA),
                )
            return len(fresh)

        added: int = self._database.transact(work)
        return added

    # --- pulled files -------------------------------------------------------------------------------------------

    def add_pulled(self, target: str, files: Iterable[PulledFile]) -> None:
        """Record files that a pull from `target` brought."""
        at = datetime.now(UTC)
        made = [{**asdict(file), "target": target, "created_at": at} for file in files]
        if made:
            self._database.write_arrow(
                "INSERT OR REPLACE INTO pulled_file BY NAME SELECT * FROM incoming", pa.Table.from_pylist(made)
            )

    def pulled(self, target: str) -> list[PulledFile]:
        """The files that pulls from `target` brought, by path."""
        return self._database.records(
            PulledFile, "SELECT path, what, sha256, about FROM pulled_file WHERE target = ? ORDER BY path", [target]
        )

    def forget_pulled(self, paths: Iterable[str]) -> None:
        """Delete the records of files that were deleted."""
        self._database.write("DELETE FROM pulled_file WHERE list_contains(?, path)", [list(paths)])


def plain_id(video_id: str) -> str:
    """Others' video_id made safe for file names and links: almost always unchanged."""
    safe = re.sub(r"[^\w.-]+", "_", video_id).strip("._") or "video"
    return safe.encode()[:MAX_ID_BYTES].decode(errors="ignore")


MAX_ID_BYTES = 96


def _later(one: LabelEntry, other: LabelEntry) -> bool:
    """Whether `one` was made after `other`; ties are ordered by content, so that all sides decide alike."""
    return (one.created_at, entry_digest(one)) > (other.created_at, entry_digest(other))


ENTRY_SCHEMA = pa.schema(
    [
        ("label_id", pa.string()),
        ("left_clip_id", pa.string()),
        ("right_clip_id", pa.string()),
        ("answer", pa.string()),
        ("annotator", pa.string()),
        ("kind", pa.string()),
        ("response_ms", pa.int32()),
        ("strategy", pa.string()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
