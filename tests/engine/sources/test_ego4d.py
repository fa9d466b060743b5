"""Ego4D's JSON files in small, in the shape of the published schemas."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SourceError
from engine.sources import read_annotations
from engine.sources.ego4d import NARRATION_MAX_SIDE_S, NARRATION_MIN_SIDE_S, narration_windows, read_manifest

if TYPE_CHECKING:
    from pathlib import Path

UID = "3c0dffd0-e38e-4643-bc48-d513943dc20b"


def write(folder: Path, document: object) -> Path:
    path = folder / "ego4d.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def narration(time_s: object, text: object = "#C C picks a cup") -> dict[str, object]:
    return {"timestamp_sec": time_s, "timestamp_frame": 1, "narration_text": text, "annotation_uid": "x"}


@pytest.mark.parametrize("wrapped", [True, False])
def test_narrations_become_windows_between_their_neighbours(tmp_path: Path, wrapped: bool) -> None:
    videos = {
        UID: {
            "status": "complete",
            "narration_pass_1": {"narrations": [narration(2), narration(4), narration(30)], "summaries": []},
            "narration_pass_2": {"narrations": [narration(3, "=1+1")], "summaries": []},
        },
        "redacted": {"status": "redacted"},
    }
    annotations = read_annotations(write(tmp_path, {"version": "2", "videos": videos} if wrapped else videos))
    assert (annotations.format, annotations.problems) == ("Ego4D narrations", ())
    assert [(s.video_name, s.start_s, s.end_s) for s in annotations.segments] == [
        (UID, 0.0, 3.0),
        (UID, 3.0, 8.0),
        (UID, 26.0, 34.0),
        (UID, 0.0, 7.0),
    ]
    assert annotations.segments[3].narration == "=1+1"
    assert annotations.segments[3].extra == {"pass": "2", "timestamp_s": "3.000"}


@given(st.lists(st.floats(min_value=0, max_value=5000), max_size=30))
def test_every_window_holds_its_instant_and_keeps_its_bounds(instants: list[float]) -> None:
    windows = narration_windows(instants)
    for instant_s, (start_s, end_s) in zip(instants, windows, strict=True):
        assert 0 <= start_s <= instant_s < end_s
        assert end_s - instant_s <= NARRATION_MAX_SIDE_S + 1e-6
        assert instant_s - start_s <= NARRATION_MAX_SIDE_S + 1e-6
    for (_, end_s), (start_s, _) in pairwise(sorted(set(windows))):
        assert end_s <= start_s + 2 * NARRATION_MIN_SIDE_S + 1e-6


def test_moments_of_every_annotator_are_read(tmp_path: Path) -> None:
    label = {"label": "wash_dishes", "video_start_time": 1.5, "video_end_time": 9.25, "primary": True}
    bad = {"label": "cut", "video_start_time": 5, "video_end_time": 5, "primary": False}
    clips = [{"clip_uid": "c", "annotations": [{"annotator_uid": "a1", "labels": [label, bad]}]}]
    annotations = read_annotations(write(tmp_path, {"videos": [{"video_uid": UID, "split": "train", "clips": clips}]}))
    (segment,) = annotations.segments
    assert annotations.format == "Ego4D moments"
    assert (segment.start_s, segment.end_s, segment.narration) == (1.5, 9.25, "wash dishes")
    assert segment.extra == {"annotator": "a1", "primary": "true"}
    assert str(annotations.problems[0]).endswith(
        "videos[0].clips[0].annotations[0].labels[1]: it ends at 5 s, which is not after its start at 5 s"
    )


def test_goal_steps_and_their_substeps_are_read(tmp_path: Path) -> None:
    substep = {"start_time": 3.0, "end_time": 5.0, "step_description": "crack egg", "step_category": "eggs"}
    step = {"start_time": 2.0, "end_time": 9.0, "step_description": "make batter", "segments": [substep]}
    video = {"video_uid": UID, "goal_description": "make cake", "segments": [step]}
    annotations = read_annotations(write(tmp_path, {"videos": [video]}))
    assert annotations.format == "Ego4D goal steps"
    assert [(s.start_s, s.end_s, s.narration, s.extra["level"]) for s in annotations.segments] == [
        (2.0, 9.0, "make batter", "step"),
        (3.0, 5.0, "crack egg", "substep"),
    ]
    assert annotations.segments[1].extra["goal"] == "make cake"


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (narration("soon"), "timestamp_sec is 'soon', not a number"),
        (narration(None), "timestamp_sec is missing"),
        (narration(True), "not a number"),
        (narration(float("nan")), "times are finite"),
        (narration(10**400), "far too large"),
        (narration(-1), "negative"),
        ("text", "it is not an object"),
    ],
)
def test_a_bad_narration_costs_only_itself(tmp_path: Path, item: object, reason: str) -> None:
    videos = {UID: {"narration_pass_1": {"narrations": [narration(2), item, narration(4)]}}}
    annotations = read_annotations(write(tmp_path, {"videos": videos}))
    assert [segment.end_s for segment in annotations.segments] == [3.0, 8.0]
    (problem,) = annotations.problems
    assert f"{UID}.narration_pass_1[1]: " in problem.reason
    assert reason in problem.reason


def test_wrong_shapes_are_reported_not_raised(tmp_path: Path) -> None:
    for videos in (
        [{"video_uid": UID, "clips": 5}, 7],
        [{"video_uid": UID, "segments": {"a": 1}}],
        [{"clips": [{"annotations": [{"labels": [{"label": "x", "video_start_time": 0, "video_end_time": 1}]}]}]}],
    ):
        annotations = read_annotations(write(tmp_path, {"videos": videos}))
        assert annotations.segments == ()
        assert annotations.problems


def test_files_of_another_kind_say_which(tmp_path: Path) -> None:
    queries = {"videos": [{"video_uid": UID, "clips": [{"annotations": [{"language_queries": []}]}]}]}
    with pytest.raises(SourceError, match="natural-language queries"):
        read_annotations(write(tmp_path, queries))
    with pytest.raises(SourceError, match="list of videos"):
        read_annotations(write(tmp_path, {"videos": [{"video_uid": UID, "duration_sec": 5}]}))


def test_the_manifest_gives_lengths(tmp_path: Path) -> None:
    video = {"video_uid": UID, "duration_sec": 128.03, "video_metadata": {"fps": 30}, "origin_video_id": "v1"}
    info = read_manifest(write(tmp_path, {"videos": [video]}))[UID]
    assert (info.duration_s, info.fps, info.original_name) == (128.03, 30.0, "v1")
    table = tmp_path / "manifest.csv"
    table.write_text(f"video_uid,duration_sec,origin_video_id\n{UID},128.03,v1\nother,,\n")
    infos = read_manifest(table)
    assert (infos[UID].duration_s, infos["other"].duration_s) == (128.03, None)
    table.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="lacks video_uid"):
        read_manifest(table)
