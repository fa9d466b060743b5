"""One pass for all: what a clip's features must not depend on, and what happens to clips that can't be measured."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine.cancel import Cancelled
from engine.errors import EngineError, VideoError
from engine.features.base import Clip, ClipResult, Column, Extractor
from engine.features.exposure import Exposure, frame_exposure
from engine.features.extract import NO_FRAME, ClipFeatures, extract_video
from engine.features.motion import Motion
from engine.features.sharpness import Sharpness, frame_sharpness
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, ReadStats, Sample
from engine.video.windows import Window
from tests.engine.features.scenes import DIAGONAL_PX, view, with_blob, write_pictures

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.features.shared import Shared

CLIPS = [
    Clip("a", Window(0.4, 1.9)),
    Clip("b", Window(1.0, 2.5)),
    Clip("c", Window(1.0, 2.0)),
    Clip("d", Window(1.23, 2.77)),
    Clip("far", Window(6.5, 8.0)),
]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of a panning camera (2 px a frame at 30 Hz) with a blob that circles."""
    pictures = (
        with_blob(view(2 * k - 240), 213 + 80 * np.cos(k / 12), 160 + 60 * np.sin(k / 12), 40) for k in range(240)
    )
    return write_pictures(tmp_path_factory.mktemp("video") / "v.mp4", pictures)


def plain() -> list[Extractor[Any]]:
    return [Sharpness(), Exposure(), Motion()]


def values(found: Iterable[ClipFeatures]) -> dict[Any, dict[str, Any]]:
    return {clip.key: {name: dict(result.values) for name, result in clip.results.items()} for clip in found}


def test_a_clip_alone_is_what_it_is_among_others(video: Path) -> None:
    together = values(extract_video(video, CLIPS, plain()))
    assert list(together) == ["a", "c", "b", "d", "far"], "in the order in which they end"
    for clip in CLIPS:
        assert values(extract_video(video, [clip], plain())) == {clip.key: together[clip.key]}


def test_an_extractor_alone_gives_what_it_gives_among_others(video: Path) -> None:
    together = values(extract_video(video, CLIPS, plain()))
    for extractor in plain():
        for key, alone in values(extract_video(video, CLIPS, [extractor])).items():
            assert alone[extractor.name] == together[key][extractor.name]


def test_frames_reached_by_seek_are_those_of_decoding_through(video: Path) -> None:
    stats, through = ReadStats(), ReadStats()
    clip = [CLIPS[-1]]
    assert values(extract_video(video, clip, plain(), stats=stats)) == values(
        extract_video(video, clip, plain(), stats=through, seek=False)
    )
    assert stats.seeks > 0
    assert stats.frames_decoded < through.frames_decoded / 2


def test_it_repeats_itself(video: Path) -> None:
    assert values(extract_video(video, CLIPS, plain())) == values(extract_video(video, CLIPS, plain()))


def test_the_numbers_are_those_of_the_decoded_frames(video: Path) -> None:
    """Fetched and measured one by one, without pipeline or memory."""
    clip = CLIPS[3]
    (found,) = extract_video(video, [clip], plain())
    requests = (Sharpness().requests()[0], Exposure().requests()[0])
    frames = [e for e in read(video, [ClipRequest("x", clip.window, requests)]) if isinstance(e, Sample)]
    grey = [frame_sharpness(frame.image)[0] for frame in frames if frame.request.color == "gray"]
    colour = [frame_exposure(frame.image).mean for frame in frames if frame.request.color == "rgb"]
    assert found.results["sharpness"].values["laplacian_median"] == pytest.approx(np.median(grey))
    assert found.results["exposure"].values["luma_mean"] == pytest.approx(np.mean(colour))


def test_through_a_real_video_the_camera_s_speed_is_the_true_one(video: Path) -> None:
    speed = values(extract_video(video, CLIPS, [Motion()]))["a"]["motion"]["camera_speed_mean"]
    assert speed == pytest.approx(2 * 30 / DIAGONAL_PX, rel=0.03)


def test_resolution_hardly_matters(tmp_path: Path) -> None:
    """The same scene at 720 and at 360 lines: motion within 5 %, sharpness within 20 %, exposure within one level."""
    small, large = (
        write_pictures(tmp_path / f"{width}.mp4", (view(3 * k - 60, width=width) for k in range(40)))
        for width in (480, 960)
    )
    clip = [Clip("a", Window(0, 1.3))]
    low, high = (values(extract_video(path, clip, plain()))["a"] for path in (small, large))
    assert high["motion"]["camera_speed_mean"] == pytest.approx(low["motion"]["camera_speed_mean"], rel=0.05)
    assert high["sharpness"]["laplacian_median"] == pytest.approx(low["sharpness"]["laplacian_median"], rel=0.2)
    assert high["exposure"]["luma_mean"] == pytest.approx(low["exposure"]["luma_mean"], abs=1)
    assert high["exposure"]["contrast"] == pytest.approx(low["exposure"]["contrast"], abs=1)


