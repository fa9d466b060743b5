"""Data sets come in by their source: windows are clips as they are, scores a model of their own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.workflows.clipping import add_manual
from app.workflows.data_sets import list_source, prepare_listed
from app.workflows.importing import prepare_import
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.reward_data import clip_table
from app.workflows.videos import relocate
from engine.clipping import ClippingSettings
from engine.settings.jobs import JobSettings, RuntimeSettings
from engine.sources.base import ListedFile, SourceListing
from engine.video.cut import cut
from engine.video.windows import Window
from tests.lerobot_tree import EGO, FPS, Tree, write_episodes
from tests.synthetic_video import number_of, write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.workflows.importing import ImportRequest
    from engine.clipping import Method
    from storage import Workspace

SHORT = ClippingSettings(min_s=1.0, max_s=1.0, padding_s=0.5)
"""Settings that would change every window, were they heeded."""
LENGTHS = (40, 20, 50, 10)


@dataclass
class Intake:
    """What a test of imports works with."""

    workspace: Workspace
    supervisor: Supervisor

    def take(self, root: Path, clips: Method | None = "annotations", **options: Any) -> ImportRequest:
        """Import a LeRobot data set and wait."""
        listed = list_source(self.workspace, "lerobot", [root], options)
        request = prepare_listed(self.workspace, listed, clips=clips, clipping=SHORT, pictures=False)
        self.run(request)
        return request

    def run(self, request: ImportRequest) -> None:
        """Run the job of a request."""
        job_id = self.supervisor.submit("Import", request.spec)
        assert self.supervisor.wait_idle(120), self.supervisor.log(job_id)
        job = self.workspace.jobs.get(job_id)
        assert (job.state, job.failed) == ("done", 0), self.supervisor.log(job_id)

    def clips(self) -> list[tuple[float, float, str | None]]:
        """Every clip, by video and time."""
        videos = self.workspace.videos.find()
        found = [clip for video in videos for clip in self.workspace.clips.of_video(video.video_id)]
        return [(clip.start_s, clip.end_s, clip.narration) for clip in found]

    def segments(self) -> list[tuple[str, str, int, str]]:
        """Every clip's id and what it was in its data set."""
        return [
            (row["clip_id"], row["file"], row["row_number"], row["name_key"])
            for row in self.workspace.database.rows(
                "SELECT c.clip_id, s.file, s.row_number, s.name_key FROM clip c JOIN segment s USING (segment_id) "
                "ORDER BY s.file, s.row_number"
            )
        ]


@pytest.fixture
def intake(workspace: Workspace, known_steps: None) -> Iterator[Intake]:
    """An app that imports, with one worker at a time."""
    workspace.settings.save(JobSettings(runtime=RuntimeSettings(workers=1)))
    supervisor = Supervisor(workspace)
    yield Intake(workspace, supervisor)
    supervisor.close()


def export_of(root: Path, **changed: Any) -> None:
    """Make the data set look like an export of Handpicked: its scores, words and videos."""
    rows = [
        {
            "episode_index": index,
            "video_sha256": f"{index % 2}" * 64,
            "narration": f"cut bread {index}",
            "reward": index / 4,
            "reward_std": 0.125,
            "model_name": "mine",
            "settings_hash": "cafe",
            "labels_by": "people",
            "simulated": False,
            "frames": length,
            **changed,
        }
        for index, length in enumerate(LENGTHS)
    ]
    pq.write_table(pa.Table.from_pylist(rows), root / "meta" / "handpicked.parquet")


def test_episodes_are_clips_of_exactly_their_frames(intake: Intake, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "towels", LENGTHS, per_file=2).write()
    intake.take(tree.root)
    assert intake.clips() == [
        (0.0, 1.333, "fold the towel"),
        (1.333, 2.0, "wipe the table"),
        (0.0, 1.666, "fold the towel"),
        (1.666, 2.0, "wipe the table"),
    ]
    videos = intake.workspace.videos.find()
    assert [video.video_id for video in videos] == ["towels_ego_000-000", "towels_ego_000-001"]
    assert [video.source for video in videos] == ["lerobot"] * 2
    first, second = intake.workspace.clips.of_video(videos[0].video_id)
    for clip, frames in ((first, range(40)), (second, range(40, 60))):
        cut(tree.video(EGO, 0), Window(clip.start_s, clip.end_s), tmp_path / "cut.mp4")
        with av.open(tmp_path / "cut.mp4") as opened:
            shown = [number_of(frame.to_ndarray(format="rgb24")) for frame in opened.decode(video=0)]
        assert shown == list(frames)
    assert intake.segments() == [
        (f"towels_ego_000-00{file}@{start}-{end}", str(tree.root), index, str(tree.video(EGO, file)))
        for index, (file, start, end) in enumerate([(0, 0, 1333), (0, 1333, 2000), (1, 0, 1666), (1, 1666, 2000)])
    ]


