"""A workspace with clips of which nothing was rendered, and labels: for tests of what becomes of labels."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from storage.clips import Clip
from storage.labels import Label
from storage.videos import Video

if TYPE_CHECKING:
    from engine.preference.kinds import LabelKind
    from engine.preference.simulated import SimulatedAnnotator
    from storage import Workspace

__all__ = ["add_clips", "add_labels"]

PLAIN: dict[str, Any] = {"str": "", "int": 0, "float": 0.0, "bool": False}


def add_clips(workspace: Workspace, count: int, per_video: int = 5) -> list[str]:
    """`count` clips of one second, a few a video; returns their ids in order."""
    clips: list[Clip] = []
    for number in range(-(-count // per_video)):
        values = {field.name: PLAIN.get(str(field.type)) for field in fields(Video)}
        name = f"video{number:03d}"
        now = datetime(2026, 11, 22, tzinfo=UTC)
        values |= {"video_id": name, "name": name, "name_key": name, "path": name, "source": "folder", "sha256": name}
        values |= {"duration_s": float(per_video), "fps": 30.0, "browser_playable": True, "first_frame_s": 0.0}
        values |= {key: now for key in ("imported_at", "created_at") if key in values}
        workspace.videos.add([Video(**values)])
        clips += [Clip(video_id=name, start_s=float(k), end_s=k + 1.0, origin="stride") for k in range(per_video)]
    workspace.clips.add(clips[:count])
    return [clip.clip_id for clip in clips[:count]]


def add_labels(
    workspace: Workspace, clip_ids: list[str], who: SimulatedAnnotator, count: int, *, kind: LabelKind = "simulated"
) -> None:
    """Answers about random pairs; the later a clip's name, the better it is."""
    rng = np.random.default_rng(who.seed)
    labels = []
    for number in range(count):
        i, j = (int(k) for k in rng.choice(len(clip_ids), 2, replace=False))
        said = who.answer(clip_ids[i], clip_ids[j], 4 * i / len(clip_ids), 4 * j / len(clip_ids))
        labels.append(
            Label(
                label_id=f"{who.name}-{number}",
                left_clip_id=clip_ids[i],
                right_clip_id=clip_ids[j],
                answer=said.answer,
                annotator=who.name,
                kind=kind,
                response_ms=said.response_ms,
                strategy="random",
                created_at=datetime.now(UTC),
            )
        )
    workspace.labels.add(labels)
