"""Rate and picture size are settled from the selection, and what that changes is said in numbers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from engine.export.formats.base import ClipToExport
from engine.export.formats.lerobot import Lerobot
from engine.export.formats.lerobot.options import LerobotOptions


def clip(fps: float = 30, size: tuple[int, int] = (640, 480), seconds: float = 5) -> ClipToExport:
    return ClipToExport(
        rank=1, clip_id="v@0-1", path="v.mp4", start_s=1, end_s=1 + seconds, fps=fps, width=size[0], height=size[1]
    )


def settled(clips: list[ClipToExport], **options: object) -> tuple[LerobotOptions, str]:
    made, notes = Lerobot.settled(LerobotOptions(**options), clips)  # type: ignore[arg-type]
    return made, "\n".join(notes)


def test_most_clips_decide() -> None:
    made, notes = settled([clip(29.97), clip(29.97, (1280, 720)), clip(60, (1280, 720))])
    assert (made.fps, made.width, made.height) == (30, 1280, 720)
    assert "All 3 clips have another rate than 30 frames a second: 29.97 (2), 60 (1)" in notes
    assert "1 of 3 clips have pictures of another size than 1280 × 720" in notes
    assert "1 of 3 clips have pictures of another shape" in notes
    assert "shorter" not in notes


def test_what_a_person_chose_stays() -> None:
    made, notes = settled([clip(24), clip(24)], fps=30, width=320, height=240)
    assert (made.fps, made.width, made.height) == (30, 320, 240)
    assert "All 2 clips have another rate" in notes
    assert "All 2 clips have pictures of another size than 320 × 240 and are scaled" in notes
    assert "shape" not in notes


def test_clips_that_fit_need_no_word() -> None:
    assert settled([clip(), clip()])[1] == ""


def test_short_clips_are_counted_by_the_settled_rate() -> None:
    assert "1 of 2 clips are shorter than 100 frames" in settled([clip(seconds=3.3), clip(seconds=3.4)])[1]
    assert "shorter" not in settled([clip(seconds=3.3)], fps=60)[1]


def test_odd_sizes_become_even_and_ties_go_to_the_greater() -> None:
    made, notes = settled([clip(size=(641, 481)), clip(25, (320, 240))])
    assert (made.fps, made.width, made.height) == (30, 640, 480)
    assert "1 of 2 clips have pictures of another size" in notes


def test_very_slow_and_very_fast_videos_have_a_rate() -> None:
    assert settled([clip(0.2)])[0].fps == 1
    assert settled([clip(960)])[0].fps == 240


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"width": 640}, "go together"),
        ({"width": 641, "height": 480}, "even"),
        ({"fps": 0}, "greater than or equal to 1"),
        ({"actions": "robot"}, "'none', 'hands' or 'pseudo'"),
        ({"crf": 0}, "greater than or equal to 1"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_what_cant_be_is_refused(options: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        LerobotOptions(**options)  # type: ignore[arg-type]
