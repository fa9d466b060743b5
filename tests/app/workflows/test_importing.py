"""Files become videos, annotations wait for theirs, videos become clips; sources are never touched."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from app.workflows import clipping, importing
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping import ClippingSettings
from engine.errors import SourceError
from engine.settings.jobs import JobSettings, RuntimeSettings
from tests.shared_footage import run
from tests.synthetic_video import write_audio_only, write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage import Workspace
    from storage.jobs import Job

CLIPPING = ClippingSettings(length_s=1.0, stride_s=1.0, min_s=0.2)
ODD_NAMES = [
    "with space.mp4",
    'quote\'d "name".mp4',
    "new\nline.mp4",
    "emoji 🎥.mp4",
    "per%cent & co.mp4",
    "-dash.mp4",
    "ünïcödé.MP4",
]


@dataclass
class Importer:
    """What a test of imports works with."""

    workspace: Workspace
    supervisor: Supervisor
    folder: Path

    def video(self, name: str, *, shade: int = 0, frames: int = 60) -> Path:
        """A small video of two seconds; another `shade`, other content."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_video(path, frames, size=(96, 64), options={"crf": str(18 + shade)})
        return path

    def annotations(self, name: str, rows: list[tuple[str, float, float, str]]) -> Path:
        """A plain CSV."""
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("video", "start_s", "end_s", "label"), *rows])
        return path

    def take(self, *paths: Path, clips: str | None = "whole", **options: Any) -> Job:
        """Import `paths` and wait for all that follows."""
        options = {"source": "folder", "clipping": CLIPPING, "pictures": False, **options}
        request = importing.prepare_import(paths, clips=clips, **options)
        job_id = self.supervisor.submit("Import", request.spec)
        assert self.supervisor.wait_idle(120), self.supervisor.log(job_id)
        return self.workspace.jobs.get(job_id)

    def annotate(self, path: Path) -> importing.AnnotationReport:
        """Read an annotation file."""
        return importing.add_annotations(self.workspace, path, source=None, clipping=CLIPPING)

    def skipped(self, job: Job) -> dict[str, str]:
        return dict(self.workspace.jobs.skipped(job.job_id))

    def failures(self, job: Job) -> dict[str, str]:
        return {failure.item: failure.error for failure in self.workspace.jobs.failures(job.job_id)}

    def clips(self, video_id: str) -> list[tuple[float, float, str | None]]:
        return [(c.start_s, c.end_s, c.narration) for c in self.workspace.clips.of_video(video_id)]


@pytest.fixture
def importer(workspace: Workspace, tmp_path: Path, known_steps: None) -> Iterator[Importer]:
    """An app that imports, with one worker at a time, and a folder of sources."""
    workspace.settings.save(JobSettings(runtime=RuntimeSettings(workers=1)))
    supervisor = Supervisor(workspace)
    (tmp_path / "sources").mkdir()
    yield Importer(workspace, supervisor, tmp_path / "sources")
    supervisor.close()


def test_a_video_comes_in_with_what_it_is_and_its_clips(importer: Importer) -> None:
    path = importer.video("P01_101.mp4")
    job = importer.take(path, clips="stride")
    assert (job.state, job.done, job.failed) == ("done", 1, 0)
    (video,) = importer.workspace.videos.find()
    assert (video.video_id, video.name, video.path, video.source) == ("P01_101", "P01_101", str(path), "folder")
    assert (video.width, video.height, video.codec, video.fps) == (96, 64, "h264", 30.0)
    assert video.duration_s == pytest.approx(2.0, abs=0.01)
    assert video.size_bytes == path.stat().st_size
    assert importer.clips("P01_101") == [(0.0, 1.0, None), (1.0, 2.0, None)]


