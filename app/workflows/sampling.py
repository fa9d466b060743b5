"""Fills a sample workspace: renders first-person videos with known truth, and simulates annotators' labels."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from app.workflows.importing import prepare_import
from app.workflows.jobs.kinds import FollowUp, JobKind
from engine.contracts.sources import SamplePayload, SampleSettings, SampleShape, SampleTruthRow
from engine.runtime.spec import Item, JobSpec
from engine.settings.data import DataSettings
from engine.sources.names import match_key
from storage.errors import StorageError
from storage.labels import Label
from storage.sample import TrueEpisode
from storage.segments import SegmentRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.preference.simulated import SimulatedAnnotator
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Outcome
    from storage.sample import ClipTruth

__all__ = [
    "COMPOSITE_ANNOTATOR",
    "SAMPLE_KIND",
    "Simulated",
    "sample_as_set",
    "sample_spec",
    "simulate_from_composite",
    "simulate_labels",
]

SAMPLE = "sample"
WORDS = {
    "purposeful": "reach, grasp, move and place an object",
    "idle": "hands rest",
    "out_of_view": "no hands in view",
    "fumbling": "fumble with an object",
    "looking_away": "look away from the table",
    "place": "reach, grasp, move and place an object",
    "stack": "put one object on top of another",
    "pour": "pour from a vessel into a bowl",
    "open": "hold a jar and turn its lid",
    "wipe": "wipe the table",
}
"""Narrations, by the task of an episode or else by its kind."""


def sample_spec(videos: int, seed: int = 0, **shape: float) -> JobSpec:
    """The job that renders `videos` sample videos; the import follows it.

    `shape` holds options of `engine.sample.script.sample_scripts`: episodes a video, their length, the picture's size.
    """
    items = tuple(Item(f"video {index + 1}", SamplePayload(index=index)) for index in range(videos))
    return JobSpec(SAMPLE, items, SampleSettings(seed=seed, shape=SampleShape.model_validate(shape)))


def sample_as_set(workspace: Workspace, *, videos: int | None = None, seed: int = 0) -> JobSpec:
    """As `sample_spec`, with data.yaml's options; `videos` overrides its number of videos."""
    chosen = workspace.settings.load(DataSettings).sample
    return sample_spec(videos or chosen.videos, seed, n_episodes=chosen.episodes, episode_s=chosen.episode_s)


def apply(workspace: Workspace, _settings: SampleSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Move the files into the workspace, and store the truth of their episodes."""
    folder = workspace.paths.sample
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in shard.files().items():
        shutil.move(str(path), str(folder / name))
    rows = shard.read(SampleTruthRow)
    workspace.sample.add(
        TrueEpisode(
            name_key=match_key(row.video_name),
            start_s=row.start_s,
            end_s=row.end_s,
            kind=row.kind,
            quality=row.quality,
            useful=row.useful,
        )
        for row in rows
    )
    workspace.segments.add(
        SegmentRow(
            source=SAMPLE,
            video_name=row.video_name,
            name_key=match_key(row.video_name),
            start_s=row.start_s,
            end_s=row.end_s,
            narration=WORDS[row.task or row.kind],
            verb=None,
            noun=None,
            participant=None,
            file=str(folder / f"{row.video_name}.json"),
            row_number=number,
        )
        for number, row in enumerate(rows, start=1)
    )
    return []


def after(workspace: Workspace, _settings: SampleSettings) -> list[FollowUp]:
    """Import the rendered videos; each episode becomes a clip."""
    clipping = workspace.settings.load(DataSettings).clipping
    request = prepare_import([workspace.paths.sample], source=SAMPLE, clips="annotations", clipping=clipping)
    return [FollowUp("Import sample videos", request.spec)]


SAMPLE_KIND = JobKind(
    kind=SAMPLE, settings=SampleSettings, payload=SamplePayload, apply=apply, after=after, portable=True
)


# --- simulated annotators -------------------------------------------------------------------------------------------


COMPOSITE_ANNOTATOR = "simulated by composite score"
"""Name of the simulated annotator for real footage; it says what the answers follow."""


@dataclass(frozen=True)
class Simulated:
    """The labels that a simulated annotator added."""

    annotator: str
    labels: int
    ties: int


@dataclass(frozen=True)
class ScoredClip:
    """A clip, and how much it is worth by its composite score, in standard deviations."""

    clip_id: str
    quality: float


def simulate_labels(workspace: Workspace, annotator: SimulatedAnnotator, *, pairs: int) -> Simulated:
    """Let `annotator` answer `pairs` random pairs of sample clips, from their hidden quality.

    Every label is marked simulated. The same annotator and number give the same labels; none is added twice. Raises
    `StorageError` where there are no sample clips, or this annotator's labels are of another kind.
    """
    clips = workspace.sample.clip_quality()
    if len(clips) < 2:
        raise StorageError(
            "there are no sample clips in this workspace",
            remedy="Run `handpicked sample` first: only rendered clips have a hidden quality.",
        )
    return answer_pairs(workspace, annotator, clips, pairs)


def simulate_from_composite(workspace: Workspace, annotator: SimulatedAnnotator, *, pairs: int) -> Simulated:
    """Let `annotator` answer `pairs` random pairs of any clips, from their composite score alone.

    Quality is the score in standard deviations. A reward trained on such labels says nothing about people, and can't
    beat the composite score. Raises `StorageError` where fewer than two clips have one.
    """
    known = workspace.features.columns()
    rows = workspace.features.read(["composite_score"]).to_pylist() if "composite_score" in known else []
    rows = [row for row in rows if row["composite_score"] is not None]
    if len(rows) < 2:
        raise StorageError(
            f"{len(rows)} clips have a composite score, and a pair takes two",
            remedy="Import more video, and extract its features.",
        )
    scores = np.array([row["composite_score"] for row in rows], dtype=np.float64)
    worth = (scores - scores.mean()) / (scores.std() or 1.0)
    clips = [ScoredClip(row["clip_id"], float(q)) for row, q in zip(rows, worth, strict=True)]
    return answer_pairs(workspace, annotator, clips, pairs)


def answer_pairs(
    workspace: Workspace, annotator: SimulatedAnnotator, clips: Sequence[ClipTruth | ScoredClip], pairs: int
) -> Simulated:
    """Add the annotator's answers to `pairs` random pairs of `clips`, from their `quality`."""
    draw = np.random.Generator(np.random.PCG64(annotator.seed))
    labels = []
    for number in range(pairs):
        left, right = (clips[int(place)] for place in draw.choice(len(clips), 2, replace=False))
        said = annotator.answer(left.clip_id, right.clip_id, left.quality, right.quality)
        # The clips as earlier versions wrote them down: the same answers have the same names in every workspace.
        pair = f"{asdict(left)}\0{asdict(right)}"
        digest = hashlib.sha256(f"{annotator.name}\0{annotator.seed}\0{number}\0{pair}".encode())
        labels.append(
            Label(
                label_id=f"sim-{digest.hexdigest()[:20]}",
                left_clip_id=left.clip_id,
                right_clip_id=right.clip_id,
                answer=said.answer,
                annotator=annotator.name,
                kind="simulated",
                response_ms=said.response_ms,
                strategy="random",
                created_at=datetime.now(UTC),
            )
        )
    added = workspace.labels.add(labels)
    return Simulated(annotator.name, added, sum(label.answer == "tie" for label in labels))
