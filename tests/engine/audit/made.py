"""Facts for rules to judge, made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.audit.facts import CLIP_COLUMNS, AuditFacts, VideoFacts
from engine.sources.types import Segment

if TYPE_CHECKING:
    from collections.abc import Sequence


def a_video(video_id: str = "v", **facts: Any) -> VideoFacts:
    """A sound video of a minute."""
    usual: dict[str, Any] = {
        "video_id": video_id, "path": f"/footage/{video_id}.mp4", "source": "folder", "folder": ".",
        "duration_s": 60.0, "is_there": True, "clips": 1, "read": 1,
    }  # fmt: skip
    return VideoFacts(**{**usual, **facts})


def clips_with(**columns: Sequence[Any]) -> pa.Table:
    """Clips of 2 s, one after another in the video `v`, with these columns beside or in the place of the usual ones."""
    count = max((len(values) for values in columns.values()), default=0)
    usual: dict[str, list[Any]] = {
        "clip_id": [f"c{place}" for place in range(count)],
        "video_id": ["v"] * count,
        "start_s": [2.0 * place for place in range(count)],
        "end_s": [2.0 * place + 2 for place in range(count)],
        "source": ["folder"] * count,
        "folder": ["."] * count,
    }
    arrays = {
        field.name: pa.array(columns.get(field.name, usual.get(field.name, [None] * count)), field.type)
        for field in CLIP_COLUMNS
    }
    arrays |= {
        name: pa.array(values, pa.float64()) for name, values in columns.items() if name not in CLIP_COLUMNS.names
    }
    return pa.table(arrays)


def facts_with(**columns: Sequence[Any]) -> AuditFacts:
    """Facts about one video and its clips."""
    return AuditFacts(clips=clips_with(**columns), videos=(a_video(),), files=1)


def a_row(start_s: float, end_s: float, video: str = "v", narration: str = "", row: int = 2) -> Segment:
    """An annotation row."""
    return Segment(video_name=video, start_s=start_s, end_s=end_s, narration=narration, row=row)
