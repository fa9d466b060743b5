"""Numbers that an earlier version got wrong count as not measured until they are measured again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from storage import Workspace, migrations
from storage.clips import Clip
from storage.feature_rows import DoubtedNumbers, FeatureTable
from storage.migrations import open_migrated

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

MOTION = FeatureTable("motion", ("camera_p95",))


def numbers(*clip_ids: str) -> pa.Table:
    made = {"extractor_version": 1, "settings_hash": "x", "note": "", "damaged": False, "camera_p95": 0.1}
    return pa.Table.from_pylist([{"clip_id": clip_id, **made} for clip_id in clip_ids])


def test_doubted_numbers_are_stale_until_they_are_measured_again(workspace: Workspace) -> None:
    features = workspace.features
    workspace.clips.add(
        [
            Clip(video_id="one", start_s=0, end_s=1, origin="whole"),
            Clip(video_id="two", start_s=0, end_s=1, origin="whole"),
        ]
    )
    features.ensure([MOTION])
    features.add(MOTION, numbers("one@0-1000", "two@0-1000"))
    assert features.stale(MOTION, 1, "x") == set()
    features.doubt("one", "its frames were taken at wrong times")
    assert features.stale(MOTION, 1, "x") == {"one@0-1000"}
    assert features.doubts() == [DoubtedNumbers("motion", "its frames were taken at wrong times", 1)]
    assert sum(entry.clips for entry in features.held(MOTION) if entry.is_of(1, "x")) == 1
    assert sum(entry.clips for entry in features.held(MOTION) if entry.is_of(2, "x")) == 0
    workspace.clips.remove(["two@0-1000"])
    assert sum(entry.clips for entry in features.held(MOTION) if entry.is_of(1, "x")) == 0, "it is gone"
    workspace.clips.add([Clip(video_id="two", start_s=1, end_s=2, origin="whole")])
    assert sum(entry.clips for entry in features.held(MOTION)) == 1, "as many rows as clips, but not the same ones"
    workspace.clips.remove(["two@1000-2000"])
    workspace.clips.add([Clip(video_id="two", start_s=0, end_s=1, origin="whole")])
    features.add(MOTION, numbers("one@0-1000"))
    assert features.stale(MOTION, 1, "x") == set()
    assert features.doubts() == []


VIDEO: dict[str, Any] = {
    "name": "a",
    "name_key": "a",
    "path": "/a",
    "source": "folder",
    "size_bytes": 1,
    "duration_s": 1.0,
    "fps": 60.0,
    "width": 4,
    "height": 4,
    "pix_fmt": "yuv420p",
    "rotation_deg": 0,
    "has_audio": False,
    "has_telemetry": False,
    "variable_rate": False,
    "browser_playable": False,
    "imported_at": datetime.now(UTC),
}


def test_an_older_workspace_doubts_what_it_measured_on_files_without_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of_them = migrations.migrations()
    added = next(number for number, sql in all_of_them.items() if "CREATE TABLE doubt" in sql)
    older = {number: sql for number, sql in all_of_them.items() if number < added}
    path = tmp_path / "old.duckdb"
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "migrations", lambda: older)
        database = open_migrated(path, tmp_path)
        for video_id, container, codec, first_s in [
            *(("avi", "avi", "h264", 0.0), ("mp4", "mp4", "h264", -1.0), ("old", "avi", "mjpeg", 0.0)),
            *(("early", "webm", "vp9", -2.0), ("webm", "webm", "vp9", 0.0), ("unseen", "webm", "vp9", None)),
        ]:
            row = {**VIDEO, "video_id": video_id, "sha256": video_id, "container": container, "codec": codec}
            row["first_frame_s"] = first_s
            database.write(
                f"INSERT INTO video ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608 - constants
                list(row.values()),
            )
            database.write(
                "INSERT INTO clip (clip_id, video_id, start_s, end_s, origin, created_at) "
                "VALUES (?, ?, 0, 1, 'whole', ?)",
                [f"{video_id}@0-1000", video_id, datetime.now(UTC)],
            )
        database.write("CREATE TABLE feature_motion (clip_id TEXT PRIMARY KEY, camera_p95 DOUBLE)")
        database.close()
    database = open_migrated(path, tmp_path)
    try:
        rows = database.rows("SELECT clip_id, extractor FROM doubt ORDER BY clip_id")
        assert rows == [{"clip_id": f"{name}@0-1000", "extractor": "motion"} for name in ("avi", "early")]
        damage = database.rows("SELECT header_damage, read_damage FROM video")
        assert all(row == {"header_damage": "", "read_damage": ""} for row in damage)
    finally:
        database.close()
