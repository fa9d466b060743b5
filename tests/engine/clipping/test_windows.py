"""Fixed stride, whole files, shots: windows in order, inside the video, without drift."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clipping import ClippingSettings, ClipPlan, plan_activity, plan_shots, plan_stride, plan_whole
from engine.clipping.ms import equal_parts
from engine.errors import SettingsError

DURATIONS = st.floats(min_value=0.001, max_value=600)
LENGTHS = st.floats(min_value=0.1, max_value=60)
STARTS = st.floats(min_value=0, max_value=100)


def windows(plan: ClipPlan) -> list[tuple[float, float]]:
    return [(clip.start_s, clip.end_s) for clip in plan.clips]


def test_known_windows() -> None:
    assert windows(plan_stride(10, 4, 4)) == [(0, 4), (4, 8), (8, 10)]
    assert windows(plan_stride(10, 4, 4, keep_tail=False)) == [(0, 4), (4, 8)]
    assert windows(plan_stride(9, 4, 2)) == [(0, 4), (2, 6), (4, 8), (6, 9)]
    assert windows(plan_stride(8, 4, 2)) == [(0, 4), (2, 6), (4, 8)]
    assert windows(plan_stride(10, 2, 5)) == [(0, 2), (5, 7)]
    assert windows(plan_stride(3, 4, 4)) == [(0, 3)]
    assert windows(plan_stride(5, 2, 2, start_s=1.5)) == [(1.5, 3.5), (3.5, 5.5), (5.5, 6.5)]


def test_a_tail_that_is_too_short_is_left_out_and_said() -> None:
    plan = plan_stride(8.3, 4, 4, min_s=0.5)
    assert windows(plan) == [(0, 4), (4, 8)]
    assert [(gone.start_s, gone.end_s) for gone in plan.left_out] == [(8, 8.3)]
    assert windows(plan_stride(0.5, 0.2, 0.2, min_s=2)) == [(0, 0.2), (0.2, 0.4)]


def test_nothing_drifts_over_ten_hours() -> None:
    plan = plan_stride(36_000, 0.1, 0.1)
    assert len(plan.clips) == 360_000
    assert plan.clips[-1].end_s == 36_000
    assert all(clip.start_s == k / 10 for k, clip in enumerate(plan.clips))
    thirds = plan_stride(36_000, 1 / 3, 1 / 3)
    assert [thirds.clips[3 * k].start_s for k in range(0, 36_000, 999)] == list(range(0, 36_000, 999))


@given(duration_s=DURATIONS, length_s=LENGTHS, stride_s=LENGTHS, start_s=STARTS)
def test_windows_are_ordered_and_stay_inside(
    duration_s: float, length_s: float, stride_s: float, start_s: float
) -> None:
    plan = plan_stride(duration_s, length_s, stride_s, start_s=start_s)
    for clip in plan.clips:
        assert round(start_s, 3) - 0.001 <= clip.start_s < clip.end_s <= start_s + duration_s + 1e-5
        assert clip.duration_s <= length_s + 0.002
        assert clip.start_s == round(clip.start_s, 3)
    starts = [clip.start_s for clip in plan.clips]
    assert starts == sorted(set(starts))
    assert all(abs(clip.duration_s - length_s) <= 0.002 for clip in plan.clips[:-1])


@given(duration_s=DURATIONS, length_s=LENGTHS, share=st.floats(min_value=0.05, max_value=1))
def test_windows_without_gaps_cover_the_video(duration_s: float, length_s: float, share: float) -> None:
    plan = plan_stride(duration_s, length_s, max(length_s * share, 0.05), min_s=0.001)
    for before, after in pairwise(plan.clips):
        assert after.start_s <= before.end_s + 0.001
    if plan.clips:
        assert plan.clips[0].start_s == 0
        assert plan.clips[-1].end_s == pytest.approx(duration_s, abs=0.0025)


@given(duration_s=DURATIONS, length_s=LENGTHS)
def test_windows_that_meet_share_their_edge(duration_s: float, length_s: float) -> None:
    plan = plan_stride(duration_s, length_s, length_s)
    assert all(after.start_s == before.end_s for before, after in pairwise(plan.clips))


@pytest.mark.parametrize("value_s", [0.0, -1.0, float("nan"), float("inf"), 1e-9])
def test_impossible_lengths_and_strides_are_refused(value_s: float) -> None:
    with pytest.raises(SettingsError, match="length of clips"):
        plan_stride(10, value_s, 1)
    with pytest.raises(SettingsError, match="stride of clips"):
        plan_stride(10, 1, value_s)


@pytest.mark.parametrize("duration_s", [0.0, -5.0, float("nan"), float("inf")])
def test_a_video_without_a_length_gives_no_clips_and_says_so(duration_s: float) -> None:
    for plan in (
        plan_stride(duration_s, 1, 1),
        plan_whole(duration_s),
        plan_shots([(0, 5)], duration_s, ClippingSettings()),
    ):
        assert plan.clips == ()
        assert [gone.reason for gone in plan.left_out] == ["the video's length is not known"]


def test_the_whole_file_is_one_clip_within_it() -> None:
    assert windows(plan_whole(33.36677)) == [(0, 33.366)]
    assert windows(plan_whole(2, start_s=0.5)) == [(0.5, 2.5)]


def test_shots_are_trimmed_split_and_left_out() -> None:
    plan = plan_shots([(4.2, 30), (0, 4), (4, 4.2), (40, 50)], 20, ClippingSettings(min_s=1, max_s=10))
    assert windows(plan) == [(0, 4), (4.2, 12.1), (12.1, 20)]
    assert [clip.origin for clip in plan.clips] == ["shots"] * 3
    assert [gone.reason for gone in plan.left_out] == ["too short", "outside the video"]
    assert plan.split_count == 1
    assert plan_activity([(0, 4)], 20, ClippingSettings()).clips[0].origin == "activity"


@given(st.integers(0, 10_000), st.integers(1, 5_000), st.integers(1, 5_000))
def test_equal_parts_fit_and_meet(more_ms: int, a_ms: int, b_ms: int) -> None:
    min_ms, max_ms = sorted((a_ms, b_ms))
    length_ms = min_ms + more_ms
    parts = equal_parts(7, 7 + length_ms, min_ms, max_ms)
    assert parts[0][0] == 7
    assert parts[-1][1] <= 7 + length_ms
    assert all(min_ms <= stop - begin <= max_ms for begin, stop in parts)
    assert all(a[1] == b[0] for a, b in pairwise(parts))
