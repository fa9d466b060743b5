"""Labels from CSV in both conventions, with every mistake named by its line, and back without a loss."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SourceError
from engine.preference.kinds import LABEL_KINDS, LabelKind
from engine.preference.label_files import LabelRow, ReadLabels, format_labels
from engine.preference.label_files import read_labels as read_content


def read_labels(text: str) -> ReadLabels:
    """Read a text as the content of a file."""
    return read_content(text.encode())


ROW = LabelRow(
    left_clip_id="a",
    right_clip_id="b",
    answer="left",
    annotator="ann",
    kind="model",
    response_ms=1200,
    strategy="random",
    created_at=datetime(2026, 11, 22, 18, 30, tzinfo=UTC),
    label_id="id-1",
    line=2,
)


def test_our_own_convention_comes_back_as_it_went() -> None:
    read = read_labels(format_labels([ROW]))
    assert read.rows == (ROW,)
    assert (read.problems, read.convention) == ((), "handpicked")


def test_the_short_form_is_enough() -> None:
    (row,) = read_labels("left_clip,right_clip,label,annotator\na,b,Tie,ann\n").rows
    assert (row.answer, row.annotator, row.kind, row.strategy, row.label_id) == (
        "tie",
        "ann",
        None,
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
        ("a,,left,ann,,,,,", "the right clip is missing"),
        ("a,a,left,ann,,,,,", "both sides are 'a'"),
        ("a,b,maybe,ann,,,,,", "label 'maybe' is neither"),
        ("a,b,,ann,,,,,", "no label"),
        ("a,b,left,ann,perhaps,,,,", "kind is 'perhaps', but must be people, simulated or model"),
        ("a,b,left,ann,,fast,,,", "response_ms is 'fast'"),
        ("a,b,left,ann,,-5,,,", "response_ms is '-5'"),
        ("a,b,left,ann,,inf,,,", "response_ms is 'inf'"),
        ("a,b,left,ann,,,,yesterday,", "created_at is 'yesterday'"),
        ("a,b,left,ann,,,,0001-01-01T00:00:00+23:00,", "created_at is '0001-01-01T00:00:00+23:00'"),
        ("a,b,left,ann,,,,2999-01-01,", "between 2000 and today"),
        ('a,b,left,"ann\nb,c,left,bob",,,,,', "control characters or line breaks"),
        ("a,b,left,\x1b[2Jann,,,,,", "control characters or line breaks"),
        ("a,b,left,ann\x00,,,,,", "it holds NUL"),
        (f"a,b,left,{'n' * 256},,,,,", "the annotator has 256 characters"),
        ("a,b,left,ann,,,,,id-1", "its label_id 'id-1' is that of line 2, which was taken"),
        ("a,b,left,ann,,,,,x,y", "it has 10 cells, the header has 9"),
        ("a", "it has 1 cells, the header has 9"),
    ],
)
def test_a_mistake_is_named_by_its_line_and_the_rest_is_taken(line: str, reason: str) -> None:
    text = format_labels([ROW]) + line + "\n\n" + format_labels([replace(ROW, label_id="id-2")]).splitlines()[1] + "\n"
    read = read_labels(text)
    assert [row.line for row in read.rows] == [2, 5 + line.count("\n")]
    ((number, said),) = [(p.line, p.reason) for p in read.problems]
    assert number == 3
    assert reason in said


def test_lines_are_counted_through_quoted_line_breaks() -> None:
    read = read_labels('left_clip,right_clip,label,annotator\na,b,left,"an\nn"\na,b,what,ann\n')
    assert [p.line for p in read.problems] == [2, 4]


def test_an_open_quote_is_named_and_swallows_no_rows() -> None:
    rows = [f"a,b,left,annotator {i}" for i in range(120)]
    rows[3] = 'a,b,left,"annotator 3'
    read = read_labels("left_clip,right_clip,label,annotator\n" + "\n".join(rows) + "\n")
    assert [row.line for row in read.rows] == [line for line in range(2, 122) if line != 5]
    assert max(len(row.annotator) for row in read.rows) <= len("annotator 119")
    assert [(p.line, p.reason) for p in read.problems] == [(5, "a quote is opened and not closed within 50 lines")]


def test_a_hundred_thousand_bad_rows_are_counted_and_a_hundred_named() -> None:
    read = read_labels("left_clip,right_clip,label\n" + "a,a,left\n" * 99_999)
    assert (read.left_out, len(read.problems)) == (99_999, 101)
    assert [p.line for p in read.problems[:100]] == list(range(2, 102))
    assert read.problems[-1].reason == "and 99,899 more problems like these"


def test_bytes_that_are_not_utf8_cost_their_row_only() -> None:
    read = read_content("left_clip,right_clip,label,annotator\na,b,left,Zoë\na,b,left,ann\n".encode("latin-1"))
    assert [row.annotator for row in read.rows] == ["ann"]
    assert "not UTF-8" in read.problems[0].reason


def test_utf16_as_a_spreadsheet_saves_it_is_read() -> None:
    assert len(read_content("left_clip\tright_clip\tlabel\na\tb\tleft\n".encode("utf-16")).rows) == 1


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_spreadsheets_write_is_read(delimiter: str) -> None:
    text = "\ufeff" + "LEFT_CLIP,right_clip ,Label\r\na,b,left\r\n".replace(",", delimiter)
    (row,) = read_labels(text).rows
    assert (row.left_clip_id, row.right_clip_id, row.answer) == ("a", "b", "left")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("clip,score\na,1\n", "Name the columns left_clip,right_clip,label"),
        ("left,right\na,b\n", "Name the columns left_clip,right_clip,label"),
        ("\x00\x01", "is not text"),
        ('left_clip,"right_clip,label\na,b,left\n', "Close every quote in the first line"),
        (",".join(map(str, range(2000))) + "\n", "2,000 columns"),
    ],
)
def test_a_file_without_the_columns_is_refused_with_the_way_out(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_labels(text)


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), min_size=1, max_size=12).map(
    str.strip
)


@given(
    st.lists(
        st.tuples(
            NAMES,
            NAMES,
            st.sampled_from(["left", "right", "tie", "skip"]),
            NAMES,
            st.sampled_from([None, *LABEL_KINDS]),
        ).filter(lambda row: row[0] != row[1] and all(row[:4]) and not any(cell.startswith("'") for cell in row[:4])),
        max_size=6,
    )
)
def test_any_names_and_kinds_come_back(rows: list[tuple[str, str, str, str, LabelKind | None]]) -> None:
    made = [
        LabelRow(left_clip_id=left, right_clip_id=right, answer=answer, annotator=who, kind=kind)
        for left, right, answer, who, kind in rows
    ]
    read = read_labels(format_labels(made))
    assert not read.problems
    assert [(r.left_clip_id, r.right_clip_id, r.answer, r.annotator, r.kind) for r in read.rows] == rows


def test_files_of_two_kinds_alone_are_read_as_they_always_were() -> None:
    cells = ("true", "False", "", "maybe")
    read = read_labels("\n".join(["left_clip,right_clip,label,simulated", *(f"a,b,left,{cell}" for cell in cells)]))
    assert [row.kind for row in read.rows] == ["simulated", "people", None]
    ((line, reason),) = [(problem.line, problem.reason) for problem in read.problems]
    assert (line, reason) == (5, "simulated is 'maybe', but must be true or false")
    both = read_labels("left_clip,right_clip,label,kind,simulated\na,b,left,model,\na,b,left,model,true\n")
    assert [row.kind for row in both.rows] == ["model"]
    assert "kind is model, but simulated is true: they contradict each other" in both.problems[0].reason


def test_a_chosen_kind_fills_in_what_a_file_leaves_open_and_overrides_nothing() -> None:
    text = b"left_clip,right_clip,label,kind\na,b,left,model\na,b,right,\n"
    assert [row.kind for row in read_content(text, kind="model").rows] == ["model", "model"]
    with pytest.raises(SourceError, match="labels by people, but its line 2 states labels by a model's judgement"):
        read_content(text, "l.csv", kind="people")
    (crowd,) = read_content(b"worker,left,right,label\nw,a,b,a\n", kind="simulated").rows
    assert crowd.kind == "simulated"


def test_a_name_that_a_spreadsheet_would_run_is_neutralised_and_comes_back() -> None:
    row = LabelRow(left_clip_id="=cmd()", right_clip_id="@b", answer="right", annotator="+ann")
    text = format_labels([row])
    assert "'=cmd()" in text
    back = read_labels(text).rows[0]
    assert (back.left_clip_id, back.right_clip_id, back.annotator) == ("=cmd()", "@b", "+ann")
    assert read_labels(format_labels([row], "crowd-kit")).rows[0].answer == "right"


def test_a_quote_that_another_row_closes_costs_the_two_rows_alone() -> None:
    text = 'left_clip,right_clip,label,annotator\na,b,left,"bob\na,b,right,ann\nb,a,left,joe"\na,b,tie,eve\n'
    read = read_labels(text)
    assert [row.annotator for row in read.rows] == ["ann", "eve"]
    assert [problem.line for problem in read.problems] == [2, 4]
