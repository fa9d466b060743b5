"""What a failure says, as one text."""

from __future__ import annotations

import pytest

from engine.errors import HandpickedError, VideoError


@pytest.mark.parametrize(
    ("message", "remedy", "said"),
    [
        ("It broke.", "", "It broke."),
        ("It broke", "", "It broke"),
        ("It broke", "Mend it.", "It broke. Mend it."),
        ("It broke.", "Mend it.", "It broke. Mend it."),
        ("Is it broken?", "Mend it.", "Is it broken? Mend it."),
        ("", "Mend it.", "Mend it."),
    ],
)
def test_a_remedy_begins_a_sentence_of_its_own(message: str, remedy: str, said: str) -> None:
    assert str(HandpickedError(message, remedy=remedy)) == said


def test_a_video_is_named_first() -> None:
    assert str(VideoError("a.mp4", "no video stream", remedy="Take another file.")) == (
        "'a.mp4': no video stream. Take another file."
    )
