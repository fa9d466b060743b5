"""Measures how many labels a good choice of pairs saves, on sample clips with known truth.

    python -m benchmarks.preference [--seeds 12] [--workspace DIR …] [--json] [--speed]

For each seed three simulated annotators, each by itself, answer pairs chosen by each strategy, through the same
`choose_pairs` that the app calls. Two thirds of the videos are asked about; the linear Bradley–Terry fit to the labels
is judged on the other third: Spearman correlation of its scores with the hidden quality, and the share of pairs that it
puts the right way round. Claim: 300 labels by the default mix reach what 500 random ones reach. The random side asks
about all clips and spends nothing on repeats; the mix pays for its random share and its repeats.

Measured on the table, twelve seeds: Spearman 0.862 [0.855, 0.869] after 300 labels of the D-optimal mix, 0.865
[0.859, 0.873] after 500 random ones, 0.850 [0.839, 0.861] after 300. The difference to 500, −0.003 [−0.009, +0.003],
leaves the claim open; read off the mean of the random curve, 300 are worth about 390. On measured features of three
sample workspaces of 48 videos (six seeds): 0.786 against 0.784, a difference of +0.003 [−0.020, +0.032]: open too. How
features enter the fit was settled on the same twelve tables, so these numbers are no test on fresh ones.

Without `--workspace`, the clips are a table made from the sample generator's truth (`_sample_table.py`: nothing is
rendered, features are made from the truth with noise; twelve different tables, cached). With it, measured features of
sample workspaces, as `handpicked sample` and `handpicked extract` make them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._sample_table import sample_table
from engine.preference.answers import TARGETS, AskedPair
from engine.preference.choosing import choose_pairs
from engine.preference.design import design_rows
from engine.preference.linear import fit_linear_evidence
from engine.preference.settings import PairSettings
from engine.preference.simulated import SimulatedAnnotator
from engine.statistics.correlation import spearman
from engine.tables.types import ClipTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

VIDEOS = 100
ANNOTATORS = 3
COUNTS = (100, 200, 300, 400, 500)
STRATEGIES = {
    "random": PairSettings(first_random=5_000, expected_labels=100_000),
    "random, 200 clips": PairSettings(first_random=5_000),
    "near tie": PairSettings(near_tie_share=0.75),
    "D-optimal mix": PairSettings(information="d_optimal"),
    "BALD mix": PairSettings(information="bald"),
}


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
    """One seed: clips, truth, annotator, and held-out videos."""

    def __init__(self, clips: ClipTable, quality: NDArray[np.float64], seed: int) -> None:
        self.clips, self.quality, self.seed = clips, quality, seed
        self.row = {clip_id: row for row, clip_id in enumerate(clips.clip_ids)}
        self.design, self.embedded = design_rows(clips, np.arange(len(clips), dtype=np.intp))
        videos = np.unique(clips.video_ids)
        held = np.random.default_rng([seed, 1]).permutation(videos)[: len(videos) // 3]
        self.held = np.flatnonzero(np.isin(clips.video_ids, held))
        self.asked_about = set(clips.clip_ids) - {clips.clip_ids[row] for row in self.held}
        self.annotator = SimulatedAnnotator(name="simulated", seed=seed)

    def run(self, settings: PairSettings) -> list[tuple[float, float]]:
        """`(Spearman, pair accuracy)` on the held-out videos after each of `COUNTS` labels."""
        asked: list[AskedPair] = []
        while len(asked) < max(COUNTS):
            batch = choose_pairs(
                self.clips, asked, "simulated", settings.batch, settings, seed=self.seed, among=self.asked_about
            )
            for pair in batch:
                left, right = self.row[pair.left_clip_id], self.row[pair.right_clip_id]
                said = self.annotator.answer(
                    pair.left_clip_id,
                    pair.right_clip_id,
                    self.quality[left],
                    self.quality[right],
                    repeat=int(pair.strategy == "repeat"),
                )
                asked.append(AskedPair(pair.left_clip_id, pair.right_clip_id, said.answer, "simulated", pair.strategy))
        return [self.judge(asked[:count]) for count in COUNTS]

    def judge(self, asked: list[AskedPair]) -> tuple[float, float]:
        """`(Spearman, pair accuracy)` of a fit to `asked` on the held-out clips."""
        left = [self.row[pair.left_clip_id] for pair in asked]
        right = [self.row[pair.right_clip_id] for pair in asked]
        target = np.array([TARGETS[str(pair.answer)] for pair in asked])
        fit = fit_linear_evidence(self.design[left] - self.design[right], target, self.embedded)
        score, truth = self.design[self.held] @ fit.weights, self.quality[self.held]
        above = np.triu_indices(len(truth), 1)
        told = (score[:, None] > score)[above] == (truth[:, None] > truth)[above]
        return spearman(score, truth), float(told.mean())


def interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean over seeds with its 95 % bootstrap interval."""
    draws = np.random.default_rng(0).choice(values, (4000, len(values))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def worth(reached: float, curve: NDArray[np.float64]) -> float:
    """How many random labels reach `reached`, interpolated between the measured counts and clipped to their range."""
    rising = np.maximum.accumulate(curve)
    return float(np.interp(reached, rising, COUNTS))


def main() -> None:
    """Run all strategies on all seeds and print the curves and the claim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--workspace", type=Path, nargs="*", default=[])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--speed", action="store_true", help="time one batch instead")
    options = parser.parse_args()
    if options.speed:
        speed()
        return
    measured = [measured_table(folder) for folder in options.workspace]
    results: dict[str, list[Any]] = {name: [] for name in STRATEGIES}
    for seed in range(options.seeds):
        clips, quality = measured[seed % len(measured)] if measured else cached_table(seed)
        trials = [Trial(clips, quality, seed + 1000 * k) for k in range(ANNOTATORS)]
        for name, settings in STRATEGIES.items():
            results[name].append(np.mean([trial.run(settings) for trial in trials], axis=0))
    report(results, as_json=options.json)


def speed() -> None:
    """Time a batch of 25 pairs for 5,000 clips of 36 features and 1,280 numbers of embedding, after 500 labels."""
    rng = np.random.default_rng(0)
    n, columns = 5_000, tuple(f"feature_{k}" for k in range(36))
    ids = tuple(f"clip {k}" for k in range(n))
    vectors = rng.normal(size=(n, 1280)).astype(np.float32)
    clips = ClipTable(
        clip_ids=ids,
        video_ids=ids,
        columns=columns,
        groups=("feature",) * 36,
        values=rng.normal(size=(n, 36)),
        embedding_model="random",
        embedding=vectors,
    )
    settings, taken_s = PairSettings(), 0.0
    asked: list[AskedPair] = []
    while len(asked) <= 500:
        began = time.process_time()
        batch = choose_pairs(clips, asked, "a", settings.batch, settings, seed=0)
        taken_s = time.process_time() - began
        asked += [AskedPair(p.left_clip_id, p.right_clip_id, str(rng.choice(["left", "right"])), "a", p.strategy)
                  for p in batch]  # fmt: skip
    print(f"25 pairs of 5,000 clips after 500 labels: {1000 * taken_s:.0f} ms of processor time")


def report(results: dict[str, list[Any]], *, as_json: bool) -> None:
    """Print the results."""
    found: dict[str, Any] = {}
    random = np.array(results["random"])
    at_300 = COUNTS.index(300)
    for name, runs in results.items():
        curves = np.array(runs)
        said: dict[str, Any] = {}
        for k, measure in enumerate(("spearman", "pair_accuracy")):
            said[measure] = {count: interval(curves[:, c, k]) for c, count in enumerate(COUNTS)}
            said[f"{measure}_at_300_less_random_at_500"] = interval(curves[:, at_300, k] - random[:, -1, k])
            said[f"{measure}_at_300_in_random_labels"] = worth(curves[:, at_300, k].mean(), random[:, :, k].mean(0))
        found[name] = said
    if as_json:
        print(json.dumps(found))
        return
    for measure in ("spearman", "pair_accuracy"):
        print(f"\n{measure} on held-out videos, mean of {len(random)} seeds [95 % interval]")
        print(f"{'labels':20}" + "".join(f"{count:>24}" for count in COUNTS))
        for name, said in found.items():
            cells = [f"{mean:.3f} [{low:.3f}, {high:.3f}]" for mean, low, high in said[measure].values()]
            print(f"{name:20}" + "".join(f"{cell:>24}" for cell in cells))
        for name, said in found.items():
            mean, low, high = said[f"{measure}_at_300_less_random_at_500"]
            labels = said[f"{measure}_at_300_in_random_labels"]
            print(
                f"{name}: 300 less 500 random {mean:+.4f} [{low:+.4f}, {high:+.4f}]; 300 are worth {labels:.0f} random"
            )


if __name__ == "__main__":
    main()
