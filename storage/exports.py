"""Reads the ranking that exports choose from, and records exports with their files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from storage.errors import StorageError
from storage.feature_reads import PIECE
from storage.tags import DROP, KEEP
from storage.videos import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import JsonValue

    from storage.database import Database

__all__ = ["CutFile", "ExportResults", "ExportRun", "ExportStore", "RankedBy"]

RankedBy = Literal["reward", "robot", "composite"]
COMPOSITE, COMPOSITE_TABLE = "composite_score", "feature_composite"


@dataclass(frozen=True, kw_only=True)
class ExportResults:
    """What came of an export: how much was chosen, where it was written, what was left out and why."""

    clips: int = 0
    duration_s: float = 0.0
    videos: int = 0
    list_file: str | None = None
    folder: str | None = None
    repeats: str | None = None
    """The export whose list this one wrote again."""
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Reason → how many clips it kept out; empty where an earlier list was written again."""
    format: str | None = None
    """The format of another tool that it was written in; None for a list or a bundle."""
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    """The format's options, with all that depends on the selection filled in."""
    asked: Mapping[str, JsonValue] = field(default_factory=dict)
    """The format's options as they were chosen."""
    made: int | None = None
    """How many clips the data set in `folder` holds; None until it is whole."""
    size_bytes: int | None = None
    pushed_to: str | None = None
    """Where the data set was published."""

    def to_json(self) -> dict[str, object]:
        """As the store and `--json` have it."""
        made: dict[str, object] = {"clips": self.clips, "seconds": self.duration_s, "videos": self.videos}
        made |= {"list_file": self.list_file, "folder": self.folder, "repeats": self.repeats}
        made |= {"notes": list(self.notes), "left_out": dict(self.left_out)}
        if self.format is None:
            return made
        made |= {"format": self.format, "options": dict(self.options), "asked": dict(self.asked)}
        return made | {"made": self.made, "size_bytes": self.size_bytes, "pushed_to": self.pushed_to}

    @classmethod
    def from_json(cls, text: str) -> ExportResults:
        """What `to_json` gave; what an earlier version did not write down is empty."""
        said: dict[str, Any] = json.loads(text)
        said["duration_s"] = said.pop("seconds", 0.0)
        said["notes"] = tuple(said.get("notes", ()))
        return cls(**{name: said[name] for name in cls.__dataclass_fields__ if name in said})


@dataclass(frozen=True)
class ExportRun:
    """One recorded export: its settings and its result."""

    export_id: str
    created_at: datetime
    settings: Mapping[str, object]
    """As `ExportSettings` were when it was made."""
    results: ExportResults


@dataclass(frozen=True, kw_only=True)
class CutFile:
    """A clip that was cut: its file below the export's folder."""

    clip_id: str
    file: str
    sha256: str
    size_bytes: int
    frames: int


