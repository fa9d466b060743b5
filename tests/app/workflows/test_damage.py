"""What the decoder conceals is said all the same: of the clip, of the video, and in the job's history."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import av
import pytest

from app.workflows.extracting import extract_spec
from app.workflows.importing import prepare_import
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping import ClippingSettings
from engine.features.base import Clip
from engine.features.exposure import Exposure
from engine.features.extract import extract_video
from engine.video.cut import cut
from engine.video.preview import make_preview
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, ReadStats
from engine.video.windows import Window
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage import Workspace
    from storage.jobs import Job

ROTTEN = Window(2.0, 4.0)
"""Where the bits of the video are turned over; its groups of pictures are half a second long."""


@pytest.fixture
def rotten(tmp_path: Path) -> Path:
    """Six seconds of which the packets of the third and fourth have wrong bits: the decoder shows them all the same."""
    path = tmp_path / "rotten.mp4"
    write_video(path, 180, size=(320, 240), gop=15, options={"crf": "23"})
    with av.open(str(path)) as container:
        packets = [(float(p.pts * p.time_base), p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    rng = random.Random(4)
    for time_s, pos, size in packets:
        if ROTTEN.contains(time_s) and size > 60:
            for _ in range(3):
                data[pos + rng.randrange(size // 2, size)] ^= 0xFF
    path.write_bytes(data)
    return path


@pytest.fixture
def supervisor(workspace: Workspace) -> Iterator[Supervisor]:
    running = Supervisor(workspace, workers=1)
    yield running
    running.close()


def bring_in(workspace: Workspace, supervisor: Supervisor, path: Path, **options: Any) -> None:
    clipping = ClippingSettings(length_s=1, stride_s=1)
    request = prepare_import([path], source="folder", clips="stride", clipping=clipping, **options)
    supervisor.submit("Import", request.spec)
    assert supervisor.wait_idle(120)


def warnings(workspace: Workspace, kind: str) -> str:
    job: Job = workspace.jobs.find(kind=kind)[0]
    return "\n".join(workspace.jobs.warnings(job.job_id))


def test_frames_that_the_decoder_fills_in_are_counted_where_they_are(rotten: Path) -> None:
    for seek in (True, False):
        stats = ReadStats()
        list(read(rotten, [ClipRequest("all", Window(0, 6), (FrameRequest(),))], stats=stats, seek=seek))
        assert stats.concealed_frames > 0
        assert stats.damaged
        assert stats.damaged_within(ROTTEN)
        assert not stats.damaged_within(Window(0, 1.9))
        assert not stats.damaged_within(Window(4.6, 6))
        assert "filled in by the decoder" in stats.damage()


def test_clips_are_damaged_where_their_frames_are(rotten: Path) -> None:
    clips = [Clip(second, Window(second, second + 1)) for second in range(6)]
    found = {f.key: f.damaged for f in extract_video(rotten, clips, [Exposure()])}
    assert found == {0: False, 1: False, 2: True, 3: True, 4: found[4], 5: False}


def test_cuts_and_previews_of_damaged_footage_say_so(rotten: Path, tmp_path: Path) -> None:
    for window, is_damaged in ((Window(2.2, 3.2), True), (Window(0.2, 1.2), False)):
        stats = ReadStats()
        cut(rotten, window, tmp_path / "cut.mp4", stats=stats)
        assert stats.damaged is is_damaged
    stats = ReadStats()
    make_preview(rotten, tmp_path / "preview.mp4", stats=stats)
    assert stats.damaged


def test_video_clips_and_history_say_damaged(workspace: Workspace, supervisor: Supervisor, rotten: Path) -> None:
    bring_in(workspace, supervisor, rotten, pictures=False)
    assert workspace.videos.get("rotten").damage == ""
    spec = extract_spec(workspace, only=("exposure",))
    supervisor.submit("Extract", spec)
    assert supervisor.wait_idle(120)
    rows = workspace.database.rows(
        "SELECT start_s, damaged FROM clip JOIN feature_exposure USING (clip_id) WHERE start_s NOT IN (4) ORDER BY 1"
    )
    assert [row["damaged"] for row in rows] == [False, False, True, True, False]
    assert "filled in by the decoder" in workspace.videos.get("rotten").damage
    assert "rotten is damaged: " in warnings(workspace, "extract")


def test_making_pictures_of_damaged_footage_says_so(workspace: Workspace, supervisor: Supervisor, rotten: Path) -> None:
    bring_in(workspace, supervisor, rotten, pictures=True)
    assert "damaged" in workspace.videos.get("rotten").damage
    assert "rotten is damaged: " in warnings(workspace, "pictures")
    assert workspace.media.get("rotten", "poster")


def test_what_was_measured_before_damage_was_known_says_damaged_too(
    workspace: Workspace, supervisor: Supervisor, rotten: Path
) -> None:
    bring_in(workspace, supervisor, rotten, pictures=False)
    for name in ("exposure", "sharpness"):
        supervisor.submit("Extract", extract_spec(workspace, only=(name,)))
        assert supervisor.wait_idle(120)
        if name == "exposure":
            # As an earlier version left it, which did not notice.
            workspace.database.write("UPDATE feature_exposure SET damaged = false")
    clip = workspace.clips.of_video("rotten")[2].clip_id
    assert workspace.database.scalar("SELECT damaged FROM feature_exposure WHERE clip_id = ?", [clip]) is True
