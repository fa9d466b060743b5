"""What is exported as a LeRobot data set comes in elsewhere with the same windows, words and scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from app.workflows.data_sets import list_source, prepare_listed
from app.workflows.export_formats import FormatChoice
from app.workflows.export_plan import plan_export
from app.workflows.export_sets import write_set
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.reward_data import clip_table
from engine.clipping import ClippingSettings
from engine.export.settings import ExportSettings
from engine.video.cut import cut
from engine.video.windows import Window
from storage import Workspace
from tests.blank_workspace import lay_out
from tests.shared_footage import bring_in, measure, run, score
from tests.synthetic_video import number_of

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ["cut bread", "", 'say "hi";\nthen wipe', "pour tea"]
REWARDS = [0.5, 0.4, 0.9, -0.2]
BAR_PX, BLACK = 8, 20


def shown(video: str | Path, start_s: float, end_s: float, scratch: Path) -> list[int]:
    """The numbers of a window's frames."""
    cut(video, Window(start_s, end_s), scratch / "cut.mp4")
    with av.open(scratch / "cut.mp4") as opened:
        images = [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]
    # The narrower video stands between black bars.
    return [number_of(image[:, BAR_PX:-BAR_PX] if image[:, 0].max() < BLACK else image) for image in images]


def export(home: Path, folder: Path, *, simulated: bool) -> dict[str, list[int]]:
    """Export four clips of two videos; returns the words of each, and the numbers of its frames."""
    with Workspace(lay_out(home)) as mine:
        clip_ids = bring_in(mine, home.parent / "footage")
        measure(mine, clip_ids)
        score(mine, clip_ids, REWARDS)
        for clip_id, words in zip(clip_ids, WORDS, strict=True):
            mine.database.write("UPDATE clip SET narration = ? WHERE clip_id = ?", [words or None, clip_id])
        if simulated:
            mine.database.write("UPDATE reward_model SET settings = ?", ['{"labels_by": "simulated"}'])
        choice = FormatChoice("lerobot", {"fps": 24, "width": 160, "height": 96})
        written = write_set(mine, plan_export(mine, ExportSettings(top=4)), choice, folder)
        assert written.spec is not None
        supervisor = Supervisor(mine, workers=1)
        assert run(supervisor, "Export", written.spec).state == "done"
        supervisor.close()
        paths = {video.video_id: video.path for video in mine.videos.find()}
        return {
            words: shown(paths[clip.video_id], clip.start_s, clip.end_s, home.parent)
            for clip, words in zip(map(mine.clips.get, clip_ids), WORDS, strict=True)
        }


@pytest.mark.parametrize("simulated", [False, True])
def test_an_export_comes_in_elsewhere_with_its_windows_words_and_scores(tmp_path: Path, simulated: bool) -> None:
    frames = export(tmp_path / "mine", tmp_path / "picked", simulated=simulated)
    with Workspace(lay_out(tmp_path / "yours")) as yours:
        listed = list_source(yours, "lerobot", [tmp_path / "picked"])
        assert listed.listing.problems == ()
        request = prepare_listed(yours, listed, clips="annotations", clipping=ClippingSettings(), pictures=False)
        supervisor = Supervisor(yours, workers=1)
        assert run(supervisor, "Import", request.spec).state == "done"
        supervisor.close()

        (video,) = yours.videos.find()
        clips = yours.clips.of_video(video.video_id)
        order = sorted(range(4), key=lambda place: -REWARDS[place])  # an export is in order of rank
        assert [clip.narration or "" for clip in clips] == [WORDS[place] for place in order]
        assert [clip.duration_s for clip in clips] == pytest.approx([1.0] * 4, abs=0.0015)
        for clip in clips:
            assert shown(video.path, clip.start_s, clip.end_s, tmp_path) == frames[clip.narration or ""]

        (model,) = yours.rewards.find()
        assert model.name == f"name of model-1 (from picked{', simulated labels' if simulated else ''})"
        assert model.labels_by == ("simulated" if simulated else None)
        assert yours.rewards.current() is None
        scores = {row["clip_id"]: row["reward"] for row in yours.rewards.scores(model.model_id).to_pylist()}
        assert [scores[clip.clip_id] for clip in clips] == pytest.approx([REWARDS[place] for place in order])

        # Clips of one original video stay on one side of splits, though one file holds them all.
        table = clip_table(yours)
        source = dict(zip(table.clip_ids, table.video_ids, strict=True))
        of_place = {place: source[clip.clip_id] for place, clip in zip(order, clips, strict=True)}
        assert of_place[0] == of_place[1] != of_place[2] == of_place[3]
