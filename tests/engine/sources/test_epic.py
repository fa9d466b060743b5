"""EPIC-KITCHENS files: the two layouts, and rows that are wrong in every way we could think of."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SourceError
from engine.files.read_csv import MAX_CELL_CHARS
from engine.sources import check_against_length, read_annotations
from engine.sources.epic import read_video_info

SHARED = Path(__file__).resolve().parents[4] / "shared" / "epic"

EPIC_100 = (
    "narration_id,participant_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,start_frame,stop_frame,"
    "narration,verb,verb_class,noun,noun_class,all_nouns,all_noun_classes"
)
EPIC_55 = (
    "uid,participant_id,video_id,narration,start_timestamp,stop_timestamp,start_frame,stop_frame,"
    "verb,verb_class,noun,noun_class,all_nouns,all_noun_classes"
)


def row_100(
    start: str = "00:00:01.00", stop: str = "00:00:02.50", video: str = "P01_11", words: str = "take plate"
) -> str:
    nouns = "\"['plate', 'cup']\""
    return f'P01_11_0,P01,{video},00:00:00.560,{start},{stop},1,113,{words},take,0,plate,2,{nouns},"[2, 13]"'


def write(folder: Path, *lines: str, end: str = "\n", encoding: str = "utf-8") -> Path:
    path = folder / "annotations.csv"
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return path


def test_epic_100_row_is_read_with_its_words_and_line(tmp_path: Path) -> None:
    annotations = read_annotations(write(tmp_path, EPIC_100, row_100()))
    (segment,) = annotations.segments
    assert annotations.format == "EPIC-KITCHENS-100"
    assert (segment.video_name, segment.start_s, segment.end_s) == ("P01_11", 1.0, 2.5)
    assert (segment.narration, segment.verb, segment.noun, segment.participant) == (
        "take plate",
        "take",
        "plate",
        "P01",
    )
    assert segment.row == 2
    assert segment.extra["all_nouns"] == "['plate', 'cup']"


def test_epic_55_columns_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, EPIC_55, "0,P01,P01_01,open door,00:00:00.14,00:00:03.37,8,202,open,2,door,8,['door'],[8]")
    annotations = read_annotations(path)
    assert (annotations.source, annotations.format) == ("epic", "EPIC-KITCHENS-55")
    assert annotations.segments[0].end_s == 3.37
    assert annotations.segments[0].narration == "open door"


def test_test_files_without_words_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "uid,video_id,start_timestamp,stop_timestamp", "1924,P09_01,00:00:03.10,00:00:05.00")
    (segment,) = read_annotations(path).segments
    assert (segment.narration, segment.participant) == ("", "P09")


@pytest.mark.parametrize(("end", "encoding"), [("\r\n", "utf-8-sig"), ("\n", "utf-8-sig"), ("\r\n", "utf-16")])
def test_spreadsheets_encodings_are_read(tmp_path: Path, end: str, encoding: str) -> None:
    path = write(tmp_path, EPIC_100, row_100(words="naïve café 皿"), end=end, encoding=encoding)
    annotations = read_annotations(path)
    assert [segment.narration for segment in annotations.segments] == ["naïve café 皿"]
    assert annotations.problems == ()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row_100(start="soon"), "'soon' is not a time"),
        (row_100(start=""), "a time is missing"),
        (row_100(start="nan"), "'nan' is not a time"),
        (row_100(stop="inf"), "'inf' is not a time"),
        (row_100(stop="1e99"), "times are in seconds"),
        (row_100(start="-1"), "'-1' is negative"),
        (row_100(start="00:61:00.00"), "go up to 59"),
        (row_100(start="00:00:02.50"), "not after its start"),
        (row_100(start="00:00:09.00"), "it ends at 2.5 s, which is not after its start at 9 s"),
        (row_100(video=""), "the video's name is missing"),
        (row_100(video="P01\x00_11"), "control characters"),
        ('P01_11_0,"P01",P01_11', "it has 3 cells, the header has 15 (is a quote left open?)"),
        ("P01_11_0,P01,P01_11", "it has 3 cells, the header has 15"),
        (row_100() + ",more", "it has 16 cells, the header has 15"),
        (row_100(words="x" * (MAX_CELL_CHARS + 1)), "a cell holds 20,001 characters"),
        (row_100(words="x" * 200_000), "a cell holds more than 131,072 characters"),
        (row_100(words='"take plate'), "a quote is opened and not closed properly"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_in(tmp_path: Path, bad: str, reason: str) -> None:
    path = write(tmp_path, EPIC_100, row_100(), bad, row_100(start="00:00:01.20"), row_100(start="00:00:01.30"))
    annotations = read_annotations(path)
    assert [segment.row for segment in annotations.segments] == [2, 4, 5]
    (problem,) = annotations.problems
    assert (problem.path, problem.line) == (str(path), 3)
    assert reason in problem.reason
    assert f"line 3: {problem.reason}" in str(problem)


def test_an_open_quote_swallows_no_rows(tmp_path: Path) -> None:
    plain = "video_id,start_timestamp,stop_timestamp,narration"
    rows = [f"P01_11,{i},{i + 1},pour water" for i in range(200)]
    rows[7] = 'P01_11,7,8,"pour water'
    rows[-1] = 'P01_11,199,200,"pour water'
    annotations = read_annotations(write(tmp_path, plain, *rows))
    assert len(annotations.segments) >= 198
    assert annotations.problems[0].line == 9
    assert "a quote is opened and not closed within 50 lines" in annotations.problems[0].reason
    assert [s.row for s in annotations.segments if s.row is not None and s.row < 201] == [*range(2, 9), *range(10, 201)]


def test_quotes_left_open_in_several_rows_hide_none_between_them(tmp_path: Path) -> None:
    rows = [f"P01_11,{i},{i + 1}," + ('"pour' if i % 2 else "pour") for i in range(100)]
    annotations = read_annotations(write(tmp_path, "video_id,start_timestamp,stop_timestamp,narration", *rows))
    assert [segment.row for segment in annotations.segments] == list(range(2, 102, 2))
    assert [problem.line for problem in annotations.problems] == list(range(3, 102, 2))


def test_a_row_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(f"{EPIC_100}\n{row_100(words='café')}\n".encode("latin-1") + f"{row_100()}\n".encode())
    annotations = read_annotations(path)
    assert [segment.row for segment in annotations.segments] == [3]
    assert "not UTF-8" in annotations.problems[0].reason


def test_formulas_and_html_stay_plain_text(tmp_path: Path) -> None:
    words = ["=HYPERLINK(1)", "<script>alert(1)</script>", "@cmd|x", "take;plate"]
    path = write(tmp_path, EPIC_100, *(row_100(words=text) for text in words))
    assert [segment.narration for segment in read_annotations(path).segments] == words


def test_missing_columns_are_named_with_the_nearest_format(tmp_path: Path) -> None:
    path = write(tmp_path, "video_id,start_timestamp,verb", "P01_11,1,take")
    with pytest.raises(SourceError, match=r"nearest format is EPIC-KITCHENS: it lacks stop_timestamp"):
        read_annotations(path)
    with pytest.raises(SourceError, match="it lacks stop_timestamp"):
        read_annotations(path, "epic")


def test_segments_are_held_against_the_videos_length(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        EPIC_100,
        row_100("1", "2"),
        row_100("8", "10.4"),
        row_100("9", "15"),
        row_100("10", "11"),
        row_100("90", "99", video="P02_01"),
    )
    annotations = read_annotations(path)
    checked = check_against_length(annotations.segments, {"p01_11.MP4": 10.0}, path=str(path))
    assert [(s.row, s.end_s) for s in checked.segments] == [(2, 2.0), (3, 10.0), (4, 10.0), (6, 99.0)]
    assert [problem.line for problem in checked.problems] == [4, 5]
    assert "it was cut there" in checked.problems[0].reason
    assert "after the end of P01_11 (10.00 s)" in checked.problems[1].reason


def test_a_thousand_rows_beyond_the_end_are_counted_and_a_hundred_named(tmp_path: Path) -> None:
    annotations = read_annotations(write(tmp_path, EPIC_100, *[row_100("20", "21")] * 1000))
    checked = check_against_length(annotations.segments, {"P01_11": 10.0}, path="a.csv")
    assert (len(checked.segments), len(checked.problems)) == (0, 101)
    assert str(checked.problems[-1]) == "a.csv: and 900 more problems like these"


@pytest.mark.parametrize("name", ["../P01_11", "a/b", "a\\b", "..", "P01\x1b[31m", "P01\u202e11", "x" * 256])
def test_an_id_that_is_a_path_or_deceives_costs_its_row(tmp_path: Path, name: str) -> None:
    annotations = read_annotations(write(tmp_path, EPIC_100, row_100(video=name), row_100()))
    assert [segment.row for segment in annotations.segments] == [3]
    assert annotations.problems[0].line == 2
    assert annotations.problems[0].reason.isprintable()


def test_the_list_of_videos_gives_lengths_and_is_no_annotation_file(tmp_path: Path) -> None:
    path = write(tmp_path, "video_id,duration,fps,resolution", "P01_01,1652.152817,59.94,1920x1080", "P01_02,?,1,1x1")
    assert {name: info.duration_s for name, info in read_video_info(path).items()} == {"P01_01": 1652.152817}
    with pytest.raises(SourceError, match="the list of EPIC-KITCHENS videos"):
        read_annotations(path)
    with pytest.raises(SourceError, match="lacks video_id, duration"):
        read_video_info(write(tmp_path, "a,b", "1,2"))


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the developers' EPIC-KITCHENS files are not beside the checkout")
def test_the_real_validation_file_has_9668_sound_segments() -> None:
    annotations = read_annotations(SHARED / "EPIC_100_validation.csv")
    assert (len(annotations.segments), annotations.problems) == (9668, ())
    assert len(annotations.video_names) == 138
    infos = read_video_info(SHARED / "EPIC_100_video_info.csv")
    assert len(infos) == 700
    lengths = {name: info.duration_s for name, info in infos.items() if info.duration_s is not None}
    checked = check_against_length(annotations.segments, lengths)
    assert (len(checked.segments), checked.problems) == (9668, ())
