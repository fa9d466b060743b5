"""Names for any file system, cells for any spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.export.names import clip_file_name, safe_name
from engine.files.names import path_problem


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("P01_11", "P01_11"),
        ("a/b\\c:d*?", "a_b_c_d"),
        ("..", "clip"),
        ("", "clip"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("trailing. ", "trailing"),
        ("Küche\u0301", "Küch\u00e9"),
        ("two  words\nmore", "two_words_more"),
        ("zero\u200bwidth\u202e", "zerowidth"),
    ],
)
def test_a_name_that_any_file_system_takes(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(st.text(max_size=400))
def test_every_text_becomes_a_name(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name.encode()) <= 121
    assert not set(name) & set('<>:"/\\|?* \n\t')
    assert not name.startswith((".", "-"))
    assert not name.endswith((".", " "))
    assert path_problem(name) is None
    assert safe_name(name) == name


def test_a_clip_s_file_name_says_rank_video_and_window() -> None:
    assert clip_file_name(7, "P01 11", 12.5, 15.0) == "0007_P01_11_12500-15000.mp4"
