"""A recorder that paused leaves windows without a frame: they cost their own pictures and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.workflows.importing import prepare_import
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping import ClippingSettings
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """`a_gap.mp4`, in which 20 s pass without a frame after the fourth second, beside a sound one."""
    folder = tmp_path / "gap"
    folder.mkdir()
    fps = 10
    times_s = [n / fps + (20 if n >= 40 else 0) for n in range(80)]
    write_video(folder / "a_gap.mp4", 80, fps=fps, times_s=times_s)
    write_video(folder / "b_good.mp4", 80, fps=fps)
    return folder


def test_a_window_without_a_frame_costs_its_own_pictures_only(workspace: Workspace, footage: Path) -> None:
    supervisor = Supervisor(workspace, workers=1)
    clipping = ClippingSettings(stride_s=4, length_s=4)
    request = prepare_import([footage], source="folder", clips="stride", clipping=clipping)
    first = supervisor.submit("Import", request.spec)
    assert supervisor.wait_idle(120)
    jobs = {job.kind: job for job in map(workspace.jobs.get, supervisor.with_followers(first))}
    supervisor.close()
    assert {kind: (job.state, job.failed) for kind, job in jobs.items()} == {
        "import": ("done", 0),
        "pictures": ("done", 0),
    }
    clips = {row["clip_id"]: row for row in workspace.database.rows("FROM clip ORDER BY clip_id")}
    bare = [row.clip_id for row in workspace.clips.without_media("thumbnail")]
    empty = [c for c, row in clips.items() if row["video_id"] == "a_gap" and 4 <= row["start_s"] < row["end_s"] <= 24]
    assert len(empty) == 5
    assert sorted(bare) == sorted(empty)
    assert {row["video_id"] for c, row in clips.items() if c not in bare} == {"a_gap", "b_good"}
    warnings = [e.message for e in workspace.jobs.events(jobs["pictures"].job_id) if e.level == "warning"]
    assert sorted(warnings) == sorted(f"a_gap: {clip_id}: no frame lies in this window" for clip_id in empty)
    assert not list(workspace.paths.jobs.rglob("*.jpg"))
