"""Clips in the store: windows of videos, what playing and measuring them takes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.video.windows import Window
from storage.condition_errors import condition_error, wrapped
from storage.errors import QueryError, StorageError
from storage.segments import IS_WINDOW
from storage.videos import PLAYER_ZERO_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage.database import Database

__all__ = [
    "Clip",
    "ClipPlayback",
    "ClipStore",
    "ClipWindow",
    "PlayingVideo",
    "StoredClip",
    "clip_id",
]

NOTICE = "notice"
"""Marker row in `set_aside`, in place of a table's name: the rows before it were acknowledged by a person."""


def clip_id(video_id: str, start_s: float, end_s: float) -> str:
    """The id of a window, to the millisecond: the same window of the same video has the same id on every machine."""
    return f"{video_id}@{round(start_s * 1000)}-{round(end_s * 1000)}"


REPLACED = "replaced"
"""Tag of a clip that was replaced by others but stays because it has labels."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A half-open window `[start_s, end_s)` of a video. Raises `StorageError` for times that are not a window."""

    video_id: str
    start_s: float
    end_s: float
    origin: str
    narration: str | None = None
    verb: str | None = None
    noun: str | None = None
    segment_id: str | None = None

    def __post_init__(self) -> None:
        try:
            window = self.window
            if round(window.end_s * 1000) <= round(window.start_s * 1000):
                raise ValueError(f"{window.start_s:g} to {window.end_s:g} s is shorter than a millisecond")
        except (TypeError, ValueError) as error:
            raise StorageError(
                f"this can't be a clip of {self.video_id}: {error}",
                remedy="A clip starts inside its video and ends after it starts.",
            ) from error

    @property
    def window(self) -> Window:
        """The clip's time window. Raises `ValueError` where the times are not one."""
        return Window(self.start_s, self.end_s)

    @property
    def clip_id(self) -> str:
        return clip_id(self.video_id, self.start_s, self.end_s)

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, kw_only=True)
class StoredClip:
    """A clip as the store holds it, with its thumbnail (a file below the media folder) once there is one."""

    clip_id: str
    video_id: str
    start_s: float
    end_s: float
    origin: str
    narration: str | None
    verb: str | None
    noun: str | None
    segment_id: str | None
    thumbnail: str | None

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, kw_only=True)
class ClipWindow:
    """Where a clip's pictures are: its window, and the file of its video."""

    clip_id: str
    video_id: str
    start_s: float
    end_s: float
    path: str

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, kw_only=True)
class PlayingVideo:
    """A video with clips, and what a browser can play of it."""

    video_id: str
    path: str
    clips: int
    by_itself: bool
    """Whether a browser plays the video's own file."""
    by_preview: bool
    """Whether it has a preview."""

    @property
    def plays(self) -> bool:
        """Whether a browser can play it, one way or the other."""
        return self.by_itself or self.by_preview


@dataclass(frozen=True, kw_only=True)
class ClipPlayback:
    """What playing a clip in a browser takes: its window, facts of its video, and files below the media folder."""

    clip_id: str
    video_id: str
    start_s: float
    end_s: float
    fps: float
    width: int
    height: int
    player_zero_s: float | None
    """When a browser's player shows the video's first picture; None where the video's own file can't be played."""
    preview: str | None
    thumbnail: str | None


