"""Generates scripts: a whole set of sample videos from a seed, or one episode with chosen degradations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engine.sample.drawn_work import with_work
from engine.sample.seeds import generator
from engine.sample.types import (
    Degradation,
    Episode,
    Kind,
    Person,
    Scene,
    SleeveStyle,
    SurfaceKind,
    VideoScript,
)
from engine.sample.work import Work

if TYPE_CHECKING:
    import numpy as np

    from engine.sample.work import Outcome

__all__ = ["episode", "sample_scripts", "single"]

_SKINS: Final = (
    (0.94, 0.77, 0.66), (0.87, 0.67, 0.54), (0.78, 0.57, 0.43), (0.66, 0.46, 0.33), (0.52, 0.35, 0.25),
    (0.40, 0.27, 0.20),
)  # fmt: skip
_SLEEVES: Final = (
    (0.22, 0.30, 0.42), (0.60, 0.28, 0.24), (0.30, 0.40, 0.34), (0.72, 0.70, 0.66), (0.24, 0.24, 0.26),
    (0.62, 0.50, 0.34),
    (0.40, 0.34, 0.50), (0.26, 0.46, 0.52),
)  # fmt: skip
_SURFACES: Final[tuple[SurfaceKind, ...]] = ("wood", "stone", "mat", "cloth", "laminate")
_STYLES: Final[tuple[SleeveStyle, ...]] = ("plain", "striped", "knit")
_KIND_SHARES: Final[dict[Kind, float]] = {
    "purposeful": 0.50, "fumbling": 0.18, "idle": 0.14, "out_of_view": 0.08, "looking_away": 0.10,
}  # fmt: skip


def episode(
    kind: Kind = "purposeful",
    duration_s: float = 3.0,
    outcome: Outcome | None = None,
    work: Work | None = None,
    **dials: float,
) -> Episode:
    """One episode with given degradations (fields of `Degradation`): `episode("idle", defocus_px=3)`.

    A purposeful one brings one object to the board, or does the `work`.
    """
    if outcome is None:
        outcome = "done" if kind == "purposeful" else "none"
    return Episode(kind, duration_s, Degradation(**dials), outcome, work=work or Work())


def single(*episodes: Episode, name: str = "single", seed: int = 0, **traits: Any) -> VideoScript:
    """A small video of a few episodes, by default one clean purposeful one; `traits` are fields of `VideoScript`."""
    chosen = {"width": 320, "height": 180, "fps": 12, "index": 0, **traits}
    return VideoScript(name=name, seed=seed, episodes=episodes or (episode(),), **chosen)


def sample_scripts(
    n_videos: int = 12,
    seed: int = 0,
    *,
    n_episodes: int = 6,
    episode_s: float = 3.0,
    width: int = 512,
    height: int = 288,
    fps: int = 20,
) -> list[VideoScript]:
    """The scripts of a set of sample videos, each from the seed and its index, whatever their number."""
    out = []
    for index in range(n_videos):
        rng = generator(seed, index, "script")
        person, scene = _person(rng, seed, index), _scene(rng, seed, index)
        session = _Session(rng)
        drawn = [session.episode(rng, episode_s) for _ in range(n_episodes)]
        episodes = tuple(
            with_work(e, person.pace, generator(seed, index, f"work {k}")) if e.kind == "purposeful" else e
            for k, e in enumerate(drawn)
        )
        name = f"sample-{seed}-{index + 1:03d}"
        out.append(
            VideoScript(
                name=name,
                seed=seed,
                index=index,
                episodes=episodes,
                person=person,
                scene=scene,
                width=width,
                height=height,
                fps=fps,
                crf=session.crf,
            )
        )
    return out


def _turn(seed: int, index: int, purpose: str, n: int) -> int:
    """One of n choices, each used once before any is repeated, so that a small set has them all."""
    return int(generator(seed, -1, f"{purpose} {index // n}").permutation(n)[index % n])


def _person(rng: np.random.Generator, seed: int, index: int) -> Person:
    skin = _SKINS[_turn(seed, index, "skin", len(_SKINS))]
    sleeve = _SLEEVES[_turn(seed, index, "sleeve", len(_SLEEVES))]
    tone = float(rng.uniform(0.95, 1.06))
    return Person(
        skin=(min(skin[0] * tone, 1.0), min(skin[1] * tone, 1.0), min(skin[2] * tone, 1.0)),
        sleeve=sleeve,
        sleeve_style=_STYLES[int(rng.integers(3))],
        sleeve_start=float(rng.uniform(0.25, 0.6)) if rng.random() < 0.8 else 1.2,
        palm_length_m=float(rng.uniform(0.086, 0.101)),
        girth=float(rng.uniform(0.90, 1.12)),
        pace=round(float(0.85 * (1.2 / 0.85) ** rng.random()), 4),
        right_handed=bool(rng.random() < 0.70),
        tremor_m=float(rng.uniform(0.0, 0.0012)) if rng.random() < 0.4 else 0.0,
        sway=float(rng.uniform(0.7, 1.3)),
        head_height_m=float(rng.uniform(0.43, 0.48)),
    )


def _scene(rng: np.random.Generator, seed: int, index: int) -> Scene:
    surface = _SURFACES[_turn(seed, index, "surface", len(_SURFACES))]
    around = generator(seed, index, "clutter")
    return Scene(
        surface=surface,
        hue=float(rng.uniform(0, 1)),
        n_objects=int(rng.integers(5, 10)),
        spread=float(around.uniform(0.7, 1.1)),
        cloth=bool(around.random() < 0.6),
        light_azimuth_deg=float(rng.uniform(25, 155)),
        light_elevation_deg=float(rng.uniform(42, 66)),
        warmth=float(rng.uniform(-0.8, 1.0)),
    )


class _Session:
    """Traits shared by the episodes of one recording: camera settings, and the wearer's practice."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.skill = float(rng.uniform(0.55, 1.45))
        self.exposure_ev = float(rng.normal(0, 0.22))
        self.defocus_px = float(rng.uniform(0.3, 0.9)) if rng.random() < 0.25 else 0.0
        self.shake_px = float(rng.uniform(0.0, 1.2))
        self.spoilt_share = float(rng.uniform(0.35, 0.70))
        self.crf = int(rng.integers(22, 28))

    def episode(self, rng: np.random.Generator, duration_s: float) -> Episode:
        """Draw the next episode of the recording."""
        kinds = list(_KIND_SHARES)
        weights = [_KIND_SHARES[k] * (self.skill if k == "purposeful" else 1.0) for k in kinds]
        draw = float(rng.random()) * sum(weights)
        kind = kinds[-1]
        for k, w in zip(kinds, weights, strict=True):
            draw -= w
            if draw < 0:
                kind = k
                break
        outcome: Outcome = "none"
        if kind == "purposeful":
            outcome = "returned" if rng.random() < 0.14 else "done"
        return Episode(kind, duration_s, self._degradation(rng), outcome)

    def _degradation(self, rng: np.random.Generator) -> Degradation:
        dials = {"exposure_ev": self.exposure_ev, "defocus_px": self.defocus_px, "shake_px": self.shake_px}
        n = int(rng.integers(1, 3)) if rng.random() < self.spoilt_share else 0
        names = list(_DRAWS)
        for k in rng.permutation(len(names))[:n]:
            name = names[int(k)]
            low, high = _DRAWS[name]
            value = float(rng.uniform(low, high))
            if name == "exposure_ev" and rng.random() < 0.6:
                value = -value * 1.25
            dials[name] = round(value if name == "exposure_ev" else dials.get(name, 0.0) + value, 3)
        return Degradation(**{k: round(v, 3) for k, v in dials.items()})


_DRAWS: Final = {
    "defocus_px": (1.0, 5.0),
    "shutter_share": (0.4, 1.0),
    "exposure_ev": (0.8, 2.0),
    "flicker_ev": (0.2, 0.7),
    "shake_px": (3.0, 11.0),
    "dropped_share": (0.15, 0.45),
    "frozen_share": (0.2, 0.6),
    "compression": (0.4, 1.0),
}
