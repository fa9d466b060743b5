"""Stores videos: the source recordings, with their path and facts about the file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from engine.files.place import FilePlace
from storage.database import filled
from storage.errors import StorageError
from storage.segments import WAITING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from engine.contracts.files import FileFacts
    from storage.database import Database

__all__ = ["DAMAGE", "PLAYER_ZERO_S", "ListedVideo", "Totals", "Video", "VideoShown", "VideoSort", "VideoStore"]

VideoSort = Literal["name", "imported", "longest", "clips"]
VideoShown = Literal["all", "with", "without"]
ORDERS: dict[VideoSort, str] = {
    "name": "v.name",
    "imported": "v.imported_at DESC, v.name",
    "longest": "v.duration_s DESC, v.name",
    "clips": "coalesce(c.clips, 0) DESC, v.name",
}
SHOWN: dict[VideoShown, str] = {
    "all": "true",
    "with": "coalesce(c.clips, 0) > 0",
    "without": "coalesce(c.clips, 0) = 0",
}
LISTED = (
    "FROM video v LEFT JOIN (SELECT video_id, count(*) AS clips FROM clip GROUP BY video_id) c USING (video_id) "
    "LEFT JOIN media m ON m.subject_id = v.video_id AND m.kind = 'poster' "
    "WHERE (contains(lower(v.name), lower($search)) OR contains(lower("
    # Of the address of a member of a tar, only what people read of it.
    "regexp_replace(v.path, '^tar:[0-9a-f+]+:', '')), lower($search)))"
)


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
    """The file's own time of its first frame; None where an earlier version imported it without and it was not read
    again yet."""
    header_damage: str = ""
    """Damage found in the file's header; empty where none is known."""
    read_damage: str = ""
    """Damage found by the decoder when the file was last read; empty where none was found."""

    @property
    def place(self) -> FilePlace:
        """Where the file lies: by itself or inside a tar. `path` is its address."""
        return FilePlace.parse(self.path)

    @property
    def damage(self) -> str:
        """All known damage of the file, in words."""
        return "; ".join(filter(None, [self.header_damage, self.read_damage]))

    @property
    def player_zero_s(self) -> float | None:
        """The time on a browser's player at which the file's first frame shows; None where a browser can't play the
        file itself, or not with the right frames."""
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
    """Totals of a workspace: videos, clips, hours and so on."""

    videos: int
    video_s: float
    video_bytes: int
    clips: int
    clip_s: float
    segments_waiting: int


