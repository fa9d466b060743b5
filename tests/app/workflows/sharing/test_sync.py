"""Several people and one bucket: a real S3 server, real videos, and jobs done in this process but for one."""

from __future__ import annotations

import hashlib
import threading
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.workflows.exporting import plan_export, write_export
from app.workflows.jobs.kinds import FollowUp, Remark, job_kind, step_of
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.sharing.receive import prepare_bundle
from app.workflows.sharing.sync import Shared, kinds_of, look, pull_spec, push_spec, target_of
from engine.errors import SyncError
from engine.export.settings import ExportSettings
from engine.runtime.messages import Failed, Fatal, Skipped
from engine.runtime.runner import run_part
from engine.runtime.shards import ShardFolder, finished_shards
from engine.settings.sync import SyncSettings
from storage import Workspace
from storage.labels import Label
from storage.s3.client import Refused
from storage.sharing import LabelEntry
from tests.shared_footage import AT, bring_in, label, run, score
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.runtime.spec import JobSpec
    from storage.s3.target import Target


@dataclass
class Person:
    """Somebody with a workspace and the shared bucket."""

    workspace: Workspace
    target: Target
    folder: Path
    jobs: int = 0

    def look(self, what: str = "all", **options: Any) -> Shared:
        return look(self.workspace, self.target, kinds_of(what), **options)

    def push(self, what: str = "all", *, delete: bool = False, again: bool = False) -> list[str]:
        """Push; returns what failed."""
        return self.do(push_spec(self.workspace, self.look(what, again=again).push, delete=delete, again=again))

    def pull(self, what: str = "all", *, delete: bool = False) -> list[str]:
        """Pull; returns what failed."""
        return self.do(pull_spec(self.workspace, self.look(what).pull, delete=delete))

    def do(self, spec: JobSpec | None) -> list[str]:
        """A job and what follows it, in this process; returns what failed or was left out."""
        if spec is None or spec.kind == "pictures":
            return []
        self.jobs += 1
        shards = self.folder / f"job-{self.jobs}"
        heard: list[Any] = []
        run_part(spec.written(step=step_of(spec.kind)), shards, heard.append, lambda _text: None, threading.Event())
        fatal = [message.error for message in heard if isinstance(message, Fatal)]
        failed = [message.error for message in heard if isinstance(message, Failed)]
        kind = job_kind(spec.kind)
        for folder in finished_shards(shards):
            shard = ShardFolder.open(folder)
            outcomes = self.workspace.database.transact(
                lambda s=shard: kind.apply(self.workspace, spec.settings, s, None)
            )
            failed += [outcome.message for outcome in outcomes if outcome.outcome == "failed"]
            failed += [outcome.left_out for outcome in outcomes if outcome.left_out]
        if fatal:
            return fatal
        for follow in kind.after(self.workspace, spec.settings):
            failed += [follow.text] if isinstance(follow, Remark) else []
            failed += self.do(follow.spec) if isinstance(follow, FollowUp) else []
        self.skipped = [message.item for message in heard if isinstance(message, Skipped)]
        return failed

    def answers(self) -> dict[str, str]:
        """Label → its live answer."""
        return {one.label_id: one.answer for one in self.workspace.labels.find()}


@pytest.fixture
def person(tmp_path: Path, target: Target) -> Iterator[Callable[[str], Person]]:
    """Makes people."""
    with ExitStack() as stack:

        def make(name: str) -> Person:
            opened = stack.enter_context(Workspace(tmp_path / name / "workspace"))
            return Person(opened, target, tmp_path / name)

        yield make


@pytest.fixture
def ann(person: Callable[[str], Person]) -> Person:
    """Ann has two videos of two clips each."""
    made = person("ann")
    bring_in(made.workspace, made.folder / "footage")
    return made


@pytest.fixture
def bob(person: Callable[[str], Person]) -> Person:
    """Bob has nothing yet."""
    return person("bob")


