"""A workspace full of rows without a single file: for pages and queries, which look at nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from app.workflows.extracting import COMPOSITE_TABLE, table_of
from storage.clips import Clip
from storage.labels import Label
from storage.rewards import RewardModel
from storage.videos import Video

if TYPE_CHECKING:
    from storage import Workspace

WIDTH = 16
EXTRACTORS = ("sharpness", "exposure", "motion", "hands")


def a_video(name: str, **facts: object) -> Video:
    """A video of which only the row exists."""
    made: dict[str, object] = {
        "video_id": name, "name": name, "name_key": name, "path": f"nowhere/{name}.mp4", "source": "folder",
        "sha256": name.rjust(64, "0"), "size_bytes": 1_000_000, "duration_s": 60.0, "fps": 30.0, "width": 1920,
        "height": 1080, "codec": "h264", "pix_fmt": "yuv420p", "container": "mp4", "rotation_deg": 0,
        "has_audio": False, "has_telemetry": False, "variable_rate": False, "browser_playable": True,
        "recorded_at": None, "recording_id": None, "chapter": None, "imported_at": datetime(2026, 1, 1, tzinfo=UTC),
        "first_frame_s": 0.0,
    }  # fmt: skip
    return Video(**{**made, **facts})  # type: ignore[arg-type]


def fill(
    workspace: Workspace, *, videos: int = 4, clips_each: int = 10, seed: int = 0, measured: bool = True
) -> list[str]:
    """Add videos and clips, by default with features, vectors, scores and simulated labels; returns the clips' ids."""
    rng = np.random.default_rng(seed)
    names = [f"video{n}" for n in range(videos)]
    workspace.videos.add([a_video(name, source=("folder", "epic")[n % 2]) for n, name in enumerate(names)])
    words = ("open drawer", "cut onion", None)
    clips = [
        Clip(video_id=name, start_s=3.0 * k, end_s=3.0 * k + 2 + k / 10, origin="stride", narration=words[k % 3])
        for name in names
        for k in range(clips_each)
    ]
    workspace.clips.add(clips)
    ids = [clip.clip_id for clip in clips]
    if not measured:
        return ids
    same = {"extractor_version": 1, "settings_hash": "", "note": "", "damaged": False}
    for table in [*(table_of(name) for name in EXTRACTORS), COMPOSITE_TABLE]:
        workspace.features.ensure([table])
        values = rng.random((len(ids), len(table.columns)))
        rows = [
            {"clip_id": clip_id, **same, **dict(zip(table.columns, map(float, row), strict=True))}
            for clip_id, row in zip(ids, values, strict=True)
        ]
        workspace.features.add(table, pa.Table.from_pylist(rows))
    vectors = rng.normal(size=(len(ids), WIDTH)).astype(np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), WIDTH)
    workspace.features.add_vectors(pa.table({"clip_id": ids, "model": ["made up"] * len(ids), "vector": column}))
    at = datetime(2026, 1, 2, tzinfo=UTC)
    workspace.rewards.add(
        RewardModel(model_id="model-1", name="first", created_at=at, seed=0, settings={}, report=None)
    )
    rewards = pa.table({"model_id": ["model-1"] * len(ids), "clip_id": ids, "reward": rng.normal(size=len(ids))})
    workspace.rewards.add_scores(rewards.append_column("reward_std", pa.array(rng.random(len(ids)))))
    pairs = rng.permutation(len(ids))[: len(ids) // 2 * 2].reshape(-1, 2)
    workspace.labels.add(
        Label(
            label_id=f"label-{n}",
            left_clip_id=ids[left],
            right_clip_id=ids[right],
            answer=("left", "right", "tie")[n % 3],
            annotator="sim",
            kind="simulated",
            response_ms=900,
            strategy="random",
            created_at=at,
        )
        for n, (left, right) in enumerate(pairs)
    )
    return ids