class VideoStore:
    """Reads and writes the video table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, videos: Iterable[Video]) -> None:
        """Add videos. The caller ensures that ids and contents are new."""
        rows = [asdict(video) for video in videos]
        if rows:
            self._database.write_arrow(
                "INSERT INTO video BY NAME SELECT * FROM incoming", pa.Table.from_pylist(rows, VIDEO_SCHEMA)
            )

    def get(self, video_id: str) -> Video:
        """The video called `video_id`. Raises `StorageError` for an unknown id."""
        found = self._database.record(Video, "SELECT * FROM video WHERE video_id = ?", [video_id])
        if found is None:
            raise StorageError(
                f"there is no video {video_id!r} in this workspace", remedy="It may have been removed; import it again."
            )
        return found

    def find(self, *, ids: Iterable[str] | None = None, limit: int = 100_000) -> list[Video]:
        """Videos sorted by name; only those of `ids` where given."""
        return self._database.records(
            Video,
            "SELECT * FROM video WHERE $ids IS NULL OR list_contains($ids, video_id) "
            "ORDER BY name, video_id LIMIT $limit",
            {"ids": list(ids) if ids is not None else None, "limit": limit},
        )

    def overview(
        self, *, search: str = "", shown: VideoShown = "all", sort: VideoSort = "name", limit: int = 50, offset: int = 0
    ) -> list[ListedVideo]:
        """Videos with their clip counts, in this order."""
        rows = self._database.rows(
            f"SELECT v.*, coalesce(c.clips, 0) AS clips, m.file AS poster {LISTED} "
            f"AND {SHOWN[shown]} ORDER BY {ORDERS[sort]}, v.video_id LIMIT $limit OFFSET $offset",
            {"search": search, "limit": limit, "offset": offset},
        )
        videos = filled(Video, rows)
        return [ListedVideo(video, row["clips"], row["poster"]) for video, row in zip(videos, rows, strict=True)]

    def count(self, *, search: str = "", shown: VideoShown = "all") -> int:
        """How many videos there are."""
        found: int = self._database.scalar(
            f"SELECT count(*) {LISTED} AND {SHOWN[shown]}",
            {"search": search},
        )
        return found

    def by_sha256(self, digests: Iterable[str]) -> dict[str, str]:
        """SHA-256 → video_id, for the known ones of these digests."""
        rows = self._database.rows("SELECT sha256, video_id FROM video WHERE list_contains(?, sha256)", [list(digests)])
        return {row["sha256"]: row["video_id"] for row in rows}

    def known_ids(self, candidates: Iterable[str]) -> set[str]:
        """The members of `candidates` that are existing video ids."""
        found = self._database.column("SELECT video_id FROM video WHERE list_contains(?, video_id)", [list(candidates)])
        return set(found)

    def paths(self) -> dict[str, str]:
        """Path → video_id of every video."""
        return {row["path"]: row["video_id"] for row in self._database.rows("SELECT path, video_id FROM video")}

    def share_recordings(self) -> bool:
        """Whether any two videos are of one recording or group."""
        found = self._database.column(
            "SELECT recording_id FROM video WHERE recording_id IS NOT NULL GROUP BY recording_id "
            "HAVING count(*) > 1 LIMIT 1"
        )
        return bool(found)

    def without_media(self, kind: str) -> set[str]:
        """The ids of videos that lack a picture or preview of `kind`."""
        found = self._database.column(
            "SELECT video_id FROM video WHERE video_id NOT IN (SELECT subject_id FROM media WHERE kind = ?)", [kind]
        )
        return set(found)

    def without_clips(self) -> set[str]:
        """The ids of videos that have no clips."""
        found = self._database.column("SELECT video_id FROM video WHERE video_id NOT IN (SELECT video_id FROM clip)")
        return set(found)

    def in_tar(self, tar: Path) -> list[Video]:
        """The videos that are members of the tar at this path."""
        found = self._database.records(
            Video, "SELECT * FROM video WHERE starts_with(path, 'tar:') AND contains(path, ?)", [f":{tar}//"]
        )
        return [video for video in found if video.place.file == tar]

    def relocate(self, places: Mapping[str, FilePlace]) -> None:
        """Set the new places of videos (`video_id` → place), all or none. Raises `StorageError` for an unknown id."""
        for unknown in places.keys() - self.known_ids(places):
            self.get(unknown)
        rows = [{"video_id": video_id, "path": place.address} for video_id, place in places.items()]
        if rows:
            self._database.write_arrow(
                "UPDATE video SET path = i.path FROM incoming i WHERE video.video_id = i.video_id",
                pa.Table.from_pylist(rows, pa.schema([("video_id", pa.string()), ("path", pa.string())])),
            )

    def without_first_frame(self) -> list[Video]:
        """The videos whose time of the first frame is not known yet."""
        return self._database.records(Video, "SELECT * FROM video WHERE first_frame_s IS NULL ORDER BY name, video_id")

    def look_again(self, video_id: str, first_frame_s: float, *, browser_playable: bool, header_damage: str) -> None:
        """Store the file's time of its first frame, whether a browser plays it correctly, and damage found in its
        header."""
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
        """Store the damage found by the decoder, replacing that of an earlier reading."""
        self._database.write("UPDATE video SET read_damage = ? WHERE video_id = ?", [damage, video_id])

    def state_source(self, video_id: str, source: str) -> None:
        """Store where the pictures of a video come from, unless it is rendered by Handpicked: that stays."""
        self._database.write(
            "UPDATE video SET source = ? WHERE video_id = ? AND source NOT IN ('sample', ?)",
            [source, video_id, source],
        )

    def remove(self, video_id: str) -> None:
        """Delete the video and its clips from the workspace. The source file is not touched."""
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
        """The workspace's totals, in one query."""
        found = self._database.record(
            Totals,
            "SELECT (SELECT count(*) FROM video) AS videos, "  # noqa: S608 - our own words
            "(SELECT coalesce(sum(duration_s), 0) FROM video) AS video_s, "
            "(SELECT coalesce(sum(size_bytes), 0)::BIGINT FROM video) AS video_bytes, "
            "(SELECT count(*) FROM clip) AS clips, "
            "(SELECT coalesce(sum(end_s - start_s), 0) FROM clip) AS clip_s, "
            f"(SELECT count(*) FROM segment WHERE {WAITING}) AS segments_waiting",
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
