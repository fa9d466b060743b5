"""Facts that an earlier version took wrongly are corrected by one mechanism, with all that rests on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from app.workflows.extracting import extract_spec, table_of
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.looking_again import look_again_jobs
from app.workflows.video_facts import correct
from engine.contracts.files import FileFacts
from storage.clips import Clip
from storage.labels import Label
from tests.filled_workspace import a_video
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from storage import Workspace

FACTS = FileFacts(
    duration_s=8.0,
    fps=30.0,
    width=1920,
    height=1080,
    variable_rate=False,
    first_frame_s=0.0,
    browser_playable=True,
    header_damage="",
)


def hold(workspace: Workspace) -> None:
    """Give every clip numbers."""
    table = table_of("exposure")
    workspace.features.ensure([table])
    same = {"extractor_version": 1, "settings_hash": "", "note": "", "damaged": False}
    rows = [{"clip_id": c, **same, **dict.fromkeys(table.columns, 0.5)} for c in sorted(workspace.clips.ids())]
    workspace.features.add(table, pa.Table.from_pylist(rows))


def label(left: str, right: str, at: datetime) -> Label:
    return Label(
        label_id="l1",
        left_clip_id=left,
        right_clip_id=right,
        answer="left",
        annotator="ann",
        kind="people",
        response_ms=900,
        strategy="random",
        created_at=at,
    )


@pytest.fixture
def supervisor(workspace: Workspace) -> Iterator[Supervisor]:
    running = Supervisor(workspace, workers=1)
    yield running
    running.close()


@pytest.fixture
def stocked(workspace: Workspace) -> Workspace:
    """A video of eight seconds, by an earlier version's word, with three clips and numbers of each."""
    workspace.videos.add([a_video("one", duration_s=8.0, first_frame_s=None)])
    workspace.clips.add([Clip(video_id="one", start_s=s, end_s=s + 4.0, origin="stride") for s in (0.0, 2.0, 4.0)])
    hold(workspace)
    return workspace


def changed(workspace: Workspace, **facts: Any) -> str:
    video = workspace.videos.get("one")
    said: str = workspace.database.transact(lambda: correct(workspace, video, replace(FACTS, **facts)))
    return said


def test_clips_beyond_the_true_end_go_and_those_that_reach_beyond_it_are_shortened(stocked: Workspace) -> None:
    said = changed(stocked, duration_s=3.67)
    assert [(c.start_s, c.end_s, c.origin) for c in stocked.clips.of_video("one")] == [
        (0.0, 3.67, "stride"),
        (2.0, 3.67, "stride"),
    ]
    assert said == (
        "corrected: its length is 3.67 s, not 8.00 s, 2 clips that reached beyond its end shortened, "
        "1 clip beyond its end removed"
    )


def test_a_labelled_clip_beyond_the_end_is_kept_as_replaced_and_not_measured_in_vain(stocked: Workspace) -> None:
    at = stocked.videos.get("one").imported_at
    stocked.labels.add([label("one@0-4000", "one@4000-8000", at)])
    said = changed(stocked, duration_s=3.67)
    assert "2 clips of these kept, tagged “replaced”" in said
    assert stocked.tags.of_clip("one@4000-8000") == ["replaced"]
    (payload,) = (item.payload for item in extract_spec(stocked, only=("exposure",), again=True).items)
    assert [clip.clip_id for clip in payload.clips] == ["one@0-3670", "one@2000-3670"]


def test_what_a_file_says_of_itself_is_written_down_even_where_its_length_was_right(stocked: Workspace) -> None:
    stocked.videos.set_read_damage("one", "damaged: 2 frames were lost")
    said = changed(stocked, first_frame_s=0.5, browser_playable=False, header_damage="its beginning is lost")
    video = stocked.videos.get("one")
    assert (said, video.first_frame_s, video.browser_playable) == ("", 0.5, False)
    assert video.damage == "its beginning is lost; damaged: 2 frames were lost"
    assert stocked.features.doubts() == []
    changed(stocked, duration_s=3.0, header_damage="its header speaks of 8.00 s")
    assert stocked.videos.get("one").damage == "its header speaks of 8.00 s; damaged: 2 frames were lost"


def test_what_the_decoder_met_is_said_once_however_often_the_file_is_read(stocked: Workspace) -> None:
    for frames in (2, 3, 12):
        stocked.videos.set_read_damage("one", f"damaged: {frames} frames were lost")
    assert stocked.videos.get("one").damage == "damaged: 12 frames were lost"
    (row,) = stocked.videos.overview()
    assert row.video.damage == "damaged: 12 frames were lost"


@pytest.mark.parametrize(("container", "start_s", "is_doubted"), [
    ("webm", -2.0, True), ("matroska", -2.0, True), ("webm", 0.0, False), ("mp4", -2.0, False),
])  # fmt: skip
def test_numbers_of_webm_that_begins_before_zero_are_doubted_at_the_second_look(
    workspace: Workspace, container: str, start_s: float, is_doubted: bool
) -> None:
    workspace.videos.add([a_video("one", duration_s=8.0, first_frame_s=None, container=container)])
    workspace.clips.add([Clip(video_id="one", start_s=0.0, end_s=4.0, origin="stride")])
    hold(workspace)
    changed(workspace, first_frame_s=start_s)
    assert bool(workspace.features.doubts()) is is_doubted
    hold(workspace)
    changed(workspace, first_frame_s=start_s)
    assert workspace.features.doubts() == [], "it was looked at, and measured, by this version"


def test_the_second_look_corrects_length_rate_and_damage_without_another_import(
    workspace: Workspace, supervisor: Supervisor, tmp_path: Path
) -> None:
    whole, half = tmp_path / "whole.mkv", tmp_path / "half.mkv"
    write_video(whole, 240)
    data = whole.read_bytes()
    half.write_bytes(data[: len(data) // 2])
    workspace.videos.add([a_video("one", path=str(half), duration_s=8.0, fps=60.0, first_frame_s=None)])
    workspace.clips.add([Clip(video_id="one", start_s=s, end_s=s + 4.0, origin="stride") for s in (0.0, 4.0)])
    hold(workspace)
    (follow,) = look_again_jobs(workspace)
    supervisor.submit(follow.title, follow.spec)
    assert supervisor.wait_idle(120)
    video = workspace.videos.get("one")
    assert video.duration_s < 5
    assert video.fps == pytest.approx(30)
    assert "its header speaks of 8.0" in video.damage
    assert max(c.end_s for c in workspace.clips.of_video("one")) <= video.duration_s
    warned = "\n".join(workspace.jobs.warnings(workspace.jobs.find(kind="look_again")[0].job_id))
    assert "one: corrected: its length is" in warned
    assert look_again_jobs(workspace) == []
