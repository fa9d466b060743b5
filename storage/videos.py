"""Videos in the store: the source recordings, where they lie and what they are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from storage.database import filled
from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from engine.contracts.files import FileFacts
    from storage.database import Database

__all__ = ["DAMAGE", "PLAYER_ZERO_S", "ListedVideo", "Totals", "Video", "VideoStore"]


@dataclass(frozen=True, kw_only=True)
class Video:
    """A source recording. Sizes are as shown, after rotation; times are presentation seconds."""

    video_id: str
    name: str
    name_key: str
    path: str
    source: str
    sha256: str
    size_bytes: int
    duration_s: float
    fps: float
    width: int
    height: int
    codec: str
    pix_fmt: str
    container: str
    rotation_deg: int
    has_audio: bool
    has_telemetry: bool
    variable_rate: bool
    browser_playable: bool
    recorded_at: datetime | None
    recording_id: str | None
    chapter: int | None
    imported_at: datetime
    first_frame_s: float | None = None
    """The file's own time of its first picture; None where it was imported before that was written down, and was not
    looked at again yet."""
    header_damage: str = ""
    """What is wrong with the file by what it says of itself; empty where nothing is known."""
    read_damage: str = ""
    """What the decoder found wrong when it last met damage in the file; empty where it met none."""

    @property
    def damage(self) -> str:
        """All that is known to be wrong with the file, in words."""
        return "; ".join(filter(None, [self.header_damage, self.read_damage]))

    @property
    def player_zero_s(self) -> float | None:
        """When a browser's player shows the first picture of the file; None where the file itself can't be played, or
        not so that the right pictures would be seen."""
        return self.first_frame_s if self.browser_playable else None


PLAYER_ZERO_S = "CASE WHEN v.browser_playable THEN v.first_frame_s END"
"""`Video.player_zero_s` in SQL, of a video `v`."""
DAMAGE = "concat_ws('; ', nullif(v.header_damage, ''), nullif(v.read_damage, ''))"
"""`Video.damage` in SQL, of a video `v`."""


@dataclass(frozen=True)
class ListedVideo:
    """A video in a list: with the number of its clips and its poster (a file below the media folder)."""

    video: Video
    clips: int
    poster: str | None


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What a workspace holds."""

    videos: int
    video_s: float
    video_bytes: int
    clips: int
    clip_s: float
    segments_waiting: int


