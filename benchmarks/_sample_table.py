"""Generates a table of sample clips with features and ground truth, without rendering videos.

Activity, image defects, hands in view and the hidden quality come from the sample generator itself; the features are
derived from them with the noise and the nuisance factors (scene, light, person) of measured ones. Labels are synthetic
either way; `handpicked sample` and `handpicked extract` give the measured table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.sample.render import render_truth
from engine.sample.script import sample_scripts
from engine.sample.types import KINDS
from engine.tables.types import ClipTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.truth import ClipTruth
    from engine.sample.types import Episode, VideoScript

__all__ = ["sample_table"]

EMBEDDING_WIDTH = 64
ACTION = {
    # share of motion, net displacement, straightness, camera speed; purposeful work has them from what it did
    "fumbling": (0.70, 0.5, 0.25, 0.10),
    "idle": (0.08, 0.1, 0.30, 0.07),
    "out_of_view": (0.05, 0.0, 0.0, 0.08),
    "looking_away": (0.10, 0.1, 0.2, 0.45),
}
GROUPS = {
    "sharpness": ("laplacian_median", "laplacian_p10", "tenengrad_median", "blurred_share"),
    "exposure": ("luma_mean", "contrast", "under_share", "over_share", "entropy", "flicker"),
    "hands": ("any_share", "both_share", "confidence_mean", "centrality", "speed_mean", "displacement",
              "straightness", "sparc", "track_breaks"),
    "motion": ("camera_speed_mean", "camera_speed_var", "rotation_mean", "camera_sparc", "residual_mean",
               "idle_share", "frozen_share", "inlier_ratio"),
}  # fmt: skip


def sample_table(n_videos: int, seed: int) -> tuple[ClipTable, NDArray[np.float64]]:
    """`(clips, hidden quality)`, six clips a video."""
    projection = np.random.default_rng([seed, 1]).normal(size=(24, EMBEDDING_WIDTH))
    rows: list[NDArray[np.float64]] = []
    vectors: list[NDArray[np.float64]] = []
    quality: list[float] = []
    ids: list[str] = []
    videos: list[str] = []
    for script in sample_scripts(n_videos, seed, fps=3, width=160, height=90):
        rng = np.random.default_rng([seed, script.index])
        traits = rng.normal(size=6)
        for number, (clip, episode) in enumerate(zip(render_truth(script).clips, script.episodes, strict=True)):
            rows.append(features(episode, clip, traits, rng))
            vectors.append(projection.T @ contents(script, episode, clip, rng))
            quality.append(clip.quality)
            ids.append(f"{script.name}@{number}")
            videos.append(script.name)
    columns = tuple(f"{group}_{name}" for group, names in GROUPS.items() for name in names)
    groups = tuple(group for group, names in GROUPS.items() for _ in names)
    embedding = np.array(vectors) / np.linalg.norm(vectors, axis=1, keepdims=True)
    table = ClipTable(
        clip_ids=tuple(ids),
        video_ids=tuple(videos),
        columns=columns,
        groups=groups,
        values=np.array(rows),
        embedding_model="synthetic",
        embedding=embedding.astype(np.float32),
    )
    return table, np.array(quality)


def activity(clip: ClipTruth, duration_s: float) -> tuple[float, float, float, float]:
    """Share of motion, net displacement (palm lengths), straightness and camera speed of a clip."""
    did = clip.action
    if did.task is None:
        return ACTION[clip.kind]
    moved_m = max((math.dist(t.from_m, t.to_m) for t in did.transports), default=0.0) + 0.3 * did.reach_m
    straight = 0.70 - 0.10 * min(did.strokes, 4) - 0.12 * did.grasps_failed - 0.08 * (len(did.transports) > 1)
    return 0.9 * did.busy_s / duration_s, moved_m / 0.22, max(straight, 0.15), 0.06 + 0.04 * did.pace


def features(e: Episode, clip: ClipTruth, traits: Any, rng: np.random.Generator) -> NDArray[np.float64]:
    """One row, in the order of `GROUPS`."""
    d, hands_share = e.degradation, clip.hands_share
    moving, displacement, straight, camera = activity(clip, e.duration_s)
    both = 0.6 + 0.15 * (len(clip.action.hands) == 2)
    n = rng.normal(size=27)
    blur = 0.9 * math.log1p(d.defocus_px) + 0.5 * d.shutter_share * (0.4 + moving)
    texture = 5.5 + 0.45 * traits[0] - 2.0 * blur + 0.8 * d.compression + 0.25 * d.exposure_ev
    sharp = (
        math.exp(texture + 0.15 * n[0]), math.exp(texture - 0.5 * d.shutter_share + 0.25 * n[1] - 0.4),
        math.exp(0.7 * texture + 0.2 * n[2]), float(np.clip(blur / 1.5 + 0.12 * n[3], 0, 1)),
    )  # fmt: skip
    light = 110 * 2 ** (0.75 * d.exposure_ev + 0.15 * traits[1])
    luma = 255 * (1 - math.exp(-light / 180))
    exposure = (
        luma + 5 * n[4], 45 * math.exp(-0.12 * d.exposure_ev**2) + 4 * traits[2] + 3 * n[5],
        max(0.0, 0.02 - 0.12 * min(d.exposure_ev + 0.5, 0) + 0.02 * n[6]),
        max(0.0, 0.01 + 0.15 * max(d.exposure_ev - 0.3, 0) + 0.02 * n[7]),
        7 - 0.3 * d.exposure_ev**2 + 0.2 * traits[2] + 0.1 * n[8], d.flicker_ev * 20 + abs(2 * n[9]),
    )  # fmt: skip
    found = float(np.clip(hands_share * math.exp(-0.05 * d.defocus_px**1.5) + 0.1 * n[10], 0, 1))
    hands = (
        found, float(np.clip(both * found + 0.2 * n[11], 0, 1)), 0.55 + 0.4 * found - 0.05 * blur + 0.05 * n[12],
        0.5 * found + 0.15 * n[13], found * moving * 2 * math.exp(0.35 * n[14]),
        found * displacement * math.exp(0.45 * n[15]), found * straight + 0.15 * n[16],
        -2 - moving - 0.2 * d.shake_px / 10 + 0.5 * n[17], max(0.0, 0.5 * (1 - found) + 0.3 * n[18]),
    )  # fmt: skip
    speed = camera * math.exp(0.3 * n[19]) + 0.012 * d.shake_px
    motion = (
        speed, speed**2 * math.exp(0.6 * n[20]), 4 * speed * math.exp(0.3 * n[21]),
        -2 - 0.15 * d.shake_px + 0.5 * n[22], 0.3 * moving * math.exp(0.3 * n[23]) + 0.05 * d.flicker_ev,
        float(np.clip(0.8 - moving - speed + 0.1 * n[24], 0, 1)),
        float(np.clip(d.frozen_share + d.dropped_share * 0.6 + 0.03 * abs(n[25]), 0, 1)),
        0.9 - 0.1 * blur + 0.05 * n[26],
    )  # fmt: skip
    return np.array([*sharp, *exposure, *hands, *motion], dtype=np.float64)


def contents(script: VideoScript, e: Episode, clip: ClipTruth, rng: np.random.Generator) -> NDArray[np.float64]:
    """A made-up image embedding: it depends mostly on the scene, somewhat on the activity, hardly on the quality."""
    scene = np.random.default_rng([script.seed, script.index, 7]).normal(size=12)
    kind = np.array([e.kind == k for k in KINDS], dtype=np.float64)
    d = e.degradation
    looks = np.array([d.exposure_ev, math.log1p(d.defocus_px), d.flicker_ev, d.compression, clip.hands_share])
    work = np.array([len(clip.action.hands) / 2, clip.action.strokes / 3])
    return np.concatenate([1.2 * scene, 0.8 * kind, 0.5 * looks, 0.8 * work]) + 0.35 * rng.normal(size=24)
