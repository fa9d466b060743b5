"""Ranked lists and cut clips, from a real workspace with real little videos."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pandas as pd
import pytest

from app.workflows.export_plan import plan_export
from app.workflows.exporting import repeat_plan, write_export
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.sharing.receive import prepare_bundle
from engine.errors import ExportError
from engine.export.bundle import is_bundle, read_bundle
from engine.export.settings import ExportSettings
from storage import Workspace
from storage.errors import QueryError
from tests.app.workflows.waiting import until
from tests.shared_footage import bring_in, label, measure, run, score
from tests.synthetic_video import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.workflows.export_plan import ExportPlan


@pytest.fixture
def supervisor(workspace: Workspace) -> Iterator[Supervisor]:
    """A supervisor with one worker at a time."""
    opened = Supervisor(workspace, workers=1)
    yield opened
    opened.close()


@pytest.fixture
def clips(workspace: Workspace, tmp_path: Path) -> list[str]:
    """Four clips of two videos, measured and scored: the third is best, then the first, second, fourth."""
    clip_ids = bring_in(workspace, tmp_path / "footage")
    measure(workspace, clip_ids)
    score(workspace, clip_ids, [0.5, 0.4, 0.9, -0.2])
    return clip_ids


def plan(workspace: Workspace, **options: object) -> ExportPlan:
    return plan_export(workspace, ExportSettings.model_validate(options))


def listed(found: ExportPlan) -> list[str]:
    ids: list[str] = found.table.column("clip_id").to_pylist()
    return ids


def test_the_list_is_ranked_and_carries_its_provenance(workspace: Workspace, clips: list[str], tmp_path: Path) -> None:
    found = plan(workspace, top=3, threshold=0.1)
    assert listed(found) == [clips[2], clips[0], clips[1]]
    written = write_export(workspace, found, list_file=tmp_path / "list.csv")
    rows = pd.read_csv(tmp_path / "list.csv")
    first = rows.iloc[0]
    assert rows["rank"].tolist() == [1, 2, 3]
    assert (first["clip_id"], first["video"], first["start_s"], first["end_s"]) == (clips[2], "two", 0.0, 1.0)
    assert (first["reward"], first["reward_std"], first["percentile"]) == (0.9, 0.1, 1.0)
    assert (first["exposure_luma_mean"], first["ranked_by"], first["threshold"]) == (20.0, "reward", 0.1)
    assert (first["model_id"], first["model_name"], first["seed"]) == ("model-1", "name of model-1", 7)
    assert len(first["settings_hash"]) == 16
    assert pd.isna(first["labels_by"]), "this model has no report that says whose labels it learned from"
    assert first["app_version"].startswith("0.")
    assert first["embedding_model"] == "made up"
    kept = workspace.exports.get(written.export_id)
    assert kept.settings["model_id"] == "model-1"
    assert kept.results.clips == 3
    assert kept.results.left_out["below_threshold"] == 1


def test_the_list_and_the_bundle_say_what_is_damaged(
    workspace: Workspace, clips: list[str], supervisor: Supervisor, tmp_path: Path
) -> None:
    workspace.features.note_damage([clips[2]])
    workspace.videos.set_read_damage(workspace.clips.get(clips[2]).video_id, "damaged: 3 frames were lost")
    found = plan(workspace, top=3)
    damaged = dict(zip(listed(found), found.table.column("damaged").to_pylist(), strict=True))
    assert damaged == {clips[2]: True, clips[0]: False, clips[1]: False}
    written = write_export(workspace, found, list_file=tmp_path / "list.csv", folder=tmp_path / "bundle")
    assert written.spec is not None
    supervisor.submit("Export", written.spec)
    assert supervisor.wait_idle(120)
    of_clip = {clip.clip_id: clip for clip in read_bundle(tmp_path / "bundle").manifest.clips}
    assert (of_clip[clips[2]].damaged, of_clip[clips[2]].damage) == (True, "damaged: 3 frames were lost")
    assert (of_clip[clips[0]].damaged, of_clip[clips[0]].damage) == (False, "")


def test_without_a_model_the_composite_score_ranks_and_says_so(workspace: Workspace, tmp_path: Path) -> None:
    clip_ids = bring_in(workspace, tmp_path / "footage")
    empty = plan(workspace)
    assert (empty.clips, empty.selection.unscored if empty.selection else 0) == (0, 4)
    measure(workspace, clip_ids)
    found = plan(workspace)
    scores = found.table.column("score").to_pylist()
    assert found.clips == 4
    assert scores == sorted(scores, reverse=True)
    assert found.settings.ranked_by == "composite"
    assert "composite" in found.notes[0]
    assert set(found.table.column("ranked_by").to_pylist()) == {"composite"}
    assert set(found.table.column("reward").to_pylist()) == {None}


def test_filters_tags_quota_and_likeness(workspace: Workspace, clips: list[str]) -> None:
    assert listed(plan(workspace, where="video.name = 'one'")) == clips[:2]
    assert listed(plan(workspace, clip_ids=[clips[3]])) == [clips[3]]
    assert listed(plan(workspace, per_video=1)) == [clips[2], clips[0]]
    assert listed(plan(workspace, diversity=0.95)) == [clips[2], clips[0], clips[3]]
    workspace.tags.add_theirs([(clips[2], "drop"), (clips[3], "keep"), (clips[0], "nice")], "Theirs")
    found = plan(workspace, threshold=0.45)
    assert listed(found) == [clips[0], clips[3]]
    assert found.dropped == 1
    assert listed(plan(workspace, tags=["nice"])) == [clips[0]]
    with pytest.raises(QueryError):
        plan(workspace, where="nonsense = 1")
    with pytest.raises(ExportError, match="no robot head"):
        plan(workspace, ranked_by="robot")


def test_an_export_is_repeated_to_the_byte_although_the_workspace_went_on(
    workspace: Workspace, clips: list[str], tmp_path: Path
) -> None:
    written = write_export(workspace, plan(workspace, top=2), list_file=tmp_path / "first.csv")
    score(workspace, clips, [0, 1, 2, 3], model_id="model-2")
    workspace.tags.add_theirs([(clips[2], "drop")], "Theirs")
    again = repeat_plan(workspace, written.export_id)
    write_export(workspace, again, list_file=tmp_path / "second.csv", repeats=written.export_id)
    assert (tmp_path / "second.csv").read_bytes() == (tmp_path / "first.csv").read_bytes()
    fresh = repeat_plan(workspace, written.export_id, fresh=True)
    assert listed(fresh) == [clips[0], clips[1]], "the same model, the tags as they are now"
    assert workspace.exports.find()[0].results.repeats == written.export_id


def test_nothing_is_overwritten_and_nothing_is_written_for_nothing(
    workspace: Workspace, clips: list[str], tmp_path: Path
) -> None:
    found = plan(workspace)
    (tmp_path / "list.csv").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match="there already"):
        write_export(workspace, found, list_file=tmp_path / "list.csv", folder=tmp_path / "new")
    with pytest.raises(ExportError, match="not empty"):
        write_export(workspace, found, list_file=tmp_path / "other.csv", folder=tmp_path / "folder")
    with pytest.raises(ExportError, match="no clip"):
        write_export(workspace, plan(workspace, threshold=99), list_file=tmp_path / "other.csv")
    with pytest.raises(ExportError, match="nothing to write"):
        write_export(workspace, found)
    assert not (tmp_path / "other.csv").exists()
    assert not (tmp_path / "new").exists()
    assert workspace.exports.find() == []


def frames_of(path: Path) -> list[int]:
    with av.open(str(path)) as opened:
        assert opened.streams.video[0].codec_context.name == "h264"
        return [number_of(frame.to_ndarray(format="rgb24")) for frame in opened.decode(video=0)]


def cut(workspace: Workspace, supervisor: Supervisor, folder: Path, **options: object) -> Path:
    """Export into a folder and wait."""
    written = write_export(workspace, plan(workspace, **options), folder=folder)
    job = run(supervisor, "Cut clips", written.spec)
    assert (job.state, job.failed, job.message) == ("done", 0, "")
    return folder


def test_cut_clips_are_the_frames_of_their_windows_with_a_manifest_that_holds(
    workspace: Workspace, supervisor: Supervisor, clips: list[str], tmp_path: Path
) -> None:
    label(workspace, clips[2], clips[0], name="sim", kind="simulated")
    label(workspace, clips[2], clips[3], number=1)
    folder = cut(workspace, supervisor, tmp_path / "out", top=2)
    manifest = read_bundle(folder).manifest
    assert [clip.file for clip in manifest.clips] == ["clips/0001_two_0-1000.mp4", "clips/0002_one_0-1000.mp4"]
    assert frames_of(folder / manifest.clips[0].file) == list(range(24))
    assert manifest.simulated_labels == 1
    assert manifest.model is not None
    assert manifest.model.name == "name of model-1"
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    summed = {line.partition("  ")[2] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert files - summed == {"SHA256SUMS", "manifest.json"}
    rows = pd.read_csv(folder / "list.csv")
    assert rows["file"].tolist() == [clip.file for clip in manifest.clips]
    assert rows["file_sha256"].tolist() == [clip.sha256 for clip in manifest.clips]


@pytest.mark.slow
def test_a_cancelled_export_is_resumed_and_becomes_whole(
    workspace: Workspace, supervisor: Supervisor, tmp_path: Path
) -> None:
    clip_ids = bring_in(workspace, tmp_path / "footage", ("long",), frames=24 * 120)  # cutting outlasts the cancel
    score(workspace, clip_ids, [float(i) for i in range(len(clip_ids))])
    written = write_export(workspace, plan(workspace), folder=tmp_path / "out")
    assert written.spec is not None
    job_id = supervisor.submit("Cut clips", written.spec)
    until(lambda: list((tmp_path / "out").glob("clips/*.mp4")))
    supervisor.cancel(job_id)
    job = supervisor.wait(job_id, 60)
    assert job.state == "cancelled"
    assert 0 < len(list((tmp_path / "out").glob("clips/*.mp4"))) < len(clip_ids)
    assert not is_bundle(tmp_path / "out")
    supervisor.resume(job_id)
    assert supervisor.wait_idle(90)
    assert len(read_bundle(tmp_path / "out").manifest.clips) == len(clip_ids) == 120
    assert not list((tmp_path / "out").rglob("*.part"))


def test_a_clip_that_can_t_be_cut_is_named_and_the_rest_comes_out(
    workspace: Workspace, supervisor: Supervisor, clips: list[str], tmp_path: Path
) -> None:
    written = write_export(workspace, plan(workspace), folder=tmp_path / "out")
    (tmp_path / "footage" / "one.mp4").rename(tmp_path / "footage" / "moved.mp4")
    job = run(supervisor, "Cut clips", written.spec)
    assert (job.done, job.failed) == (2, 2)
    assert "relocate" in workspace.jobs.failures(job.job_id)[0].error
    manifest = read_bundle(tmp_path / "out").manifest
    assert {failed["clip_id"] for failed in manifest.failed} == set(clips[:2])
    assert len(manifest.clips) == 2


# --- a colleague opens it --------------------------------------------------------------------------------------------


@pytest.fixture
def colleague(tmp_path: Path) -> Iterator[tuple[Workspace, Supervisor]]:
    """Another workspace, which has none of the videos."""
    with Workspace(tmp_path / "colleague") as opened:
        supervisor = Supervisor(opened, workers=1)
        yield opened, supervisor
        supervisor.close()


def zipped(folder: Path) -> Path:
    """The folder as a zip file."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(folder.rglob("*")):
            packed.write(file, Path(folder.name) / file.relative_to(folder))
    return path


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_colleague_opens_the_bundle(
    workspace: Workspace,
    supervisor: Supervisor,
    clips: list[str],
    tmp_path: Path,
    colleague: tuple[Workspace, Supervisor],
    form: str,
) -> None:
    workspace.database.write("UPDATE clip SET narration = 'open door' WHERE clip_id = ?", [clips[2]])
    workspace.tags.add_theirs([(clips[2], "keep")], "Theirs")
    label(workspace, clips[2], clips[0], name="sim", kind="simulated")
    folder = cut(workspace, supervisor, tmp_path / "out", top=3)
    path = zipped(folder) if form == "zip" else folder
    assert is_bundle(path)
    theirs, their_supervisor = colleague
    request = prepare_bundle(theirs, path)
    job = run(their_supervisor, "Import bundle", request.spec)
    assert (job.state, job.failed, job.message) == ("done", 0, "")
    rows = theirs.frame(
        "SELECT * FROM clip JOIN clip_features USING (clip_id) JOIN clip_score USING (clip_id) ORDER BY rank"
    )
    assert rows["clip_id"].tolist() == [
        "0001_two_0-1000@0-1000", "0002_one_0-1000@0-1000", "0003_one_1000-2000@0-1000"
    ]  # fmt: skip
    assert rows["narration"].tolist()[0] == "open door"
    assert rows["exposure_luma_mean"].tolist() == [20.0, 0.0, 10.0]
    assert rows["reward"].tolist() == [0.9, 0.5, 0.4]
    assert theirs.exports.tagged(["keep"]) == {"0001_two_0-1000@0-1000"}
    found = theirs.labels.find()
    assert [(one.left_clip_id, one.right_clip_id, one.kind) for one in found] == [
        ("0001_two_0-1000@0-1000", "0002_one_0-1000@0-1000", "simulated")
    ]
    vectors = theirs.features.vectors()
    assert vectors is not None
    assert (vectors.model, vectors.vectors.shape) == ("made up", (3, 8))
    assert len(theirs.clips.without_media("thumbnail")) == 0
    before = theirs.database.scalar("SELECT count(*) FROM label_entry")
    run(their_supervisor, "Import bundle", prepare_bundle(theirs, path).spec)
    assert (theirs.clips.count(), theirs.database.scalar("SELECT count(*) FROM label_entry")) == (3, before)


