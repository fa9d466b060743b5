"""The timeline points at the frames of its sources that each clip shows, counted as the source counts them."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import opentimelineio as otio
import pytest

from engine.errors import ExportError
from engine.export.formats import timelines
from engine.export.formats.base import ExportOptions
from engine.export.formats.edl import Edl, EdlOptions
from engine.export.formats.registry import EXPORT_FORMATS
from engine.export.formats.timelines import Otio, one_line
from tests.engine.export.formats.made_clips import Context, clip_to_export, made, ranked
from tests.synthetic_video import write_video
from tests.tars import member_place, write_tar

if TYPE_CHECKING:
    from pathlib import Path

NTSC = 30000 / 1001


def timeline(rows: list[dict[str, Any]], folder: Path) -> tuple[list[Any], Context]:
    """The clips of the timeline of these rows, read back."""
    context, out = Context(), folder / "out"
    out.mkdir()
    Otio(ExportOptions()).assemble(made(rows, folder / "parts"), out, context)
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "timeline.otio"]
    read = otio.adapters.read_from_file(str(out / "timeline.otio"))
    return list(read.find_clips()), context


@pytest.mark.parametrize(
    ("label", "fps", "start"),
    [
        (None, 25.0, 0),
        ("01:00:00:00", NTSC, 108_000),
        ("01:00:00;00", NTSC, 107_892),
        ("10:00:00:00", 24000 / 1001, 864_000),
    ],
)
def test_frames_are_those_of_the_source_and_count_from_its_timecode(
    tmp_path: Path, label: str | None, fps: float, start: int
) -> None:
    path = tmp_path / "GX010042.mov"
    write_video(path, 90, fps=fps, timecode=label)
    row = ranked(1, start_s=30 / fps, end_s=75 / fps, video_path=str(path), narration="pick up\nthe cup")
    (clip,), context = timeline([row], tmp_path)
    assert clip.source_range.start_time == otio.opentime.RationalTime(start + 30, fps)
    assert clip.source_range.duration == otio.opentime.RationalTime(45, fps)
    assert clip.source_range.start_time.rate == pytest.approx(fps)
    available = clip.media_reference.available_range
    assert (available.start_time.value, available.duration.value) == (start, 90)
    assert otio.url_utils.filepath_from_url(clip.media_reference.target_url) == str(path)
    assert clip.markers[0].name == "rank 1, reward 1.000 ± 0.125: pick up the cup"
    assert clip.markers[0].marked_range.start_time.value == start + 30
    assert context.warnings == []


def test_clips_stand_in_order_of_rank_with_all_that_is_known(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 90)
    known = {"video_path": str(tmp_path / "a.mp4"), "hands_presence": 0.5, "source": "sample", "labels_by": "simulated"}
    rows = [
        ranked(1, start_s=2.0, end_s=2.5, **known),
        ranked(2, start_s=0.0, end_s=0.5, reward_std=float("nan"), **known),
    ]
    first, second = timeline(rows, tmp_path)[0]
    told = first.metadata["handpicked"]
    assert (told["clip_id"], told["rank"], told["reward"]) == (rows[0]["clip_id"], 1, 1.0)
    assert told["features"]["hands_presence"] == 0.5
    assert told["synthetic"]
    assert told["simulated_labels"]
    assert "video_path" not in told
    assert second.metadata["handpicked"]["reward_std"] is None
    assert second.markers[0].name == "rank 2, reward 0.500, simulated labels, synthetic"
    assert [clip.source_range.start_time.value for clip in (first, second)] == [60, 0]


def test_the_same_clips_give_the_same_bytes(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 90)
    clips = made([ranked(1, video_path=str(tmp_path / "a.mp4"), start_s=0.5, end_s=1.0)], tmp_path / "parts")
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        Otio(ExportOptions()).assemble(clips, tmp_path / name, Context())
        texts.append((tmp_path / name / "timeline.otio").read_bytes())
    assert texts[0] == texts[1]


def test_a_varying_rate_and_a_lost_video_are_named(tmp_path: Path) -> None:
    times = [0.0, 0.03, 0.1, 0.13, 0.2, 0.23, 0.3, 0.33, 0.4]
    write_video(tmp_path / "phone.mp4", len(times), times_s=times)
    rows = [
        ranked(1, start_s=0.0, end_s=0.2, video_path=str(tmp_path / "phone.mp4")),
        ranked(2, start_s=1.0, end_s=2.0, video_path=str(tmp_path / "gone.mp4"), video_fps=25.0),
    ]
    (_, lost), context = timeline(rows, tmp_path)
    assert "varies in its rate" in context.warnings[0]
    assert "phone.mp4" in context.warnings[0]
    assert "can't be read" in context.warnings[1]
    assert "gone.mp4" in context.warnings[1]
    assert (lost.source_range.start_time.value, lost.source_range.duration.value) == (25, 25)
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert all(warning in card for warning in context.warnings)


def test_a_video_inside_a_tar_is_said_once(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 30)
    write_tar(tmp_path / "shard.tar", [("a.mp4", tmp_path / "a.mp4")])
    place = member_place(tmp_path / "shard.tar", "a.mp4")
    _, context = timeline([ranked(1, start_s=0.0, end_s=0.5, video_path=str(place))], tmp_path)
    assert sum("tar" in warning for warning in context.warnings) == 1


@pytest.mark.parametrize("exporter", [Otio(ExportOptions()), Edl(EdlOptions())])
def test_without_the_package_the_export_is_refused_before_it_begins(
    exporter: Otio | Edl, monkeypatch: pytest.MonkeyPatch
) -> None:
    type(exporter).settled(exporter.options, [])  # type: ignore[arg-type]
    assert importlib.util.find_spec("opentimelineio") is not None
    monkeypatch.setattr(timelines, "find_spec", lambda _name: None)
    with pytest.raises(ExportError, match=r"opentimelineio.*not installed.*handpicked\[otio\]"):
        type(exporter).settled(exporter.options, [])  # type: ignore[arg-type]


@pytest.mark.parametrize("exporter", [Otio(ExportOptions()), Edl(EdlOptions())])
def test_more_clips_than_an_editor_opens_are_refused(exporter: Otio | Edl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "MOST_CLIPS", 1)
    clips = [clip_to_export(ranked(rank)) for rank in (1, 2)]
    with pytest.raises(ExportError, match=r"2 clips are more than .*--top"):
        type(exporter).settled(exporter.options, clips)  # type: ignore[arg-type]


def test_the_formats_are_found_by_name_and_have_no_parts() -> None:
    assert (EXPORT_FORMATS.get("otio"), EXPORT_FORMATS.get("edl")) == (Otio, Edl)
    assert not Otio.has_parts
    assert not Edl.has_parts


def test_text_from_data_is_one_printable_line() -> None:
    assert one_line("a\nb\x1b[31m\u2028c") == "a b [31m c"
    assert len(one_line("x" * 999)) == 200
