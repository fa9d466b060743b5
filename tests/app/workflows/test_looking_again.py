"""Workspaces of earlier versions: videos are looked at again before a browser is given them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.media import footage_of
from app.services import close_services, open_services
from storage import Workspace, migrations
from storage.clips import Clip
from storage.migrations import open_migrated
from tests.filled_workspace import a_video
from tests.late_video import LATE_S, write_late_video

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
        assert workspace.clips.playable() == {}
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
