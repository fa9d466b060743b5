"""A workspace with measured clips and labels, without a video: what rewards are made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from storage.clips import Clip
from storage.feature_rows import FeatureTable
from storage.labels import Label
from tests.engine.reward import made
from tests.filled_workspace import a_video

if TYPE_CHECKING:
    from engine.preference.kinds import LabelKind
    from storage import Workspace
    from storage.videos import Video

__all__ = ["label_it", "measure", "stock"]

AT = datetime(2026, 1, 1, tzinfo=UTC)
LOOK, HAND = FeatureTable("look", ("a", "b")), FeatureTable("hand", ("a", "b"))


def stock(workspace: Workspace, *, videos: int = 6, clips_each: int = 8, unmeasured: int = 0) -> list[str]:
    """Videos with clips, all but the last `unmeasured` of them measured; quick settings. Returns the clips' ids."""
    workspace.settings.save(made.QUICK_MODEL)
    workspace.settings.save(made.QUICK)
    workspace.videos.add(video(number) for number in range(videos))
    clips = [
        Clip(video_id=f"v{v}", start_s=float(i), end_s=i + 1.0, origin="stride")
        for v in range(videos)
        for i in range(clips_each)
    ]
    workspace.clips.add(clips)
    ids = [clip.clip_id for clip in clips]
    measure(workspace, ids[: len(ids) - unmeasured])
    return ids


def video(number: int) -> Video:
    made = a_video(
        f"v{number}",
        path=f"/nowhere/v{number}.mp4",
        source="sample" if number % 2 else "epic",
        sha256=f"{number:064d}",
        width=640,
        height=360,
        duration_s=60.0,
    )
    return replace(made, name=f"v{number}.mp4")


def measure(workspace: Workspace, ids: list[str]) -> None:
    """Give clips four features."""
    workspace.features.ensure([LOOK, HAND])
    values = np.random.default_rng(0).normal(size=(len(ids), 4))
    for place, table in ((0, LOOK), (2, HAND)):
        rows = [
            {
                "clip_id": clip_id,
                "extractor_version": 1,
                "settings_hash": "",
                "note": "",
                "damaged": False,
                "a": float(row[place]),
                "b": float(row[place + 1]),
            }
            for clip_id, row in zip(ids, values, strict=True)
        ]
        workspace.features.add(table, pa.Table.from_pylist(rows))


def label_it(workspace: Workspace, count: int, *, kind: LabelKind = "people", annotator: str = "anna") -> None:
    """Answers by the first feature of each clip."""
    table = workspace.features.read(["look_a"]).to_pylist()
    worth = [(row["clip_id"], row["look_a"]) for row in table if row["look_a"] is not None]
    random = np.random.default_rng(1)
    label = Label(
        label_id="",
        left_clip_id="",
        right_clip_id="",
        answer="left",
        annotator=annotator,
        kind=kind,
        response_ms=900,
        strategy="random",
        created_at=AT,
    )
    labels = []
    for number in range(count):
        left, right = (worth[i] for i in random.choice(len(worth), 2, replace=False))
        answer = "left" if random.random() < 1 / (1 + np.exp(2 * (right[1] - left[1]))) else "right"
        label_id = f"{annotator}-{number}"
        labels.append(replace(label, label_id=label_id, left_clip_id=left[0], right_clip_id=right[0], answer=answer))
    workspace.labels.add(labels)
