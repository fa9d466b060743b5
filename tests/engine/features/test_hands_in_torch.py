"""The extractor `hands` by torch: what MediaPipe measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.errors import EngineError
from engine.features.base import Clip
from engine.features.extract import extract_video
from engine.features.hand.tracks import SEEN
from engine.features.hands import Hands, HandsSettings
from engine.features.resources import Resources
from engine.video.windows import Window
from tests.engine.features.rendered_hands import hands_in_size
from tests.engine.features.scenes import write_pictures

if TYPE_CHECKING:
    from pathlib import Path

CPU = Resources(download=False, device="cpu", threads=1)


def prepared(backend: str, **settings: int) -> Hands:
    hands = Hands(HandsSettings.model_validate({"backend": backend, **settings}), CPU)
    hands.prepare()
    return hands


def test_both_measure_the_same_clips_alike(tmp_path: Path) -> None:
    """Two overlapping clips of drawn hands, together in one batch."""
    path = tmp_path / "v.mp4"
    write_pictures(path, hands_in_size(640, 360, 12), fps=10)
    clips = [Clip("a", Window(0, 0.9)), Clip("b", Window(0.3, 1.2))]
    by_mediapipe, by_torch = (
        {found.key: found.results["hands"] for found in extract_video(path, clips, [prepared(name)])}
        for name in ("mediapipe", "torch")
    )
    for key in ("a", "b"):
        one, other = by_mediapipe[key], by_torch[key]
        assert one.values["any_share"] == other.values["any_share"] == 1
        for name in ("palm_size", "centrality", "confidence_mean"):
            assert other.values[name] == pytest.approx(one.values[name], rel=0.03)
        assert one.track is not None
        assert other.track is not None
        both = (one.track["state"] == SEEN) & (other.track["state"] == SEEN)
        assert both.sum() >= 0.9 * (one.track["state"] == SEEN).sum()
        assert np.median(np.abs(one.track["landmarks"][both] - other.track["landmarks"][both])) < 0.002


def test_a_clip_s_hands_wait_until_its_video_ends_or_enough_frames_do(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    write_pictures(path, hands_in_size(360, 360, 4), fps=10)
    few, many = prepared("torch", waiting_frames=1), prepared("torch")
    clips = [Clip("a", Window(0, 0.4))]
    (at_once,), (at_end,) = (list(extract_video(path, clips, [hands])) for hands in (few, many))
    assert at_once.failures == at_end.failures == {}
    assert at_end.results["hands"].values["any_share"] == at_once.results["hands"].values["any_share"] == 1


def test_numbers_of_workspaces_from_before_there_was_another_are_as_good() -> None:
    assert Hands().settings_hash() == "3c1607afd0ad4c42"
    for settings in (HandsSettings(backend="torch"), HandsSettings(batch_size=3, waiting_frames=9)):
        assert Hands(settings).settings_hash() == "3c1607afd0ad4c42"


def test_a_model_that_torch_can_t_use_is_an_error_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.features import hands as module
    from engine.weights import FoundWeights

    path = tmp_path / "hand_landmarker.task"
    path.write_bytes(b"no model")
    monkeypatch.setattr(module, "require_weights", lambda *_args, **_options: FoundWeights(path, "here"))
    with pytest.raises(EngineError, match="can't be used"):
        prepared("torch")
