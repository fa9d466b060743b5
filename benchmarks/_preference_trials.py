"""Simulated labelling of sample clips with known truth: what a fit to the chosen pairs is worth on unseen videos."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks._sample_table import sample_table
from engine.preference.answers import TARGETS, AskedPair
from engine.preference.choosing import choose_pairs
from engine.preference.design import design_rows
from engine.preference.linear import fit_linear_evidence
from engine.preference.simulated import SimulatedAnnotator
from engine.statistics.correlation import spearman
from engine.tables.types import ClipTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.preference.settings import PairSettings

__all__ = ["COUNTS", "MEASURES", "Trial", "cached_table", "measured_table"]

VIDEOS: Final = 100
COUNTS: Final = (50, 100, 150, 300, 500)
"""After how many labels the fit is judged."""
MEASURES: Final = ("pair accuracy", "Spearman", "Spearman between videos", "Spearman within videos", "pairs within")
"""What a trial measures after each of `COUNTS` labels; the last is no merit: the share of pairs within one video."""


def cached_table(seed: int) -> tuple[ClipTable, NDArray[np.float64]]:
    """The table of a seed, made once on this machine."""
    folder = Path(tempfile.gettempdir()) / "handpicked-benchmarks"
    folder.mkdir(exist_ok=True)
    file = folder / f"preference-{VIDEOS}-{seed}.npz"
    if not file.exists():
        clips, quality = sample_table(VIDEOS, seed)
        names = {"clip_ids": clips.clip_ids, "video_ids": clips.video_ids, "columns": clips.columns}
        np.savez(file, values=clips.values, embedding=clips.embedding, groups=clips.groups, quality=quality, **names)  # type: ignore[arg-type]
    kept = np.load(file)
    words = {name: tuple(map(str, kept[name])) for name in ("clip_ids", "video_ids", "columns", "groups")}
    table = ClipTable(**words, values=kept["values"], embedding_model="synthetic", embedding=kept["embedding"])
    return table, kept["quality"]


def measured_table(folder: Path) -> tuple[ClipTable, NDArray[np.float64]]:
    """The measured clips of a sample workspace, with their hidden quality."""
    from app.workflows.reward_data import clip_table
    from storage import Workspace

    with Workspace(folder) as workspace:
        clips = clip_table(workspace)
        quality = {row.clip_id: row.quality for row in workspace.sample.clip_quality()}
    rows = [row for row, clip_id in enumerate(clips.clip_ids) if clip_id in quality]
    return clips.take(rows), np.array([quality[clips.clip_ids[row]] for row in rows])


class Trial:
    """The clips and truth of a seed, and its held-out videos: the same for all of its annotators and strategies."""

    def __init__(self, clips: ClipTable, quality: NDArray[np.float64], seed: int) -> None:
        self.clips, self.quality, self.seed = clips, quality, seed
        self.row = {clip_id: row for row, clip_id in enumerate(clips.clip_ids)}
        self.design, self.embedded = design_rows(clips, np.arange(len(clips), dtype=np.intp))
        videos, self.video = np.unique(clips.video_ids, return_inverse=True)
        held = np.random.default_rng([seed, 1]).permutation(videos)[: len(videos) // 3]
        self.held = np.flatnonzero(np.isin(clips.video_ids, held))
        self.asked_about = set(clips.clip_ids) - {clips.clip_ids[row] for row in self.held}

    def run(self, settings: PairSettings, annotator: int) -> NDArray[np.float64]:
        """`(counts, measures)` for the annotator of this number. Random pairs are the same for all of them, so that
        their spread is the noise of labels alone."""
        answers = SimulatedAnnotator(name="simulated", seed=self.seed + 1000 * annotator)
        asked: list[AskedPair] = []
        while len(asked) < max(COUNTS):
            batch = choose_pairs(
                self.clips, asked, "simulated", settings.batch, settings, seed=self.seed, among=self.asked_about
            )
            for pair in batch:
                left, right = self.row[pair.left_clip_id], self.row[pair.right_clip_id]
                said = answers.answer(
                    pair.left_clip_id,
                    pair.right_clip_id,
                    self.quality[left],
                    self.quality[right],
                    repeat=int(pair.strategy == "repeat"),
                )
                asked.append(AskedPair(pair.left_clip_id, pair.right_clip_id, said.answer, "simulated", pair.strategy))
        return np.array([self.judge(asked[:count]) for count in COUNTS])

    def judge(self, asked: list[AskedPair]) -> tuple[float, ...]:
        """The `MEASURES` of a fit to `asked` on the held-out clips."""
        left = np.array([self.row[pair.left_clip_id] for pair in asked])
        right = np.array([self.row[pair.right_clip_id] for pair in asked])
        target = np.array([TARGETS[str(pair.answer)] for pair in asked])
        fit = fit_linear_evidence(self.design[left] - self.design[right], target, self.embedded)
        score, truth = self.design[self.held] @ fit.weights, self.quality[self.held]
        above = np.triu_indices(len(truth), 1)
        right_way = (score[:, None] > score)[above] == (truth[:, None] > truth)[above]
        score_means, score_rest = split_by_video(score, self.video[self.held])
        truth_means, truth_rest = split_by_video(truth, self.video[self.held])
        return (
            float(right_way.mean()),
            spearman(score, truth),
            spearman(score_means, truth_means),
            spearman(score_rest, truth_rest),
            float((self.video[left] == self.video[right]).mean()),
        )


def split_by_video(
    values: NDArray[np.float64], video: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of every video, and what is left of each value without its video's mean."""
    place = np.unique(video, return_inverse=True)[1]
    means = np.bincount(place, weights=values) / np.bincount(place)
    return means, values - means[place]
