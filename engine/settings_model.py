"""Base class of all settings models: immutable, unknown keys are refused."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["SettingsModel"]


class SettingsModel(BaseModel):
    """A settings file, or a section of one. The docstring's first line is shown above the section."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring: what the section is for."""
        return (cls.__doc__ or "").strip().splitlines()[0]
