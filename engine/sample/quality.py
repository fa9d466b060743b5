"""Hidden quality of sample clips (what a careful person would prefer) and their usefulness for robot learning.

`quality` sums action and image quality, in units of a Bradley–Terry model: a clip that is better by 1 is preferred in
73 % of pairs. `usefulness` depends on the action and on whether the hands can be tracked; image quality matters only
where it hides the action. A beautiful idle clip has high quality and low usefulness; a dark but purposeful one the
opposite.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

    from engine.sample.types import Degradation, Episode, Person

__all__ = ["CONTENT", "USE", "looks", "quality", "usefulness"]

CONTENT: Final = {
    "purposeful": 1.35, "returned": 0.75, "fumbling": -0.25, "idle": -0.75, "out_of_view": -1.45, "looking_away": -1.30,
}  # fmt: skip
USE: Final = {
    "purposeful": 0.95, "returned": 0.30, "fumbling": 0.22, "idle": 0.12, "out_of_view": 0.02, "looking_away": 0.04,
}  # fmt: skip


def _content(episode: Episode) -> str:
    return "returned" if episode.kind == "purposeful" and episode.outcome == "returned" else episode.kind


def looks(d: Degradation) -> float:
    """Penalty for image quality: 0 for a clean clip, else negative."""
    over, under = max(d.exposure_ev, 0.0), max(-d.exposure_ev, 0.0)
    loss = (
        0.75 * math.log1p(d.defocus_px)
        + 0.55 * d.shutter_share
        + 0.26 * under**1.3
        + 0.42 * over**1.3
        + 0.90 * d.flicker_ev
        + 0.055 * d.shake_px
        + 1.10 * d.dropped_share
        + 1.90 * d.frozen_share
        + 0.80 * d.compression
    )
    return -float(loss)


def quality(episode: Episode, person: Person, hands_share: float, rng: np.random.Generator) -> float:
    """The hidden quality of a clip. `hands_share` is the share of its frames with a hand fully in view."""
    content = CONTENT[_content(episode)]
    if episode.kind in ("purposeful", "fumbling"):
        content += 0.7 * (hands_share - 0.9)
    steadiness = -60.0 * person.tremor_m
    return content + looks(episode.degradation) + steadiness + float(rng.normal(0, 0.18))


def usefulness(episode: Episode, hands_share: float) -> float:
    """Usefulness in [0, 1]: how much a robot would learn by imitating the clip."""
    d = episode.degradation
    seen = math.exp(
        -((d.defocus_px / 5.0) ** 2) - 0.35 * d.shutter_share - 1.1 * d.frozen_share - 0.4 * d.dropped_share
    )
    light = math.exp(-((max(abs(d.exposure_ev) - 1.2, 0.0) / 1.5) ** 2))
    return USE[_content(episode)] * (0.25 + 0.75 * hands_share) * seen * light
