"""Annotations into clips: the rules for the too short, the too long and the same again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.clipping import ClippingSettings, ClipPlan, plan_annotations, plan_stride, summarise
from engine.sources import Segment


def segment(start_s: float, end_s: float, narration: str = "take plate", row: int | None = None) -> Segment:
    return Segment(
        video_name="v", start_s=start_s, end_s=end_s, narration=narration, verb="take", noun="plate", row=row
    )


def windows(plan: ClipPlan) -> list[tuple[float, float]]:
    return [(clip.start_s, clip.end_s) for clip in plan.clips]


def test_clips_keep_the_words_and_the_row_and_come_by_start() -> None:
    plan = plan_annotations([segment(5, 8, "b", 2), segment(1, 4, "a", 3)], 10, ClippingSettings())
    assert [(c.start_s, c.narration, c.verb, c.noun, c.row, c.origin) for c in plan.clips] == [
        (1, "a", "take", "plate", 3, "annotations"),
        (5, "b", "take", "plate", 2, "annotations"),
    ]


def test_windows_are_cut_to_the_video_and_those_outside_are_left_out() -> None:
    plan = plan_annotations([segment(8, 12), segment(10, 12), segment(20, 22)], 10, ClippingSettings(padding_s=5))
    assert windows(plan) == [(3, 10)]
    assert [gone.reason for gone in plan.left_out] == ["outside the video"] * 2
    assert windows(plan_annotations([segment(8, 12)], None, ClippingSettings())) == [(8, 12)]
    assert windows(plan_annotations([segment(0, 2), segment(4, 5)], 5, ClippingSettings(), start_s=1)) == [
        (1, 2),
        (4, 5),
    ]


def test_padding_is_added_as_far_as_the_video_goes() -> None:
    assert windows(plan_annotations([segment(0.5, 2), segment(8, 9.5)], 10, ClippingSettings(padding_s=1))) == [
        (0, 3),
        (7, 10),
    ]


@pytest.mark.parametrize(
    ("window", "expected"),
    [((4.0, 4.4), (3.7, 4.7)), ((0.0, 0.2), (0.0, 1.0)), ((9.9, 10.0), (9.0, 10.0)), ((4.0, 5.0), (4.0, 5.0))],
)
def test_short_annotations_are_widened_within_the_video(
    window: tuple[float, float], expected: tuple[float, float]
) -> None:
    plan = plan_annotations([segment(*window)], 10, ClippingSettings(min_s=1))
    assert windows(plan) == [expected]
    assert plan.extended_count == (window != expected)


def test_short_annotations_are_left_out_if_so_set_or_if_the_video_is_shorter() -> None:
    dropped = plan_annotations([segment(4, 4.4, row=7)], 10, ClippingSettings(min_s=1, too_short="drop"))
    assert [(gone.reason, gone.row) for gone in dropped.left_out] == [("too short", 7)]
    assert [gone.reason for gone in plan_annotations([segment(0, 1)], 0.8, ClippingSettings(min_s=1)).left_out] == [
        "too short"
    ]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("trim", [(0.0, 10.0)]), ("split", [(0.0, 8.333), (8.333, 16.666), (16.666, 25.0)]), ("drop", [])],
)
def test_long_annotations_are_trimmed_split_or_left_out(policy: str, expected: list[tuple[float, float]]) -> None:
    settings = ClippingSettings.model_validate({"max_s": 10, "too_long": policy})
    plan = plan_annotations([segment(0, 25)], 100, settings)
    assert windows(plan) == expected
    assert (plan.trimmed_count, plan.split_count, len(plan.left_out)) == (
        policy == "trim",
        policy == "split",
        policy == "drop",
    )


def test_only_the_same_words_at_the_same_time_are_duplicates() -> None:
    segments = [segment(1, 3), segment(1.04, 2.97), segment(1, 3, "take cup"), segment(1.2, 3), segment(2, 5)]
    plan = plan_annotations(segments, 10, ClippingSettings())
    assert windows(plan) == [(1, 3), (1, 3), (1.2, 3), (2, 5)]
    assert [gone.reason for gone in plan.left_out] == ["the same annotation again"]
    assert len(plan_annotations(segments, 10, ClippingSettings(overlap="keep")).clips) == 5


@given(
    st.lists(st.tuples(st.floats(0, 500), st.floats(0.001, 200)), max_size=20),
    st.floats(0.1, 400),
    st.sampled_from(["trim", "split", "drop"]),
    st.sampled_from(["extend", "drop"]),
    st.floats(0, 10),
)
def test_every_clip_keeps_the_bounds_and_nothing_vanishes(
    pairs: list[tuple[float, float]], duration_s: float, too_long: str, too_short: str, padding_s: float
) -> None:
    settings = ClippingSettings.model_validate(
        {"min_s": 1, "max_s": 20, "too_long": too_long, "too_short": too_short, "padding_s": padding_s}
    )
    segments = [segment(start, start + length, row=i) for i, (start, length) in enumerate(pairs)]
    plan = plan_annotations(segments, duration_s, settings)
    for clip in plan.clips:
        assert 0 <= clip.start_s < clip.end_s <= duration_s + 1e-5
        assert 1 <= clip.duration_s <= 20
    assert {c.row for c in plan.clips} | {gone.row for gone in plan.left_out} == set(range(len(pairs)))


def test_the_summary_says_it_in_a_sentence() -> None:
    settings = ClippingSettings(min_s=1, max_s=10, too_short="drop")
    plans = [plan_annotations([segment(0, 3), segment(5, 30), segment(4, 4.2)], 60, settings), plan_stride(8, 4, 4)]
    summary = summarise(plans)
    assert summary.sentence == "this makes 4 clips, 3.0 s to 10.0 s; 1 trimmed; 1 left out (1 too short)"
    assert (summary.count, summary.shortest_s, summary.longest_s, summary.total_s) == (4, 3.0, 10.0, 21.0)
    assert summary.left_out == {"too short": 1}
    assert summarise([]).sentence == "this makes no clips"
    assert summarise([plan_stride(4, 4, 4)]).sentence == "this makes 1 clip, 4.0 s"
    assert summarise([plan_stride(4000, 2, 2)]).sentence == "this makes 2,000 clips, 2.0 s each"


def test_settings_refuse_what_can_not_be() -> None:
    for wrong in ({"min_s": 5, "max_s": 2}, {"length_s": 0}, {"stride": 3}, {"too_long": "keep"}):
        with pytest.raises(ValidationError):
            ClippingSettings.model_validate(wrong)
    for field in ClippingSettings.model_fields.values():
        assert field.title
        assert field.description
