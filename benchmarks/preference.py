"""Measures what a good choice of pairs is worth in labels, on sample clips with known truth.

    python -m benchmarks.preference [--seeds 12] [--first-seed 0] [--workspace DIR …] [--json] [--speed]

For each seed several simulated annotators, each by itself, answer pairs chosen by each strategy, through the same
`choose_pairs` that the app calls. Two thirds of the videos are asked about; the linear Bradley–Terry fit to the labels
is judged on the other third, after 50 to 500 labels: the share of pairs that it puts the right way round, and
Spearman's ρ of its scores with the hidden quality: of all clips, of the videos' means, and of what is left without
them. The random side asks about all clips and spends nothing on repeats; the mixes pay for their random share and their
repeats.

Every difference to random is shown with its 95 % interval over seeds; as a multiple of the noise of labels, the
standard deviation that other answers to the same random pairs alone give; and as the number of random labels that reach
the same.

Claim: chosen pairs are worth more labels than there are, once a choice can matter. On tables of eight seeds (300 to
307) 300 chosen labels are worth about 480 random ones: pair accuracy +0.0106 [+0.0033, +0.0180], 0.7 of the noise of
labels; 150 about 280 (+0.013 [−0.001, +0.026]). On measured features of three sample workspaces (`--first-seed 308
--seeds 6`) 300 are worth about 420: +0.011 [+0.001, +0.018], 0.3 of the noise. BALD did as well on tables (+0.0096)
and no better on measured features (+0.0056), so D-optimal pairs stay the default.

Without `--workspace`, the clips are a table made from the sample generator's truth (`_sample_table.py`: nothing is
rendered, features are made from the truth with noise; a table a seed, cached). With it, measured features of sample
workspaces, as `handpicked sample` and `handpicked extract` make them: seeds take turns among them, each with other
videos held out, and with three workspaces or more intervals are over workspaces.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks._preference_trials import COUNTS, MEASURES, Trial, cached_table, measured_table
from engine.preference.answers import AskedPair
from engine.preference.choosing import choose_pairs
from engine.preference.settings import PairSettings
from engine.tables.types import ClipTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ANNOTATORS: Final = 3
RANDOM: Final = "random"
TINY: Final = 1e-9
"""Noise under this is rounding: it measures nothing."""
STRATEGIES: Final = {
    RANDOM: PairSettings(first_random=5_000, expected_labels=100_000),
    "default": PairSettings(),
    "D-optimal, 6 a clip": PairSettings(information="d_optimal", most_per_clip=6, first_random=50, across_share=0.0),
    "D-optimal, 9 a clip": PairSettings(information="d_optimal", most_per_clip=9, first_random=50, across_share=0.0),
    "BALD, 9 a clip": PairSettings(information="bald", most_per_clip=9, first_random=50, across_share=0.0),
    "BALD, 9, a third across": PairSettings(information="bald", most_per_clip=9, first_random=50, across_share=0.33),
}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A measure of a strategy after a number of labels, beside random pairs."""

    strategy: str
    measure: str
    labels: int
    value: float
    less_random: float
    low: float
    high: float
    """The difference to random pairs on the same seeds and annotators, with its 95 % interval."""
    in_noise: float
    """The difference in standard deviations of label noise."""
    worth_labels: float
    """How many random labels reach this value, within 50 to 500."""


def main() -> None:
    """Run all strategies on all seeds and print the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--workspace", type=Path, nargs="*", default=[])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--speed", action="store_true", help="time one batch instead")
    options = parser.parse_args()
    if options.speed:
        speed()
        return
    measured = [measured_table(folder) for folder in options.workspace]
    results: dict[str, list[NDArray[np.float64]]] = {name: [] for name in STRATEGIES}
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        clips, quality = measured[seed % len(measured)] if measured else cached_table(seed)
        trial = Trial(clips, quality, seed)
        for name, settings in STRATEGIES.items():
            results[name].append(np.array([trial.run(settings, annotator) for annotator in range(ANNOTATORS)]))
    runs = {name: np.array(found) for name, found in results.items()}
    compared = comparisons(runs, workspaces=len(measured))
    if options.json:
        print(json.dumps([asdict(row) for row in compared]))
        return
    print_noise(runs[RANDOM])
    print_comparisons(compared)


def comparisons(runs: Mapping[str, NDArray[np.float64]], workspaces: int = 0) -> list[Comparison]:
    """Every strategy beside random pairs; `runs` are `(seeds, annotators, counts, measures)`."""
    random = runs[RANDOM]
    noise = label_noise(random)
    found = []
    for name, run in runs.items():
        for k, measure in enumerate(MEASURES):
            curve = random[..., k].mean(axis=(0, 1))
            for c, labels in enumerate(COUNTS):
                seeds = (run - random)[:, :, c, k].mean(axis=1)
                mean, low, high = interval(by_workspace(seeds, workspaces))
                value = float(run[:, :, c, k].mean())
                found.append(
                    Comparison(
                        strategy=name,
                        measure=measure,
                        labels=labels,
                        value=value,
                        less_random=mean,
                        low=low,
                        high=high,
                        in_noise=mean / noise[c, k] if noise[c, k] > TINY else float("nan"),
                        worth_labels=worth(value, curve),
                    )
                )
    return found


def label_noise(random: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(counts, measures)`: standard deviation over annotators who answered the same random pairs, of all seeds."""
    return np.sqrt(random.var(axis=1, ddof=1).mean(axis=0))


def by_workspace(seeds: NDArray[np.float64], workspaces: int) -> NDArray[np.float64]:
    """The units of the interval: the mean of each workspace's seeds; the seeds themselves with fewer than three."""
    if workspaces < 3 or len(seeds) < workspaces:
        return seeds
    return np.array([seeds[place::workspaces].mean() for place in range(workspaces)])


def interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean with its 95 % bootstrap interval."""
    draws = np.random.default_rng(0).choice(values, (4000, len(values))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def worth(reached: float, curve: NDArray[np.float64]) -> float:
    """How many random labels reach `reached`, interpolated between the measured counts and clipped to their range."""
    rising = np.maximum.accumulate(curve)
    return float(np.interp(reached, rising, COUNTS))


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


def print_noise(random: NDArray[np.float64]) -> None:
    """Print what random pairs reach, and how far other answers to the same pairs move it."""
    noise, mean = label_noise(random), random.mean(axis=(0, 1))
    print(f"random pairs, mean of {len(random)} seeds ± the noise of labels")
    print(f"{'labels':26}" + "".join(f"{count:>16}" for count in COUNTS))
    for k, measure in enumerate(MEASURES):
        cells = (f"{mean[c, k]:.3f} ± {noise[c, k]:.3f}" for c in range(len(COUNTS)))
        print(f"{measure:26}" + "".join(f"{cell:>16}" for cell in cells))


def print_comparisons(compared: Sequence[Comparison]) -> None:
    """Print a table for each measure: the difference to random pairs, in noise, and in random labels."""
    for measure in MEASURES:
        print(f"\n{measure}: less random [95 % interval], in noise of labels, worth so many random labels")
        for name in dict.fromkeys(row.strategy for row in compared if row.strategy != RANDOM):
            print(name)
            for row in compared:
                if (row.measure, row.strategy) == (measure, name):
                    print(
                        f"  {row.labels:4} labels: {row.value:.3f}  {row.less_random:+.4f} [{row.low:+.4f}, "
                        f"{row.high:+.4f}]  {row.in_noise:+.2f} noise  ~{row.worth_labels:.0f}"
                    )


if __name__ == "__main__":
    main()
