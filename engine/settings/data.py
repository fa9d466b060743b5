"""data.yaml: import, clipping, and the app's pictures of videos."""

from __future__ import annotations

from pydantic import Field

from engine.clipping.settings import ClippingSettings
from engine.settings_model import SettingsModel

__all__ = ["DataSettings", "ImportSettings", "MediaSettings", "SampleSettings"]


class ImportSettings(SettingsModel):
    """What is looked at when a folder is imported."""

    follow_links: bool = Field(
        default=True,
        title="Follow symbolic links",
        description="Look into linked folders and files too. A folder reached twice is read once.",
    )


class MediaSettings(SettingsModel):
    """The pictures and previews that the app shows. Sources are never modified."""

    thumbnail_short_side_px: int = Field(
        default=240, ge=90, le=720, title="Thumbnail size (px)", description="Shorter side of a clip's still picture."
    )
    sprite_frames: int = Field(
        default=12, ge=4, le=48, title="Hover-scrub frames", description="Pictures a clip is scrubbed through on hover."
    )
    preview_short_side_px: int = Field(
        default=540,
        ge=240,
        le=1080,
        title="Preview size (px)",
        description="Largest shorter side of the H.264 copy made where a source does not play in a browser.",
    )


class SampleSettings(SettingsModel):
    """What *Load the sample workspace* renders: first-person videos with known truth."""

    videos: int = Field(default=12, ge=1, le=1000, title="Sample videos", description="How many are rendered.")
    episodes: int = Field(
        default=6, ge=1, le=100, title="Episodes a video", description="Each is a clip with a hidden quality."
    )
    episode_s: float = Field(default=3.0, ge=1.0, le=60.0, title="Length of an episode (s)", description="Of each.")


class DataSettings(SettingsModel):
    """How videos come in, become clips, and are pictured."""

    imports: ImportSettings = Field(default_factory=ImportSettings, title="Import")
    clipping: ClippingSettings = Field(default_factory=ClippingSettings, title="Clips")
    media: MediaSettings = Field(default_factory=MediaSettings, title="Pictures and previews")
    sample: SampleSettings = Field(default_factory=SampleSettings, title="Sample workspace")
