"""Kind `push_to_hub`: a data set that was exported is published on the Hugging Face Hub."""

from __future__ import annotations

from dataclasses import dataclass

from engine.runtime.rows import Row
from engine.runtime.spec import StepSettings

__all__ = ["HubSettings", "PublishedSetRow"]


class HubSettings(StepSettings):
    """Which folder goes where. The token is no setting: it stays in the login of `huggingface_hub`."""

    export_id: str
    folder: str
    repo: str
    """`ORG/NAME`."""
    public: bool
    """Whether a repository that is made for it can be seen by everyone, and one that everyone sees may be
    written to; one that exists stays as it is."""
    tag: str | None
    """A tag that its readers look for."""


@dataclass(frozen=True)
class PublishedSetRow(Row):
    """A data set that was published."""

    TABLE = "published_set"

    url: str
