"""Which labels are used: those of one kind, whatever the mix in the store."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.workflows.label_kinds import FEWEST_LABELS, LEAST_PAIRS, training_kind, validation_kind
from app.workflows.label_statistics import statistics_of
from app.workflows.reward_data import clip_table, pair_table
from engine.preference.kinds import LABEL_KINDS
from storage.errors import StorageError
from storage.labels import Label, LabelCounts
from tests.app.labelled import add_clips

if TYPE_CHECKING:
    from engine.preference.kinds import LabelKind
    from storage import Workspace

AT = datetime(2026, 11, 22, tzinfo=UTC)
NUMBER = itertools.count()


def answers(workspace: Workspace, kind: LabelKind, count: int, *, skips: int = 0, by: str = "") -> None:
    """Labels of one kind about two clips, the first `skips` of them skips."""
    left, right = sorted(workspace.clips.ids())[:2]
    workspace.labels.add(
        Label(
            label_id=f"{kind}-{next(NUMBER)}",
            left_clip_id=left,
            right_clip_id=right,
            answer="skip" if number < skips else "left",
            annotator=by or f"by {kind}",
            kind=kind,
            response_ms=None,
            strategy="random",
            created_at=AT,
        )
        for number in range(count)
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({kind: st.integers(0, 25) for kind in LABEL_KINDS}))
def test_whatever_the_mix_in_the_store_counts_and_pairs_are_of_one_kind(
    workspace: Workspace, more: dict[LabelKind, int]
) -> None:
    if not workspace.clips.count():
        add_clips(workspace, 4)
    before = workspace.labels.counts()
    for kind, count in more.items():
        answers(workspace, kind, count)
    counts = workspace.labels.counts()
    assert counts.since(before) == LabelCounts(**more)
    clips = clip_table(workspace)
    for kind in LABEL_KINDS:
        labels = workspace.labels.find(kind)
        assert {label.kind for label in labels} <= {kind}
        assert len(labels) == counts.of(kind) == statistics_of(workspace, kind).labels == len(pair_table(clips, labels))
        assert set(pair_table(clips, labels).annotators) <= {f"by {kind}"}
    assert workspace.labels.given_by_people().num_rows == counts.people
    for least, kind in ((FEWEST_LABELS, training_kind(workspace)), (LEAST_PAIRS, validation_kind(workspace, None))):
        enough = [each for each in ("people", "model", "simulated") if counts.of(each) >= least]
        assert kind == (enough or counts.kinds or ("people",))[0]
    if len(counts.kinds) > 1:
        with pytest.raises(ValueError, match="kinds are mixed"):
            pair_table(clips, workspace.labels.find())


def test_skips_are_no_labels_to_learn_from(workspace: Workspace) -> None:
    add_clips(workspace, 4)
    answers(workspace, "people", 30, skips=25)
    answers(workspace, "simulated", 12)
    assert training_kind(workspace) == "simulated"
    answers(workspace, "model", 10)
    assert training_kind(workspace) == "model"
    answers(workspace, "people", 5)
    assert training_kind(workspace) == "people"


def test_what_has_two_kinds_is_never_stored(workspace: Workspace) -> None:
    add_clips(workspace, 4)
    answers(workspace, "people", 1, by="ann")
    with pytest.raises(StorageError, match="an annotator has one kind"):
        answers(workspace, "model", 1, by="ann")
    assert workspace.labels.counts() == LabelCounts(people=1)


def test_older_questions_count_a_model_s_judgement_neither_as_people_s_nor_as_simulated(workspace: Workspace) -> None:
    add_clips(workspace, 4)
    for count, kind in enumerate(LABEL_KINDS, start=1):
        answers(workspace, kind, count)
    for where, count in (("NOT simulated", 1), ("simulated", 2), ("kind = 'model'", 3)):
        assert workspace.database.scalar(f"SELECT count(*) FROM label WHERE {where}") == count  # noqa: S608
