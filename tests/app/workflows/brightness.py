"""An extractor in somebody else's package: one file, and everything else follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from engine.features.base import ClipResult, Column, Extractor
from engine.features.registry import register
from engine.settings_model import SettingsModel
from engine.video.types import FrameRequest

if TYPE_CHECKING:
    from engine.features.base import Clip
    from engine.features.shared import Shared
    from engine.video.types import Sample


class BrightnessSettings(SettingsModel):
    """Mean brightness."""

    rate_hz: float = Field(default=4.0, ge=1, le=30, title="Sampling rate (Hz)", description="Frames a second.")


@register
class Brightness(Extractor[BrightnessSettings]):
    """The mean of all pixels."""

    name = "brightness"
    title = "Brightness"
    description = "How bright the clip is."
    settings_model = BrightnessSettings
    columns = (Column("mean", "grey levels", "Mean of all pixels of all frames."),)

    def requests(self) -> tuple[FrameRequest, ...]:
        return (FrameRequest(self.settings.rate_hz, 90, "gray"),)

    def begin(self, clip: Clip, shared: Shared) -> Means:
        return Means()


class Means:
    """Gathers the means of frames."""

    def __init__(self) -> None:
        self.means: list[float] = []

    def add(self, sample: Sample) -> None:
        self.means.append(float(sample.image.mean()))

    def finish(self) -> ClipResult:
        return ClipResult(values={"mean": sum(self.means) / len(self.means) if self.means else None})
