"""The `.task` file: only the right one is used, and any other is refused in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import EngineError
from engine.features.hand.batched.model_file import load_networks
from tests.engine.features.hand.batched.made_models import hand_model, model_members, write_task

if TYPE_CHECKING:
    from pathlib import Path

DETECTOR, LANDMARKS = "hand_detector.tflite", "hand_landmarks_detector.tflite"


def test_both_networks_of_the_pinned_file_are_found() -> None:
    networks = load_networks(hand_model())
    assert (networks.detector.side_px, networks.landmarks.side_px) == (192, 224)


def test_a_file_that_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hand_landmarker.task"
    for content in (b"", b"not a zip file", hand_model().read_bytes()[:100_000]):
        path.write_bytes(content)
        with pytest.raises(EngineError, match=r"hand_landmarker\.task.*zip"):
            load_networks(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="can't be used"):
        load_networks(tmp_path / "gone.task")


def test_a_missing_network_is_named(tmp_path: Path) -> None:
    path = write_task(tmp_path / "x.task", {DETECTOR: model_members()[DETECTOR]})
    with pytest.raises(EngineError, match=LANDMARKS):
        load_networks(path)


def test_a_damaged_network_is_named(tmp_path: Path) -> None:
    members = model_members()
    path = write_task(tmp_path / "x.task", {**members, LANDMARKS: members[LANDMARKS][:1_000_000]})
    with pytest.raises(EngineError, match=LANDMARKS):
        load_networks(path)


def test_another_network_in_its_place_is_refused(tmp_path: Path) -> None:
    members = model_members()
    path = write_task(tmp_path / "x.task", {DETECTOR: members[LANDMARKS], LANDMARKS: members[LANDMARKS]})
    with pytest.raises(EngineError, match="puts out"):
        load_networks(path)