class ExportStore:
    """Reads and writes the export tables, and ranks clips by scores, tags and features."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- the ranking --------------------------------------------------------------------------------------------

    def candidates(self, ranked_by: RankedBy, model_id: str | None) -> pa.Table:
        """`clip_id`, `video_id`, `score`, `kept` of every clip that is not tagged `drop`, ordered by clip."""
        return self._database.table(
            f"WITH scored AS ({self._scored(ranked_by)}) "  # noqa: S608 - our own text, names are checked
            "SELECT clip.clip_id, clip.video_id, scored.score, "
            f"clip.clip_id IN (SELECT clip_id FROM clip_tag WHERE tag = '{KEEP}') AS kept "
            "FROM clip LEFT JOIN scored USING (clip_id) "
            f"WHERE clip.clip_id NOT IN (SELECT clip_id FROM clip_tag WHERE tag = '{DROP}') ORDER BY clip.clip_id",
            {"model_id": model_id} if ranked_by != "composite" else None,
        )

    def dropped(self) -> int:
        """How many clips are tagged `drop`."""
        found: int = self._database.scalar("SELECT count(DISTINCT clip_id) FROM clip_tag WHERE tag = ?", [DROP])
        return found

    def tagged(self, tags: Iterable[str]) -> set[str]:
        """The clips that have one of these tags."""
        found = self._database.column("SELECT clip_id FROM clip_tag WHERE list_contains(?, tag)", [list(tags)])
        return set(found)

    def tags(self) -> dict[str, int]:
        """Tag → how many clips have it."""
        rows = self._database.rows("SELECT tag, count(*) AS clips FROM clip_tag GROUP BY tag ORDER BY tag")
        return {row["tag"]: row["clips"] for row in rows}

    def listing(self, clip_ids: Sequence[str], ranked_by: RankedBy, model_id: str | None) -> pa.Table:
        """These clips, in this order, with video, window, score and every feature."""
        features = "".join(f", f.{name}" for name in self._features())
        sql = (
            f"WITH ranked AS ({self._ranked(ranked_by)}), "  # noqa: S608 - our own text, names are checked
            "tagged AS (SELECT clip_id, string_agg(tag, ', ' ORDER BY tag) AS tags FROM clip_tag "
            "SEMI JOIN incoming USING (clip_id) GROUP BY clip_id), "
            # Semi-joined here, so that each extractor's table gives only the rows that are wanted.
            "features AS (SELECT * FROM clip_features SEMI JOIN incoming USING (clip_id)) "
            "SELECT wanted.place AS rank, r.rank_overall, c.clip_id, v.name AS video, v.video_id, "
            "v.sha256 AS video_sha256, v.source, c.origin, c.start_s, c.end_s, c.end_s - c.start_s AS duration_s, "
            "c.narration, c.verb, c.noun, t.tags, r.score, r.reward, r.reward_std, r.robot_reward, "
            "r.robot_reward_std, r.percentile, "
            f"c.clip_id IN ({self._damaged()}) AS damaged, {DAMAGE} AS damage{features} "
            "FROM incoming wanted JOIN clip c USING (clip_id) JOIN video v USING (video_id) "
            "LEFT JOIN ranked r USING (clip_id) LEFT JOIN tagged t USING (clip_id) "
            "LEFT JOIN features f USING (clip_id) ORDER BY wanted.place"
        )
        params = {"model_id": model_id} if ranked_by != "composite" else None
        wanted = pa.table({"clip_id": pa.array(clip_ids, pa.string()), "place": np.arange(1, len(clip_ids) + 1)})
        # In pieces: joins of a million clips with all their features take more than the database's memory.
        pieces = [wanted.slice(first, PIECE) for first in range(0, max(1, len(clip_ids)), PIECE)]
        return pa.concat_tables([self._database.table(sql, params, incoming=piece) for piece in pieces])

    def thumbnails(self, clip_ids: Sequence[str]) -> dict[str, str]:
        """Clip → its picture's file below the media folder, of those that have one."""
        rows = self._database.rows(
            "SELECT subject_id, file FROM media WHERE kind = 'thumbnail' AND list_contains(?, subject_id)",
            [list(clip_ids)],
        )
        return {row["subject_id"]: row["file"] for row in rows}

    def has_robot_scores(self, model_id: str) -> bool:
        """Whether the model has a robot head."""
        found = self._database.scalar("SELECT count(robot_reward) FROM reward_score WHERE model_id = ?", [model_id])
        return bool(found)

    def _features(self) -> list[str]:
        return self._database.column(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = 'clip_features' AND NOT internal "
            "AND column_name <> 'clip_id' ORDER BY column_index"
        )

    def _damaged(self) -> str:
        """SQL for the clips in which some extractor found damage."""
        rows = self._database.rows(
            "SELECT table_name FROM duckdb_columns() WHERE starts_with(table_name, 'feature_') "
            "AND column_name = 'damaged' ORDER BY table_name"
        )
        selects = [f"SELECT clip_id FROM {row['table_name']} WHERE damaged" for row in rows]  # noqa: S608 - ours
        return " UNION ".join(selects) or "SELECT NULL::VARCHAR WHERE false"

    def _scored(self, ranked_by: RankedBy) -> str:
        """SQL for every scored clip's score; has the parameter `$model_id` where a model ranks."""
        none = "NULL::DOUBLE"
        if ranked_by == "composite":
            others = f"{none} AS reward, {none} AS reward_std, {none} AS robot_reward, {none} AS robot_reward_std"
            if COMPOSITE not in self._features():
                return f"SELECT NULL::VARCHAR AS clip_id, {none} AS score, {others} WHERE false"
            source = f"{COMPOSITE_TABLE} JOIN clip USING (clip_id) WHERE score IS NOT NULL"
            return f"SELECT clip_id, score, {others} FROM {source}"  # noqa: S608 - our own text
        score = "reward" if ranked_by == "reward" else "robot_reward"
        return (
            f"SELECT clip_id, {score} AS score, reward, reward_std, robot_reward, robot_reward_std "  # noqa: S608
            f"FROM reward_score JOIN clip USING (clip_id) WHERE model_id = $model_id AND {score} IS NOT NULL"
        )

    def _ranked(self, ranked_by: RankedBy) -> str:
        """SQL for every scored clip's score, rank and percentile; has the parameter of `_scored`."""
        return (
            "SELECT *, rank() OVER (ORDER BY score DESC) AS rank_overall, "  # noqa: S608 - our own text
            f"percent_rank() OVER (ORDER BY score) AS percentile FROM ({self._scored(ranked_by)})"
        )

    # --- what goes into a bundle ----------------------------------------------------------------------------------

    def labels_among(self, clip_ids: Iterable[str]) -> pa.Table:
        """Live labels whose two clips are both among these; `simulated` is what earlier versions read of the kind."""
        return self._database.table(
            "SELECT * EXCLUDE (entry_id) FROM label "
            "WHERE list_contains($ids, left_clip_id) AND list_contains($ids, right_clip_id) ORDER BY entry_id",
            {"ids": list(clip_ids)},
        )

    def features_of(self, table: str, clip_ids: Iterable[str]) -> pa.Table:
        """Rows of one extractor's table, with version and settings hash."""
        return self._database.table(
            f"SELECT * FROM {table} WHERE list_contains(?, clip_id) ORDER BY clip_id",  # noqa: S608 - checked name
            [list(clip_ids)],
        )

    # --- what was written ---------------------------------------------------------------------------------------

    def add(self, run: ExportRun) -> None:
        """Record an export."""
        self._database.write(
            "INSERT INTO export_run (export_id, created_at, settings, results) VALUES (?, ?, ?, ?)",
            [run.export_id, run.created_at, json.dumps(run.settings), json.dumps(run.results.to_json())],
        )

    def change_results(self, export_id: str, **changes: object) -> None:
        """Record what has become known of an export since. Raises `StorageError` for an unknown export."""
        results = replace(self.get(export_id).results, **changes)  # type: ignore[arg-type]
        self._database.write(
            "UPDATE export_run SET results = ? WHERE export_id = ?", [json.dumps(results.to_json()), export_id]
        )

    def add_files(self, export_id: str, files: Iterable[CutFile]) -> None:
        """Record clips that were cut."""
        at = datetime.now(UTC)
        made = [{"export_id": export_id, **asdict(file), "created_at": at} for file in files]
        if made:
            self._database.write_arrow(
                "INSERT OR REPLACE INTO export_file BY NAME SELECT * FROM incoming", pa.Table.from_pylist(made)
            )

    def files(self, export_id: str) -> dict[str, CutFile]:
        """Clip → its cut file."""
        found = self._database.records(
            CutFile,
            "SELECT clip_id, file, sha256, size_bytes, frames FROM export_file WHERE export_id = ? ORDER BY file",
            [export_id],
        )
        return {file.clip_id: file for file in found}

    def find(self, limit: int = 200) -> list[ExportRun]:
        """Exports, the newest first."""
        rows = self._database.rows("SELECT * EXCLUDE (entry) FROM export_run ORDER BY entry DESC LIMIT ?", [limit])
        return [_run(**row) for row in rows]

    def into_folder_since(self, export_id: str) -> list[str]:
        """Data sets that were made in the folder of this one after it, the last one last."""
        return self._database.column(
            "SELECT later.export_id FROM export_run later JOIN export_run mine ON mine.export_id = ? "
            "WHERE later.entry > mine.entry AND later.results ->> 'folder' = mine.results ->> 'folder' "
            "AND later.results ->> 'made' IS NOT NULL ORDER BY later.entry",
            [export_id],
        )

    def get(self, export_id: str) -> ExportRun:
        """An export by its id. Raises `StorageError` where there is none."""
        row = self._database.row("SELECT * EXCLUDE (entry) FROM export_run WHERE export_id = ?", [export_id])
        if row is None:
            raise StorageError(f"there is no export {export_id!r}", remedy="`handpicked exports list` shows them all.")
        return _run(**row)


def _run(*, export_id: str, created_at: datetime, settings: str, results: str) -> ExportRun:
    return ExportRun(export_id, created_at, json.loads(settings), ExportResults.from_json(results))
