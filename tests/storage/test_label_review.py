"""Looking through labels: filters, disagreement, a changed mind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from storage.errors import StorageError
from storage.label_review import LabelFilter
from storage.labels import Label

if TYPE_CHECKING:
    from engine.preference.kinds import LabelKind
    from storage import Workspace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def say(workspace: Workspace, *said: tuple[str, str, str, str], kind: LabelKind = "people") -> list[str]:
    """Add labels `(left, right, answer, annotator)`; returns their ids."""
    before = len(workspace.labels.find())
    labels = [
        Label(
            label_id=f"l{before + n:03d}",
            left_clip_id=a,
            right_clip_id=b,
            answer=answer,  # type: ignore[arg-type]
            annotator=who,
            kind=kind,
            response_ms=800,
            strategy="random",
            created_at=NOON + timedelta(minutes=before + n),
        )
        for n, (a, b, answer, who) in enumerate(said)
    ]
    workspace.labels.add(labels)
    return [label.label_id for label in labels]


def found(workspace: Workspace, **wanted: object) -> list[str]:
    rows = workspace.label_review.page(LabelFilter(**wanted), limit=100)  # type: ignore[arg-type]
    assert workspace.label_review.count(LabelFilter(**wanted)) == len(rows)  # type: ignore[arg-type]
    return [row.label_id for row in rows]


def test_people_who_chose_different_clips_disagree_whatever_the_sides(workspace: Workspace) -> None:
    agree = say(workspace, ("a", "b", "left", "Anna"), ("b", "a", "right", "Bert"))
    differ = say(workspace, ("a", "c", "left", "Anna"), ("c", "a", "left", "Bert"), ("a", "c", "skip", "Carl"))
    tie = say(workspace, ("d", "e", "tie", "Anna"), ("d", "e", "left", "Anna"))
    assert found(workspace) == [*reversed([*agree, *differ, *tie])]
    assert set(found(workspace, disputed=True)) == {*differ[:2], *tie}
    assert found(workspace, disputed=True, annotator="Bert") == [differ[1]]
    assert found(workspace, answer="skip") == [differ[2]]


def test_simulated_answers_never_dispute_a_person_s(workspace: Workspace) -> None:
    person = say(workspace, ("a", "b", "left", "Anna"))
    simulated = say(workspace, ("a", "b", "right", "sim"), kind="simulated")
    assert found(workspace, disputed=True) == []
    assert found(workspace, kind="people") == person
    assert found(workspace, kind="simulated") == simulated
    assert [row.kind for row in workspace.label_review.annotators()] == ["people", "simulated"]


def test_a_changed_answer_is_a_new_row(workspace: Workspace) -> None:
    (label_id,) = say(workspace, ("a", "b", "left", "Anna"))
    workspace.label_review.change(label_id, "tie")
    (label,) = workspace.labels.find()
    assert (label.answer, label.annotator, label.response_ms) == ("tie", "Anna", None)
    assert [row.answer for row in workspace.label_review.history(label_id)] == ["left", "tie"]
    workspace.labels.undo(label_id)
    with pytest.raises(StorageError, match="no label"):
        workspace.label_review.change(label_id, "right")


def test_pages_follow_one_another(workspace: Workspace) -> None:
    ids = say(workspace, *((f"a{n}", f"b{n}", "left", "Anna") for n in range(7)))
    pages = [workspace.label_review.page(LabelFilter(), limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [row.label_id for page in pages for row in page] == ids[::-1]


def test_all_that_was_said_about_a_pair(workspace: Workspace) -> None:
    ids = say(workspace, ("a", "b", "left", "Anna"), ("b", "a", "tie", "Bert"), ("a", "c", "left", "Anna"))
    assert [row.label_id for row in workspace.label_review.of_pair("b", "a")] == ids[:2]