def test_a_frame_is_decoded_once_and_converted_once_a_size(video: Path) -> None:
    stats = ReadStats()
    list(
        extract_video(
            video, [Clip(k, Window(k * 0.5, k * 0.5 + 2)) for k in range(8)], plain(), stats=stats, seek=False
        )
    )
    assert stats.frames_decoded <= 240
    assert stats.conversions <= 2 * stats.frames_needed


def test_a_clip_beyond_the_video_says_so_and_the_rest_goes_on(video: Path) -> None:
    found = {f.key: f for f in extract_video(video, [CLIPS[0], Clip("late", Window(50, 51))], plain())}
    assert found["late"].failures == dict.fromkeys(["sharpness", "exposure", "motion"], NO_FRAME)
    assert not found["a"].failures


class Picky(Extractor[Any]):
    """Fails where it is told to."""

    name = "picky"
    title = "Picky"
    description = "Fails."
    columns = (Column("value", "", "A number."),)
    fails: str = ""
    gives: float | None = 1.0

    def requests(self) -> tuple[FrameRequest, ...]:
        return (FrameRequest(5, 64, "gray"),)

    def begin(self, clip: Clip, shared: Shared) -> Any:
        return _Picky(self, clip)


class _Picky:
    def __init__(self, owner: Picky, clip: Clip) -> None:
        self.owner, self.key = owner, clip.key

    def add(self, sample: Sample) -> None:
        if self.owner.fails == "add" and self.key == "b":
            raise ZeroDivisionError("by nothing")

    def finish(self) -> ClipResult:
        if self.owner.fails == "finish" and self.key == "b":
            raise EngineError("It can't be measured.")
        return ClipResult(values={"value": self.owner.gives} if self.owner.fails != "columns" else {"other": 1.0})


@pytest.mark.parametrize(("where", "said"), [("add", "ZeroDivisionError"), ("finish", "can't be measured")])
def test_a_failure_is_one_clip_s_and_one_extractor_s(video: Path, where: str, said: str) -> None:
    picky = Picky()
    picky.fails = where
    found = {f.key: f for f in extract_video(video, CLIPS, [picky, Sharpness()])}
    assert said in found["b"].failures["picky"]
    assert list(found["b"].results) == ["sharpness"]
    assert all(not f.failures for key, f in found.items() if key != "b")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_what_is_no_number_leaves_as_nothing_with_a_note(video: Path, value: float | None) -> None:
    picky = Picky()
    picky.gives = value
    (found,) = extract_video(video, CLIPS[:1], [picky])
    assert found.results["picky"].values == {"value": None}
    assert "value" in found.results["picky"].note


def test_an_extractor_must_keep_to_its_columns(video: Path) -> None:
    picky = Picky()
    picky.fails = "columns"
    (found,) = extract_video(video, CLIPS[:1], [picky])
    assert "other" in found.failures["picky"]


def test_a_damaged_middle_gives_the_readable_part_with_a_flag(video: Path, tmp_path: Path) -> None:
    data = bytearray(video.read_bytes())
    middle = len(data) * 45 // 100
    data[middle : middle + len(data) // 10] = bytes(len(data) // 10)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(data)
    clips = [Clip("head", Window(0.2, 1.5)), Clip("middle", Window(3.0, 5.5)), Clip("tail", Window(6.5, 7.9))]
    found = {f.key: f for f in extract_video(damaged, clips, plain())}
    whole = {f.key: f for f in extract_video(video, clips, plain())}
    assert found["middle"].damaged
    for key in ("head", "tail"):
        assert not found[key].damaged
        assert found[key].results["sharpness"].values == whole[key].results["sharpness"].values


def test_a_file_cut_short_is_flagged(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    write_pictures(path, (view(k) for k in range(120)), movflags="faststart")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = {f.key: f for f in extract_video(path, [Clip("a", Window(0, 1)), Clip("b", Window(1, 4))], [Sharpness()])}
    assert not found["a"].damaged
    assert found["b"].damaged


def test_what_is_no_video_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"no video")
    with pytest.raises(VideoError):
        list(extract_video(tmp_path / "v.mp4", CLIPS, plain()))


def count_threads() -> int:
    return sum(thread.name.startswith("features-") for thread in threading.enumerate())


@pytest.mark.parametrize("how", ["close", "cancel", "progress"])
def test_it_can_be_stopped_and_leaves_no_thread(video: Path, how: str) -> None:
    clips = [Clip(k, Window(k * 0.1, k * 0.1 + 1)) for k in range(60)]
    stopped = threading.Event()

    def give_up(_: float) -> None:
        raise Cancelled

    found = extract_video(
        video, clips, plain(), cancelled=stopped.is_set, progress=give_up if how == "progress" else None
    )
    next(found)
    if how == "close":
        found.close()  # type: ignore[attr-defined]
    elif how == "cancel":
        stopped.set()
        with pytest.raises(Cancelled):
            list(found)
    else:
        time.sleep(1.1)
        with pytest.raises(Cancelled):
            list(found)
    assert count_threads() == 0


def test_nothing_to_do_is_done_at_once(video: Path) -> None:
    assert list(extract_video(video, [], plain())) == []
    assert list(extract_video(video, CLIPS, [])) == []
