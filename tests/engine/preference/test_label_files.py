"""Labels from CSV in both conventions, with every mistake named by its line, and back without a loss."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SourceError
from engine.preference.label_files import LabelRow, format_labels, read_labels

ROW = LabelRow("a", "b", "left", "ann", False, 1200, "random", datetime(2026, 11, 22, 18, 30, tzinfo=UTC), "id-1", 2)


def test_our_own_convention_comes_back_as_it_went() -> None:
    read = read_labels(format_labels([ROW]))
    assert read.rows == (ROW,)
    assert (read.problems, read.convention) == ((), "handpicked")


def test_the_short_form_is_enough() -> None:
    (row,) = read_labels("left_clip,right_clip,label,annotator\na,b,Tie,ann\n").rows
    assert (row.answer, row.annotator, row.simulated, row.strategy, row.label_id) == (
        "tie",
        "ann",
        False,
        "imported",
        None,
    )
    (row,) = read_labels("left_clip,right_clip,label\na,b,right\n").rows
    assert row.annotator == "unknown"


def test_crowd_kit_names_the_chosen_clip() -> None:
    read = read_labels("worker,left,right,label\nw1,a,b,a\nw1,a,b,b\nw2,a,b,tie\n")
    assert [(r.annotator, r.answer) for r in read.rows] == [("w1", "left"), ("w1", "right"), ("w2", "tie")]
    assert read.convention == "crowd-kit"
    again = read_labels(format_labels(read.rows, "crowd-kit"))
    assert [(r.annotator, r.left_clip_id, r.right_clip_id, r.answer) for r in again.rows] == [
        (r.annotator, r.left_clip_id, r.right_clip_id, r.answer) for r in read.rows
    ]


def test_a_clip_called_left_is_a_clip() -> None:
    (row,) = read_labels("worker,left,right,label\nw,right,left,left\n").rows
    assert row.answer == "right"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a,,left,ann,,,,,", "no right clip"),
        ("a,a,left,ann,,,,,", "both sides are 'a'"),
        ("a,b,maybe,ann,,,,,", "label 'maybe' is neither"),
        ("a,b,,ann,,,,,", "no label"),
        ("a,b,left,ann,perhaps,,,,", "simulated is 'perhaps'"),
        ("a,b,left,ann,,fast,,,", "response_ms is 'fast'"),
        ("a,b,left,ann,,-5,,,", "response_ms is '-5'"),
        ("a,b,left,ann,,inf,,,", "response_ms is 'inf'"),
        ("a,b,left,ann,,,,yesterday,", "created_at is 'yesterday'"),
        ("a,b,left,ann,,,,,x,y", "more cells than columns"),
        ("a", "no right clip"),
    ],
)
def test_a_mistake_is_named_by_its_line_and_the_rest_is_taken(line: str, reason: str) -> None:
    text = format_labels([ROW]) + line + "\n\n" + format_labels([ROW]).splitlines()[1] + "\n"
    read = read_labels(text)
    assert [row.line for row in read.rows] == [2, 5]
    ((number, said),) = [(p.line, p.reason) for p in read.problems]
    assert number == 3
    assert reason in said


def test_lines_are_counted_through_quoted_line_breaks() -> None:
    read = read_labels('left_clip,right_clip,label,annotator\na,b,left,"an\nn"\na,b,what,ann\n')
    assert [p.line for p in read.problems] == [4]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_spreadsheets_write_is_read(delimiter: str) -> None:
    text = "\ufeff" + "LEFT_CLIP,right_clip ,Label\r\na,b,left\r\n".replace(",", delimiter)
    (row,) = read_labels(text).rows
    assert (row.left_clip_id, row.right_clip_id, row.answer) == ("a", "b", "left")


@pytest.mark.parametrize("text", ["", "clip,score\na,1\n", "left,right\na,b\n", "\x00\x01"])
def test_a_file_without_the_columns_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(SourceError, match="Name the columns left_clip,right_clip,label"):
        read_labels(text)


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).map(str.strip)


@given(
    st.lists(
        st.tuples(NAMES, NAMES, st.sampled_from(["left", "right", "tie", "skip"]), NAMES).filter(
            lambda row: row[0] != row[1] and all(row) and not any(cell.startswith("'") for cell in row)
        ),
        max_size=6,
    )
)
def test_any_names_come_back(rows: list[tuple[str, str, str, str]]) -> None:
    made = [LabelRow(*row) for row in rows]
    read = read_labels(format_labels(made))
    assert not read.problems
    assert [(r.left_clip_id, r.right_clip_id, r.answer, r.annotator) for r in read.rows] == rows


def test_a_name_that_a_spreadsheet_would_run_is_neutralised_and_comes_back() -> None:
    row = LabelRow("=cmd()", "@b", "right", "+ann")
    text = format_labels([row])
    assert "'=cmd()" in text
    back = read_labels(text).rows[0]
    assert (back.left_clip_id, back.right_clip_id, back.annotator) == ("=cmd()", "@b", "+ann")
    assert read_labels(format_labels([row], "crowd-kit")).rows[0].answer == "right"