def test_data_sets_whose_files_have_one_name_do_not_take_each_others_episodes(intake: Intake, tmp_path: Path) -> None:
    for name, task in (("one", "pour tea"), ("two", "stir soup")):
        Tree(tmp_path / name, [30 if name == "one" else 60], tasks=[task]).write()
    intake.take(tmp_path)
    assert sorted(intake.clips()) == [(0.0, 1.0, "pour tea"), (0.0, 2.0, "stir soup")]
    assert intake.workspace.videos.totals().segments_waiting == 0


def test_windows_wait_for_a_file_that_is_not_imported_yet(intake: Intake, tmp_path: Path) -> None:
    tree = Tree(tmp_path, LENGTHS).write()
    listed = list_source(intake.workspace, "lerobot", [tree.root])
    request = prepare_listed(intake.workspace, listed, clips="annotations", clipping=SHORT, pictures=False)
    assert request.new_segments == len(LENGTHS)
    assert intake.workspace.videos.totals().segments_waiting == len(LENGTHS)
    intake.run(request)
    assert intake.workspace.videos.totals().segments_waiting == 0
    assert intake.workspace.clips.count() == len(LENGTHS)


def test_importing_again_adds_nothing_and_takes_what_changed(intake: Intake, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "set", LENGTHS).write()
    intake.take(tree.root)
    assert intake.take(tree.root).new_segments == 0
    before = intake.segments()
    assert len(before) == len(LENGTHS)
    # Episodes are renumbered by whoever drops one: the clips must speak of the new numbers, the dropped one of none.
    rows = tree.rows()[1:]
    write_episodes(tree.root, [{**row, "episode_index": number} for number, row in enumerate(rows)])
    intake.take(tree.root)
    assert intake.segments() == [(clip, file, row - 1, key) for clip, file, row, key in before[1:]]
    assert intake.workspace.clips.count() == len(LENGTHS)


def test_a_copy_or_a_moved_data_set_is_the_same_videos(intake: Intake, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "set", LENGTHS).write()
    intake.run(prepare_import([tree.root], source="folder", clips=None, clipping=SHORT, pictures=False))
    copy = tmp_path / "copy"
    shutil.copytree(tree.root, copy)
    intake.take(copy)  # the content is known by another path: its episodes are clips of that
    assert len(intake.workspace.videos.find()) == 1
    assert len(intake.segments()) == len(LENGTHS)
    assert {key for *_, key in intake.segments()} == {str(tree.video(EGO, 0))}
    shutil.rmtree(tree.root)
    intake.take(copy)
    (video,) = intake.workspace.videos.find()
    assert video.path.startswith(str(copy))
    assert {key for *_, key in intake.segments()} == {video.path}
    assert intake.workspace.videos.totals().segments_waiting == 0
    copy.rename(tmp_path / "moved")
    relocate(intake.workspace, video.video_id, video.path.replace("/copy/", "/moved/"))
    assert len(intake.segments()) == len(LENGTHS)
    assert intake.workspace.videos.totals().segments_waiting == 0


def test_scores_come_along_as_a_model_that_is_not_the_current_one(intake: Intake, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "picked", LENGTHS).write()
    export_of(tree.root)
    request = intake.take(tree.root)
    assert request.notes == ("Scores of 4 windows will come along, by a model that is not made the current one.",)
    (model,) = intake.workspace.rewards.find()
    assert (model.name, model.report, model.labels_by) == ("mine (from picked)", None, None)
    assert model.came_from_elsewhere
    assert intake.workspace.rewards.current() is None
    scores = intake.workspace.rewards.scores(model.model_id).to_pylist()
    assert [(row["clip_id"].rpartition("@")[2], row["reward"], row["reward_std"]) for row in scores] == [
        ("0-1333", 0.0, 0.125),
        ("1333-2000", 0.25, 0.125),
        ("2000-3666", 0.5, 0.125),
        ("3666-4000", 0.75, 0.125),
    ]
    assert [text for *_, text in intake.clips()] == [f"cut bread {index}" for index in range(4)]
    notes = [event.message for event in intake.workspace.jobs.events(1) if event.level == "note"]
    assert "4 scores came along, as the model 'mine (from picked)'; choose it among the models to rank by it." in notes
    intake.take(tree.root)
    assert len(intake.workspace.rewards.find()) == 1


def test_scores_from_simulated_labels_say_so(intake: Intake, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "picked", LENGTHS).write()
    export_of(tree.root, labels_by="simulated")
    intake.take(tree.root)
    (model,) = intake.workspace.rewards.find()
    assert (model.name, model.labels_by) == ("mine (from picked, simulated labels)", "simulated")


