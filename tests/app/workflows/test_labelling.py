"""Labelling: who is handed which pairs, and what comes of answers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.workflows import labelling
from app.workflows.labelling import asked_pairs, next_pairs, playable_clips, record_answers, start_sitting
from storage.clips import Clip
from storage.errors import StorageError
from storage.labels import Label
from storage.media import NewMedia
from tests.filled_workspace import a_video, fill

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace
    from storage.sittings import HandedPair


@pytest.fixture
def clips(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two videos of six clips each, whose files are there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nowhere").mkdir()
    for name in ("video0", "video1"):
        (tmp_path / "nowhere" / f"{name}.mp4").touch()
    return fill(workspace, videos=2, clips_each=6, measured=False)


def answers(pairs: list[HandedPair], answer: str = "left") -> list[dict[str, object]]:
    """What a browser sends."""
    return [
        {
            "event_id": f"e-{p.pair_id}-{answer}",
            "pair_id": p.pair_id,
            "answer": answer,
            "response_ms": 700,
            "at_ms": 1e12,
        }
        for p in pairs
    ]


def both(pair: HandedPair) -> frozenset[str]:
    return frozenset((pair.left_clip_id, pair.right_clip_id))


def test_a_tab_keeps_its_pairs_and_gets_more_as_it_answers(workspace: Workspace, clips: list[str]) -> None:
    sitting = start_sitting(workspace, "  Anna  Berg ", 50)
    assert sitting.annotator == "Anna Berg"
    first = next_pairs(workspace, sitting, "tab")
    assert len(first) == labelling.QUEUE
    assert next_pairs(workspace, sitting, "tab") == first
    record_answers(workspace, answers(first[:5]))
    then = next_pairs(workspace, sitting, "tab")
    assert then[:7] == first[5:]
    assert len(then) == labelling.QUEUE
    assert len({both(pair) for pair in [*first, *then]}) == 17
    assert [pair.answer for pair in asked_pairs(workspace)].count(None) == 12


def test_tabs_that_ask_at_the_same_time_get_different_pairs(workspace: Workspace, clips: list[str]) -> None:
    sitting = start_sitting(workspace, "Anna", 50)
    got: list[HandedPair] = []
    threads = [
        threading.Thread(target=lambda tab=tab: got.extend(next_pairs(workspace, sitting, tab))) for tab in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 48
    assert len({both(pair) for pair in got}) == 48


def test_a_sitting_keeps_to_its_clips_until_every_pair_was_asked(workspace: Workspace, clips: list[str]) -> None:
    sitting = start_sitting(workspace, "Anna", 50, [*clips[:3], "gone"])
    asked: list[HandedPair] = []
    for _ in range(10):
        pairs = next_pairs(workspace, sitting, "tab")
        asked += [pair for pair in pairs if pair.strategy != "repeat"]
        record_answers(workspace, answers(pairs))
    assert {both(pair) for pair in asked} == {frozenset(p) for p in (clips[:2], clips[1:3], clips[0:3:2])}
    with pytest.raises(StorageError, match="1 of the clips"):
        start_sitting(workspace, "Anna", 50, [clips[0], "gone"])


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_who_labels_has_a_name(workspace: Workspace, clips: list[str], name: str) -> None:
    with pytest.raises(StorageError, match="1 to 60 letters"):
        start_sitting(workspace, name, 50)


def test_a_name_stays_one_line_on_every_terminal(workspace: Workspace, clips: list[str]) -> None:
    with pytest.raises(StorageError, match="control characters"):
        start_sitting(workspace, "Anna\x1b[2J", 50)


def test_only_what_a_browser_can_play_is_asked(workspace: Workspace, clips: list[str], tmp_path: Path) -> None:
    workspace.videos.add([a_video("raw", browser_playable=False)])
    raw = fill_clips(workspace, "raw")
    (tmp_path / "nowhere" / "video1.mp4").unlink()
    playable = playable_clips(workspace, fresh=True)
    shown = {clip for clip in clips if clip.startswith("video0")}
    assert (playable.video_ids, playable.clips) == ({"video0"}, len(shown))
    assert (playable.total, playable.lacking_preview, playable.missing_files) == (14, 1, 1)
    sitting = start_sitting(workspace, "Anna", 50)
    assert {clip for pair in next_pairs(workspace, sitting, "tab") for clip in both(pair)} <= shown
    (tmp_path / "made.mp4").touch()
    made = NewMedia("raw", "preview", "videos/raw.mp4", "{}")
    workspace.media.take([made], {"videos/raw.mp4": tmp_path / "made.mp4"})
    assert playable_clips(workspace, fresh=True).clips == len(shown) + len(raw)


def fill_clips(workspace: Workspace, video: str) -> list[str]:
    """Two clips of a video; returns their ids."""
    made = [
        Clip(video_id=video, start_s=0.0, end_s=1.0, origin="stride"),
        Clip(video_id=video, start_s=1.0, end_s=2.0, origin="stride"),
    ]
    workspace.clips.add(made)
    return [clip.clip_id for clip in made]


def test_simulated_labels_do_not_steer_people(workspace: Workspace, clips: list[str]) -> None:
    now = datetime.now(UTC)
    workspace.labels.add(
        [
            Label(
                label_id="s",
                left_clip_id=clips[0],
                right_clip_id=clips[1],
                answer="left",
                annotator="Anna",
                kind="simulated",
                response_ms=None,
                strategy="random",
                created_at=now,
            )
        ]
    )
    assert asked_pairs(workspace) == []


def test_what_makes_no_sense_is_refused_and_the_rest_is_stored(workspace: Workspace, clips: list[str]) -> None:
    sitting = start_sitting(workspace, "Anna", 50)
    good, odd, *_ = answers(next_pairs(workspace, sitting, "tab"))
    bad = [
        {**odd, "event_id": "1", "answer": "both"},
        {**odd, "event_id": "2", "at_ms": "yesterday"},
        {**odd, "event_id": "3", "pair_id": "unknown"},
        {**odd, "event_id": "4", "at_ms": 1e300},
        {"event_id": "5"},
    ]
    came = record_answers(workspace, [*bad, good, {**odd, "response_ms": 1e99}])
    assert came.refused == {"1", "2", "3", "4", "5"}
    assert came.stored == {good["event_id"], odd["event_id"]}
    assert sorted(label.response_ms or 0 for label in workspace.labels.find()) == [700, 2**31 - 1]
