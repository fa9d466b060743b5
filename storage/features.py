"""Stores features: a table for each extractor, a view over all of them, and a table for each width of embedding."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa

from storage.feature_reads import KEPT, FeatureReads
from storage.feature_rows import (
    ClipNote,
    ClipTrack,
    DoubtedNumbers,
    FeatureFailure,
    FeatureTable,
    HeldNumbers,
)
from storage.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.database import Database

__all__ = ["FeatureStore"]

MOST_HELD = 100
"""Extractors whose counts are kept."""
COMPOSITE = "composite"
"""The table that is computed from the others without reading videos, so it is never marked as doubtful."""


def _typed(rows: pa.Table) -> pa.Table:
    """Give all-null series columns the type list of numbers: Arrow infers no type for them."""

    def untyped(kind: pa.DataType) -> bool:
        return bool(pa.types.is_null(kind.value_type if pa.types.is_list(kind) else kind))

    for place, field in enumerate(rows.schema):
        if untyped(field.type):
            numbers = pa.array(rows.column(place).to_pylist(), pa.list_(pa.float64()))
            rows = rows.set_column(place, field.name, numbers)
    return rows


class FeatureStore(FeatureReads):
    """Reads and writes the feature tables, the view `clip_features`, series (tracks) and embeddings."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._held = Kept[list[HeldNumbers]](MOST_HELD)
        self._view_is_drawn = False
        self.shape = 0
        """A cache key that changes whenever a table or a column may have been added."""

    def ensure(self, tables: Iterable[FeatureTable]) -> None:
        """Create missing tables and columns of extractors, and recreate the view; where none is missing, nothing."""
        wanted = list(tables)
        have = self._all_columns()
        if self._view_is_drawn and all({"measured_on", *t.columns} <= set(have.get(t.table, ())) for t in wanted):
            return

        def work() -> None:
            have = self._all_columns()
            for table in wanted:
                self._ensure(table, have.get(table.table, []))
            self._draw_view()

        self._database.transact(work)
        self._view_is_drawn = True
        self.shape += 1

    def _ensure(self, table: FeatureTable, have: Sequence[str]) -> None:
        if not have:
            columns = "".join(f", {name} DOUBLE" for name in table.columns)
            self._database.write(
                f"CREATE TABLE {table.table} (clip_id TEXT PRIMARY KEY, extractor_version INTEGER NOT NULL, "
                "settings_hash TEXT NOT NULL, note TEXT NOT NULL, damaged BOOLEAN NOT NULL, "
                f"measured_on TEXT{columns})"
            )
            return
        if "measured_on" not in have:  # made by an earlier version
            self._database.write(f"ALTER TABLE {table.table} ADD COLUMN measured_on TEXT")
        for name in table.columns:
            if name not in have:
                self._database.write(f"ALTER TABLE {table.table} ADD COLUMN {name} DOUBLE")

    def add(self, table: FeatureTable, rows: pa.Table) -> None:
        """Store features of clips, replacing earlier ones of the same clips. NaN is stored as NULL."""
        picked = [*KEPT, *table.columns]
        present = [name for name in picked if name in rows.column_names]
        chosen = ", ".join(
            f"CASE WHEN isfinite({name}) THEN {name} END AS {name}" if name in table.columns else name
            for name in present
        )
        self._database.write_arrow(
            f"INSERT OR REPLACE INTO {table.table} BY NAME SELECT {chosen} FROM incoming",  # noqa: S608 - checked names
            rows,
        )
        self._database.write_arrow(
            f"DELETE FROM doubt WHERE extractor = '{table.extractor}' "  # noqa: S608 - checked name
            "AND clip_id IN (SELECT clip_id FROM incoming)",
            rows,
        )
        self._database.write_arrow(
            f"DELETE FROM feature_failure WHERE extractor = '{table.extractor}' "  # noqa: S608 - checked name
            "AND clip_id IN (SELECT clip_id FROM incoming)",
            rows,
        )

    def add_failures(self, failures: Iterable[FeatureFailure]) -> None:
        """Record why clips could not be measured."""
        for failure in failures:
            self._database.write(
                "INSERT OR REPLACE INTO feature_failure VALUES (?, ?, ?)",
                [failure.clip_id, failure.extractor, failure.error],
            )

    def stale(self, table: FeatureTable, version: int, settings_hash: str) -> set[str]:
        """The clips without this extractor's features at this version and with these settings."""
        found = self._database.column(
            f"SELECT clip_id FROM clip WHERE clip_id NOT IN (SELECT clip_id FROM {table.table} "  # noqa: S608
            "WHERE extractor_version = ? AND settings_hash = ?) "
            "OR clip_id IN (SELECT clip_id FROM doubt WHERE extractor = ?)",
            [version, settings_hash, table.extractor],
        )
        return set(found)

    def held(self, table: FeatureTable) -> list[HeldNumbers]:
        """The versions and settings that the clips' features come from, apart where they are in doubt."""
        return self._held.get(
            table.extractor,
            self._database.changes_of(table.table, "clip", "doubt"),
            lambda: self._database.records(
                HeldNumbers,
                "SELECT f.extractor_version AS version, f.settings_hash, d.reason AS doubt, count(*) AS clips "  # noqa: S608
                f"FROM {table.table} f {'' if self._is_of_all_clips(table) else 'SEMI JOIN clip USING (clip_id)'} "
                "LEFT JOIN doubt d ON d.clip_id = f.clip_id AND d.extractor = ? GROUP BY ALL ORDER BY ALL",
                [table.extractor],
            ),
        )

    def _is_of_all_clips(self, table: FeatureTable) -> bool:
        """Whether the table has a row for each clip that there is, and for no other: by the sums of the ids' 64-bit
        hashes, which takes less time than to join a million ids."""
        of_clips, of_rows = (
            self._database.row(f"SELECT count(*) AS rows, sum(hash(clip_id)) AS hashes FROM {name}")  # noqa: S608 - checked name
            for name in ("clip", table.table)
        )
        return of_clips == of_rows

    def state(self) -> tuple[tuple[str | int | None, ...], ...]:
        """A cache key that changes whenever features were measured, for the first time or again."""
        selects = [
            f"SELECT '{table.table}' AS what, extractor_version AS version, settings_hash AS hash, count(*) AS clips "  # noqa: S608
            f"FROM {table.table} GROUP BY ALL"
            for table in self.tables()
        ]
        doubts = "SELECT extractor AS what, NULL AS version, reason AS hash, count(*) AS clips FROM doubt GROUP BY ALL"
        rows = self._database.rows(f"{' UNION ALL '.join([*selects, doubts])} ORDER BY ALL")
        return tuple(tuple(row.values()) for row in rows)

    def oldest_versions(self) -> dict[str, int]:
        """Extractor → the lowest version among the clips' features."""
        versions = {table.extractor: [entry.version for entry in self.held(table)] for table in self.tables()}
        return {extractor: min(held) for extractor, held in versions.items() if held}

    def doubt(self, video_id: str, reason: str) -> None:
        """Mark all features of a video's clips to be measured again; `reason` is shown to people."""
        for table in self._measured_on_videos():
            self._database.write(
                f"INSERT OR IGNORE INTO doubt SELECT clip_id, ?, ? FROM {table.table} "  # noqa: S608 - checked name
                "JOIN clip USING (clip_id) WHERE video_id = ?",
                [table.extractor, reason, video_id],
            )

    def doubt_clips(self, extractor: str, clip_ids: Iterable[str], reason: str) -> None:
        """Mark one extractor's features of these clips to be measured again; `reason` is shown to people."""
        self._database.write(
            "INSERT OR IGNORE INTO doubt SELECT unnest($ids), $extractor, $reason",
            {"ids": list(clip_ids), "extractor": extractor, "reason": reason},
        )

    def doubted(self, extractor: str) -> set[str]:
        """The clips whose features of this extractor are marked to be measured again."""
        found = self._database.column("SELECT clip_id FROM doubt WHERE extractor = ?", [extractor])
        return set(found)

    def doubts(self) -> list[DoubtedNumbers]:
        """The features marked to be measured again although neither extractor nor settings changed."""
        found = []
        for table in self._measured_on_videos():
            reasons: Counter[str] = Counter()
            for entry in self.held(table):
                if entry.doubt is not None:
                    reasons[entry.doubt] += entry.clips
            found += [DoubtedNumbers(table.extractor, reason, clips) for reason, clips in sorted(reasons.items())]
        return found

    def note_damage(self, clip_ids: Iterable[str]) -> None:
        """Mark all features of these clips as damaged, also those measured before the damage was known."""
        listed = list(clip_ids)
        for table in self.tables() if listed else ():
            self._database.write(
                f"UPDATE {table.table} SET damaged = true WHERE NOT damaged AND list_contains(?, clip_id)",  # noqa: S608
                [listed],
            )

    def measured(self) -> dict[str, int]:
        """Extractor → how many clips have its features."""
        return {
            table.extractor: self._database.scalar(f"SELECT count(*) FROM {table.table}")  # noqa: S608 - checked name
            for table in self.tables()
        }

    def of_clip(self, clip_id: str) -> dict[str, float | None]:
        """A clip's features by column."""
        row = self._database.row("SELECT * FROM clip_features WHERE clip_id = ?", [clip_id])
        return {name: value for name, value in (row or {}).items() if name != "clip_id"}

    def notes_of_clip(self, clip_id: str) -> list[ClipNote]:
        """The notes on a clip's features: why some are missing, or that they were measured elsewhere."""
        found = []
        for table in self._measured_on_videos():
            row = self._database.row(
                f"SELECT extractor_version, note FROM {table.table} WHERE clip_id = ? AND note <> ''",  # noqa: S608
                [clip_id],
            )
            if row is not None:
                found.append(ClipNote(table.extractor, row["extractor_version"], row["note"]))
        return found

    def cards_of_clip(self, clip_id: str) -> dict[str, str]:
        """Extractor → the graphics card that measured this clip's features; without those that a CPU measured."""
        found = {}
        for table in self._measured_on_videos():
            if "measured_on" not in self._columns(table.table):
                continue
            card = self._database.scalar(
                f"SELECT max(measured_on) FROM {table.table} WHERE clip_id = ?",  # noqa: S608 - checked name
                [clip_id],
            )
            if card and card != "cpu":
                found[table.extractor] = str(card)
        return found

    def percentiles_of(self, clip_ids: Sequence[str]) -> dict[str, dict[str, float | None]]:
        """Clip → column → share of measured clips with a smaller value than this clip's.

        One scan of each extractor's table for all the clips: the view `clip_features` would join every table first.
        """
        own = {clip_id: self.of_clip(clip_id) for clip_id in clip_ids}
        found: dict[str, dict[str, float | None]] = {clip_id: {} for clip_id in clip_ids}
        for table in self.tables():
            asked = [
                (clip_id, name, value)
                for clip_id, values in own.items()
                for name in table.columns
                if (value := values.get(f"{table.extractor}_{name}")) is not None
            ]
            if not asked:
                continue
            shares = ", ".join(
                f"(count_if({name} < $v{n}) + count_if({name} = $v{n}) / 2) / count({name}) AS share{n}"
                for n, (_, name, _) in enumerate(asked)
            )
            row = self._database.row(
                f"SELECT {shares} FROM {table.table} {self._only_clips(table)}",  # noqa: S608 - checked names
                {f"v{n}": value for n, (_, _, value) in enumerate(asked)},
            )
            for n, (clip_id, name, _) in enumerate(asked):
                found[clip_id][f"{table.extractor}_{name}"] = (row or {}).get(f"share{n}")
        return found

    def _only_clips(self, table: FeatureTable) -> str:
        """The join that leaves out features of clips that are gone; empty where none is, for joining a million ids
        takes longer than the question."""
        held = sum(entry.clips for entry in self.held(table))
        rows = self._database.scalar(f"SELECT count(*) FROM {table.table}")  # noqa: S608 - checked name
        return "SEMI JOIN clip USING (clip_id)" if rows != held else ""

    def failures(self, clip_id: str | None = None) -> list[FeatureFailure]:
        """Why clips could not be measured."""
        return self._database.records(
            FeatureFailure,
            "SELECT * FROM feature_failure WHERE $id IS NULL OR clip_id = $id ORDER BY clip_id, extractor",
            {"id": clip_id},
        )

    # --- tracks -------------------------------------------------------------------------------------------------

    def add_tracks(self, name: str, rows: pa.Table) -> None:
        """Store series of clips, a row each with list columns, in the table `name`, created from the first rows."""
        FeatureTable(name, ())  # checks the name
        rows = _typed(rows)
        self._type_tracks(name)
        before = f"CREATE TABLE IF NOT EXISTS {name} AS SELECT * FROM incoming LIMIT 0"  # noqa: S608 - checked name
        for sql in (
            before,
            f"DELETE FROM {name} WHERE clip_id IN (SELECT clip_id FROM incoming)",  # noqa: S608 - checked name
            f"INSERT INTO {name} BY NAME SELECT * FROM incoming",  # noqa: S608 - checked name
        ):
            self._database.write_arrow(sql, rows)
        self.shape += 1

    def _type_tracks(self, name: str) -> None:
        """Give series columns their type in a table whose first clip had no numbers."""
        untyped = self._database.rows(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = $name AND data_type LIKE '%NULL%'",
            {"name": name},
        )
        for row in untyped:
            self._database.write(f'ALTER TABLE {name} ALTER "{row["column_name"]}" TYPE DOUBLE[]')

    def track(self, name: str, clip_id: str) -> ClipTrack | None:
        """One clip's series, or None where it has none."""
        if not self._columns(name):
            return None
        row = self._database.row(f"SELECT * EXCLUDE (clip_id) FROM {name} WHERE clip_id = ?", [clip_id])  # noqa: S608
        return ClipTrack(clip_id, row) if row is not None else None

    def tracked(self, name: str) -> set[str]:
        """The clips that have series in the table `name`."""
        if not self._columns(name):
            return set()
        return set(self._database.column(f"SELECT clip_id FROM {name}"))  # noqa: S608

    # --- vectors ------------------------------------------------------------------------------------------------

    def add_vectors(self, rows: pa.Table) -> None:
        """Store embeddings: `clip_id`, `model`, `vector` (all of one width)."""
        if rows.num_rows == 0:
            return
        width = len(rows.column("vector")[0])
        table = f"embedding_{width}"
        self._database.write(
            f"CREATE TABLE IF NOT EXISTS {table} "
            f"(clip_id TEXT, model TEXT, vector FLOAT[{width}], PRIMARY KEY (clip_id, model))"
        )
        self._database.write_arrow(
            f"INSERT OR REPLACE INTO {table} SELECT clip_id, model, vector::FLOAT[{width}] FROM incoming",  # noqa: S608
            rows,
        )
        # The view shows only the width stored last, so that no query compares two models' vectors.
        self._database.write(f"CREATE OR REPLACE VIEW embedding AS SELECT * FROM {table}")  # noqa: S608
        self.shape += 1

    # --- inside -------------------------------------------------------------------------------------------------

    def _measured_on_videos(self) -> list[FeatureTable]:
        return [table for table in self.tables() if table.extractor != COMPOSITE]

    def _draw_view(self) -> None:
        tables = self.tables()
        columns = "".join(f", {t.table}.{name} AS {t.extractor}_{name}" for t in tables for name in t.columns)
        joins = "".join(f" LEFT JOIN {t.table} ON {t.table}.clip_id = clip.clip_id" for t in tables)
        self._database.write(f"CREATE OR REPLACE VIEW clip_features AS SELECT clip.clip_id{columns} FROM clip{joins}")  # noqa: S608
