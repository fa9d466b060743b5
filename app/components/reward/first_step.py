"""The way to what a validation or an ablation lacks, as the action of an empty page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.components.states.empty import leads_to

if TYPE_CHECKING:
    from app.workflows.validating import Readiness

__all__ = ["lead_to_what_is_missing"]


def lead_to_what_is_missing(ready: Readiness) -> None:
    """The link to the page on which `ready.missing` is done; nothing where nothing is missing."""
    if not ready.clips:
        leads_to("import_videos.py", "Import videos")
    elif not ready.hands:
        leads_to("overview.py", "Extract features")
    elif ready.missing:
        leads_to("label.py", "Label pairs")
