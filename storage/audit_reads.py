"""What an audit reads of the store: every clip with what is known of it, and what was met when files were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.database import Database
    from storage.features import FeatureStore

__all__ = ["AuditReads"]

CLIPS = (
    "WITH score AS (SELECT clip_id, reward, reward_std FROM reward_score WHERE model_id = "
    "(SELECT m.model_id FROM reward_model_current m JOIN reward_model USING (model_id) "
    "ORDER BY m.event_id DESC LIMIT 1)), "
    "best AS (SELECT n.group_id, first(n.clip_id ORDER BY score.reward DESC NULLS LAST, n.clip_id) AS clip_id "
    "FROM near_duplicate n SEMI JOIN clip USING (clip_id) LEFT JOIN score USING (clip_id) GROUP BY n.group_id), "
    "failure AS (SELECT clip_id, string_agg(DISTINCT error, ' ' ORDER BY error) AS failure FROM feature_failure "
    "GROUP BY clip_id) "
    # Exports of ours name the source's content where others name who wears the camera: it keeps splits apart.
    "SELECT c.clip_id, c.video_id, c.start_s, c.end_s, v.source, "
    "CASE WHEN NOT regexp_full_match(s.participant, '[0-9a-f]{64}') THEN s.participant END AS participant, "
    "CASE WHEN best.clip_id <> c.clip_id THEN best.clip_id END AS near_duplicate_of, "
    "score.reward, score.reward_std, failure.failure "
    "FROM clip c JOIN video v USING (video_id) LEFT JOIN segment s ON s.segment_id = c.segment_id "
    "LEFT JOIN near_duplicate n ON n.clip_id = c.clip_id LEFT JOIN best ON best.group_id = n.group_id "
    "LEFT JOIN score ON score.clip_id = c.clip_id LEFT JOIN failure ON failure.clip_id = c.clip_id "
)


class AuditReads:
    """Reads for an audit. Nothing is written."""

    def __init__(self, database: Database, features: FeatureStore) -> None:
        self._database = database
        self._features = features

    def clips(self, columns: Iterable[str], among: Iterable[str] | None = None) -> pa.Table:
        """Every clip, or those `among`, by id: `engine.audit.facts.CLIP_COLUMNS` without `folder`, and these columns of
        features, of those that were ever measured."""
        only = "" if among is None else "SEMI JOIN incoming i ON i.clip_id = c.clip_id "
        found = self._database.table(
            f"{CLIPS}{only}ORDER BY c.clip_id",
            incoming=None if among is None else pa.table({"clip_id": pa.array(list(among), pa.string())}),
        )
        have = set(self._features.columns())
        wanted = [column for column in columns if column in have]
        values = self._features.numbers(found.column("clip_id"), wanted)
        for place, column in enumerate(wanted):
            found = found.append_column(column, pa.array(values[:, place], pa.float64()))
        return found

    def read_clips(self) -> dict[str, int]:
        """Video → how many of its clips were decoded, whatever was measured of them."""
        tables = [table.table for table in self._features.tables() if table.extractor != "composite"]
        if not tables:
            return {}
        union = " UNION ".join(f"SELECT clip_id FROM {table}" for table in tables)  # noqa: S608 - checked names
        rows = self._database.rows(
            f"SELECT c.video_id, count(*) AS clips FROM clip c SEMI JOIN ({union}) f USING (clip_id) "  # noqa: S608
            "GROUP BY c.video_id"
        )
        return {row["video_id"]: row["clips"] for row in rows}

    def clips_of_videos(self) -> dict[str, int]:
        """Video → how many clips it has."""
        rows = self._database.rows("SELECT video_id, count(*) AS clips FROM clip GROUP BY video_id")
        return {row["video_id"]: row["clips"] for row in rows}

    def warnings_with(self, words: str) -> list[str]:
        """All warnings of jobs that hold these words, oldest first."""
        return self._database.column(
            "SELECT message FROM job_event WHERE level = 'warning' AND contains(message, ?) ORDER BY event_id", [words]
        )

    def import_outcomes(self, outcome: str) -> dict[str, str]:
        """File, as people read it → what was last said of it by a job that imports files, of those that ended this
        way."""
        rows = self._database.rows(
            "SELECT i.item, arg_max(i.message, i.created_at) AS message FROM job_item_latest i JOIN job_definition d "
            "USING (job_id) WHERE d.kind IN ('import', 'receive') AND i.outcome = ? GROUP BY i.item ORDER BY i.item",
            [outcome],
        )
        return {row["item"]: row["message"] for row in rows}
