"""A workspace with real little videos, and made-up numbers about their clips: for exports, bundles and sync."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from app.workflows.extracting import recompute_composite, table_of
from engine.files.digest import sha256_of_file
from storage.clips import Clip
from storage.labels import Label
from storage.rewards import RewardModel
from tests.filled_workspace import a_video
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

    from app.workflows.jobs.supervisor import Supervisor
    from engine.preference.kinds import LabelKind
    from storage import Workspace
    from storage.jobs import Job

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def bring_in(
    workspace: Workspace, folder: Path, names: tuple[str, ...] = ("one", "two"), frames: int = 48
) -> list[str]:
    """Write videos of numbered frames at 24 a second, add them with clips of one second; returns the clips' ids."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(names):
        path = folder / f"{name}.mp4"
        if not path.exists():
            write_video(path, frames, fps=24, size=(160 - 16 * place, 96))
        digest = sha256_of_file(path)
        facts = {"path": str(path), "sha256": digest, "size_bytes": path.stat().st_size, "duration_s": frames / 24}
        workspace.videos.add([a_video(name, **facts)])
        workspace.clips.add(
            Clip(video_id=name, start_s=float(at), end_s=at + 1.0, origin="stride") for at in range(frames // 24)
        )
    return sorted(workspace.clips.ids())


def run(supervisor: Supervisor, title: str, spec: object) -> Job:
    """Run a job and what follows it to the end."""
    job_id = supervisor.submit(title, spec)  # type: ignore[arg-type]
    assert supervisor.wait_idle(90)
    return supervisor.wait(job_id, 1)


def measure(workspace: Workspace, clip_ids: list[str]) -> None:
    """Give clips made-up features and vectors: clip i has exposure 10·i; the vectors of the first two are alike."""
    table = table_of("exposure")
    workspace.features.ensure([table])
    same = {"extractor_version": 1, "settings_hash": "h", "note": "", "damaged": False}
    rows = [
        {"clip_id": clip_id, **same, **dict.fromkeys(table.columns, 10.0 * i)} for i, clip_id in enumerate(clip_ids)
    ]
    workspace.features.add(table, pa.Table.from_pylist(rows))
    vectors = np.eye(len(clip_ids), 8, dtype=np.float32)
    vectors[1] = vectors[0] + 0.01
    column = pa.array(list(vectors), pa.list_(pa.float32()))
    models = ["made up"] * len(clip_ids)
    workspace.features.add_vectors(pa.table({"clip_id": clip_ids, "model": models, "vector": column}))
    recompute_composite(workspace)


def score(workspace: Workspace, clip_ids: list[str], rewards: list[float], model_id: str = "model-1") -> None:
    """A reward model that never was, and its scores."""
    workspace.rewards.add(
        RewardModel(
            model_id=model_id, name=f"name of {model_id}", created_at=AT, seed=7, settings={"epochs": 3}, report=None
        )
    )
    columns = {"model_id": [model_id] * len(clip_ids), "clip_id": clip_ids, "reward": rewards}
    workspace.rewards.add_scores(pa.table({**columns, "reward_std": [0.1] * len(clip_ids)}))


def label(
    workspace: Workspace, left: str, right: str, *, name: str = "ann", number: int = 0, kind: LabelKind = "people"
) -> Label:
    """One answer."""
    made = Label(
        label_id=f"{name}-{number}",
        left_clip_id=left,
        right_clip_id=right,
        answer="left",
        annotator=name,
        kind=kind,
        response_ms=900,
        strategy="random",
        created_at=AT,
    )
    workspace.labels.add([made])
    return made
