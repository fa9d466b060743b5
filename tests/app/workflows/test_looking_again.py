"""Workspaces of earlier versions: videos are looked at again before a browser is given them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from app.media import footage_of
from app.services import close_services, open_services
from app.workflows.extracting import table_of
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.looking_again import look_again_jobs
from storage import Workspace, migrations
from storage.clips import Clip
from storage.migrations import open_migrated
from tests.filled_workspace import a_video
from tests.late_video import LATE_S, write_late_video
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = (
    *("video_id", "name", "name_key", "path", "source", "sha256", "size_bytes", "duration_s", "fps", "width", "height"),
    *("codec", "pix_fmt", "container", "rotation_deg", "has_audio", "has_telemetry", "variable_rate"),
    *("browser_playable", "recorded_at", "recording_id", "chapter", "imported_at"),
)


@pytest.fixture
def old_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of the version before, with a late video, a late one without sound, and one that is gone."""
    every = migrations.migrations()
    new = next(number for number, sql in every.items() if "ADD COLUMN first_frame_s" in sql)
    root = tmp_path / "workspace"
    root.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "migrations", lambda: {n: sql for n, sql in every.items() if n < new})
        database = open_migrated(root / "handpicked.duckdb", root / "backups")
        for name in ("late", "silent", "gone"):
            video = a_video(name, path=str(tmp_path / f"{name}.mp4"), duration_s=4.0)
            marks = ", ".join("?" * len(FIELDS))
            database.write(
                f"INSERT INTO video ({', '.join(FIELDS)}) VALUES ({marks})",  # noqa: S608 - our own names
                [getattr(video, field) for field in FIELDS],
            )
        database.close()
    write_late_video(tmp_path / "late.mp4", 4.0)
    write_late_video(tmp_path / "silent.mp4", 4.0, sound=False)
    return root


def test_an_old_workspaces_videos_are_looked_at_again_before_they_are_played(
    old_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace(old_workspace) as workspace:
        workspace.clips.add([Clip(video_id="late", start_s=1.0, end_s=2.0, origin="stride")])
        assert footage_of(workspace, workspace.videos.get("late")) is None
        assert not any(video.plays for video in workspace.clips.playing_videos())
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(old_workspace))
    services = open_services()
    try:
        assert services.supervisor.wait_idle(120)
        workspace = services.workspace
        late = footage_of(workspace, workspace.videos.get("late"))
        assert late is not None
        assert late.zero_s == pytest.approx(LATE_S, abs=0.001)
        assert late.window(1.0, 2.0) == "/app/static/source/late#t=3.000,4.000"
        (row,) = workspace.clips.playback(["late@1000-2000"])
        assert row.player_zero_s == late.zero_s
        assert workspace.videos.get("gone").first_frame_s is None
        # A browser can't be sent beyond the length that this one claims: it is played from a preview.
        silent = footage_of(workspace, workspace.videos.get("silent"))
        assert silent is not None
        assert (silent.url, silent.zero_s) == ("/app/static/media/videos/silent.mp4", 0.0)
        (job,) = workspace.jobs.find(kind="look_again")
        said = " ".join(event.message for event in workspace.jobs.events(job.job_id) if event.level == "warning")
        assert "late: a player shows the first picture at 2.000 s" in said
        services.look_again()
        assert len(workspace.jobs.find(kind="look_again")) == 1, "what is gone is not looked at in vain"
    finally:
        close_services()


def test_a_file_that_cannot_be_read_is_not_looked_at_again_at_every_start(
    old_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "late.mp4").write_bytes(b"this is no video any more")
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(old_workspace))
    for _ in range(2):
        services = open_services()
        try:
            assert services.supervisor.wait_idle(120)
            (job,) = services.workspace.jobs.find(kind="look_again")
            assert [failure.item for failure in services.workspace.jobs.failures(job.job_id)] == ["late"]
        finally:
            close_services()


MISREAD = {
    "joined": ("mpeg", "mpeg2video", 2.0),
    "misordered": ("mxf", "h264", 2.0),
    "early": ("matroska", "h264", 0.7),
    "half": ("avi", "h264", 4.0),
    "sound": ("mp4", "h264", 2.0),
}
"""Name → container, codec and length, as the version before took them."""


def write_misread(folder: Path) -> dict[str, Path]:
    """The files themselves: a program stream of two recordings, MXF, Matroska from before zero, half an AVI, an MP4."""
    mpeg2 = {"codec": "mpeg2video", "size": (192, 128), "options": {"b": "4M"}}
    write_video(folder / "part.mpg", 60, **mpeg2)
    (folder / "joined.mpg").write_bytes((folder / "part.mpg").read_bytes() * 2)
    write_video(folder / "misordered.mxf", 60, b_frames=3)
    disabled = {"avoid_negative_ts": "disabled"}
    write_video(folder / "early.mkv", 60, start_s=-1.3, b_frames=3, container_options=disabled)
    write_video(folder / "whole.avi", 120, b_frames=3)
    (folder / "half.avi").write_bytes((folder / "whole.avi").read_bytes()[: (folder / "whole.avi").stat().st_size // 2])
    write_video(folder / "sound.mp4", 60)
    suffixes = {"joined": "mpg", "misordered": "mxf", "early": "mkv", "half": "avi", "sound": "mp4"}
    return {name: folder / f"{name}.{suffix}" for name, suffix in suffixes.items()}


def test_what_the_version_before_looked_at_and_misread_is_looked_at_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = migrations.migrations()
    paths = write_misread(tmp_path)
    table = table_of("exposure")
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "migrations", lambda: {n: sql for n, sql in every.items() if n < 12})
        with Workspace(tmp_path / "workspace") as workspace:
            for name, (container, codec, length_s) in MISREAD.items():
                facts = {"container": container, "codec": codec, "duration_s": length_s, "path": str(paths[name])}
                workspace.videos.add([a_video(name, **facts, browser_playable=container == "mp4")])
                workspace.videos.set_read_damage(name, "damaged: 9 of its frames were left out: out of order")
                workspace.clips.add([Clip(video_id=name, start_s=0.0, end_s=0.7, origin="stride")])
            workspace.features.ensure([table])
            made = {"extractor_version": 1, "settings_hash": "", "note": "", "damaged": False}
            rows = [{"clip_id": c, **made, **dict.fromkeys(table.columns, 0.5)} for c in sorted(workspace.clips.ids())]
            workspace.features.add(table, pa.Table.from_pylist(rows))
    with Workspace(tmp_path / "workspace") as workspace:
        (follow,) = look_again_jobs(workspace)
        assert {item.key for item in follow.spec.items} == set(MISREAD) - {"sound"}
        assert workspace.features.stale(table, 1, "") == {"joined@0-700", "misordered@0-700"}, "before any look"
        supervisor = Supervisor(workspace, workers=1)
        try:
            supervisor.submit(follow.title, follow.spec)
            assert supervisor.wait_idle(120)
        finally:
            supervisor.close()
        videos = {video.video_id: video for video in workspace.videos.find()}
        assert videos["joined"].duration_s == pytest.approx(4.0, abs=0.1)
        assert videos["early"].duration_s == pytest.approx(2.0, abs=0.1)
        assert videos["early"].first_frame_s == pytest.approx(-1.3, abs=0.05)
        assert "its header speaks of 4.0" in videos["half"].damage
        assert {name for name, video in videos.items() if not video.read_damage} == {"joined", "misordered", "early"}
        assert workspace.features.stale(table, 1, "") == {f"{name}@0-700" for name in MISREAD if name != "sound"}
        assert look_again_jobs(workspace) == []