def test_the_source_is_not_touched_by_import_and_removal(importer: Importer) -> None:
    path = importer.video("a.mp4")
    path.chmod(0o444)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    importer.take(path)
    importer.workspace.videos.remove("a")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [child.name for child in importer.folder.iterdir()] == ["a.mp4"]
    assert importer.workspace.videos.find() == []
    assert importer.workspace.clips.count() == 0
    assert importer.take(path).done == 1
    assert len(importer.workspace.videos.find()) == 1


def test_the_same_content_is_said_and_not_added(importer: Importer) -> None:
    first = importer.video("a.mp4")
    importer.take(first)
    copy = importer.folder / "copy.mp4"
    shutil.copy(first, copy)
    link = importer.folder / "link.mp4"
    link.symlink_to(first)
    again = importer.take(first)
    assert importer.skipped(again) == {str(first): "already imported"}
    job = importer.take(copy)
    assert importer.skipped(job) == {str(copy): f"the same content as a ({first})"}
    job = importer.take(link)
    assert importer.skipped(job) == {str(link): f"the same content as a ({first})"}
    assert [video.path for video in importer.workspace.videos.find()] == [str(first)]
    assert importer.workspace.clips.count() == 1


def test_twins_in_one_import_come_in_once(importer: Importer) -> None:
    first = importer.video("a.mp4")
    shutil.copy(first, importer.folder / "b.mp4")
    job = importer.take(importer.folder)
    assert (job.done, job.skipped) == (2, 1)
    assert len(importer.workspace.videos.find()) == 1


def test_a_video_that_moved_is_pointed_at_its_new_place(importer: Importer) -> None:
    first = importer.video("a.mp4")
    importer.take(first)
    moved = importer.folder / "elsewhere" / "renamed.mp4"
    moved.parent.mkdir()
    first.rename(moved)
    job = importer.take(importer.folder)
    assert "it now points here" in importer.skipped(job)[str(moved)]
    (video,) = importer.workspace.videos.find()
    assert (video.video_id, video.path) == ("a", str(moved))


def test_files_of_one_name_get_names_of_their_own(importer: Importer) -> None:
    for number, folder in enumerate(["x", "y", "z"]):
        importer.video(f"{folder}/GX010001.mp4", shade=number)
    importer.take(importer.folder)
    ids = sorted(video.video_id for video in importer.workspace.videos.find())
    assert len(set(ids)) == 3
    assert ids[0] == "GX010001"
    assert all(name.startswith("GX010001") for name in ids)
    assert importer.workspace.clips.count() == 3


def test_names_may_be_odd(importer: Importer) -> None:
    for number, name in enumerate(ODD_NAMES):
        importer.video(name, shade=number)
    job = importer.take(importer.folder)
    assert (job.done, importer.failures(job)) == (len(ODD_NAMES), {})
    videos = importer.workspace.videos.find()
    assert sorted(video.path for video in videos) == sorted(str(importer.folder / name) for name in ODD_NAMES)
    assert len({video.video_id for video in videos}) == len(ODD_NAMES)
    assert all(set(video.video_id).isdisjoint("/\\\n\"'%&? ") for video in videos)
    assert all(importer.workspace.videos.get(video.video_id) == video for video in videos)


def test_what_is_no_video_is_passed_over_and_what_is_broken_is_reported(importer: Importer) -> None:
    good = importer.video("good.mp4")
    cut = importer.folder / "cut.mp4"
    cut.write_bytes(good.read_bytes()[:600])
    (importer.folder / "empty.mp4").touch()
    (importer.folder / "text.mp4").write_text("this is no video", encoding="utf-8")
    (importer.folder / "README").write_text("about these videos", encoding="utf-8")
    (importer.folder / "notes.txt").write_text("ignored", encoding="utf-8")
    write_audio_only(importer.folder / "sound.mp4")
    job = importer.take(importer.folder)
    assert job.state == "done"
    failures = importer.failures(job)
    assert sorted(failures) == sorted(
        str(importer.folder / f"{name}.mp4") for name in ("cut", "empty", "sound", "text")
    )
    assert all(path in error for path, error in failures.items())
    assert [video.name for video in importer.workspace.videos.find()] == ["good"]
    assert importer.skipped(job) == {str(importer.folder / "README"): "not a video"}


