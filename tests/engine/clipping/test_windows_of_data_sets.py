"""Windows that a data set names become clips as they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.clipping import plan_windows
from engine.sources import Segment


def segment(start_s: float, end_s: float, row: int = 1) -> Segment:
    """A window of the data set."""
    return Segment(video_name="/d/v.mp4", start_s=start_s, end_s=end_s, narration="fold", row=row)


def test_windows_are_neither_trimmed_nor_split_nor_dropped_for_their_length() -> None:
    plan = plan_windows([segment(0, 700), segment(700, 700.04)], 701.0)
    assert [(clip.start_s, clip.end_s, clip.narration) for clip in plan.clips] == [
        (0.0, 700.0, "fold"),
        (700.0, 700.04, "fold"),
    ]
    assert {clip.origin for clip in plan.clips} == {"annotations"}


def test_what_lies_beyond_the_video_is_cut_off_or_left_out() -> None:
    plan = plan_windows([segment(1, 9, 1), segment(5, 6, 2)], 4.0)
    assert [(clip.start_s, clip.end_s, clip.row) for clip in plan.clips] == [(1.0, 4.0, 1)]
    assert [out.row for out in plan.left_out] == [2]


@given(st.integers(1, 120), st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_each_frame_of_a_packed_file_is_in_the_clip_of_its_own_episode(rate_hz: int, lengths: list[int]) -> None:
    edges = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
    windows = [segment(edges[i] / rate_hz, edges[i + 1] / rate_hz, i) for i in range(len(lengths))]
    plan = plan_windows(windows, edges[-1] / rate_hz)
    for clip, first, end in zip(plan.clips, edges, edges[1:], strict=False):
        shown = {k for k in (first - 1, first, end - 1, end) if clip.start_s <= k / rate_hz < clip.end_s}
        assert shown == {first, end - 1}
