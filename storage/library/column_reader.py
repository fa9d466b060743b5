"""Reads the columns that filters are counted with: a table's only where it was written since, or the clips were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from storage.kept import Kept
from storage.library.crossfilter import MOST_CLIPS, ClipColumns
from storage.library.view import FLAGS
from storage.library.view_sql import ViewSql, flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.database import Database
    from storage.library.crossfilter import Binned
    from storage.library.view_sql import Numbers

__all__ = ["ColumnReader"]

MOST_PARTS = 60
TRIES = 4
WRITTEN = {
    "score": ("reward_score", "reward_model", "reward_model_current"),
    "labels": ("label_entry",),
    "duplicates": ("near_duplicate",),
}
"""Join → the tables that it reads, where it is not named after its only one."""
OF_CLIPS = ("clip", "video")
"""The tables that decide which clips every part holds."""
CLIPS = "c.clip_id, c.video_id, v.source, c.origin, CAST(c.end_s - c.start_s AS DOUBLE) AS length_s"
FLAGGED = ("label_entry", "feature_failure", "embedding", "hand_track")


class ColumnReader:
    """Puts the clips' columns together from parts: the clips themselves, their flags, the numbers of each table."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._parts = Kept[pa.Table](MOST_PARTS)
        self._latest: tuple[ClipColumns, list[pa.Table]] | None = None

    def read(self, numbers: Numbers) -> ClipColumns:
        """All clips' numbers, lists and flags; of very many clips a sample, always the same one."""
        for _ in range(TRIES):
            changes, before = self._database.changes, self._database.changes_of(*OF_CLIPS)
            everything, parts = self._read_parts(numbers)
            # Clips that were written before the first part and counted only after the last show in the lengths.
            same_clips = len({part.num_rows for part in parts}) == 1
            if same_clips and self._database.changes_of(*OF_CLIPS) == before:
                return self._together(changes, everything, parts)
        # Clips are being written all the time: in a transaction all parts are read again, of the same clips. The
        # writes are counted before it, because inside it there is no count that a later one can be compared with.
        changes = self._database.changes
        everything, parts = self._database.transact(lambda: self._read_parts(numbers))
        return self._together(changes, everything, parts)

    def _read_parts(self, numbers: Numbers) -> tuple[int, list[pa.Table]]:
        """How many clips there are, and the parts of their columns."""
        everything = int(self._database.scalar("SELECT count(*) FROM clip"))
        every = -(-everything // MOST_CLIPS) or 1
        by_join: dict[str, list[str]] = {}
        for name in numbers.names():
            by_join.setdefault(numbers.expression(name)[1], []).append(name)
        parts = [self._part(numbers, every, CLIPS, ()), self._flags(numbers, every)]
        for join, names in by_join.items():
            sql = ViewSql(numbers)
            picked = ", ".join(f"CAST({sql.number(name)} AS DOUBLE) AS {name}" for name in names)
            parts.append(self._part(numbers, every, picked, WRITTEN.get(join, (join,)), sql))
        return everything, parts

    def _together(self, changes: int, everything: int, parts: list[pa.Table]) -> ClipColumns:
        """The parts as one table, as of this count of writes; all must be of the same clips."""
        table = pa.table({name: part.column(name) for part in parts for name in part.column_names})
        tags = self._parts.get(
            "tags",
            self._database.changes_of("clip_tag"),
            lambda: self._database.table("SELECT clip_id, tag FROM clip_tag"),
        )
        found = ClipColumns(
            changes=changes, everything=everything, table=table, tags=tags, bins=self._known_bins(parts)
        )
        self._latest = (found, parts)
        return found

    def _flags(self, numbers: Numbers, every: int) -> pa.Table:
        return self._part(numbers, every, ", ".join(f"{flag(name, numbers)} AS is_{name}" for name in FLAGS), FLAGGED)

    def _part(
        self, numbers: Numbers, every: int, picked: str, written: Sequence[str], sql: ViewSql | None = None
    ) -> pa.Table:
        """These columns of the clips of the sample, in the order that all parts have."""
        sql = sql or ViewSql(numbers)
        sql.where("true", "video")
        if every > 1:
            sql.where(f"hash(c.clip_id) % {every} = 0")
        text = f"SELECT {picked} {sql.tail} ORDER BY c.clip_id"
        return self._parts.get(
            text,
            self._database.changes_of(*OF_CLIPS, *written),
            lambda: self._database.table(text, sql.params).combine_chunks(),
        )

    def _known_bins(self, parts: Sequence[pa.Table]) -> dict[str, Binned]:
        """What was put into bins before, of the parts that are still the same."""
        if self._latest is None:
            return {}
        before, old = self._latest
        same = {id(part) for part in old}
        names = {name for part in parts if id(part) in same for name in part.column_names}
        return {name: bins for name, bins in before.bins.items() if name in names}
