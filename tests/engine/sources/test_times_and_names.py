"""Times go out and come back; names mean the same video however they are written."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sources import match_key
from engine.sources.times import BadValueError, check_window, format_time, parse_time_s


@given(st.integers(min_value=0, max_value=10**9))
def test_a_formatted_time_reads_back(ms: int) -> None:
    assert parse_time_s(format_time(ms / 1000)) == pytest.approx(ms / 1000, abs=1e-6)


@given(st.floats(min_value=0, max_value=1e6))
def test_plain_seconds_read_back(value_s: float) -> None:
    assert parse_time_s(str(value_s)) == value_s


@given(st.text(max_size=20))
def test_any_text_is_a_time_or_a_bad_value(text: str) -> None:
    with contextlib.suppress(BadValueError):
        assert parse_time_s(text) >= 0


@pytest.mark.parametrize(
    ("text", "value_s"),
    [("00:05:27.28", 327.28), ("05:27.28", 327.28), ("327.28", 327.28), (" 7 ", 7.0), (".5", 0.5), ("1.2e1", 12.0)],
)
def test_known_times(text: str, value_s: float) -> None:
    assert parse_time_s(text) == pytest.approx(value_s)


@pytest.mark.parametrize(
    "text", ["1_000", "٣", "0x10", "1:2:3:4", "1e3:00", "00:60", "12:00:60", "1,5", "infinity", "+1"]
)
def test_what_python_or_a_person_might_take_for_a_time_but_is_none(text: str) -> None:
    with pytest.raises(BadValueError):
        parse_time_s(text)


def test_decimal_commas_where_they_are_meant() -> None:
    assert parse_time_s("1,5", decimal_comma=True) == 1.5


@pytest.mark.parametrize("window", [(0.0, 0.0), (-1.0, 2.0), (0.0, float("nan")), (0.0, float("inf")), (0.0, 1e7)])
def test_impossible_windows_are_refused(window: tuple[float, float]) -> None:
    with pytest.raises(BadValueError):
        check_window(*window)


@pytest.mark.parametrize(
    "name", ["P01_101", "p01_101.mp4", "P01_101.MP4", "/data/P01/P01_101.MP4", r"C:\v\P01_101.mkv"]
)
def test_names_of_one_video_have_one_key(name: str) -> None:
    assert match_key(name) == "p01_101"


def test_names_of_different_videos_keep_different_keys() -> None:
    assert len({match_key(name) for name in ["walk.2", "walk.3", "walk.2.mp4.bak", ".mp4"]}) == 4
    assert match_key("cafe\u0301.mov") == match_key("café")
