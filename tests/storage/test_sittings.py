"""Sittings: pairs that are handed out, answers that come back as often as they like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from storage.errors import StorageError
from storage.sittings import HandedPair, LabelEvent, Sitting
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from storage import Workspace


@pytest.fixture
def clips(workspace: Workspace) -> list[str]:
    return fill(workspace, videos=2, clips_each=4, measured=False)


def hand(workspace: Workspace, sitting: Sitting, clips: list[str], *, tab: str = "tab") -> list[HandedPair]:
    """Hand out three pairs to a tab."""
    pairs = [
        HandedPair(
            pair_id=f"{sitting.sitting_id}-{tab}-{n}",
            sitting_id=sitting.sitting_id,
            tab=tab,
            left_clip_id=clips[n],
            right_clip_id=clips[n + 1],
            strategy="random",
        )
        for n in range(3)
    ]
    workspace.sittings.hand_out(pairs)
    return pairs


def event(pair: HandedPair, answer: str, number: int = 0, **changed: object) -> LabelEvent:
    made = {"event_id": f"{pair.pair_id}-{answer}-{number}", "response_ms": 900, "at": datetime.now(UTC), **changed}
    return LabelEvent(pair_id=pair.pair_id, answer=answer, **made)  # type: ignore[arg-type]


def test_a_sitting_is_found_again_with_the_clips_it_keeps_to(workspace: Workspace, clips: list[str]) -> None:
    free = workspace.sittings.start("Anna", 50)
    kept = workspace.sittings.start("Anna", 20, [*clips[:3], clips[0], "gone@0-1000"], "three clips")
    assert workspace.sittings.get(kept.sitting_id) == kept
    assert kept.restricted
    assert not free.restricted
    assert workspace.sittings.clip_ids(kept.sitting_id) == set(clips[:3])
    assert workspace.sittings.latest("Anna") == kept
    assert workspace.sittings.latest("Bert") is None
    with pytest.raises(StorageError, match="no sitting 'nothing'"):
        workspace.sittings.get("nothing")


def test_an_answer_sent_again_adds_nothing(workspace: Workspace, clips: list[str]) -> None:
    sitting = workspace.sittings.start("Anna", 50)
    pairs = hand(workspace, sitting, clips)
    events = [event(pairs[0], "left"), event(pairs[1], "tie")]
    for _ in range(3):
        assert workspace.sittings.record(events) == {e.event_id for e in events}
    labels = workspace.labels.find()
    assert [(label.label_id, label.answer) for label in labels] == [
        (pairs[0].pair_id, "left"),
        (pairs[1].pair_id, "tie"),
    ]
    assert {(label.annotator, label.kind, label.strategy) for label in labels} == {("Anna", "people", "random")}
    done = workspace.sittings.progress(sitting.sitting_id)
    assert (done.answers, done.ties, done.skips, done.median_response_ms) == (2, 1, 0, 900)
    assert workspace.sittings.waiting(sitting.sitting_id, "tab") == pairs[2:]


def test_what_is_taken_back_waits_again_and_can_be_answered_anew(workspace: Workspace, clips: list[str]) -> None:
    sitting = workspace.sittings.start("Anna", 50)
    pairs = hand(workspace, sitting, clips)
    workspace.sittings.record([event(pairs[0], "left"), event(pairs[0], "undone")])
    assert workspace.labels.find() == []
    assert workspace.sittings.waiting(sitting.sitting_id, "tab") == pairs
    workspace.sittings.record([event(pairs[0], "left", 1)])
    assert [label.answer for label in workspace.labels.find()] == ["left"]
    past = workspace.sittings.past(sitting.sitting_id, "tab", 10)
    assert [(row.pair_id, row.answer) for row in past] == [(pairs[0].pair_id, "left")]


def test_pairs_that_were_never_handed_out_are_not_stored(workspace: Workspace, clips: list[str]) -> None:
    sitting = workspace.sittings.start("Anna", 50)
    known = event(hand(workspace, sitting, clips)[0], "right")
    strange = event(
        HandedPair(
            pair_id="elsewhere",
            sitting_id="s",
            tab="tab",
            left_clip_id=clips[0],
            right_clip_id=clips[1],
            strategy="random",
        ),
        "left",
    )
    assert workspace.sittings.record([strange, known]) == {known.event_id}
    assert len(workspace.labels.find()) == 1


def test_a_wrong_clock_does_not_date_an_answer(workspace: Workspace, clips: list[str]) -> None:
    sitting = workspace.sittings.start("Anna", 50)
    before = datetime.now(UTC)
    pairs = hand(workspace, sitting, clips)
    day = timedelta(days=1)
    workspace.sittings.record([event(pairs[0], "left", at=before - day), event(pairs[1], "left", at=before + day)])
    for label in workspace.labels.find():
        assert before - timedelta(seconds=1) < label.created_at <= datetime.now(UTC)


def test_tabs_hold_their_pairs_until_they_fall_silent(
    workspace: Workspace, clips: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sitting = workspace.sittings.start("Anna", 50)
    first, second = (hand(workspace, sitting, clips, tab=tab) for tab in ("one", "two"))
    assert workspace.sittings.waiting(sitting.sitting_id, "one") == first
    assert workspace.sittings.waiting(sitting.sitting_id, "two") == second
    workspace.sittings.record([event(first[0], "left")])
    assert len(workspace.sittings.unanswered()) == 5
    monkeypatch.setattr("storage.sittings.HELD_FOR", timedelta(0))
    assert workspace.sittings.unanswered() == []


def test_a_sitting_grows_and_never_shrinks(workspace: Workspace, clips: list[str]) -> None:
    sitting = workspace.sittings.start("Anna", 50, clips[:2])
    for target in (100, 100, 60):
        workspace.sittings.extend(sitting.sitting_id, target)
    assert workspace.sittings.get(sitting.sitting_id).target == 100
    assert workspace.sittings.clip_ids(sitting.sitting_id) == set(clips[:2])


def test_the_time_of_a_sitting_leaves_out_who_went_away(workspace: Workspace, clips: list[str]) -> None:
    sitting = workspace.sittings.start("Anna", 50)
    assert workspace.sittings.progress(sitting.sitting_id).spent_ms == 0
    pairs = hand(workspace, sitting, clips)
    workspace.sittings.record([event(pairs[0], "left"), event(pairs[1], "left", response_ms=9_000_000)])
    assert workspace.sittings.progress(sitting.sitting_id).spent_ms == 900 + 180_000
