"""What is damaged, hostile or can't be used in a shared bucket costs itself, and is said."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.workflows.jobs.supervisor import Supervisor
from app.workflows.sharing.sync import kinds_of, pull_spec, push_spec, target_of
from engine.errors import SyncError
from engine.settings.sync import SyncSettings
from storage import Workspace
from storage.labels import Label
from storage.s3.client import Refused
from tests.shared_footage import label, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.workflows.sharing.people import Person


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
