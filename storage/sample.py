"""Stores the sample generator's ground truth about rendered clips: activity, quality, usefulness."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.database import Database

__all__ = ["ClipTruth", "SampleStore", "TrueEpisode"]


@dataclass(frozen=True, kw_only=True)
class TrueEpisode:
    """One rendered episode: `[start_s, end_s)` of a sample video, its activity, and its hidden quality."""

    name_key: str
    start_s: float
    end_s: float
    kind: str
    quality: float
    useful: float


@dataclass(frozen=True)
class ClipTruth:
    """What is known of a clip that lies within one rendered episode: what happens in it, and its hidden worth."""

    clip_id: str
    quality: float
    useful: float
    kind: str


class SampleStore:
    """Reads and writes the table sample_truth."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, episodes: Iterable[TrueEpisode]) -> None:
        """Store the truth of episodes; an episode rendered again has the same truth."""
        rows = [asdict(episode) for episode in episodes]
        if rows:
            self._database.write_arrow(
                "INSERT OR REPLACE INTO sample_truth BY NAME SELECT * FROM incoming", pa.Table.from_pylist(rows)
            )

    def clip_quality(self) -> list[ClipTruth]:
        """The truth of every clip that lies within one episode of a sample video."""
        return self._database.records(
            ClipTruth,
            "SELECT c.clip_id, t.quality, t.useful, t.kind FROM clip c JOIN video v USING (video_id) "
            "JOIN sample_truth t ON t.name_key = v.name_key AND v.source = 'sample' "
            "AND c.start_s >= t.start_s - 0.05 AND c.end_s <= t.end_s + 0.05 ORDER BY c.clip_id",
        )

    def video_ids(self) -> list[str]:
        """The sample videos in this workspace."""
        return self._database.column("SELECT video_id FROM video WHERE source = 'sample'")

    def among(self, clip_ids: Iterable[str]) -> int:
        """How many of these clips are from sample videos."""
        found: int = self._database.scalar(
            "SELECT count(*) FROM clip JOIN video USING (video_id) WHERE source = 'sample' "
            "AND list_contains($ids, clip_id)",
            {"ids": list(clip_ids)},
        )
        return found