def test_a_file_that_was_named_itself_is_reported_where_it_is_no_video(importer: Importer) -> None:
    path = importer.folder / "notes.txt"
    path.write_text("no video", encoding="utf-8")
    assert list(importer.failures(importer.take(path))) == [str(path)]


def test_what_is_not_there_is_a_problem_and_no_item(importer: Importer) -> None:
    request = importing.prepare_import(
        [importer.folder / "absent.mp4", importer.folder], source="folder", clips=None, clipping=CLIPPING
    )
    assert request.files == 0
    assert ["there is no such file" in str(problem) for problem in request.problems] == [True]


# --- annotations -----------------------------------------------------------------------------------------------------

ROWS = [("walk.mp4", 0.0, 0.5, "open the door"), ("WALK", 0.5, 1.5, "close the door"), ("absent", 1.0, 2.0, "wait")]
WINDOWS = [(0.0, 0.5, "open the door"), (0.5, 1.5, "close the door")]


def test_annotations_that_come_first_wait_for_their_video(importer: Importer) -> None:
    report = importer.annotate(importer.annotations("rows.csv", ROWS))
    assert (report.rows, report.new_segments, report.videos, report.waiting_videos, report.new_clips) == (3, 3, 2, 2, 0)
    assert importer.workspace.videos.totals().segments_waiting == 3
    importer.take(importer.video("walk.mp4"), clips="annotations")
    assert importer.clips("walk") == WINDOWS
    assert importer.workspace.videos.totals().segments_waiting == 1
    assert [row.video_name for row in importer.workspace.segments.waiting()] == ["absent"]


def test_annotations_that_come_later_make_clips_at_once(importer: Importer) -> None:
    importer.take(importer.video("walk.mp4"), clips=None)
    report = importer.annotate(importer.annotations("rows.csv", ROWS))
    assert (report.new_segments, report.waiting_videos, report.new_clips) == (3, 1, 2)
    assert importer.clips("walk") == WINDOWS


