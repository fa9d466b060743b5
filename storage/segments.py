"""Segments in the store: the rows of annotation files, which may wait for their video."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.database import Database

__all__ = ["SegmentRow", "SegmentStore", "WaitingVideo"]


@dataclass(frozen=True, kw_only=True)
class SegmentRow:
    """One row of an annotation file."""

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

    def of_name(self, name_key: str) -> list[SegmentRow]:
        """The annotation rows about the videos of this name, in order of time."""
        return self._database.records(
            SegmentRow, "SELECT * FROM segment WHERE name_key = ? ORDER BY start_s, end_s", [name_key]
        )

    def waiting(self, limit: int = 1000) -> list[WaitingVideo]:
        """The videos that annotations speak of but that are not here, by name."""
        return self._database.records(
            WaitingVideo,
            "SELECT video_name, any_value(source) AS source, count(*) AS segments FROM segment "
            "WHERE name_key NOT IN (SELECT name_key FROM video) GROUP BY video_name ORDER BY video_name LIMIT ?",
            [limit],
        )


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
