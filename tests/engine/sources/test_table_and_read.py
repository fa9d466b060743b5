"""Plain CSV files, and files that are nothing we know."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import SourceError
from engine.sources import read_annotations

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, text: str, name: str = "clips.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_the_plain_format(tmp_path: Path) -> None:
    path = write(tmp_path, 'video,start_s,end_s,label\nwalk 1.mp4,0,2.5,"pick, place"\nwalk 1.mp4,1:00,1:02,\n\n')
    annotations = read_annotations(path)
    assert (annotations.source, annotations.problems) == ("csv", ())
    assert [(s.video_name, s.start_s, s.end_s, s.narration) for s in annotations.segments] == [
        ("walk 1.mp4", 0, 2.5, "pick, place"),
        ("walk 1.mp4", 60, 62, ""),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "video;start_s;end_s\na.mp4;0,5;1,5\n",
        "video\tstart_s\tend_s\na.mp4\t0.5\t1.5\n",
        "File Name,Begin,Stop\na.mp4,0.5,1.5\n",
        "end,start,video_uid\n1.5,0.5,a.mp4\n",
        "\n\nvideo,start,end,,\na.mp4,0.5,1.5,,\n",
        '"video","start_s","end_s"\r\n"a.mp4","0.5","1.5"\r\n',
    ],
)
def test_delimiters_and_other_names_for_columns(tmp_path: Path, text: str) -> None:
    (segment,) = read_annotations(write(tmp_path, text)).segments
    assert (segment.video_name, segment.start_s, segment.end_s) == ("a.mp4", 0.5, 1.5)


def test_a_label_over_two_lines_is_one_label(tmp_path: Path) -> None:
    path = write(tmp_path, 'video,start_s,end_s,label\na,0,1,"one\ntwo"\na,1,2,three\n')
    assert [(s.row, s.narration) for s in read_annotations(path).segments] == [(2, "one\ntwo"), (4, "three")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00", "not text"),
        (b"hello\nworld\n", "lacks video, start_s, end_s"),
        (b"video,start_s,end\xff\n", "no columns of a known"),
        (b"video,start_s,start_s\n", "the column 'start_s' more than once"),
        (b"{ broken", "it is no JSON .*line 1"),
        (b"[" * 100_000, "levels deep"),
        (b'{"a": 1}', "no Ego4D annotation file"),
        (b"[1, 2]", "no Ego4D annotation file"),
        (b"video_uid,duration_sec,s3_path\nx,1,y\n", "an Ego4D manifest"),
    ],
)
def test_a_file_that_can_not_be_used_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=reason) as caught:
        read_annotations(path)
    assert str(path) in caught.value.message


def test_missing_files_folders_and_fifos_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, reason in [
        (tmp_path / "none.csv", "No such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "pipe", "no regular file"),
    ]:
        with pytest.raises(SourceError, match=reason):
            read_annotations(path)


def test_a_source_that_does_not_fit_the_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="those are JSON"):
        read_annotations(write(tmp_path, "video,start_s,end_s\n"), "ego4d")
    with pytest.raises(SourceError, match="read from CSV"):
        read_annotations(write(tmp_path, "{}"), "epic")
    assert read_annotations(write(tmp_path, "video,start_s,end_s\na,0,1\n"), "gopro").source == "csv"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=st.one_of(st.binary(max_size=300), st.text(alphabet='a0,1.:;"\n\r\t[]{}', max_size=300).map(str.encode)))
def test_no_content_escapes_the_designed_errors(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "any.csv"
    for content in (body, b"video,start_s,end_s,label\n" + body):
        path.write_bytes(content)
        with contextlib.suppress(SourceError):
            assert all(0 <= segment.start_s < segment.end_s for segment in read_annotations(path).segments)
