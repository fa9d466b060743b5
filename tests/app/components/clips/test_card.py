"""What a card says of its clip: names, numbers with their names, decisions and tags."""

from __future__ import annotations

from typing import Any

import pytest

from app.components.clips.card import card, written
from storage.library.rows import LibraryRow


def row(**facts: Any) -> LibraryRow:
    made: dict[str, Any] = {
        "clip_id": "a@0-2000", "video_id": "a", "video_name": "kitchen.mp4", "source": "folder", "start_s": 0.0,
        "end_s": 2.0, "origin": "stride", "narration": None, "width": 640, "height": 480, "thumbnail": None,
        "sprite": None, "sprite_details": None, "tags": (), "reward": None, "reward_std": None, "sorted_by": None,
        "numbers": {},
    }  # fmt: skip
    return LibraryRow(**{**made, **facts})


@pytest.mark.parametrize(
    ("value", "column", "text"),
    [
        (0.8649, "reward", "0.86"),
        (-1.2, "reward", "-1.20"),
        (12345.678, "sharpness_laplacian_median", "12,345.68 grey levels²"),
        (0.0, "reward", "0.00"),
        (0.0004, "motion_idle_share", "0.0004"),
        (7.0, "labels", "7"),
        (3.0, "simulated_labels", "3"),
    ],
)
def test_a_number_has_two_decimals_but_for_counts_and_tiny_ones(value: float, column: str, text: str) -> None:
    assert written(value, column) == text


def test_the_number_that_sorted_it_stands_on_the_card_with_its_name() -> None:
    assert card(row(sorted_by=0.5, reward=1.0, reward_std=0.1), "composite_score").number.endswith(" 0.50")
    assert card(row(reward=1.0, reward_std=0.1), "likeness").number == "Reward 1.00"
    assert card(row(), "likeness").number == ""
    assert card(row(reward=1.0, reward_std=0.1), "", "#1 of 9").number == ""


def test_decisions_and_tags_are_kept_apart_and_the_tooltip_has_the_full_name() -> None:
    found = card(row(tags=("keep", "wet floor"), narration="open drawer"), "likeness")
    assert (found.decision, found.tags) == ("keep", ("wet floor",))
    assert found.below == "wet floor · kitchen.mp4, 0:00.00"
    assert found.hint.splitlines()[:2] == ["open drawer", "kitchen.mp4"]
    assert found.aspect == pytest.approx(4 / 3)