def test_splits_keep_episodes_apart_where_a_file_packs_them_and_those_of_one_video_together(
    intake: Intake, tmp_path: Path
) -> None:
    intake.take(Tree(tmp_path / "robot", LENGTHS).write().root)
    assert len(set(clip_table(intake.workspace).video_ids)) == len(LENGTHS)
    picked = Tree(tmp_path / "picked", LENGTHS, per_file=3).write()
    export_of(picked.root)
    intake.take(picked.root)
    table = clip_table(intake.workspace)
    of_export = [source for clip, source in zip(table.clip_ids, table.video_ids, strict=True) if "picked" in clip]
    assert sorted(of_export) == ["0" * 64, "0" * 64, "1" * 64, "1" * 64]


def test_videos_of_one_group_are_one_source_in_splits(intake: Intake, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_video(tmp_path / f"{name}.mp4", 30 if name == "a" else 45 if name == "b" else 60)
    files = tuple(
        ListedFile(path=str(tmp_path / f"{name}.mp4"), group="worker 1" if name < "c" else "", name=f"the {name}")
        for name in ("a", "b", "c")
    )
    listed = list_source(intake.workspace, "folder", [tmp_path])
    listed = type(listed)(source="folder", listing=SourceListing(files=files))
    request = prepare_listed(intake.workspace, listed, clips="whole", clipping=SHORT, pictures=False)
    intake.run(request)
    assert [video.name for video in intake.workspace.videos.find()] == ["the a", "the b", "the c"]
    assert sorted(clip_table(intake.workspace).video_ids) == ["the_c", "worker 1", "worker 1"]


def test_other_clips_of_a_packed_file_have_the_source_of_the_window_they_begin_in(
    intake: Intake, tmp_path: Path
) -> None:
    """Else the same footage would stand on both sides of a split."""
    tree = Tree(tmp_path / "set", LENGTHS, per_file=4).write()
    intake.take(tree.root)
    workspace = intake.workspace
    (video,) = workspace.videos.find()
    windows = workspace.clips.of_video(video.video_id)
    for clip in windows:
        add_manual(workspace, video.video_id, clip.start_s + 0.1, clip.end_s - 0.1)
    table = clip_table(workspace)
    source = dict(zip(table.clip_ids, table.video_ids, strict=True))
    assert len(set(source.values())) == len(windows) == 4
    for own, other in zip(
        windows, [c for c in workspace.clips.of_video(video.video_id) if c.origin == "manual"], strict=True
    ):
        assert source[own.clip_id] == source[other.clip_id]


def test_an_export_beside_its_own_videos_has_their_sources(intake: Intake, tmp_path: Path) -> None:
    """Its clips show the same footage."""
    write_video(tmp_path / "original.mp4", 90)
    intake.run(
        prepare_import([tmp_path / "original.mp4"], source="folder", clips="whole", clipping=SHORT, pictures=False)
    )
    (original,) = intake.workspace.videos.find()
    tree = Tree(tmp_path / "picked", LENGTHS, per_file=4).write()
    export_of(tree.root, video_sha256=original.sha256)
    intake.take(tree.root)
    table = clip_table(intake.workspace)
    assert len(table.clip_ids) == 5
    assert set(table.video_ids) == {original.video_id}


@pytest.mark.parametrize("broken", [False, True])
def test_episodes_of_rendered_clips_stay_synthetic(intake: Intake, tmp_path: Path, broken: bool) -> None:
    """Also where the rest of what the export says does not fit the episodes any more."""
    tree = Tree(tmp_path / "picked", LENGTHS, per_file=4).write()
    export_of(tree.root, source="sample", synthetic=True, **({"frames": 7} if broken else {}))
    intake.take(tree.root)
    workspace = intake.workspace
    assert [video.source for video in workspace.videos.find()] == ["sample"]
    clips = [clip.clip_id for video in workspace.videos.find() for clip in workspace.clips.of_video(video.video_id)]
    assert workspace.sample.among(clips) == len(clips) == 4


def test_chapters_of_a_recording_are_one_source_in_splits(intake: Intake, tmp_path: Path) -> None:
    for number in (1, 2):
        write_video(tmp_path / f"GX0{number}0123.MP4", 30 * number, container="mp4")
    intake.run(prepare_import([tmp_path], source="gopro", clips="whole", clipping=SHORT, pictures=False))
    assert len(set(clip_table(intake.workspace).video_ids)) == 1
    assert [video.chapter for video in intake.workspace.videos.find()] == [1, 2]


def test_an_episode_beyond_the_end_of_its_video_is_named(intake: Intake, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "set", LENGTHS).write()
    rows = tree.rows()
    rows[3] |= {f"videos/{EGO}/from_timestamp": 90.0, f"videos/{EGO}/to_timestamp": 90.0 + 10 / FPS}
    write_episodes(tree.root, rows)
    intake.take(tree.root)
    assert intake.workspace.clips.count() == 3
    (warning,) = intake.workspace.jobs.warnings(1)
    assert "line 3: it starts at 90.00 s, after the end of set ego 000-000 (4.00 s)" in warning