def test_videos_clips_tags_and_labels_reach_another(ann: Person, bob: Person) -> None:
    ann.workspace.database.write("UPDATE clip SET narration = 'open door' WHERE clip_id = 'one@0-1000'")
    ann.workspace.tags.add_theirs([("one@0-1000", "keep")], "Theirs")
    label(ann.workspace, "one@0-1000", "two@0-1000")
    label(ann.workspace, "one@0-1000", "two@1000-2000", name="sim", simulated=True)
    plan = ann.look().push
    assert (len(plan.plan.send), len(plan.plan.unchanged), plan.changed) == (3, 0, True)
    assert ann.push() == []
    assert ann.look().push.nothing, "what is there does not travel again"
    shared = bob.look()
    assert (shared.people, len(shared.pull.fetch)) == (1, 3)
    assert bob.pull() == []
    rows = bob.workspace.frame("SELECT clip_id, narration FROM clip ORDER BY clip_id")
    assert rows["clip_id"].tolist() == ["one@0-1000", "one@1000-2000", "two@0-1000", "two@1000-2000"]
    assert rows["narration"].tolist()[0] == "open door"
    assert bob.workspace.exports.tagged(["keep"]) == {"one@0-1000"}
    came = bob.workspace.tags.last()
    assert came is not None
    assert came.title == "Tags from the shared bucket: one"
    bob.workspace.tags.undo()
    assert bob.workspace.exports.tagged(["keep"]) == set()
    found = {one.label_id: one for one in bob.workspace.labels.find()}
    assert (found["ann-0"].simulated, found["sim-0"].simulated) == (False, True)
    assert found["ann-0"] == ann.workspace.labels.find(simulated=False)[0]
    assert bob.look().pull.nothing
    bob.workspace.tags.add(["one@0-1000"], "drop")
    bob.pull()
    assert bob.workspace.exports.tagged(["keep"]) == set(), "what was decided here stays"


def test_labels_of_several_people_merge_without_loss(ann: Person, bob: Person, person: Callable[[str], Person]) -> None:
    ann.push()
    bob.pull()
    for number in range(3):
        label(ann.workspace, "one@0-1000", "two@0-1000", name="ann", number=number)
        label(bob.workspace, "one@0-1000", "two@1000-2000", name="bob", number=number)
    ann.workspace.labels.undo("ann-1")
    for _ in range(2):  # the second time nothing is new
        for one in (ann, bob):
            assert one.push("labels") == []
            assert one.pull("labels") == []
    wanted = {"ann-0", "ann-2", "bob-0", "bob-1", "bob-2"}
    assert set(ann.answers()) == set(bob.answers()) == wanted
    for one in (ann, bob):
        assert one.workspace.database.scalar("SELECT count(*) FROM label_entry") == 7
        assert one.pull("labels") == []
        assert one.workspace.database.scalar("SELECT count(*) FROM label_entry") == 7
    carol = person("carol")
    carol.pull("labels")
    assert set(carol.answers()) == wanted, "labels come even where their videos do not"


def test_where_two_went_on_with_one_label_the_later_word_holds_for_both(ann: Person, bob: Person) -> None:
    first = label(ann.workspace, "one@0-1000", "two@0-1000")
    ann.push("labels")
    bob.pull("labels")

    def say(one: Person, answer: str, minutes: int) -> None:
        said = {**asdict(first), "answer": answer, "created_at": AT + timedelta(minutes=minutes)}
        entry = LabelEntry.model_validate(said)
        one.workspace.sharing.merge_label_entries([entry])

    say(ann, "tie", 2)
    say(bob, "right", 1)
    for one in (ann, bob, ann, bob):
        one.push("labels")
        one.pull("labels")
    assert ann.answers() == bob.answers() == {"ann-0": "tie"}


