"""Whether the cloning model learned anything that counts: its loss against standing still and damped velocity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.interval import Estimate, percentile_interval
from engine.validation.validation_report import CloningSkill, DataBehind

if TYPE_CHECKING:
    from engine.arrays import Floats, Rows
    from engine.validation.cloning_data import CloningData
    from engine.validation.measured import Losses

__all__ = ["LEAST_ROWS", "LEAST_VIDEOS", "cloning_skill", "data_behind", "lacking"]

LEAST_ROWS, LEAST_VIDEOS = 1000, 60
"""What a supported ΔM is estimated to take on real footage: rows in motion, of so many source videos."""


def cloning_skill(losses: Losses, least: float, seed: int, resamples: int) -> CloningSkill:
    """The skill of the very heads that ΔM uses, with a bootstrap over the videos that measure.

    Skill is 1 − loss / the better baseline's loss. The data supports a ΔM where the lower end of its interval, at the
    size of a base, is above `least`.
    """
    videos = np.flatnonzero(losses.clips > 0)
    rng = np.random.Generator(np.random.PCG64([seed, 25]))
    samples = [rng.choice(videos, len(videos)) for _ in range(resamples)] if len(videos) else []

    def estimate(model: Floats, *rivals: Floats) -> Estimate:
        draws = [_skill(model, rivals, rows) for rows in samples]
        return Estimate.of(percentile_interval(_skill(model, rivals, videos), draws))

    both = losses.still, losses.velocity
    base = estimate(losses.base, *both)
    clips = float(losses.clips.sum())
    return CloningSkill(
        model=_mean(losses.base, clips),
        zero_motion=_mean(losses.still, clips),
        constant_velocity=_mean(losses.velocity, clips),
        share=base.value,
        least=least,
        by_seed=(),
        supported=base.low is not None and base.low > least,
        base=base,
        whole=estimate(losses.whole, *both),
        pixels=estimate(losses.pixels, *both),
        state=estimate(losses.state, *both),
        velocity=estimate(losses.velocity, losses.still),
        at_rest=estimate(losses.rest_whole, losses.rest_still),
    )


def data_behind(data: CloningData) -> DataBehind:
    """How much there is to learn from and to measure on."""
    moving = np.asarray(data.moving.any(axis=2))
    in_motion = np.asarray(moving.any(axis=1))
    return DataBehind(
        rows=int(data.clips.there.sum()),
        rows_with_action=int(data.clips.valid.any(axis=2).sum()),
        rows_in_motion=int(moving.sum()),
        clips=len(data.clips),
        clips_in_motion=int(in_motion.sum()),
        videos=len(data.video_ids),
        videos_in_motion=len(np.unique(data.video[in_motion])),
        videos_measuring=len(np.unique(data.video[data.measured.any(axis=(1, 2))])),
    )


def lacking(behind: DataBehind) -> str:
    """What would be needed, in numbers; empty where there is as much as was ever enough."""
    short = []
    if behind.rows_in_motion < LEAST_ROWS:
        short.append(f"{behind.rows_in_motion:,} rows in motion of about {LEAST_ROWS:,}")
    if behind.videos_in_motion < LEAST_VIDEOS:
        short.append(f"{behind.videos_in_motion} source videos with moving hands of about {LEAST_VIDEOS}")
    share = behind.rows_in_motion / max(1, behind.rows)
    said = f"There are {' and '.join(short)} that it is estimated to take. " if short else ""
    return (
        f"{said}Hands move, and can be followed, in {share:.0%} of the rows: clips cut to activity have more of them "
        "than clips cut at even steps."
    )


def _skill(model: Floats, rivals: tuple[Floats, ...], rows: Rows) -> float:
    best = min(float(rival[rows].sum()) for rival in rivals)
    return 1 - float(model[rows].sum()) / best if best > 0 else float("nan")


def _mean(losses: Floats, clips: float) -> float | None:
    return float(losses.sum()) / clips if clips else None
