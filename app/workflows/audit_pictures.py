"""The pictures of an audit's page: those of the first clips of each finding, as addresses that hold the picture."""

from __future__ import annotations

import base64
import mimetypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.audit.report import AuditReport
    from storage import Workspace

__all__ = ["picture_addresses", "shown_clips"]

MOST_BYTES = 400_000
"""A larger picture is left out: a page is to be mailed."""


def shown_clips(report: AuditReport, most: int) -> list[str]:
    """The first clips of each finding, at most so many of each, every clip once."""
    return list(
        dict.fromkeys(hit.id for finding in report.findings if finding.subject == "clip" for hit in finding.hits[:most])
    )


def picture_addresses(workspace: Workspace, clip_ids: Iterable[str]) -> dict[str, str]:
    """Clip → its thumbnail as a `data:` address, of those that have one."""
    found = {}
    for clip_id in clip_ids:
        media = workspace.media.get(clip_id, "thumbnail")
        path = workspace.paths.media_file(media.file) if media else None
        kind = mimetypes.guess_type(path.name)[0] if path else None
        if path is None or kind is None or not kind.startswith("image/") or not path.is_file():
            continue
        content = path.read_bytes()
        if len(content) <= MOST_BYTES:
            found[clip_id] = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return found
