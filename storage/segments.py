"""Segments in the store: the rows of annotation files, which may wait for their video."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from storage.database import filled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from storage.database import Database

__all__ = ["IS_WINDOW", "WAITING", "SegmentRow", "SegmentStore", "WaitingVideo"]


@dataclass(frozen=True, kw_only=True)
class SegmentRow:
    """One row of an annotation file, or one window that a data set names.

    `name_key` says which video it is of: the folded name in an annotation file (`match_key`), or the path of the very
    file that a data set names; a path holds slashes, a folded name never does.
    """

    source: str
    video_name: str
    name_key: str
    start_s: float
    end_s: float
    narration: str | None
    verb: str | None
    noun: str | None
    participant: str | None
    file: str
    row_number: int

    @property
    def is_window(self) -> bool:
        """Whether a data set names it as a clip of this very file."""
        return "/" in self.name_key

    @property
    def segment_id(self) -> str:
        """A digest of what the row says, so that reading a file twice adds nothing."""
        said = (self.source, self.name_key, f"{self.start_s:.3f}", f"{self.end_s:.3f}", self.narration or "")
        return hashlib.sha256("\0".join(said).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class WaitingVideo:
    """A video that annotations speak of but that is not here, and how many of their rows do."""

    video_name: str
    source: str
    segments: int


class SegmentStore:
    """The segment table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, segments: Iterable[SegmentRow]) -> int:
        """Keep annotation rows; rows that say the same as a known one are left out. Returns how many are new."""
        at = datetime.now(UTC)
        rows = {s.segment_id: {"segment_id": s.segment_id, **asdict(s), "created_at": at} for s in segments}
        if not rows:
            return 0
        before: int = self._database.scalar("SELECT count(*) FROM segment")
        self._database.write_arrow(
            "INSERT OR IGNORE INTO segment BY NAME SELECT * FROM incoming",
            pa.Table.from_pylist(list(rows.values()), SEGMENT_SCHEMA),
        )
        after: int = self._database.scalar("SELECT count(*) FROM segment")
        return after - before

    def find(self) -> list[SegmentRow]:
        """All annotation rows, file by file in order of their rows."""
        return self._database.records(SegmentRow, "SELECT * FROM segment ORDER BY file, row_number, start_s, end_s")

    def of_video(self, name_key: str, path: str) -> list[SegmentRow]:
        """The rows about the videos of this name, and the windows of the file `path`, in order of time."""
        return self._database.records(
            SegmentRow, "SELECT * FROM segment WHERE name_key IN (?, ?) ORDER BY start_s, end_s", [name_key, path]
        )

    def replace_windows(self, paths: Iterable[str], windows: Iterable[SegmentRow]) -> int:
        """Keep the windows that data sets name of the files `paths`, in place of those known before. Returns how many
        are new."""
        known = pa.table({"name_key": pa.array(list(paths), pa.string())})

        def work() -> int:
            gone = self._database.table(
                "SELECT segment_id FROM segment SEMI JOIN incoming USING (name_key)", incoming=known
            )
            self._database.write_arrow(
                "DELETE FROM segment USING incoming i WHERE segment.name_key = i.name_key", known
            )
            added = self.add(windows)
            again = self._database.table(
                "SELECT segment_id FROM segment SEMI JOIN incoming USING (segment_id)", incoming=gone
            )
            return added - int(again.num_rows)

        found: int = self._database.transact(work)
        return found

    def move(self, paths: Mapping[str, str]) -> None:
        """Have the windows of each file, and their clips, speak of the one that its path is mapped to, where the same
        content is; windows that are known of that file already take their place."""
        moved = {old: new for old, new in paths.items() if old != new}
        olds, news = (pa.table({"name_key": pa.array(keys, pa.string())}) for keys in (list(moved), [*moved.values()]))

        def work() -> None:
            listed = "SELECT * FROM segment SEMI JOIN incoming USING (name_key)"
            known = set(self._database.table(listed, incoming=news).column("name_key").to_pylist())
            rows = filled(SegmentRow, self._database.table(listed, incoming=olds).to_pylist())
            old = [row for row in rows if moved[row.name_key] not in known]
            self._database.write_arrow("DELETE FROM segment USING incoming i WHERE segment.name_key = i.name_key", olds)
            new = [replace(row, name_key=moved[row.name_key]) for row in old]
            self.add(new)
            ids = {"old": [row.segment_id for row in old], "new": [row.segment_id for row in new]}
            self._database.write_arrow(
                "UPDATE clip SET segment_id = i.new FROM incoming i WHERE clip.segment_id = i.old",
                pa.table(ids, pa.schema([("old", pa.string()), ("new", pa.string())])),
            )

        self._database.transact(work)

    def waiting(self, limit: int = 1000) -> list[WaitingVideo]:
        """The videos that annotations speak of but that are not here, by name."""
        return self._database.records(
            WaitingVideo,
            "SELECT video_name, any_value(source) AS source, count(*) AS segments FROM segment "  # noqa: S608
            f"WHERE {WAITING} GROUP BY video_name ORDER BY video_name LIMIT ?",
            [limit],
        )


WAITING = "name_key NOT IN (SELECT name_key FROM video) AND name_key NOT IN (SELECT path FROM video)"
"""The condition on a segment whose video is not here."""
IS_WINDOW = "contains({}.name_key, '/')"
"""`SegmentRow.is_window` in SQL, of the segment of this name."""

SEGMENT_SCHEMA = pa.schema(
    [
        ("segment_id", pa.string()),
        ("source", pa.string()),
        ("video_name", pa.string()),
        ("name_key", pa.string()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("narration", pa.string()),
        ("verb", pa.string()),
        ("noun", pa.string()),
        ("participant", pa.string()),
        ("file", pa.string()),
        ("row_number", pa.int64()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
