"""What the command line prints steers no terminal and runs in no spreadsheet, whatever names and narrations hold."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.output import print_json, print_table, print_text, say
from app.text import one_line, printable
from engine.preference.label_files import LabelRow, format_labels, read_labels
from storage import Workspace
from storage.clips import Clip
from tests.app.cli.running import handpicked
from tests.blank_workspace import lay_out
from tests.filled_workspace import a_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.app.cli.running import Ran

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\x08\x7f\u202eevil\u2066\u2028\r"
BROKEN = "stir\r=1+1"
FORMULA = '=HYPERLINK("http://evil.example")'
STEERING = tuple("\x1b\x07\x9b\x08\x7f\u202e\u2066\u2028\r")


def steers(text: str) -> list[str]:
    """The characters of `text` that a terminal acts upon."""
    return [sign for sign in STEERING if sign in text]


@pytest.mark.parametrize(
    "show",
    [
        lambda text: say(text),
        lambda text: print_table((text,), [(text,)], title=text),
        lambda text: print_json({text: [text]}),
    ],
    ids=["line", "table", "JSON"],
)
def test_nothing_that_is_shown_steers_a_terminal(
    show: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    show(f"before {HOSTILE} after")
    out, err = capfd.readouterr()
    assert "before" in out + err
    assert "after" in out + err
    assert steers(out + err) == []


def test_json_says_the_same_text_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"{HOSTILE} \ud800 é 日本"
    print_json({"text": text})
    assert json.loads(capsys.readouterr().out) == {"text": text}


@given(st.text(st.characters()))
def test_what_is_printable_stays_and_all_else_is_written_out(text: str) -> None:
    shown = printable(text)
    assert steers(shown) == []
    shown.encode()  # any stream takes it
    assert "\n" not in one_line(text)
    assert printable(shown) == shown


def test_ordinary_text_is_left_alone() -> None:
    for text in ("cut onion", "żółć 日本 🎥 👩‍🍳", "one\ntwo\tthree", "שלום", "می‌خواهم"):
        assert printable(text) == text


def test_a_file_goes_to_a_program_as_it_is(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    print_text(f"a{HOSTILE}")
    assert capsys.readouterr().out == f"a{HOSTILE}"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_text(f"a{HOSTILE}")
    assert steers(capsys.readouterr().out) == []


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A workspace with one clip, tag and job whose every text is hostile."""
    with Workspace(lay_out(tmp_path / "workspace")) as workspace:
        workspace.videos.add([a_video("video", path=f"nowhere/{HOSTILE}.mp4")])
        workspace.clips.add([Clip(video_id="video", start_s=0.0, end_s=2.0, origin="annotations", narration=HOSTILE)])
        workspace.clips.add([Clip(video_id="video", start_s=3.0, end_s=5.0, origin="annotations", narration=FORMULA)])
        workspace.clips.add([Clip(video_id="video", start_s=6.0, end_s=8.0, origin="annotations", narration=BROKEN)])
        job = workspace.jobs.create("import", HOSTILE, 1)
        workspace.jobs.set_state(job, "failed", HOSTILE)
        folder = workspace.paths.job(job) / "part-1"
        folder.mkdir(parents=True)
        (folder / "log.txt").write_text(f"log {HOSTILE}", encoding="utf-8")
    return tmp_path / "workspace"


@pytest.mark.parametrize(
    "words",
    [
        *(["clips", "list"], ["videos", "list"], ["jobs", "list"], ["jobs", "show", "1"]),
        *(["query", "SELECT narration FROM clip"], ["query", 'SELECT 1 AS "\x1b[2J"'], ["videos", "remove", HOSTILE]),
    ],
    ids=["clips", "videos", "jobs", "job", "query", "column", "error"],
)
@pytest.mark.parametrize("form", ["people", "programs"])
def test_no_command_steers_a_terminal(hostile: Path, words: list[str], form: str) -> None:
    ran = handpicked(*(["--json"] if form == "programs" else []), *words, workspace=hostile)
    assert steers(ran.stdout + ran.stderr) == []
    assert ran.stdout or ran.stderr


def rows(ran: Ran) -> list[list[str]]:
    """The cells of a CSV file on stdout."""
    return list(csv.reader(io.StringIO(ran.stdout)))


def test_a_query_as_csv_lets_no_formula_through(hostile: Path) -> None:
    ran = handpicked(
        "query", "--format", "csv", 'SELECT narration, start_s AS "=1+1" FROM clip ORDER BY start_s', workspace=hostile
    )
    head, _, (narration, start), (broken, _) = rows(ran)
    assert broken == "stir\n=1+1"  # one cell, no row of its own
    assert head == ["narration", "'=1+1"]
    assert (narration, start) == (f"'{FORMULA}", "3.0")


def test_numbers_below_zero_stay_numbers(hostile: Path) -> None:
    ran = handpicked("query", "--format", "csv", "SELECT -1.5 AS n, '-x' AS t, ['=a'] AS l", workspace=hostile)
    assert rows(ran)[1] == ["-1.5", "'-x", "['=a']"]


def test_no_cell_of_a_label_file_is_a_formula() -> None:
    row = LabelRow(
        left_clip_id="=a",
        right_clip_id="+b",
        answer="left",
        annotator="@c",
        kind="people",
        response_ms=900,
        strategy="random",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        label_id=FORMULA,
    )
    text = format_labels([row])
    cells = list(csv.reader(io.StringIO(text)))[1]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    (read,) = read_labels(text.encode(), "labels.csv").rows
    assert (read.left_clip_id, read.annotator, read.label_id) == ("=a", "@c", FORMULA)
