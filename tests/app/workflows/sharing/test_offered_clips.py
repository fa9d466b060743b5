"""Clips that others know of our videos: no more of them than the settings allow, and whatever is left out is said."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.workflows.jobs.supervisor import Supervisor
from app.workflows.sharing.pull import plan_pull
from app.workflows.sharing.receive import finish_bundle_import, prepare_bundle
from app.workflows.sharing.sync import pull_spec
from engine.settings.data import DataSettings
from storage.clips import Clip
from storage.s3.manifests import About, Entry, OfferedClip, SyncManifest
from storage.s3.target import Target
from storage.sharing import PulledFile
from tests.app.workflows.stocked import video

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace

MOST = 3
VIDEOS = 2
LEFT_OUT = re.compile(r"([\d,]+)(?: more)? clips .*left out")
BUCKET = Target("bucket", "", None)
windows = st.tuples(st.integers(0, VIDEOS - 1), st.integers(0, 5))
"""A video and a whole second in it."""


def allow(workspace: Workspace, most: int) -> None:
    """Set the most clips of a video."""
    data = workspace.settings.load(DataSettings)
    clipping = data.clipping.model_copy(update={"max_clips_per_video": most})
    workspace.settings.save(data.model_copy(update={"clipping": clipping}))


def written(folder: Path, listed: list[tuple[int, int]], **more: Any) -> Path:
    """A bundle of windows of our own videos, without a file."""
    clips = [
        {
            "rank": place, "clip_id": f"c{place}", "file": f"clips/{place}.mp4", "sha256": f"{place:064x}",
            "size_bytes": 1, "frames": 1, "video_id": "theirs", "video": "theirs", "video_sha256": f"{number:064d}",
            "source": "folder", "start_s": start_s, "end_s": start_s + 1, "origin": "stride", **more,
        }
        for place, (number, start_s) in enumerate(listed)
    ]  # fmt: skip
    said = {"format": "handpicked-bundle", "version": 1, "export_id": folder.name, "created_at": "", "settings": {}}
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({**said, "app_version": "1", "clips": clips}))
    return folder


def name_of(window: tuple[int, int]) -> str:
    number, start_s = window
    return Clip(video_id=f"v{number}", start_s=float(start_s), end_s=start_s + 1.0, origin="stride").clip_id


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    own=st.lists(windows, max_size=8),
    bundles=st.lists(st.lists(windows, min_size=1, max_size=8, unique=True), min_size=1, max_size=4),
    data=st.data(),
)
def test_no_video_ends_with_more_clips_than_allowed_whatever_bundles_come_in_whatever_order(
    workspace: Workspace, tmp_path: Path, own: list[tuple[int, int]], bundles: list[Any], data: st.DataObject
) -> None:
    allow(workspace, MOST)
    workspace.clips.remove(workspace.clips.ids())
    workspace.videos.add(video(number) for number in range(VIDEOS) if not workspace.videos.count())
    workspace.clips.add(
        Clip(video_id=f"v{number}", start_s=float(at), end_s=at + 1.0, origin="manual") for number, at in own
    )
    before = Counter(name.partition("@")[0] for name in workspace.clips.ids())
    fresh = tmp_path / f"bundles-{len(list(tmp_path.iterdir()))}"
    folders = [written(fresh / str(place), listed) for place, listed in enumerate(bundles)]
    said = {folder: list(prepare_bundle(workspace, folder).problems) for folder in folders}
    for folder in data.draw(st.permutations(folders)):
        said[folder] += finish_bundle_import(workspace, folder).problems
    after = Counter(name.partition("@")[0] for name in workspace.clips.ids())
    assert all(after[video_id] <= max(MOST, before[video_id]) for video_id in after)
    assert before <= after, "one's own clips stay"
    for folder, listed in zip(folders, bundles, strict=True):
        lacking = sum(name_of(window) not in workspace.clips.ids() for window in listed)
        named = sum(int(found[1].replace(",", "")) for line in said[folder] if (found := LEFT_OUT.search(line)))
        assert named == lacking, said[folder]


def test_the_windows_of_a_bundle_come_in_by_its_job_and_not_before(workspace: Workspace, tmp_path: Path) -> None:
    workspace.videos.add([video(0)])
    folder = written(tmp_path / "bundle", [(0, 0), (0, 1)], tags=["keep"])
    request = prepare_bundle(workspace, folder)
    assert request.already_here == 2
    assert workspace.clips.count() == 0, "the page only asks"
    assert workspace.tags.last() is None
    supervisor = Supervisor(workspace, workers=1)
    cancelled = supervisor.submit("Import bundle", request.spec)
    supervisor.cancel(cancelled)
    job = supervisor.wait(cancelled, 60)
    assert workspace.clips.count() == (2 if job.state == "done" else 0)
    if job.state == "cancelled":
        supervisor.resume(cancelled)
    assert supervisor.wait(cancelled, 60).state == "done"
    assert workspace.clips.ids() == {name_of((0, 0)), name_of((0, 1))}
    assert workspace.exports.tagged(["keep"]) == workspace.clips.ids()
    supervisor.close()


def test_where_a_bundle_s_tags_can_t_be_kept_its_windows_do_not_come_in_either(
    workspace: Workspace, tmp_path: Path, monkeypatch: Any
) -> None:
    workspace.videos.add([video(0)])
    folder = written(tmp_path / "bundle", [(0, 0)], tags=["keep"])
    supervisor = Supervisor(workspace, workers=1)
    with monkeypatch.context() as broken:
        broken.setattr(type(workspace.tags), "add_theirs", lambda *_: 1 / 0)
        job_id = supervisor.submit("Import bundle", prepare_bundle(workspace, folder).spec)
        assert "ZeroDivisionError" in supervisor.wait(job_id, 60).message
    assert workspace.clips.count() == 0
    supervisor.close()


def shared(sha256: str, clips: list[OfferedClip], person: str = "ann") -> SyncManifest:
    entry = Entry(sha256=sha256, size_bytes=1, name="v.mp4", about=About(video_id="v", clips=clips))
    return SyncManifest(workspace_id=person, kind="videos", created_at="", app_version="1", entries=(entry,))


def offered(start_s: float, *tags: str) -> OfferedClip:
    return OfferedClip(start_s=start_s, end_s=start_s + 1, origin="stride", tags=list(tags))


def test_a_pull_counts_what_can_come_in_and_its_job_says_what_is_left_out(workspace: Workspace) -> None:
    allow(workspace, MOST)
    workspace.videos.add([video(0)])
    workspace.clips.add([Clip(video_id="v0", start_s=0.0, end_s=1.0, origin="manual")])
    theirs = [offered(float(at)) for at in range(5)]
    plan = plan_pull(workspace, BUCKET, [shared("0" * 64, [*theirs, offered(90.0)])], [], ("videos",))
    assert plan.new_clips == 2
    assert [problem.partition(" left out")[0] for problem in plan.problems] == [
        "a clip of v0 is",
        "2 more clips of v0 are",
    ]
    spec = pull_spec(workspace, plan)
    assert spec is not None
    assert workspace.clips.count() == 1, "the page only asks"
    supervisor = Supervisor(workspace, workers=1)
    job = supervisor.wait(supervisor.submit("Pull", spec), 60)
    assert job.state == "done"
    assert workspace.clips.count() == MOST
    assert tuple(workspace.jobs.left_out(job.job_id)) == plan.problems
    supervisor.wait_idle(60)
    supervisor.close()


def test_a_clip_that_is_left_out_does_not_keep_what_is_gone_from_being_deleted(workspace: Workspace) -> None:
    workspace.videos.add([video(0)])
    old = PulledFile("downloads/shared/videos/x/y.mp4", "videos", "f" * 64, "{}")
    workspace.sharing.add_pulled(str(BUCKET), [old])
    plan = plan_pull(workspace, BUCKET, [shared("0" * 64, [offered(90.0)])], [], ("videos",))
    assert len(plan.problems) == 1
    assert list(plan.gone) == [old]
    unread = plan_pull(workspace, BUCKET, [], ["The manifest x can't be understood."], ("videos",))
    assert unread.gone == (), "what could not be read may still be on offer"


def test_the_same_clip_from_two_people_is_one_clip_with_the_tags_of_both(workspace: Workspace) -> None:
    workspace.videos.add([video(0)])
    people = [shared("0" * 64, [offered(0.0, name)], name) for name in ("ann", "bob")]
    spec = pull_spec(workspace, plan_pull(workspace, BUCKET, people, [], ("videos",)))
    assert spec is not None
    supervisor = Supervisor(workspace, workers=1)
    job_id = supervisor.submit("Pull", spec)
    assert supervisor.wait(job_id, 60).state == "done"
    assert workspace.jobs.left_out(job_id) == []
    assert workspace.exports.tagged(["ann"]) == workspace.exports.tagged(["bob"]) == {"v0@0-1000"}
    supervisor.wait_idle(60)
    supervisor.close()


def test_a_tag_that_can_t_be_is_left_out_by_name(workspace: Workspace, tmp_path: Path) -> None:
    workspace.videos.add([video(0)])
    folder = written(tmp_path / "bundle", [(0, 0)], tags=["keep", "x" * 61])
    problems = finish_bundle_import(workspace, folder).problems
    assert [problem.partition(": ")[0] for problem in problems] == ["a tag of v0@0-1000 is left out"]
    assert workspace.exports.tagged(["keep"]) == {"v0@0-1000"}
