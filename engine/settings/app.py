"""app.yaml: how the app behaves towards the person in front of it."""

from __future__ import annotations

from pydantic import Field

from engine.settings_model import SettingsModel

__all__ = ["AppSettings"]


class AppSettings(SettingsModel):
    """How the app behaves towards the person in front of it."""

    single_keys: bool = Field(
        default=True,
        title="Single-key shortcuts",
        description="Letters and signs such as K, D or / act by themselves. Switch them off for speech input, or where "
        "they are pressed by mistake; arrows, Enter, Esc and whatever is pressed with Ctrl stay.",
    )