class VideoStore:
    """The video table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, videos: Iterable[Video]) -> None:
        """Add rows. The caller has made sure that ids and contents are new."""
        rows = [asdict(video) for video in videos]
        if rows:
            self._database.write_arrow(
                "INSERT INTO video BY NAME SELECT * FROM incoming", pa.Table.from_pylist(rows, VIDEO_SCHEMA)
            )

    def get(self, video_id: str) -> Video:
        """The video called `video_id`. Raises `StorageError` where there is none."""
        found = self._database.record(Video, "SELECT * FROM video WHERE video_id = ?", [video_id])
        if found is None:
            msg = f"there is no video {video_id!r} in this workspace"
            raise StorageError(msg, remedy="It may have been removed; import it again.")
        return found

    def find(self, *, ids: Iterable[str] | None = None, limit: int = 100_000) -> list[Video]:
        """Videos by name; only those of `ids` where given."""
        return self._database.records(
            Video,
            "SELECT * FROM video WHERE $ids IS NULL OR list_contains($ids, video_id) "
            "ORDER BY name, video_id LIMIT $limit",
            {"ids": list(ids) if ids is not None else None, "limit": limit},
        )

    def overview(self, *, search: str = "", limit: int = 50, offset: int = 0) -> list[ListedVideo]:
        """Videos with their clip counts, by name."""
        rows = self._database.rows(
            "SELECT v.*, coalesce(c.clips, 0) AS clips, m.file AS poster FROM video v "
            "LEFT JOIN (SELECT video_id, count(*) AS clips FROM clip GROUP BY video_id) c USING (video_id) "
            "LEFT JOIN media m ON m.subject_id = v.video_id AND m.kind = 'poster' "
            "WHERE contains(lower(v.name), lower($search)) OR contains(lower(v.path), lower($search)) "
            "ORDER BY v.name, v.video_id LIMIT $limit OFFSET $offset",
            {"search": search, "limit": limit, "offset": offset},
        )
        videos = filled(Video, rows)
        return [ListedVideo(video, row["clips"], row["poster"]) for video, row in zip(videos, rows, strict=True)]

    def count(self, *, search: str = "") -> int:
        """How many videos there are."""
        found: int = self._database.scalar(
            "SELECT count(*) FROM video WHERE contains(lower(name), lower($s)) OR contains(lower(path), lower($s))",
            {"s": search},
        )
        return found

    def by_sha256(self, digests: Iterable[str]) -> dict[str, str]:
        """Digest → video_id, of those digests that are known."""
        rows = self._database.rows("SELECT sha256, video_id FROM video WHERE list_contains(?, sha256)", [list(digests)])
        return {row["sha256"]: row["video_id"] for row in rows}

    def known_ids(self, candidates: Iterable[str]) -> set[str]:
        """Those of `candidates` that are video ids already."""
        rows = self._database.rows("SELECT video_id FROM video WHERE list_contains(?, video_id)", [list(candidates)])
        return {row["video_id"] for row in rows}

    def paths(self) -> dict[str, str]:
        """Path → video_id of every video."""
        return {row["path"]: row["video_id"] for row in self._database.rows("SELECT path, video_id FROM video")}

    def without_media(self, kind: str) -> set[str]:
        """The ids of videos that lack a picture or preview of `kind`."""
        rows = self._database.rows(
            "SELECT video_id FROM video WHERE video_id NOT IN (SELECT subject_id FROM media WHERE kind = ?)", [kind]
        )
        return {row["video_id"] for row in rows}

    def without_clips(self) -> set[str]:
        """The ids of videos that have no clips."""
        rows = self._database.rows("SELECT video_id FROM video WHERE video_id NOT IN (SELECT video_id FROM clip)")
        return {row["video_id"] for row in rows}

    def relocate(self, video_id: str, path: str) -> None:
        """Point the video at its new place."""
        self.get(video_id)
        self._database.write("UPDATE video SET path = ? WHERE video_id = ?", [path, video_id])

    def without_first_frame(self) -> list[Video]:
        """The videos of which nobody knows yet when a player shows their first picture."""
        return self._database.records(Video, "SELECT * FROM video WHERE first_frame_s IS NULL ORDER BY name, video_id")

    def look_again(self, video_id: str, first_frame_s: float, *, browser_playable: bool, header_damage: str) -> None:
        """Write down when the file's own clock shows its first picture, whether a browser plays it rightly, and what is
        wrong with the file by what it says of itself."""
        self._database.write(
            "UPDATE video SET first_frame_s = ?, browser_playable = ?, header_damage = ? WHERE video_id = ?",
            [first_frame_s, browser_playable, header_damage, video_id],
        )

    def correct(self, video_id: str, facts: FileFacts) -> None:
        """Replace length, rate and size of the pictures by those that were measured now."""
        self._database.write(
            "UPDATE video SET duration_s = ?, fps = ?, width = ?, height = ?, variable_rate = ? WHERE video_id = ?",
            [facts.duration_s, facts.fps, facts.width, facts.height, facts.variable_rate, video_id],
        )

    def set_read_damage(self, video_id: str, damage: str) -> None:
        """Say what the decoder met in the video's file, in the place of what it met when it was read before."""
        self._database.write("UPDATE video SET read_damage = ? WHERE video_id = ?", [damage, video_id])

    def remove(self, video_id: str) -> None:
        """Forget the video and its clips. The source file is not touched."""
        self.get(video_id)

        def work() -> None:
            clips = "SELECT clip_id FROM clip WHERE video_id = ?"
            self._database.write(f"DELETE FROM clip_tag WHERE clip_id IN ({clips})", [video_id])  # noqa: S608 - constant
            self._database.write(
                f"DELETE FROM media WHERE subject_id = ? OR subject_id IN ({clips})",  # noqa: S608 - constant
                [video_id, video_id],
            )
            self._database.write("DELETE FROM clip WHERE video_id = ?", [video_id])
            self._database.write("DELETE FROM video WHERE video_id = ?", [video_id])

        self._database.transact(work)

    def totals(self) -> Totals:
        """What the workspace holds, in one query."""
        found = self._database.record(
            Totals,
            "SELECT (SELECT count(*) FROM video) AS videos, "
            "(SELECT coalesce(sum(duration_s), 0) FROM video) AS video_s, "
            "(SELECT coalesce(sum(size_bytes), 0)::BIGINT FROM video) AS video_bytes, "
            "(SELECT count(*) FROM clip) AS clips, "
            "(SELECT coalesce(sum(end_s - start_s), 0) FROM clip) AS clip_s, "
            "(SELECT count(*) FROM segment WHERE name_key NOT IN (SELECT name_key FROM video)) AS segments_waiting",
        )
        return found or Totals(videos=0, video_s=0, video_bytes=0, clips=0, clip_s=0, segments_waiting=0)


VIDEO_SCHEMA = pa.schema(
    [
        ("video_id", pa.string()),
        ("name", pa.string()),
        ("name_key", pa.string()),
        ("path", pa.string()),
        ("source", pa.string()),
        ("sha256", pa.string()),
        ("size_bytes", pa.int64()),
        ("duration_s", pa.float64()),
        ("fps", pa.float64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("codec", pa.string()),
        ("pix_fmt", pa.string()),
        ("container", pa.string()),
        ("rotation_deg", pa.int32()),
        ("has_audio", pa.bool_()),
        ("has_telemetry", pa.bool_()),
        ("variable_rate", pa.bool_()),
        ("browser_playable", pa.bool_()),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
        ("recording_id", pa.string()),
        ("chapter", pa.int32()),
        ("imported_at", pa.timestamp("us", tz="UTC")),
        ("first_frame_s", pa.float64()),
        ("header_damage", pa.string()),
        ("read_damage", pa.string()),
    ]
)
