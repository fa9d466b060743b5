"""sync.yaml: the bucket that is shared with others. Never credentials."""

from __future__ import annotations

from pydantic import Field

from engine.settings_model import SettingsModel

__all__ = ["SyncSettings"]


class SyncSettings(SettingsModel):
    """The bucket that is shared with others. Credentials come from the standard AWS places and are never kept here."""

    target: str = Field(
        default="", title="Bucket and prefix", description="For example `s3://our-clips/kitchen`. Empty: none yet."
    )
    endpoint_url: str = Field(
        default="",
        title="Endpoint",
        description="The address of an S3 server other than Amazon's, for example `http://localhost:8333`. "
        "Empty: Amazon's.",
    )
    part_size_mb: int = Field(
        default=16,
        ge=5,
        le=1024,
        title="Part size (MB)",
        description="Larger files travel in parts of this size; what an interruption costs is at most one part.",
    )
