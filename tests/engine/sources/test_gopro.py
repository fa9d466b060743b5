"""Chapters of a recording found by their names."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.sources import Recording, group_chapters

CARD = Path("card") / "100GOPRO"


def shown(recordings: list[Recording]) -> dict[str, list[tuple[int, str]]]:
    return {r.name: [(c.number, c.path.name) for c in r.chapters] for r in recordings}


def test_chapters_are_put_together_in_order() -> None:
    files = ["GX020123.MP4", "GX010123.mp4", "GH010124.MP4", "GX030123.MP4", "GS010125.360"]
    assert shown(group_chapters(CARD / name for name in files)) == {
        "GX0123": [(1, "GX010123.mp4"), (2, "GX020123.MP4"), (3, "GX030123.MP4")],
        "GH0124": [(1, "GH010124.MP4")],
        "GS0125": [(1, "GS010125.360")],
    }


def test_the_older_names_count_from_the_file_without_a_number() -> None:
    files = ["GP020077.MP4", "GOPR0077.MP4", "GP010077.MP4", "GOPR0078.MP4"]
    assert shown(group_chapters(CARD / name for name in files)) == {
        "GOPR0077": [(1, "GOPR0077.MP4"), (2, "GP010077.MP4"), (3, "GP020077.MP4")],
        "GOPR0078": [(1, "GOPR0078.MP4")],
    }


def test_cameras_with_the_same_numbers_do_not_mix() -> None:
    paths = [
        Path(camera) / "100GOPRO" / name for name in ("GX010123.MP4", "GX020123.MP4") for camera in ("left", "right")
    ]
    recordings = group_chapters(paths)
    assert [[c.path.parts[0] for c in r.chapters] for r in recordings] == [["left"] * 2, ["right"] * 2]
    assert len({r.recording_id for r in recordings}) == 2


def test_a_missing_chapter_is_named_and_the_others_stand() -> None:
    (recording,) = group_chapters([CARD / "GX020123.MP4", CARD / "GX040123.MP4"])
    assert [chapter.number for chapter in recording.chapters] == [2, 4]
    assert ["chapter 1 of recording GX0123" in recording.problems[0].reason, len(recording.problems)] == [True, 2]


def test_a_chapter_that_is_there_twice_is_kept_apart() -> None:
    whole, double = group_chapters([CARD / "GX010123.MP4", CARD / "gx010123.mp4"])
    assert (whole.is_gopro, double.is_gopro) == (True, False)
    assert "already has this chapter" in double.problems[0].reason


def test_other_names_are_recordings_of_their_own() -> None:
    files = ["P01_01.MP4", "GX000123.MP4", "GXAA0001.MP4", "GX010123.MOV", "xGX010123.MP4"]
    recordings = group_chapters(CARD / name for name in files)
    assert [(r.is_gopro, len(r.chapters)) for r in recordings] == [(False, 1)] * 5


NAMES = st.one_of(
    st.from_regex(r"\AG[HXS]0[0-3]000[12]\.MP4\Z"),
    st.from_regex(r"\A(GOPR|GP0[12])000[12]\.MP4\Z"),
    st.sampled_from(["a.mp4", "b.mov"]),
)


@given(st.lists(st.tuples(st.sampled_from(["l", "r"]), NAMES), unique=True, max_size=12))
def test_every_file_is_in_exactly_one_recording(files: list[tuple[str, str]]) -> None:
    paths = [Path(folder) / name for folder, name in files]
    recordings = group_chapters(paths)
    assert sorted(c.path for r in recordings for c in r.chapters) == sorted(paths)
    assert len({r.recording_id for r in recordings}) == len(recordings)
    for recording in recordings:
        numbers = [chapter.number for chapter in recording.chapters]
        assert numbers == sorted(set(numbers))
        assert len({chapter.path.parent for chapter in recording.chapters}) == 1
