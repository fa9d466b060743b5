"""Takes in scores that a data set states of its windows: each scorer becomes a model without a report.

It never becomes the current model by itself: people choose by what they rank.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.workflows.jobs.kinds import Note
from engine.clipping import plan_windows
from engine.files.replace_whole import replace_whole
from engine.sources.types import Segment
from storage.clips import clip_id
from storage.rewards import IMPORTED, LABELS_BY, RewardModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.sources.base import KnownScore
    from storage import Workspace
    from storage.videos import Video

__all__ = ["scores_note", "take_scores", "write_scores"]

SCHEMA = pa.schema(
    [
        ("video_path", pa.string()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("reward", pa.float64()),
        ("reward_std", pa.float64()),
        ("model_name", pa.string()),
        ("settings_hash", pa.string()),
        ("simulated", pa.bool_()),
        ("file", pa.string()),
    ]
)
SCORER = ("file", "model_name", "settings_hash", "simulated")
"""The columns that say who gave a score."""


def write_scores(workspace: Workspace, scores: Iterable[KnownScore]) -> str | None:
    """Keep scores for the job that imports their videos; returns the file, or None where there are none."""
    rows = [asdict(score) for score in scores]
    if not rows:
        return None
    table = pa.Table.from_pylist(rows, SCHEMA)
    named = hashlib.sha256()
    for batch in table.to_batches():
        named.update(batch.serialize())
    path = workspace.paths.known_scores(named.hexdigest()[:16])
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_whole(path) as part:
        pq.write_table(table, part)
    return str(path)


def take_scores(workspace: Workspace, file: str, videos: dict[str, Video]) -> None:
    """Store the scores of these videos' clips; `videos` by the path that the data set names."""
    paths = pa.array(list(videos), pa.string())
    table = pq.read_table(file, filters=pc.is_in(pc.field("video_path"), paths))
    here = workspace.clips.ids_by_video(video.video_id for video in videos.values())
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for path, scores in _by_path(table):
        video = videos[path]
        for scored, clip in _with_clips(scores, video):
            if clip in here.get(video.video_id, ()):
                model_id = _model(workspace, scored)
                std = scored["reward_std"]
                rows[model_id, clip] = {
                    "model_id": model_id, "clip_id": clip, "reward": scored["reward"], "reward_std": std,
                }  # fmt: skip
    if rows:
        workspace.rewards.add_scores(pa.Table.from_pylist(list(rows.values())))


def scores_note(workspace: Workspace, file: str) -> Iterator[Note]:
    """A sentence on each model whose scores came along."""
    for scorer in pq.read_table(file, columns=list(SCORER)).group_by(list(SCORER)).aggregate([]).to_pylist():
        model = workspace.rewards.get(_model_id(scorer))
        if model is not None:
            count = workspace.rewards.count_scores(model.model_id)
            said = f"{count:,} scores came along, as the model {model.name!r}"
            yield Note(f"{said}; choose it among the models to rank by it.")


def _by_path(table: pa.Table) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        grouped.setdefault(row["video_path"], []).append(row)
    yield from grouped.items()


def _with_clips(scores: list[dict[str, Any]], video: Video) -> Iterator[tuple[dict[str, Any], str]]:
    """Scores with the ids of the clips that their windows are, cut to the video as the clips were."""
    windows = [
        Segment(video_name=video.name, start_s=row["start_s"], end_s=min(row["end_s"], video.duration_s), row=number)
        for number, row in enumerate(scores)
    ]
    for planned in plan_windows(windows, video.duration_s).clips:
        if planned.row is not None:
            yield scores[planned.row], clip_id(video.video_id, planned.start_s, planned.end_s)


def _model_id(scorer: dict[str, Any]) -> str:
    said = "\0".join(str(scorer[name]) for name in SCORER)
    return f"{IMPORTED}{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _model(workspace: Workspace, scorer: dict[str, Any]) -> str:
    """The id of the model of a scorer, added where it is new."""
    model_id = _model_id(scorer)
    if workspace.rewards.get(model_id) is None:
        by = ", simulated labels" if scorer["simulated"] else ""
        data_set = Path(scorer["file"]).name or "a data set"
        settings = {"from_data_set": scorer["file"], "settings_hash": scorer["settings_hash"]}
        workspace.rewards.add(
            RewardModel(
                model_id=model_id,
                name=f"{scorer['model_name'] or 'scores'} (from {data_set}{by})",
                created_at=datetime.now(UTC),
                seed=0,
                settings=settings | ({LABELS_BY: "simulated"} if scorer["simulated"] else {}),
                report=None,
            ),
            current=False,
        )
    return model_id