def test_two_push_at_the_same_time_and_nothing_is_lost(
    ann: Person, bob: Person, person: Callable[[str], Person], tmp_path: Path
) -> None:
    bring_in(bob.workspace, bob.folder / "footage", ("three",), frames=24)
    failed: list[str] = []
    started = threading.Barrier(2)

    def push(one: Person) -> None:
        started.wait()
        failed.extend(one.push())

    threads = [threading.Thread(target=push, args=(one,)) for one in (ann, bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    carol = person("carol")
    assert carol.look().people == 2
    carol.pull()
    assert [video.name for video in carol.workspace.videos.find()] == ["one", "three", "two"]


def test_different_videos_of_one_name_are_told_apart(ann: Person, bob: Person) -> None:
    (bob.folder / "footage").mkdir()
    write_video(bob.folder / "footage" / "one.mp4", 24, fps=24, size=(64, 64))
    bring_in(bob.workspace, bob.folder / "footage", ("one",), frames=24)
    label(ann.workspace, "one@0-1000", "two@0-1000")
    ann.push()
    bob.pull()
    sha256 = ann.workspace.videos.get("one").sha256
    theirs = f"one-{sha256[:8]}"
    assert bob.workspace.videos.get(theirs).sha256 == sha256
    assert bob.workspace.labels.find()[0].left_clip_id == f"{theirs}@0-1000"
    assert f"{theirs}@0-1000" in bob.workspace.clips.ids()
    bob.push()
    ann.pull()
    assert [one.left_clip_id for one in ann.workspace.labels.find()] == ["one@0-1000"], (
        "back under the name it has here"
    )
    assert ann.workspace.database.scalar("SELECT count(*) FROM label_entry") == 1


def test_cut_clips_travel_as_bundles(ann: Person, bob: Person) -> None:
    clips = sorted(ann.workspace.clips.ids())
    score(ann.workspace, clips, [4, 3, 2, 1])
    out = ann.folder / "export"
    written = write_export(ann.workspace, plan_export(ann.workspace, ExportSettings(top=2)), folder=out)
    assert ann.do(written.spec) == []
    assert ann.push("clips") == []
    assert bob.pull("clips") == []
    (bundle,) = (bob.workspace.paths.pulled / "exports").iterdir()
    assert (bundle / "manifest.json").read_bytes() == (out / "manifest.json").read_bytes()
    assert bob.do(prepare_bundle(bob.workspace, bundle).spec) == []
    assert bob.workspace.clips.count() == 2
    assert bob.look("clips").pull.nothing


def test_nothing_is_deleted_unless_asked(ann: Person, bob: Person) -> None:
    ann.push()
    bob.pull()
    ann.workspace.videos.remove("two")
    ann.push()
    assert not bob.look().pull.gone, "what was on offer stays on offer"
    assert len(bob.look().push.plan.unchanged) == 2, "and so do the objects"
    ann.push(delete=True)
    plan = bob.look("videos").pull
    assert [row.path.rpartition("/")[2] for row in plan.gone] == ["two.mp4"]
    bob.pull()
    assert bob.workspace.videos.count() == 2
    bob.pull(delete=True)
    assert [video.name for video in bob.workspace.videos.find()] == ["one"]
    assert not list(bob.workspace.paths.pulled.rglob("two.mp4"))
    assert (ann.folder / "footage" / "two.mp4").exists(), "a source is never touched"


def test_deleting_leaves_what_others_offer(ann: Person, bob: Person, person: Callable[[str], Person]) -> None:
    ann.push()
    bob.pull()
    bob.push()
    ann.workspace.videos.remove("two")
    ann.push(delete=True)
    carol = person("carol")
    assert carol.pull() == []
    assert carol.workspace.videos.count() == 2


def test_a_damaged_object_is_reported_and_the_rest_comes(ann: Person, bob: Person, client: Any) -> None:
    ann.push()
    bad = ann.workspace.videos.get("two")
    key = ann.target.object_key(bad.sha256)
    client.put_object(Bucket=ann.target.bucket, Key=key, Body=b"x" * bad.size_bytes)
    failed = bob.pull()
    assert len(failed) == 1
    assert "damaged" in failed[0]
    assert [video.name for video in bob.workspace.videos.find()] == ["one"]
    ann.push(again=True)
    assert bob.pull() == []
    assert bob.workspace.videos.count() == 2


def test_what_could_not_be_sent_is_not_on_offer(ann: Person, bob: Person) -> None:
    (ann.folder / "footage" / "two.mp4").unlink()
    shared = ann.look()
    assert [offer.entry.name for offer in shared.push.plan.missing] == ["two.mp4"]
    failed = ann.push()
    assert "two.mp4" in failed[0]
    bob.pull()
    assert [video.name for video in bob.workspace.videos.find()] == ["one"]


def test_a_hostile_manifest_writes_nowhere_else(ann: Person, bob: Person, client: Any) -> None:
    ann.push()
    digest = ann.workspace.videos.get("one").sha256
    size = ann.workspace.videos.get("one").size_bytes
    entries = "".join(
        f'{{"sha256": "{digest}", "size_bytes": {size}, "name": "{name}", "about": {{"export_id": "../../x"}}}},'
        for name in ("../../evil.mp4", "/evil.mp4", "fine.mp4")
    ).rstrip(",")
    body = (
        '{"format": "handpicked-sync", "version": 1, "workspace_id": "evil", "kind": "clips", "created_at": "", '
        f'"app_version": "", "entries": [{entries}]}}'
    )
    where = ann.target.manifest_key("evil", "clips")
    client.put_object(Bucket=ann.target.bucket, Key=where, Body=body.encode())
    client.put_object(Bucket=ann.target.bucket, Key=ann.target.manifest_key("worse", "clips"), Body=body.encode())
    client.put_object(Bucket=ann.target.bucket, Key=ann.target.manifest_key("odd", "labels"), Body=b"{}")
    plan = bob.look().pull
    assert len(plan.problems) == 5
    root = bob.workspace.paths.root
    assert all(wanted.path.resolve().is_relative_to(root) for wanted in plan.fetch)
    bob.pull()
    assert not list(bob.folder.glob("evil*"))
    assert not plan.gone


def test_labels_that_are_none_are_left_out_and_said(ann: Person, bob: Person, client: Any) -> None:
    label(ann.workspace, "one@0-1000", "two@0-1000")
    ann.push("labels")
    body = b'{"label_id": "x", "answer": "maybe"}\n'
    digest = hashlib.sha256(body).hexdigest()
    client.put_object(Bucket=ann.target.bucket, Key=ann.target.object_key(digest), Body=body)
    entry = f'{{"sha256": "{digest}", "size_bytes": {len(body)}, "name": "labels.jsonl"}}'
    manifest = (
        '{"format": "handpicked-sync", "version": 1, "workspace_id": "odd", "kind": "labels", "created_at": "", '
        f'"app_version": "", "entries": [{entry}]}}'
    )
    client.put_object(Bucket=ann.target.bucket, Key=ann.target.manifest_key("odd", "labels"), Body=manifest.encode())
    failed = bob.pull("labels")
    assert len(failed) == 1
    assert "no file of labels" in failed[0]
    assert set(bob.answers()) == {"ann-0"}


def test_labels_survive_a_workspace_that_was_set_back(ann: Person, bob: Person) -> None:
    for number in range(3):
        label(ann.workspace, "one@0-1000", "two@0-1000", number=number)
    ann.push("labels")
    ann.workspace.database.write("DELETE FROM label_entry WHERE label_id <> 'ann-0'")
    ann.push("labels")
    bob.pull("labels")
    assert len(bob.answers()) == 3


def test_a_copied_workspace_is_somebody_else(tmp_path: Path) -> None:
    with Workspace(tmp_path / "a") as workspace:
        first = workspace.sharing.workspace_id(str(workspace.root))
        assert workspace.sharing.workspace_id(str(workspace.root)) == first
        assert workspace.sharing.workspace_id(str(tmp_path / "copy")) != first


def test_a_bucket_that_can_t_be_used_stops_at_once(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = ann.look()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    failed = ann.do(push_spec(ann.workspace, shared.push))
    assert len(failed) == 1, "the job ends; not every file fails by itself"
    assert "secret key" in failed[0]
    ann.target = replace(ann.target, bucket="no-such-bucket")
    monkeypatch.undo()
    with pytest.raises(Refused):
        ann.look()


def test_a_bucket_is_remembered_but_its_endpoint_goes_nowhere_else(workspace: Workspace) -> None:
    with pytest.raises(SyncError, match="no bucket"):
        target_of(workspace, None, None)
    workspace.settings.save(SyncSettings(target="s3://clips/x", endpoint_url="http://localhost:1"))
    assert target_of(workspace, None, None).endpoint_url == "http://localhost:1"
    assert target_of(workspace, "s3://clips/x", None).endpoint_url == "http://localhost:1"
    assert target_of(workspace, "s3://other", None).endpoint_url is None
    with pytest.raises(SyncError, match="can't be synced"):
        kinds_of("everything")


@pytest.mark.slow
def test_as_jobs_in_workers(ann: Person, bob: Person) -> None:
    label(ann.workspace, "one@0-1000", "two@0-1000")
    for one, make in (
        (ann, lambda: push_spec(ann.workspace, ann.look().push)),
        (bob, lambda: pull_spec(bob.workspace, bob.look().pull)),
    ):
        supervisor = Supervisor(one.workspace, workers=2)
        job = run(supervisor, "Sync", make())
        assert (job.state, job.failed, job.message) == ("done", 0, "")
        assert {found.state for found in one.workspace.jobs.find()} == {"done"}
        supervisor.close()
    assert bob.workspace.videos.count() == 2
    assert isinstance(bob.workspace.labels.find()[0], Label)


def test_a_clip_that_others_would_refuse_is_not_offered_and_named(ann: Person, bob: Person) -> None:
    """Our own rows are no better than others': Ego4D's texts have no longest, and nobody counts a clip's tags."""
    ann.workspace.database.write(
        "INSERT INTO clip_tag SELECT 'one@0-1000', 'tag ' || n, now() FROM generate_series(1, 201) AS s(n)"
    )
    ann.workspace.database.write("UPDATE clip SET narration = repeat('x', 20001) WHERE clip_id = 'two@1000-2000'")
    problems = ann.look().push.problems
    assert len(problems) == 2
    assert "one@0-1000" in problems[0]
    assert "two@1000-2000" in problems[1]
    assert ann.push() == []
    assert bob.pull() == []
    assert bob.workspace.clips.ids() == {"one@1000-2000", "two@0-1000"}


def test_a_clip_that_lies_outside_of_the_video_that_came_is_left_out_by_name(ann: Person, bob: Person) -> None:
    ann.workspace.database.write("UPDATE clip SET end_s = 99 WHERE clip_id = 'one@1000-2000'")
    assert ann.push() == []
    (left_out,) = bob.pull()
    assert left_out.startswith("a clip of one is left out: ")
    assert bob.workspace.clips.ids() == {"one@0-1000", "two@0-1000", "two@1000-2000"}
