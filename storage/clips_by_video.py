"""Clips that lack something, gathered by video in one statement each: what jobs over whole videos are about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from storage.clips import REPLACED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.database import Database
    from storage.feature_rows import FeatureTable

__all__ = ["ClipsByVideo", "ClipsLackingFeatures", "Measurement", "VideoLackingPictures"]

WINDOWS = (
    "to_json(list({'clip_id': c.clip_id, 'start_s': c.start_s, 'end_s': c.end_s} "
    "ORDER BY c.start_s, c.end_s, c.clip_id))"
)
"""SQL for the windows of clips as JSON text: a million of them never become objects of this process."""


@dataclass(frozen=True)
class Measurement:
    """An extractor's table, and the version and settings that its numbers should be of."""

    table: FeatureTable
    version: int
    settings_hash: str


@dataclass(frozen=True, kw_only=True)
class ClipsLackingFeatures:
    """Clips of one video that lack the numbers of the same extractors."""

    video_id: str
    path: str
    lacking: tuple[str, ...]
    """Extractors, in the order in which they were asked for."""
    seconds: float
    """The length of all these clips."""
    windows: str
    """JSON: `clip_id`, `start_s` and `end_s` of each, by time."""


@dataclass(frozen=True, kw_only=True)
class VideoLackingPictures:
    """A video that lacks its poster, or clips of which lack a thumbnail."""

    video_id: str
    path: str
    duration_s: float
    poster: bool
    """Whether the video itself has no picture yet."""
    windows: str
    """JSON: `clip_id`, `start_s` and `end_s` of each clip without a thumbnail, by time."""


class ClipsByVideo:
    """Finds what jobs have still to do, a row for each video."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lacking_features(
        self, wanted: Sequence[Measurement], *, again: bool = False, among: Iterable[str] | None = None
    ) -> list[ClipsLackingFeatures]:
        """The clips that lack numbers, or all with `again`; of those `among`, where given. By video and time.

        Without replaced clips that reach beyond their video's end: they are kept for their labels, never measured.
        """
        if not wanted:
            return []
        lacks = ["true" if again else _lacks(number, one) for number, one in enumerate(wanted)]
        marks = ", ".join(f"CASE WHEN {condition} THEN '1' ELSE '0' END" for condition in lacks)
        only = "" if among is None else "SEMI JOIN incoming USING (clip_id) "
        params: dict[str, object] = {"replaced": REPLACED}
        for n, one in () if again else enumerate(wanted):
            params |= {f"version{n}": one.version, f"hash{n}": one.settings_hash, f"name{n}": one.table.extractor}
        rows = self._database.table(
            f"WITH marked AS (SELECT clip.*, concat({marks}) AS marks FROM clip {only}"  # noqa: S608 - checked names
            "WHERE clip_id NOT IN (SELECT r.clip_id FROM clip r JOIN video v USING (video_id) JOIN clip_tag t "
            "USING (clip_id) WHERE t.tag = $replaced AND r.end_s > v.duration_s + 0.001)) "
            f"SELECT c.video_id, v.path, c.marks, sum(c.end_s - c.start_s) AS seconds, {WINDOWS} AS windows "
            "FROM marked c JOIN video v USING (video_id) WHERE contains(c.marks, '1') GROUP BY ALL "
            "ORDER BY c.video_id, min({'start_s': c.start_s, 'end_s': c.end_s}), c.marks",
            params,
            incoming=None if among is None else pa.table({"clip_id": pa.array(list(among), pa.string())}),
        )
        columns = (rows.column(name).to_pylist() for name in ("video_id", "path", "marks", "seconds", "windows"))
        names = [one.table.extractor for one in wanted]
        return [
            ClipsLackingFeatures(
                video_id=video_id,
                path=path,
                lacking=tuple(name for name, mark in zip(names, marked, strict=True) if mark == "1"),
                seconds=seconds,
                windows=windows,
            )
            for video_id, path, marked, seconds, windows in zip(*columns, strict=True)
        ]

    def lacking_pictures(self, among: Iterable[str] | None = None) -> list[VideoLackingPictures]:
        """The videos without a poster, or with clips that lack a thumbnail, by name; with `among`, only those with such
        clips among these, and no poster is asked for."""
        some = None if among is None else list(among)
        return self._database.records(
            VideoLackingPictures,
            "WITH bare AS ("  # noqa: S608 - our own words
            f"SELECT c.video_id, {WINDOWS} AS windows FROM clip c "
            "WHERE c.clip_id NOT IN (SELECT subject_id FROM media WHERE kind = 'thumbnail') "
            "AND ($some IS NULL OR list_contains($some::TEXT[], c.clip_id)) GROUP BY c.video_id), "
            "posters AS (SELECT subject_id FROM media WHERE kind = 'poster' "
            "UNION ALL SELECT video_id FROM video WHERE $some IS NOT NULL) "
            "SELECT v.video_id, v.path, v.duration_s, v.video_id NOT IN (FROM posters) AS poster, "
            "coalesce(b.windows, '[]') AS windows FROM video v LEFT JOIN bare b USING (video_id) "
            "WHERE b.video_id IS NOT NULL OR v.video_id NOT IN (FROM posters) ORDER BY v.name, v.video_id",
            {"some": some},
        )


def _lacks(number: int, one: Measurement) -> str:
    """SQL for whether a clip lacks the numbers of one extractor, or has doubtful ones."""
    return (
        f"clip_id NOT IN (SELECT clip_id FROM {one.table.table} "  # noqa: S608 - checked name
        f"WHERE extractor_version = $version{number} AND settings_hash = $hash{number}) "
        f"OR clip_id IN (SELECT clip_id FROM doubt WHERE extractor = $name{number})"
    )
