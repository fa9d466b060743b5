"""Videos inside tars, through a whole workspace: imported, measured, moved, exported and imported elsewhere."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from app.workflows.data_sets import list_source, prepare_listed
from app.workflows.export_formats import FormatChoice
from app.workflows.export_plan import plan_export
from app.workflows.export_sets import write_set
from app.workflows.extracting import extract_spec
from app.workflows.importing import prepare_import
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.labelling import playable_clips
from app.workflows.videos import relocate
from engine.clipping import ClippingSettings
from engine.export.settings import ExportSettings
from engine.settings.jobs import JobSettings, RuntimeSettings
from storage import Workspace
from storage.errors import StorageError
from tests.blank_workspace import lay_out
from tests.shared_footage import bring_in, measure, run, score
from tests.synthetic_video import write_video
from tests.tars import write_tar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.clipping import Method
    from storage.jobs import Job

MEASURED = ("exposure", "sharpness", "motion")


class App:
    """A workspace and what runs its jobs."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace(lay_out(folder))
        self.workspace.settings.save(JobSettings(runtime=RuntimeSettings(workers=1)))
        self.supervisor = Supervisor(self.workspace)

    def take(self, *paths: Path, source: str = "webdataset", clips: Method = "annotations") -> Job:
        """Import, and wait."""
        listed = list_source(self.workspace, source, paths)
        request = prepare_listed(self.workspace, listed, clips=clips, clipping=ClippingSettings(), pictures=False)
        return run(self.supervisor, "Import", request.spec)

    def features(self) -> list[tuple[object, ...]]:
        """Every measured number of every clip, by window and length of its video."""
        found = self.workspace.database.rows(
            "SELECT v.sha256, c.start_s, c.end_s, f.* EXCLUDE (clip_id) FROM clip c JOIN video v USING (video_id) "
            "JOIN clip_features f USING (clip_id) ORDER BY ALL"
        )
        return [tuple(row.values()) for row in found]

    def close(self) -> None:
        """End its processes."""
        self.supervisor.close()
        self.workspace.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Callable[[str], App]]:
    """Makes apps over workspaces of these names."""
    made: list[App] = []

    def make(name: str) -> App:
        made.append(App(tmp_path / name))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Three little videos, by themselves and in two tars with captions."""
    folder, own = tmp_path / "shards", tmp_path / "own"
    for one in (folder, own):
        one.mkdir()
    names = ["a", "b", "c"]
    for place, name in enumerate(names):
        write_video(own / f"clip-{name}.mp4", 60 + 10 * place, gop=10 + place)
    for number, some in enumerate((names[:2], names[2:])):
        members: list[tuple[str, bytes | Path]] = []
        for name in some:
            said = json.dumps({"caption": f"caption of {name}"}).encode()
            members += [(f"clip-{name}.mp4", own / f"clip-{name}.mp4"), (f"clip-{name}.json", said)]
        write_tar(folder / f"shard-{number:06d}.tar", members)
    return folder


def test_members_are_measured_as_files_are(app: Callable[[str], App], shards: Path, tmp_path: Path) -> None:
    """To the bit, in every clip of every method."""
    inside, own = app("inside"), app("by-themselves")
    inside.take(shards, clips="stride")
    request = prepare_import([tmp_path / "own"], source="folder", clips="stride", clipping=ClippingSettings())
    run(own.supervisor, "Import", request.spec)
    for one in (inside, own):
        assert run(one.supervisor, "Measure", extract_spec(one.workspace, only=MEASURED)).failed == 0
    assert len(own.features()) == 3
    assert inside.features() == own.features()
    assert inside.workspace.media.get(inside.workspace.videos.find()[0].video_id, "poster") is None


def test_samples_are_clips_with_their_captions(app: Callable[[str], App], shards: Path) -> None:
    taken = app("one")
    taken.take(shards)
    videos = taken.workspace.videos.find()
    assert [video.place.title for video in videos] == [
        *("shard-000000.tar › clip-a.mp4", "shard-000000.tar › clip-b.mp4", "shard-000001.tar › clip-c.mp4")
    ]
    for video, name in zip(videos, "abc", strict=True):
        (clip,) = taken.workspace.clips.of_video(video.video_id)
        assert (clip.start_s, clip.end_s) == (0.0, pytest.approx(video.duration_s, abs=0.002))
        assert clip.narration == f"caption of {name}"


def test_a_tar_that_moved_is_pointed_at_once(app: Callable[[str], App], shards: Path, tmp_path: Path) -> None:
    taken = app("one")
    taken.take(shards)
    workspace = taken.workspace
    one, two, other = (video.video_id for video in workspace.videos.find())
    tar, moved = shards / "shard-000000.tar", tmp_path / "moved"
    moved.mkdir()
    shutil.move(tar, moved)
    assert playable_clips(workspace, fresh=True).missing_files == 2
    with pytest.raises(StorageError, match="is another tar"):
        relocate(workspace, one, str(shards / "shard-000001.tar"))
    with pytest.raises(StorageError, match="there is no file"):
        relocate(workspace, one, str(shards))
    assert relocate(workspace, one, str(moved)) == [one, two]
    assert playable_clips(workspace, fresh=True).missing_files == 0
    assert workspace.videos.get(two).place.file == moved / tar.name
    assert workspace.videos.get(other).place.file == shards / "shard-000001.tar"
    assert relocate(workspace, one, str(moved)) == [one, two]  # it is there: nothing is lost by saying so again
    assert [clip.narration for clip in workspace.clips.of_video(two)] == ["caption of b"]
    assert taken.workspace.videos.totals().segments_waiting == 0
    assert taken.take(moved).skipped == 2
    assert workspace.videos.count() == 3


def test_a_tar_written_anew_is_noticed_and_mended_by_an_import(
    app: Callable[[str], App], shards: Path, tmp_path: Path
) -> None:
    """Its members lie elsewhere in it now, and one is gone."""
    taken = app("one")
    taken.take(shards)
    workspace = taken.workspace
    first, second, _ = workspace.videos.find()
    tar, own = shards / "shard-000000.tar", tmp_path / "own"
    write_tar(tar, [("README", b"new" * 900), ("clip-b.mp4", own / "clip-b.mp4"), ("clip-b.txt", b"caption of b")])
    assert [video.place.is_changed() for video in workspace.videos.find()] == [True, True, False]
    job = run(taken.supervisor, "Measure", extract_spec(workspace, only=("exposure",)))
    errors = {failure.item: failure.error for failure in workspace.jobs.failures(job.job_id)}
    assert len(errors) == 2
    assert all("its tar was written anew since it was imported" in error for error in errors.values())
    assert any("shard-000000.tar › clip-a.mp4" in error for error in errors.values())
    assert taken.take(tar).skipped == 1
    assert workspace.videos.get(second.video_id).place.exists()
    assert not workspace.videos.get(first.video_id).place.exists()
    assert workspace.videos.count() == 3


def test_a_video_in_a_tar_that_can_not_be_read_is_named(app: Callable[[str], App], tmp_path: Path) -> None:
    write_video(tmp_path / "good.mp4", 30)
    write_tar(tmp_path / "a.tar", [("bad.mp4", b"no video" * 100), ("good.mp4", tmp_path / "good.mp4")])
    taken = app("one")
    job = taken.take(tmp_path / "a.tar", clips="whole")
    (failure,) = taken.workspace.jobs.failures(job.job_id)
    assert (job.done, job.failed) == (1, 1)
    assert failure.item == f"{tmp_path / 'a.tar'} › bad.mp4"
    assert "is not a video" in failure.error
    assert taken.workspace.clips.count() == 1


def test_an_export_comes_back_elsewhere_with_its_texts_and_scores(app: Callable[[str], App], tmp_path: Path) -> None:
    here, there = app("here"), app("there")
    clip_ids = bring_in(here.workspace, tmp_path / "footage")
    measure(here.workspace, clip_ids)
    score(here.workspace, clip_ids, [0.5, 0.4, 0.9, -0.2])
    plan = plan_export(here.workspace, ExportSettings(top=3))
    written = write_set(here.workspace, plan, FormatChoice("webdataset"), tmp_path / "set")
    assert run(here.supervisor, "Export", written.spec).state == "done"
    job = there.take(tmp_path / "set")
    assert (job.done, job.failed) == (3, 0)
    digests = {video.video_id: video.sha256 for video in here.workspace.videos.find()}
    came = there.workspace.database.rows(
        "SELECT v.recording_id, c.end_s - c.start_s AS length_s, s.reward, s.reward_std, m.name FROM clip c "
        "JOIN video v USING (video_id) JOIN reward_score s USING (clip_id) JOIN reward_model m USING (model_id) "
        "ORDER BY s.reward DESC"
    )
    best = [clip_ids[row] for row in (2, 0, 1)]
    assert [row["recording_id"] for row in came] == [digests[clip_id.partition("@")[0]] for clip_id in best]
    assert [(row["reward"], row["reward_std"]) for row in came] == [pytest.approx((r, 0.1)) for r in (0.9, 0.5, 0.4)]
    assert [row["length_s"] for row in came] == pytest.approx([1.0] * 3, abs=0.05)
    assert {row["name"] for row in came} == {"name of model-1 (from set)"}
    (model,) = there.workspace.rewards.find()
    again = plan_export(there.workspace, ExportSettings(model_id=model.model_id))
    twice = write_set(there.workspace, again, FormatChoice("webdataset"), tmp_path / "again")
    assert run(there.supervisor, "Export", twice.spec).state == "done"