def test_one_s_own_bundle_brings_nothing_new(
    workspace: Workspace, supervisor: Supervisor, clips: list[str], tmp_path: Path
) -> None:
    folder = cut(workspace, supervisor, tmp_path / "out")
    request = prepare_bundle(workspace, folder)
    assert (len(request.spec.items), request.already_here) == (0, 4)
    assert sorted(workspace.clips.ids()) == clips


def test_a_damaged_bundle_is_named_and_its_good_clips_come_in(
    workspace: Workspace,
    supervisor: Supervisor,
    clips: list[str],
    tmp_path: Path,
    colleague: tuple[Workspace, Supervisor],
) -> None:
    folder = cut(workspace, supervisor, tmp_path / "out", top=2)
    first = folder / "clips" / "0001_two_0-1000.mp4"
    first.write_bytes((folder / "clips" / "0002_one_0-1000.mp4").read_bytes()[:-1] + b"x")
    theirs, their_supervisor = colleague
    job = run(their_supervisor, "Import bundle", prepare_bundle(theirs, folder).spec)
    assert job.failed == 1
    assert "SHA-256" in theirs.jobs.failures(job.job_id)[0].error
    assert theirs.clips.ids() == {"0002_one_0-1000@0-1000"}


def test_what_is_no_bundle_or_would_leave_its_folder_is_refused(tmp_path: Path, workspace: Workspace) -> None:
    assert not is_bundle(tmp_path)
    with pytest.raises(ExportError, match="no bundle"):
        prepare_bundle(workspace, tmp_path)
    clip = {
        "rank": 1, "clip_id": "a", "file": "../../escape.mp4", "sha256": "0", "size_bytes": 1, "frames": 1,
        "video_id": "v", "video": "v", "video_sha256": "1", "source": "folder", "start_s": 0, "end_s": 1, "origin": "x",
    }  # fmt: skip
    raw = {"format": "handpicked-bundle", "export_id": "e", "created_at": "", "app_version": "", "settings": {}}
    (tmp_path / "manifest.json").write_text(json.dumps({**raw, "clips": [clip]}))
    assert is_bundle(tmp_path)
    with pytest.raises(ExportError, match="outside"):
        prepare_bundle(workspace, tmp_path)
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as packed:
        packed.writestr("manifest.json", json.dumps({**raw, "clips": []}))
        packed.writestr("../evil.txt", "x")
    with pytest.raises(ExportError, match="outside"):
        prepare_bundle(workspace, tmp_path / "evil.zip")
    assert not list(workspace.root.rglob("evil.txt"))
