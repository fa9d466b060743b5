"""The composite score: a hand-weighted sum of normalised features, the baseline that a reward must beat.

A pure function of a table of features, so it is recomputed in the store without decoding anything.

Each feature is normalised against all the clips given: z = (x − median) / (IQR / 1.349), the robust z-score, then
1 / (1 + exp(−z)), so that the median clip has 0.5 and no outlier has more than 1. A negative weight reverses the
feature. The score is the weighted mean over the features that a clip has: a missing feature is left out, and a clip
that has none of them has no score.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, field_validator

from engine.features.base import Column
from engine.settings_model import SettingsModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["COMPOSITE", "CompositeSettings", "composite_score", "normalised"]

COMPOSITE = Column(
    "score",
    "",
    "Hand-weighted sum of normalised features, in [0, 1]: the baseline of every reward.",
    title="Composite score",
)
"""Shown as `composite_score`."""

_IQR_OF_NORMAL = 1.3489795
_DEFAULT_WEIGHTS = {
    "sharpness_laplacian_median": 1.0,
    "sharpness_blurred_share": -1.0,
    "exposure_contrast": 0.5,
    "exposure_under_share": -0.5,
    "exposure_over_share": -0.5,
    "motion_camera_speed_var": -1.0,
    "motion_camera_sparc": 0.5,
    "motion_idle_share": -0.5,
    "motion_frozen_share": -1.0,
    "hands_any_share": 2.0,
    "hands_confidence_mean": 1.0,
    "hands_straightness": 1.0,
    "hands_sparc": 0.5,
}


class CompositeSettings(SettingsModel):
    """Weights of the composite score: the baseline that a learned reward must beat."""

    weights: dict[str, float] = Field(
        default_factory=lambda: dict(_DEFAULT_WEIGHTS),
        title="Weights",
        description="Feature → weight. A negative weight means that less is better; a feature left out counts nothing.",
    )

    @field_validator("weights")
    @classmethod
    def _finite(cls, weights: dict[str, float]) -> dict[str, float]:
        for name, weight in weights.items():
            if not math.isfinite(weight):
                raise ValueError(f"the weight of {name} is {weight}; give a number")
        return weights


def normalised(values: ArrayLike) -> NDArray[np.float64]:
    """Values `(n_clips,)` in [0, 1] by robust z-score and logistic; NaN stays NaN.

    Where the IQR is 0, the standard deviation replaces it; where that is 0 too, all clips get 0.5.
    """
    array = np.asarray(values, np.float64)
    known = array[np.isfinite(array)]
    if not known.size:
        return np.full(array.shape, np.nan)
    low, middle, high = np.percentile(known, (25, 50, 75))
    scale = (high - low) / _IQR_OF_NORMAL or float(known.std())
    if not scale > 0:
        return np.where(np.isfinite(array), 0.5, np.nan)
    z = np.clip((np.where(np.isfinite(array), array, np.nan) - middle) / scale, -40, 40)
    return np.asarray(1 / (1 + np.exp(-z)))


def composite_score(features: Mapping[str, ArrayLike], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Composite score in [0, 1] of each clip, `(n_clips,)`; NaN where a clip has none of the weighted features.

    `features` maps names, as in `clip_features`, to `(n_clips,)` columns with NaN for missing values. Weights of
    unknown features are ignored.
    """
    used = {name: weight for name, weight in weights.items() if weight and name in features}
    count = len(np.asarray(next(iter(features.values())))) if features else 0
    total, weight_sum = np.zeros(count), np.zeros(count)
    for name, weight in used.items():
        score = normalised(features[name])
        if weight < 0:
            score = 1 - score
        known = np.isfinite(score)
        total[known] += abs(weight) * score[known]
        weight_sum[known] += abs(weight)
    with np.errstate(invalid="ignore"):
        return np.clip(total / np.where(weight_sum > 0, weight_sum, np.nan), 0, 1)
