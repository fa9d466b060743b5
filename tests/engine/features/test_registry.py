"""Extractors are known without their libraries; a new one is one class, and finds its place in the settings."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import Field

from engine.errors import SettingsError
from engine.features.base import Clip, ClipResult, Column, Extractor
from engine.features.extract import extract_video
from engine.features.registry import all_columns, extractor_names, get, register, unregister
from engine.features.settings import FeatureSettings, enabled_extractors, extractor_settings, feature_settings_model
from engine.settings_model import SettingsModel
from engine.video.types import FrameRequest, Sample
from engine.video.windows import Window
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.features.shared import Shared

FIXED = {
    "sharpness": "laplacian_median laplacian_p10 tenengrad_median blurred_share",
    "exposure": "luma_mean contrast under_share over_share",
    "motion": "camera_speed_mean camera_speed_var camera_sparc camera_ldlj residual_mean idle_share frozen_share",
    "hands": "any_share both_share confidence_mean speed_mean displacement straightness sparc ldlj",
    "embedding": "spread",
}
"""Names that stand in SQL that people wrote."""


class BrightnessSettings(SettingsModel):
    """How bright."""

    rate_hz: float = Field(default=4.0, title="Rate (Hz)", description="Frames a second.")


class Brightness(Extractor[BrightnessSettings]):
    """A new extractor, as somebody would write it."""

    name = "brightness"
    title = "Brightness"
    description = "Mean of all channels."
    settings_model = BrightnessSettings
    columns = (Column("mean", "0–255", "Mean of all channels."),)

    def requests(self) -> tuple[FrameRequest, ...]:
        return (FrameRequest(self.settings.rate_hz, 64, "rgb"),)

    def begin(self, clip: Clip, shared: Shared) -> Any:
        return _Mean()


class _Mean:
    def __init__(self) -> None:
        self.values: list[float] = []

    def add(self, sample: Sample) -> None:
        self.values.append(float(sample.image.mean()))

    def finish(self) -> ClipResult:
        return ClipResult(values={"mean": sum(self.values) / len(self.values)})


@pytest.fixture
def brightness() -> Iterator[type[Brightness]]:
    yield register(Brightness)
    unregister("brightness")


def test_the_fixed_names_are_there() -> None:
    names = [column.name for column in all_columns()]
    fixed = {f"{extractor}_{name}" for extractor, listed in FIXED.items() for name in listed.split()}
    assert fixed <= set(names)
    assert len(set(names)) == len(names)
    assert all(column.column.description.endswith(".") for column in all_columns())


def test_names_columns_and_settings_load_nothing_heavy() -> None:
    code = (
        "import sys; from engine.features.registry import all_columns, get, extractor_names\n"
        "from engine.features.settings import FeatureSettings; import engine.features.activity\n"
        "all_columns(); FeatureSettings(); [get(name)().settings_hash() for name in extractor_names()]\n"
        "print(sorted({'torch', 'cv2', 'mediapipe', 'open_clip', 'av', 'torchvision'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_new_extractor_is_one_class(brightness: type[Brightness], tmp_path: Path) -> None:
    assert "brightness" in extractor_names()
    assert get("brightness") is brightness
    assert "brightness_mean" in [column.name for column in all_columns()]
    settings = feature_settings_model().model_validate({"brightness": {"rate_hz": 2}})
    assert extractor_settings(settings, "brightness") == BrightnessSettings(rate_hz=2)
    write_video(tmp_path / "v.mp4", 30)
    (found,) = extract_video(tmp_path / "v.mp4", [Clip("a", Window(0, 1))], [brightness()])
    assert 50 < (found.results["brightness"].values["mean"] or 0) < 200


def test_an_extractor_can_be_switched_off() -> None:
    settings = FeatureSettings.model_validate({"hands": {"enabled": False}, "motion": {"rate_hz": 5}})
    assert enabled_extractors(settings) == ["sharpness", "exposure", "motion", "embedding"]
    assert extractor_settings(settings, "motion") == get("motion").settings_model(rate_hz=5)


def test_every_setting_is_explained() -> None:
    for name, field in FeatureSettings.model_fields.items():
        section = field.annotation
        assert field.title, name
        assert isinstance(section, type)
        assert issubclass(section, SettingsModel)
        assert section.summary().endswith(".")
        for key, inner in section.model_fields.items():
            assert inner.title, (name, key)
            assert inner.description, (name, key)


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="sharpness, exposure"):
        get("sharpnes")


@pytest.mark.parametrize(
    "wrong",
    [{"name": "Bright"}, {"name": "composite"}, {"columns": ()}, {"columns": (Column("a b", "", "."),)}, {"title": ""}],
)
def test_an_extractor_that_says_too_little_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|taken"):
        register(type("Wrong", (Brightness,), wrong))


def test_a_name_belongs_to_one_class(brightness: type[Brightness]) -> None:
    assert register(brightness) is brightness
    with pytest.raises(ValueError, match="already called"):
        register(type("Other", (Brightness,), {}))


def test_the_hash_names_the_settings() -> None:
    motion = get("motion")
    assert motion().settings_hash() == motion(motion.settings_model()).settings_hash()
    assert motion().settings_hash() != motion(motion.settings_model(rate_hz=5)).settings_hash()
    section = feature_settings_model()().model_dump()["motion"]
    assert section.pop("enabled") is True
    assert motion(motion.settings_model.model_validate(section)).settings_hash() == motion().settings_hash()