def test_many_videos_are_cut_by_a_job_and_a_page_looks_at_the_first(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that shows what would come does not wait for all."""
    importer.take(*(importer.video(f"{shade}.mp4", shade=shade) for shade in (1, 2, 3)), clips=None)
    workspace = importer.workspace
    videos = workspace.videos.find()
    monkeypatch.setattr(clipping, "MOST_PREVIEWED_CLIPS", 2)
    summary, looked_at = clipping.preview_some(workspace, videos, "whole", CLIPPING)
    assert (summary.count, looked_at) == (2, 2)
    assert clipping.preview(workspace, videos, "whole", CLIPPING).count == 3
    job = clipping.cut_job("whole", CLIPPING, videos)
    assert workspace.clips.count() == 0, "the page only asks"
    workspace.videos.remove(videos[0].video_id)
    ended = run(importer.supervisor, job.title, job.spec)
    assert (ended.state, ended.done, ended.skipped, ended.failed, ended.message) == ("done", 3, 1, 0, "")
    assert workspace.clips.count() == 2


def test_why_a_video_gives_no_clips_is_said_by_the_job(importer: Importer) -> None:
    importer.take(importer.video("walk.mp4"), clips="whole")
    job = clipping.cut_job("activity", CLIPPING, importer.workspace.videos.find())
    ended = run(importer.supervisor, job.title, job.spec)
    (said,) = importer.workspace.jobs.left_out(ended.job_id)
    assert "none of its clips was measured yet" in said


def test_the_same_annotations_again_add_nothing(importer: Importer) -> None:
    importer.take(importer.video("walk.mp4"), clips=None)
    path = importer.annotations("rows.csv", ROWS)
    importer.annotate(path)
    again = importer.annotate(path)
    assert (again.rows, again.new_segments, again.new_clips) == (3, 0, 0)
    elsewhere = shutil.copy(path, importer.folder / "copy.csv")
    again = importer.annotate(elsewhere)
    assert (again.new_segments, again.new_clips) == (0, 0)
    assert importer.clips("walk") == WINDOWS


def test_an_annotation_file_with_a_few_more_rows_adds_those(importer: Importer) -> None:
    importer.take(importer.video("walk.mp4"), clips=None)
    importer.annotate(importer.annotations("rows.csv", ROWS))
    report = importer.annotate(importer.annotations("rows.csv", [*ROWS, ("walk", 1.5, 2.0, "leave")]))
    assert (report.new_segments, report.new_clips) == (1, 1)


def test_bad_rows_are_problems_and_the_rest_comes_in(importer: Importer) -> None:
    importer.take(importer.video("walk.mp4"), clips=None)
    rows = [
        ("walk", 0.0, 1.0, "fine"),
        ("walk", 3.0, 1.0, "backwards"),
        ("walk", "soon", 1.0, "no time"),
        ("walk", 90.0, 95.0, "late"),
    ]
    report = importer.annotate(importer.annotations("rows.csv", rows))  # type: ignore[arg-type]
    assert report.new_clips == 1
    assert len(report.problems) >= 3
    assert importer.clips("walk") == [(0.0, 1.0, "fine")]


def test_a_file_that_is_no_annotation_file_changes_nothing(importer: Importer) -> None:
    path = importer.folder / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError):
        importer.annotate(path)
    assert importer.workspace.videos.totals().segments_waiting == 0


# --- pictures --------------------------------------------------------------------------------------------------------


def test_pictures_follow_an_import(importer: Importer) -> None:
    path = importer.video("a 🎥.mp4")
    importer.take(path, clips="stride", pictures=True)
    (video,) = importer.workspace.videos.find()
    titles = {job.title: job.state for job in importer.workspace.jobs.find()}
    assert titles == {"Import": "done", "Make thumbnails": "done"}
    clips = importer.workspace.clips.of_video(video.video_id)
    assert len(clips) == 2
    wanted = [(video.video_id, "poster"), *((c.clip_id, kind) for c in clips for kind in ("thumbnail", "sprite"))]
    for subject, kind in wanted:
        picture = importer.workspace.media.get(subject, kind)
        assert picture, (subject, kind)
        data = importer.workspace.paths.media_file(picture.file).read_bytes()
        assert data.startswith(b"\xff\xd8"), "a JPEG"
    importer.take(path, clips="stride", pictures=True)
    assert len(importer.workspace.jobs.find(kind="pictures")) == 1, "nothing is made twice"


def test_a_video_that_a_browser_can_not_play_gets_a_preview(importer: Importer) -> None:
    path = importer.folder / "old.avi"
    write_video(path, 30, codec="mpeg4")
    importer.take(path, pictures=True)
    preview = importer.workspace.media.get("old", "preview")
    assert preview
    assert importer.workspace.paths.media_file(preview.file).stat().st_size > 0


def test_a_video_that_went_away_costs_its_pictures_only(importer: Importer) -> None:
    kept, gone = importer.video("kept.mp4"), importer.video("gone.mp4", shade=1)
    importer.take(importer.folder, clips="whole")
    gone.unlink()
    importer.take(kept, pictures=True)
    (job,) = importer.workspace.jobs.find(kind="pictures")
    assert (job.state, job.done, job.failed) == ("done", 1, 1)
    assert "gone" in importer.failures(job)
    assert importer.workspace.media.get("kept", "poster")


def test_shots_become_clips(importer: Importer) -> None:
    importer.take(importer.video("a.mp4"), clips="shots")
    (job,) = importer.workspace.jobs.find(kind="shots")
    assert (job.state, job.failed) == ("done", 0)
    assert importer.workspace.clips.count() >= 1
