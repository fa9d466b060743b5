"""CSV from others: strict, bounded, and one broken row costs only itself."""

from __future__ import annotations

import csv
import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SourceError
from engine.files import read_csv
from engine.files.problems import MOST_NAMED, Problem, Problems, shortened, shortened_sentences, total
from engine.files.read_csv import read_table

if TYPE_CHECKING:
    from pathlib import Path


def rows_of(content: bytes) -> tuple[list[tuple[int, tuple[str, ...]]], tuple[Problem, ...]]:
    table = read_table("a.csv", content)
    rows = [(row.line, tuple(row.cells.values())) for row in table.rows()]
    return rows, table.problems.listed()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"1", "it has 1 cells, the header has 2"),
        (b"1,2,3", "it has 3 cells, the header has 2"),
        (b'1,"2', "a quote is opened and not closed"),
        (b'"1"x,2', "a quote is opened and not closed properly"),
        (b"1,\xff", "it is not UTF-8 text"),
        (b"1,\x00", "it holds NUL"),
        (b"1," + b"x" * 20_001, "a cell holds 20,001 characters"),
        (b"1," + b"x" * 200_000, "a cell holds more than 131,072 characters"),
    ],
)
def test_a_broken_row_is_named_with_its_line_and_the_others_are_read(row: bytes, reason: str) -> None:
    rows, problems = rows_of(b"a,b\n1,2\n" + row + b"\n3,4\n" * 60)
    assert [line for line, _ in rows][:2] == [2, 4]
    assert len(rows) == 61
    assert [problem.line for problem in problems] == [3]
    assert reason in problems[0].reason


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=8), st.sampled_from(",;\t"))
def test_what_a_careful_writer_wrote_is_read_as_it_was(rows: list[tuple[str, str]], delimiter: str) -> None:
    kept = [row for row in rows if all("\0" not in cell for cell in row) and any(cell.strip() for cell in row)]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *kept])
    found, problems = rows_of(out.getvalue().encode("utf-8", "replace"))
    assert problems == ()
    assert [cells for _, cells in found] == [
        tuple(cell.encode("utf-8", "replace").decode() for cell in row) for row in kept
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_the_byte_order_mark_decides_how_a_file_is_read(encoding: str) -> None:
    rows, problems = rows_of("ä,b\n皿,2\n".encode(encoding))
    assert (rows, problems) == ([(2, ("皿", "2"))], ())


@pytest.mark.parametrize("content", [b"\xff\xfea", b"\xff\xfe\x00\xd8a\x00", b"\xff\xfe\x00\x00abc"])
def test_a_broken_utf16_file_is_refused_as_such(content: bytes) -> None:
    with pytest.raises(SourceError, match="UTF-"):
        read_table("a.csv", content)


def test_a_file_beyond_the_limits_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n")
        file.truncate(10 << 30)  # a hole: nothing is written
    with pytest.raises(SourceError, match="larger than"):
        read_csv.read_bytes(path, 1 << 20)
    monkeypatch.setattr(read_csv, "MAX_ROWS", 3)
    with pytest.raises(SourceError, match="more than 3 rows"):
        rows_of(b"a\n" + b"1\n" * 4)
    assert len(rows_of(b"a\n" + b"1\n" * 3)[0]) == 3


def test_a_hundred_thousand_bad_rows_cost_a_hundred_problems() -> None:
    tracemalloc.start()
    rows, problems = rows_of(b"a,b\n" + b"1\n" * 100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == []
    assert len(problems) == MOST_NAMED + 1
    assert str(problems[-1]) == "a.csv: and 99,900 more problems like these"
    assert total(problems) == 100_000
    assert peak < 5 << 20


def test_lists_of_problems_are_capped_again_where_they_come_together() -> None:
    first, second = Problems("a"), Problems("b")
    for line in range(150):
        first.report(line, "bad")
        second.report(line, "bad")
    together = shortened("both", (*first.listed(), *second.listed()))
    assert (len(together), total(together)) == (101, 300)
    assert together[-1] == Problem("both", None, "and 200 more problems like these", 200)


def test_sentences_are_shortened_in_their_order() -> None:
    sentences = [f"Clip {n} is left out." for n in range(1025)]
    assert shortened_sentences(sentences[:20]) == tuple(sentences[:20])
    assert shortened_sentences(sentences) == (*sentences[:20], "and 1,005 more problems like these")


def test_a_quote_that_another_row_closes_takes_no_row_along() -> None:
    content = b'video,start_s,end_s,label\na,0,1,"open door\na,1,2,take cup\na,2,3,close door"\na,4,5,wash\n'
    table = read_table("notes.csv", content)
    assert [row.cells["label"] for row in table.rows()] == ["take cup", "wash"]
    first, last = table.problems.listed()
    assert (first.line, first.reason) == (2, "a quote is opened and takes in the rows that follow")
    assert last.line == 4


def test_a_cell_of_several_lines_is_one_cell() -> None:
    table = read_table("notes.csv", b'label,video,start_s,end_s\n"open,\nthe door",a,0,1\n')
    assert [row.cells["label"] for row in table.rows()] == ["open,\nthe door"]
