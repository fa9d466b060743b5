"""Several people and one bucket: a real S3 server and real videos."""

from __future__ import annotations

import threading
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from app.workflows.export_plan import plan_export
from app.workflows.exporting import write_export
from app.workflows.sharing.receive import prepare_bundle
from engine.export.settings import ExportSettings
from storage.sharing import LabelEntry
from tests.shared_footage import AT, bring_in, label, score
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.app.workflows.sharing.people import Person


def test_videos_clips_tags_and_labels_reach_another(ann: Person, bob: Person) -> None:
    ann.workspace.database.write("UPDATE clip SET narration = 'open door' WHERE clip_id = 'one@0-1000'")
    ann.workspace.tags.add_theirs([("one@0-1000", "keep")], "Theirs")
    label(ann.workspace, "one@0-1000", "two@0-1000")
    label(ann.workspace, "one@0-1000", "two@1000-2000", name="sim", kind="simulated")
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
    assert (found["ann-0"].kind, found["sim-0"].kind) == ("people", "simulated")
    assert found["ann-0"] == ann.workspace.labels.find("people")[0]
    assert bob.look().pull.nothing
    bob.workspace.tags.add(["one@0-1000"], "drop")
    bob.pull()
    assert bob.workspace.exports.tagged(["keep"]) == set(), "what was decided here stays"


def test_videos_of_one_group_stay_together_with_whoever_pulls_them(ann: Person, bob: Person) -> None:
    ann.workspace.database.write("UPDATE video SET recording_id = '/data/secret/worker-7'")
    ann.push()
    bob.pull()
    (group,) = {video.recording_id for video in bob.workspace.videos.find()}
    assert group is not None
    assert group.endswith("/worker-7")
    assert "secret" not in group, "where it lay is nobody's business"
    assert len(set(bob.workspace.clips.spans().column("source").to_pylist())) == 1


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