class ClipStore:
    """The clip and clip_tag tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, clips: Iterable[Clip]) -> int:
        """Add clips; existing windows stay unchanged. Returns how many are new."""
        at = datetime.now(UTC)
        rows = {clip.clip_id: {"clip_id": clip.clip_id, **asdict(clip), "created_at": at} for clip in clips}
        if not rows:
            return 0
        before = self.count()
        self._database.write_arrow(
            "INSERT OR IGNORE INTO clip BY NAME SELECT * FROM incoming",
            pa.Table.from_pylist(list(rows.values()), CLIP_SCHEMA),
        )
        return self.count() - before

    def link(self, clips: Iterable[Clip]) -> None:
        """Have clips that are here already point to the segments that these name."""
        rows = {clip.clip_id: clip.segment_id for clip in clips if clip.segment_id}
        known = pa.table({"clip_id": list(rows), "segment_id": list(rows.values())}, LINK_SCHEMA)
        self._database.write_arrow(
            "UPDATE clip SET segment_id = i.segment_id FROM incoming i "
            "WHERE clip.clip_id = i.clip_id AND clip.segment_id IS DISTINCT FROM i.segment_id",
            known,
        )

    def remove(self, clip_ids: Iterable[str]) -> None:
        """Delete clips, their tags and the entries of their pictures."""
        wanted = list(clip_ids)

        def work() -> None:
            self._database.write("DELETE FROM clip_tag WHERE list_contains(?, clip_id)", [wanted])
            self._database.write("DELETE FROM media WHERE list_contains(?, subject_id)", [wanted])
            self._database.write("DELETE FROM clip WHERE list_contains(?, clip_id)", [wanted])

        self._database.transact(work)

    def count(self) -> int:
        """How many clips there are."""
        found: int = self._database.scalar("SELECT count(*) FROM clip")
        return found

    def state(self) -> tuple[int, datetime | None]:
        """A cache key that changes whenever clips are added or removed."""
        row = self._database.row("SELECT count(*) AS clips, max(created_at) AS newest FROM clip")
        return (row["clips"], row["newest"]) if row else (0, None)

    def set_aside(self) -> dict[str, int]:
        """Table → number of impossible rows that a schema update moved to `set_aside`, without those that a person
        has acknowledged."""
        rows = self._database.rows(
            "SELECT what, count(*) AS rows FROM set_aside WHERE what <> $notice AND created_at > coalesce("
            "(SELECT max(created_at) FROM set_aside WHERE what = $notice), TIMESTAMPTZ '1970-01-01') "
            "GROUP BY what ORDER BY what",
            {"notice": NOTICE},
        )
        return {row["what"]: row["rows"] for row in rows}

    def dismiss_set_aside(self) -> None:
        """Record that a person has acknowledged the rows set aside. The rows stay."""
        self._database.write(
            "INSERT INTO set_aside VALUES (?, '', 'a person has read what was set aside before', '{}', ?)",
            [NOTICE, datetime.now(UTC)],
        )

    def ids(self) -> set[str]:
        """Every clip's id."""
        return set(self._database.column("SELECT clip_id FROM clip"))

    def ids_by_video(self, video_ids: Iterable[str]) -> dict[str, set[str]]:
        """Video id → the ids of its clips, for these videos; videos without clips are left out."""
        rows = self._database.rows(
            "SELECT video_id, list(clip_id) AS clip_ids FROM clip WHERE video_id IN (SELECT unnest($ids)) "
            "GROUP BY video_id",
            {"ids": list(video_ids)},
        )
        return {row["video_id"]: set(row["clip_ids"]) for row in rows}

    def get(self, clip_id: str) -> StoredClip:
        """The clip of this name. Raises `StorageError` where there is none."""
        found = self._database.record(StoredClip, f"{WITH_THUMBNAIL} WHERE c.clip_id = ?", [clip_id])
        if found is None:
            raise StorageError(
                f"there is no clip {clip_id!r} in this workspace",
                remedy="It may have been removed, or its window changed.",
            )
        return found

    def windows(self, clip_ids: Iterable[str]) -> list[ClipWindow]:
        """Where the pictures of these clips are, by video and time."""
        return self._database.records(
            ClipWindow,
            "SELECT c.clip_id, c.video_id, c.start_s, c.end_s, v.path FROM clip c JOIN video v USING (video_id) "
            "WHERE list_contains(?, c.clip_id) ORDER BY c.video_id, c.start_s, c.end_s",
            [list(clip_ids)],
        )

    def spans(self, among: Iterable[str] | None = None) -> pa.Table:
        """`clip_id`, `video_id`, `source` and `duration_s` of every clip, or of those `among`, by clip.

        The source is what splits keep together: the recording, scene or worker of the video where one is known, else
        the video. A file into which a data set packs many recordings is no source: there it is the participant of the
        clip's window, or that window itself; a clip that is no window of the data set has the source of the window that
        it begins in. What an export says was cut from a video that is here has the source of that video.
        """
        wanted = None if among is None else pa.table({"clip_id": pa.array(list(among), pa.string())})
        only = "" if wanted is None else "SEMI JOIN incoming USING (clip_id) "
        return self._database.table(
            f"WITH named AS (FROM segment s WHERE {IS_WINDOW.format('s')}), "  # noqa: S608 - our own words
            # Named to the millisecond, as clips are.
            "begun AS (SELECT name_key, start_s - 0.001 AS start_s, participant, segment_id FROM named), "
            "told AS (SELECT c.clip_id, c.video_id, c.end_s - c.start_s AS duration_s, coalesce("
            "v.recording_id, w.participant, w.segment_id, b.participant, b.segment_id, c.video_id) AS source "
            f"FROM (SELECT * FROM clip {only}) c JOIN video v USING (video_id) "
            "LEFT JOIN named w ON w.segment_id = c.segment_id "
            "ASOF LEFT JOIN begun b ON v.path = b.name_key AND c.start_s >= b.start_s) "
            "SELECT told.clip_id, told.video_id, coalesce(o.recording_id, o.video_id, told.source) AS source, "
            "told.duration_s FROM told LEFT JOIN video o ON o.sha256 = told.source ORDER BY told.clip_id",
            incoming=wanted,
        )

    def matching(self, where: str) -> set[str]:
        """The clips that match a person's SQL condition, over the columns of clip, video and clip_features.

        Raises `QueryError` for wrong SQL; the database refuses any write.
        """
        tables = "clip JOIN video USING (video_id) LEFT JOIN clip_features USING (clip_id)"
        # Wrapped around the condition, so that a UNION inside it can't return anything but clips.
        found = f"SELECT clip_id FROM {tables} WHERE {wrapped(where)}"  # noqa: S608 - a person's own, read-only
        try:
            rows = self._database.read_only(f"SELECT clip_id FROM clip WHERE clip_id IN ({found})")  # noqa: S608
        except QueryError as error:
            raise condition_error(error, where) from error
        return {row[0] for row in rows}

    def of_video(self, video_id: str) -> list[StoredClip]:
        """The clips of one video in order of time."""
        return self._database.records(
            StoredClip, f"{WITH_THUMBNAIL} WHERE c.video_id = ? ORDER BY c.start_s, c.end_s", [video_id]
        )

    def playing_videos(self) -> list[PlayingVideo]:
        """The videos that have clips: how many, and whether a browser can play them."""
        return self._database.records(
            PlayingVideo,
            f"SELECT v.video_id, v.path, c.clips, {PLAYER_ZERO_S} IS NOT NULL AS by_itself, "  # noqa: S608 - our words
            "EXISTS (SELECT 1 FROM media m WHERE m.subject_id = v.video_id AND m.kind = 'preview') AS by_preview "
            "FROM video v JOIN (SELECT video_id, count(*) AS clips FROM clip GROUP BY video_id) c USING (video_id)",
        )

    def videos_of(self, clip_ids: Iterable[str]) -> dict[str, str]:
        """Clip → its video, for those of these clips that are here."""
        found = self.spans(clip_ids)
        return dict(zip(found.column("clip_id").to_pylist(), found.column("video_id").to_pylist(), strict=True))

    def id_batches(
        self, videos: Iterable[str] | None = None, among: Iterable[str] | None = None
    ) -> Iterator[list[str]]:
        """The ids of all clips, or of those of these videos and `among` these, in pieces."""
        only = "" if among is None else "SEMI JOIN incoming USING (clip_id) "
        for batch in self._database.batches(
            f"SELECT clip_id FROM clip {only}"  # noqa: S608 - our own words
            "WHERE $videos IS NULL OR video_id IN (SELECT unnest($videos::TEXT[]))",
            {"videos": None if videos is None else list(videos)},
            incoming=None if among is None else pa.table({"clip_id": pa.array(list(among), pa.string())}),
        ):
            yield batch.column("clip_id").to_pylist()

    def playback(self, clip_ids: Iterable[str]) -> list[ClipPlayback]:
        """What playing these clips takes, in no order."""
        return self._database.records(
            ClipPlayback,
            "SELECT c.clip_id, c.video_id, c.start_s, c.end_s, v.fps, v.width, v.height, "  # noqa: S608 - ours
            f"{PLAYER_ZERO_S} AS player_zero_s, p.file AS preview, t.file AS thumbnail "
            "FROM clip c JOIN video v USING (video_id) "
            "LEFT JOIN media p ON p.subject_id = v.video_id AND p.kind = 'preview' "
            "LEFT JOIN media t ON t.subject_id = c.clip_id AND t.kind = 'thumbnail' "
            "WHERE list_contains(?, c.clip_id)",
            [list(clip_ids)],
        )

    def count_with_media(self, kind: str) -> int:
        """How many clips have a picture of `kind`."""
        found: int = self._database.scalar(
            "SELECT count(*) FROM clip SEMI JOIN (SELECT subject_id AS clip_id FROM media WHERE kind = ?) "
            "USING (clip_id)",
            [kind],
        )
        return found

    def without_media(self, kind: str) -> list[ClipWindow]:
        """Clips that lack a picture of `kind`, by video and time."""
        return self._database.records(
            ClipWindow,
            "SELECT c.clip_id, c.video_id, c.start_s, c.end_s, v.path FROM clip c JOIN video v USING (video_id) "
            "LEFT JOIN media m ON m.subject_id = c.clip_id AND m.kind = ? "
            "WHERE m.subject_id IS NULL ORDER BY c.video_id, c.start_s",
            [kind],
        )


WITH_THUMBNAIL = (
    "SELECT c.*, m.file AS thumbnail FROM clip c LEFT JOIN media m ON m.subject_id = c.clip_id AND m.kind = 'thumbnail'"
)
TIME = pa.timestamp("us", tz="UTC")
LINK_SCHEMA = pa.schema([("clip_id", pa.string()), ("segment_id", pa.string())])
CLIP_SCHEMA = pa.schema(
    [
        ("clip_id", pa.string()),
        ("video_id", pa.string()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("origin", pa.string()),
        ("narration", pa.string()),
        ("verb", pa.string()),
        ("noun", pa.string()),
        ("segment_id", pa.string()),
        ("created_at", TIME),
    ]
)
