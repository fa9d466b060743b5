"""Edit decision lists: within the format's limits, the frames of the sources, read back by OpenTimelineIO."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ExportError
from engine.export.formats.edl import Edl, EdlOptions, reel_names
from tests.engine.export.formats.made_clips import Context, made, ranked
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

NTSC = 30000 / 1001


def lists_of(rows: list[dict[str, Any]], folder: Path, **options: Any) -> tuple[list[str], Context]:
    """The texts of the lists of these rows, in order of their names."""
    context, out = Context(), folder / "out"
    out.mkdir()
    Edl(EdlOptions(**options)).assemble(made(rows, folder / "parts"), out, context)
    assert (out / "README.md").is_file()
    return [path.read_text(encoding="utf-8") for path in sorted(out.glob("*.edl"))], context


def read_back(text: str, rate: float) -> list[Any]:
    return list(otio.adapters.read_from_string(text, "cmx_3600", rate=rate).find_clips())


def video(folder: Path, name: str, fps: float = 30.0, label: str | None = None, frames: int = 90) -> str:
    write_video(folder / name, frames, fps=fps, timecode=label)
    return str(folder / name)


@pytest.mark.parametrize(
    ("label", "fps", "start", "counted"),
    [
        ("01:00:00:00", 25.0, 90_000, "NON-DROP"),
        ("01:00:00:00", NTSC, 108_000, "NON-DROP"),
        ("01:00:00;00", NTSC, 107_892, "DROP"),
        ("00:00:59;00", NTSC, 1770, "DROP"),  # its clip runs over the dropped numbers
        (None, 60000 / 1001, 0, "NON-DROP"),
    ],
)
def test_events_are_frames_of_the_source(
    tmp_path: Path, label: str | None, fps: float, start: int, counted: str
) -> None:
    path = video(tmp_path, "GX010042.mov", fps, label)
    rows = [
        ranked(1, start_s=30 / fps, end_s=75 / fps, video_path=path, narration="pick up\n999  AX"),
        ranked(2, start_s=0.0, end_s=10 / fps, video_path=path),
    ]
    (text,), context = lists_of(rows, tmp_path)
    assert context.warnings == []
    assert f"\nFCM: {counted} FRAME\n" in text
    assert bool(re.search(r"\d;\d", text)) == (counted == "DROP")
    first, second = read_back(text, fps)
    for clip, frame, count in ((first, 30, 45), (second, 0, 10)):
        assert clip.source_range.start_time.value == start + frame
        assert clip.source_range.duration.value == count
    assert first.metadata["cmx_3600"]["reel"] == "GX010042"
    assert first.name == "GX010042.mov"
    assert "GREEN   RANK 1, REWARD 1.000 ± 0.125: PICK UP 999 AX\n" in text
    assert len(re.findall(r"^\d{3}  ", text, re.MULTILINE)) == 2, "no text of a clip makes an event"


def test_other_rates_are_rounded_to_that_of_most_clips_and_said(tmp_path: Path) -> None:
    thirty, film = video(tmp_path, "a.mp4", 30.0), video(tmp_path, "b.mov", 25.0, "01:00:00:20")
    rows = [
        ranked(1, start_s=0.0, end_s=1.0, video_path=thirty),
        ranked(2, start_s=1.0, end_s=2.0, video_path=film),
        ranked(3, start_s=1.0, end_s=2.0, video_path=thirty),
    ]
    (text,), context = lists_of(rows, tmp_path)
    assert "1 of 3 clips have another frame rate than the list's 30" in context.warnings[0]
    assert context.warnings[0] in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    _, other, _ = read_back(text, 30)
    assert other.source_range.start_time.value == 108_000 + 24 + 30, "the label is kept: 20 of 25 frames are 24 of 30"
    assert other.source_range.duration.value == 30


def test_the_rate_can_be_chosen_and_must_be_one_of_timecode(tmp_path: Path) -> None:
    path = video(tmp_path, "a.mp4", 30.0)
    (text,), context = lists_of([ranked(1, start_s=1.0, end_s=2.0, video_path=path)], tmp_path, rate=25)
    (clip,) = read_back(text, 25)
    assert clip.source_range.start_time.value == 25
    assert "1 of 1 clips" in context.warnings[0]
    with pytest.raises(ExportError, match=r"can't count 15 .*23.976, 24, 25, 29.97"):
        Edl.settled(EdlOptions(rate=15), [])


def test_a_rate_without_timecode_is_counted_in_a_multiple(tmp_path: Path) -> None:
    path = video(tmp_path, "a.mp4", 15.0)
    (text,), context = lists_of([ranked(1, start_s=1.0, end_s=2.0, video_path=path)], tmp_path)
    (clip,) = read_back(text, 30)
    assert (clip.source_range.start_time.value, clip.source_range.duration.value) == (30, 30)
    assert "another frame rate than the list's 30" in context.warnings[0]


def test_numbers_counted_otherwise_and_past_midnight_are_said(tmp_path: Path) -> None:
    drop = video(tmp_path, "a.mov", NTSC, "23:59:59;00")
    other = video(tmp_path, "b.mov", NTSC, "01:00:00:00")
    rows = [
        ranked(1, start_s=0.5, end_s=2.0, video_path=drop),
        ranked(2, start_s=0.0, end_s=1.0, video_path=other),
        ranked(3, start_s=0.0, end_s=0.5, video_path=drop),
    ]
    (text,), context = lists_of(rows, tmp_path)
    assert "1 of 3 clips count non-drop-frame in their file" in context.warnings[0]
    assert "1 of 3 clips run past 24:00:00:00" in context.warnings[1]
    assert " 01:00:03;18 " in text, "frame 108,000, as drop-frame counts it"


def test_999_events_a_list_and_the_rest_in_the_next(tmp_path: Path) -> None:
    path = video(tmp_path, "a.mp4", 30.0, frames=40)
    rows = [ranked(rank, start_s=0.0, end_s=1.0, video_path=path) for rank in range(1, 1002)]
    texts, _ = lists_of(rows, tmp_path)
    assert [len(read_back(text, 30)) for text in texts] == [999, 2]
    assert sorted(file.name for file in (tmp_path / "out").glob("*.edl")) == ["edl-001.edl", "edl-002.edl"]


def test_a_list_lasts_less_than_a_day(tmp_path: Path) -> None:
    """Clips of ten hours, of videos that are not there: two fit into a day."""
    rows = [ranked(rank, start_s=0.0, end_s=36_000.0, video_path="gone.mp4") for rank in (1, 2, 3)]
    texts, _ = lists_of(rows, tmp_path)
    assert [len(read_back(text, 30)) for text in texts] == [2, 1]


@pytest.mark.parametrize(("style", "named"), [("avid", "FROM CLIP: "), ("nucoda", "FROM FILE: "), ("premiere", "AX")])
def test_each_style_names_files_its_way(tmp_path: Path, style: str, named: str) -> None:
    path = video(tmp_path, "a.mp4")
    (text,), _ = lists_of([ranked(1, start_s=0.0, end_s=1.0, video_path=path)], tmp_path, style=style)
    assert named in text


def test_the_same_clips_give_the_same_bytes(tmp_path: Path) -> None:
    path = video(tmp_path, "a.mp4")
    rows = [ranked(1, start_s=0.0, end_s=1.0, video_path=path)]
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        texts.append(lists_of(rows, tmp_path / name)[0])
    assert texts[0] == texts[1]


@given(st.lists(st.text(max_size=30).map(lambda name: f"videos/{name}.mp4"), max_size=60))
def test_reel_names_are_short_unique_and_plain(paths: list[str]) -> None:
    reels = reel_names(paths)
    assert set(reels) == set(paths)
    assert len(set(reels.values())) == len(reels)
    assert all(re.fullmatch(r"[A-Z0-9]{1,8}", reel) for reel in reels.values())
    assert not {"AX", "BL", "BLACK"} & set(reels.values())
