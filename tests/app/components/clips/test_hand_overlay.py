"""A hand track as the player draws it: the hands that are there, at each time, as shares of the picture."""

from __future__ import annotations

from dataclasses import asdict

from app.components.clips.hand_overlay import LANDMARKS, as_drawn
from storage.clips import StoredClip
from storage.feature_rows import ClipTrack

CLIP = StoredClip(
    clip_id="one@1000-2000",
    video_id="one",
    start_s=1.0,
    end_s=2.0,
    origin="manual",
    narration=None,
    verb=None,
    noun=None,
    segment_id=None,
    thumbnail=None,
)


def test_only_hands_that_are_there_are_drawn() -> None:
    """Two times of two slots each: nobody, then a hand that was seen beside one that was filled in."""
    landmarks = [float(value) for _ in range(2 * 2 * LANDMARKS) for value in (0.25, 0.5, 9.0)]
    track = ClipTrack(CLIP.clip_id, {"t_s": [1.0, 1.1], "state": [0, 0, 1, 2], "landmarks": landmarks})
    drawn = asdict(as_drawn(CLIP, track))
    assert (drawn["start_s"], drawn["end_s"], drawn["t_s"]) == (1.0, 2.0, [1.0, 1.1])
    xy = [0.25, 0.5] * LANDMARKS
    assert drawn["hands"] == [[], [{"slot": 0, "seen": True, "xy": xy}, {"slot": 1, "seen": False, "xy": xy}]]
