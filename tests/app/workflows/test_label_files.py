"""Labels from files into the store and back: the same file twice doubles nothing, and unknown clips are named."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from app.workflows.label_files import export_labels, import_labels, import_labels_file
from app.workflows.label_statistics import statistics_of
from app.workflows.labelling import start_sitting
from engine.errors import SourceError
from engine.preference.simulated import SimulatedAnnotator
from storage import Workspace
from storage.errors import StorageError
from storage.labels import LabelCounts
from tests.app.labelled import add_clips, add_labels

if TYPE_CHECKING:
    from pathlib import Path


def test_the_same_file_twice_doubles_nothing_but_the_same_answer_twice_counts_twice(workspace: Workspace) -> None:
    a, b, c = add_clips(workspace, 3)
    text = f"left_clip,right_clip,label,annotator\n{a},{b},left,ann\n{a},{b},left,ann\n{b},{c},tie,bob\n"
    first = import_labels(workspace, text.encode(), "labels.csv")
    assert (first.rows, first.added, first.known, first.problems) == (3, 3, 0, ())
    again = import_labels(workspace, text.encode(), "another name.csv")
    assert (again.added, again.known) == (0, 3)
    longer = import_labels(workspace, f"{text}{c},{a},right,bob\n".encode(), "labels.csv")
    assert (longer.added, longer.known) == (1, 3)
    assert workspace.labels.counts().people == 4


def test_unknown_clips_are_named_by_line_beside_other_mistakes(workspace: Workspace) -> None:
    a, b = add_clips(workspace, 2)
    text = f"worker,left,right,label\nw,{a},gone,{a}\nw,{a},{b},neither\nw,{a},{b},{b}\n"
    found = import_labels(workspace, text.encode(), "labels.csv")
    assert (found.added, found.convention) == (1, "crowd-kit")
    assert [problem.line for problem in found.problems] == [2, 3]
    assert found.problems[0].reason == "no clip 'gone' here"
    (label,) = workspace.labels.find()
    assert (label.answer, label.annotator, label.strategy, label.kind) == ("right", "w", "imported", "people")


def test_an_export_goes_back_in_without_doubling_and_into_another_workspace_whole(
    workspace: Workspace, tmp_path: Path
) -> None:
    clips = add_clips(workspace, 10)
    add_labels(workspace, clips, SimulatedAnnotator(name="sim"), 20)
    add_labels(workspace, clips, SimulatedAnnotator(name="ann", seed=1), 15, kind="people")
    text, count = export_labels(workspace)
    assert count == 35
    assert import_labels(workspace, text.encode(), "x.csv").added == 0
    with Workspace(tmp_path / "other") as other:
        add_clips(other, 10)
        assert import_labels(other, text.encode(), "x.csv").added == 35
        assert other.labels.find() == workspace.labels.find()


def test_of_two_answers_under_one_label_id_the_first_counts_and_the_other_is_named(workspace: Workspace) -> None:
    a, b = add_clips(workspace, 2)
    head = "left_clip,right_clip,label,annotator,label_id"
    once = import_labels(workspace, f"{head}\n{a},{b},left,ann,x\n{a},{b},right,ann,x\n".encode(), "labels.csv")
    assert (once.added, once.left_out, [problem.line for problem in once.problems]) == (1, 1, [3])
    assert "is that of line 2, which was taken" in once.problems[0].reason
    again = import_labels(workspace, f"{head}\n{a},{b},right,bob,x\n".encode(), "labels.csv")
    assert (again.added, again.known, again.left_out) == (0, 0, 1)
    assert "is here already with another answer, which stays" in again.problems[0].reason
    (label,) = workspace.labels.find()
    assert (label.answer, label.annotator) == ("left", "ann")


def test_people_and_simulated_annotators_stay_apart(workspace: Workspace) -> None:
    clips = add_clips(workspace, 10)
    add_labels(workspace, clips, SimulatedAnnotator(name="sim"), 20)
    add_labels(workspace, clips, SimulatedAnnotator(name="ann", seed=1), 15, kind="people")
    assert export_labels(workspace, kind="people")[1] == 15
    assert export_labels(workspace, convention="crowd-kit")[1] == 15  # no column could tell them apart
    assert export_labels(workspace, convention="crowd-kit", kind="simulated")[1] == 20
    assert (statistics_of(workspace, "people").labels, statistics_of(workspace, "simulated").labels) == (
        15,
        20,
    )
    crowd, _ = export_labels(workspace, convention="crowd-kit", kind="simulated")
    assert import_labels(workspace, crowd.encode(), "x.csv", kind="simulated").added == 20
    assert workspace.labels.counts().people == 15


def test_an_annotator_has_one_kind_and_what_contradicts_it_is_left_out_by_line(workspace: Workspace) -> None:
    a, b = add_clips(workspace, 2)
    text = f"left_clip,right_clip,label,annotator\n{a},{b},left,ann\n{b},{a},right,eye\n"
    assert import_labels(workspace, text.encode(), "l.csv").added_words == "2 labels by people"
    other = f"{text}{a},{b},left,new\n"
    found = import_labels(workspace, other.encode(), "l.csv", kind="model")
    assert (found.added_words, found.left_out) == ("1 label by a model's judgement", 2)
    assert [problem.line for problem in found.problems] == [2, 3]
    assert found.problems[0].reason == (
        "the labels of 'ann' here are labels by people, not by a model's judgement: an annotator has one kind"
    )
    assert workspace.labels.counts() == LabelCounts(people=2, model=1)
    mixed = f"left_clip,right_clip,label,annotator,kind\n{a},{b},left,two,model\n{a},{b},left,two,simulated\n"
    assert [problem.line for problem in import_labels(workspace, mixed.encode(), "m.csv").problems] == [3]
    with pytest.raises(SourceError, match=r"'l.csv' was to be read as labels by people, but its line 2 states"):
        import_labels(workspace, mixed.encode(), "l.csv", kind="people")
    with pytest.raises(StorageError, match="'new' here are labels by a model's judgement, not by people"):
        start_sitting(workspace, "new", 10)
    start_sitting(workspace, "zoe", 10)
    one = f"left_clip,right_clip,label,annotator\n{a},{b},left,zoe\n"
    assert import_labels(workspace, one.encode(), "z.csv", kind="model").left_out == 1


def test_a_file_that_an_earlier_version_read_adds_nothing(workspace: Workspace) -> None:
    a, b = add_clips(workspace, 2)
    text = f"left_clip,right_clip,label,annotator\n{a},{b},left,ann\n"
    import_labels(workspace, text.encode(), "x.csv")
    content = "\0".join([a, b, "left", "ann", "False", "None", "None"])
    digest = hashlib.sha256(f"{content}\x001".encode()).hexdigest()
    assert [label.label_id for label in workspace.labels.find()] == [f"file-{digest[:24]}"]


def test_a_file_that_is_no_text_or_not_there_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no columns of labels"):
        import_labels(workspace, b"\xff\xfe\x00l", "labels.csv")
    with pytest.raises(SourceError, match="can't be read"):
        import_labels_file(workspace, tmp_path / "none.csv")


def test_a_label_that_was_taken_back_does_not_return_with_its_file(workspace: Workspace) -> None:
    a, b = add_clips(workspace, 2)
    data = f"left_clip,right_clip,label,annotator\n{a},{b},left,ann\n".encode()
    import_labels(workspace, data, "x.csv")
    entry = workspace.labels.last_entry()
    workspace.labels.undo(workspace.labels.find()[0].label_id)
    assert workspace.labels.last_entry() > entry
    assert import_labels(workspace, data, "x.csv").added == 0
    assert workspace.labels.find() == []
