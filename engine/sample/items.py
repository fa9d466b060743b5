"""The objects on the table: their shapes, colours and initial places.

Every object is a loft: one outline (a circle or a rounded rectangle), offset by a profile over its height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.sample.mesh import Mesh, handle, loft, merge, outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.types import Scene

__all__ = ["BOARD_CENTRE", "BOARD_HALF", "BOARD_TOP_M", "Item", "board", "board_slots", "lay_out"]

BOARD_CENTRE: Final = (0.0, 0.40)
BOARD_HALF: Final = (0.165, 0.085)
BOARD_TOP_M: Final = 0.014

_GLAZES: Final = (
    (0.86, 0.84, 0.78), (0.24, 0.42, 0.58), (0.72, 0.33, 0.24), (0.32, 0.48, 0.40), (0.88, 0.69, 0.34),
    (0.46, 0.38, 0.52),
    (0.82, 0.55, 0.50), (0.30, 0.33, 0.38),
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """An object that a hand can move. `place` (3,) is the initial position of its base, in metres."""

    kind: str
    mesh: Mesh
    place: NDArray[Any]
    radius_m: float
    height_m: float
    grip_height_m: float
    grip_radius_m: float


def _ring(
    profile: list[tuple[float, float]], colours: list[tuple[float, float, float]], n: int = 36, gloss: float = 0.3
) -> Mesh:
    return loft(outline(0.0, 0.0, 0.0, n), profile, colours, gloss)


def _tint(colour: tuple[float, float, float], k: float) -> tuple[float, float, float]:
    return (min(colour[0] * k, 1.0), min(colour[1] * k, 1.0), min(colour[2] * k, 1.0))


def _mug(rng: np.random.Generator) -> tuple[Mesh, float, float]:
    glaze = _GLAZES[int(rng.integers(len(_GLAZES)))]
    inner = _tint((0.90, 0.88, 0.83), 1.0)
    r, h = 0.037 + 0.004 * rng.random(), 0.078 + 0.014 * rng.random()
    band = _GLAZES[int(rng.integers(len(_GLAZES)))] if rng.random() < 0.5 else glaze
    profile = [(r * 0.80, 0.0), (r * 0.93, 0.005), (r, 0.016), (r, h * 0.45), (r, h * 0.70), (r, h - 0.002),
    (r * 0.965, h),
               (r * 0.91, h - 0.002), (r * 0.89, h * 0.6), (r * 0.87, h * 0.25), (r * 0.70, h * 0.12),
               (0.0, h * 0.11)]  # fmt: skip
    colours = [glaze] * 3 + [band] + [glaze] * 2 + [inner] * 5
    angle = rng.uniform(-0.6, 3.7)
    return merge(_ring(profile, colours, 40, 0.45), handle(r * 0.97, h * 0.5, h * 0.30, 0.0055, angle, glaze)), r, h


def _bowl(rng: np.random.Generator) -> tuple[Mesh, float, float]:
    glaze = _GLAZES[int(rng.integers(len(_GLAZES)))]
    r, h = 0.052 + 0.008 * rng.random(), 0.045 + 0.01 * rng.random()
    profile = [(r * 0.45, 0.0), (r * 0.70, h * 0.25), (r * 0.90, h * 0.6), (r, h - 0.002), (r * 0.975, h),
    (r * 0.93, h - 0.003),
               (r * 0.83, h * 0.6), (r * 0.62, h * 0.3), (r * 0.33, h * 0.14), (0.0, h * 0.12)]  # fmt: skip
    return _ring(profile, [glaze] * 4 + [_tint(glaze, 1.12)] * 5, 44, 0.4), r, h


def _fruit(rng: np.random.Generator) -> tuple[Mesh, float, float]:
    kinds = ((0.78, 0.16, 0.12), (0.93, 0.52, 0.10), (0.60, 0.70, 0.22), (0.92, 0.80, 0.24))
    pick = int(rng.integers(len(kinds)))
    r = 0.034 + 0.005 * rng.random()
    skin = kinds[pick]
    angles = np.linspace(-1.35, 1.40, 19)
    profile = [(float(r * np.cos(a)), float(r * 0.93 * (np.sin(a) + 0.98))) for a in angles]
    profile += [(r * 0.05, float(r * 1.72))]
    colours = [skin] * 18 + [(0.33, 0.25, 0.14)]
    return _ring(profile, colours, 36, 0.35), r, r * 1.84


def _tin(rng: np.random.Generator) -> tuple[Mesh, float, float]:
    label = _GLAZES[int(rng.integers(len(_GLAZES)))]
    metal = (0.70, 0.71, 0.72)
    r, h = 0.033 + 0.004 * rng.random(), 0.080 + 0.02 * rng.random()
    profile = [(r * 0.97, 0.0), (r, 0.003), (r, h * 0.12), (r, h * 0.34), (r, h * 0.62), (r, h * 0.88), (r, h - 0.002),
               (r * 0.96, h), (r * 0.92, h - 0.004), (0.0, h - 0.004)]  # fmt: skip
    paper = (0.92, 0.90, 0.84)
    return _ring(profile, [metal, metal, label, paper, label, metal, metal, metal, _tint(metal, 1.1)], 40, 0.5), r, h


def _block(rng: np.random.Generator) -> tuple[Mesh, float, float]:
    paint = ((0.80, 0.26, 0.20), (0.20, 0.45, 0.66), (0.92, 0.74, 0.25), (0.35, 0.58, 0.36), (0.80, 0.66, 0.47))
    colour = paint[int(rng.integers(len(paint)))]
    a, b, h = 0.026 + 0.01 * rng.random(), 0.024 + 0.008 * rng.random(), 0.045 + 0.02 * rng.random()
    shape = outline(a, b, 0.006, 8, float(rng.uniform(-0.6, 0.6)))
    profile = [(0.0, 0.0), (0.002, 0.002), (0.002, h - 0.003), (0.0005, h - 0.0007), (-0.002, h)]
    return loft(shape, profile, [colour] * 5, 0.15), float(max(a, b)) * 1.15, h


def _jar(rng: np.random.Generator) -> tuple[Mesh, float, float]:
    fill = ((0.55, 0.20, 0.12), (0.75, 0.52, 0.16), (0.36, 0.42, 0.22), (0.40, 0.24, 0.16))[int(rng.integers(4))]
    lid = _GLAZES[int(rng.integers(len(_GLAZES)))]
    r, h = 0.034 + 0.004 * rng.random(), 0.088 + 0.012 * rng.random()
    profile = [(r * 0.9, 0.0), (r, 0.006), (r, h * 0.3), (r, h * 0.58), (r * 0.94, h * 0.68), (r * 0.80, h * 0.74),
               (r * 0.86, h * 0.75), (r * 0.86, h * 0.97), (r * 0.82, h), (0.0, h)]  # fmt: skip
    paper = (0.90, 0.87, 0.78)
    return _ring(profile, [fill, fill, paper, fill, _tint(fill, 1.2), lid, lid, lid, _tint(lid, 1.08)], 40, 0.55), r, h


_MAKERS: Final = {"mug": _mug, "bowl": _bowl, "fruit": _fruit, "tin": _tin, "block": _block, "jar": _jar}


def board() -> Mesh:
    """The board in the middle, where objects are brought."""
    shape = outline(BOARD_HALF[0], BOARD_HALF[1], 0.022, 10)
    h = BOARD_TOP_M
    profile = [(0.0, 0.0), (0.001, 0.002), (0.001, h - 0.003), (-0.001, h - 0.0005), (-0.003, h)]
    wood = (0.66, 0.47, 0.30)
    mesh = loft(shape, profile, [_tint(wood, 0.8)] * 3 + [_tint(wood, 1.1), wood], 0.1)
    return mesh.moved(np.array([*BOARD_CENTRE, 0.0]))


def board_slots() -> list[NDArray[Any]]:
    """The places on the board, each (2,) in metres."""
    cx, cy = BOARD_CENTRE
    return [np.array([cx + dx, cy + dy]) for dy in (0.0,) for dx in (-0.115, -0.038, 0.038, 0.115)]


def lay_out(scene: Scene, rng: np.random.Generator) -> list[Item]:
    """Place the scene's objects to the left and right of the board, without contact; then its cloth, if it has one.

    Those that find no room in a crowded scene are left out.
    """
    order = _order(rng)
    first = 1 if rng.random() < 0.5 else -1
    items: list[Item] = []
    for k in range(scene.n_objects):
        kind = order[k % len(order)]
        mesh, radius, height = _MAKERS[kind](rng)
        side = first if k % 2 == 0 else -first
        for attempt in range(90):
            # What finds no room near the others may stand farther out; y ends at half a metre, where arms do.
            wide = max(scene.spread, min(scene.spread + attempt / 100, 1.3))
            x, y = 0.255 + wide * rng.uniform(0.0, 0.145), 0.25 + min(wide, 1.0) * rng.uniform(0.0, 0.25)
            spot = np.array([side * x, y, 0.0])
            if all(float(np.hypot(*(spot - other.place)[:2])) > radius + other.radius_m + 0.02 for other in items):
                break
        else:
            continue
        grip = height * (0.62 if kind in ("fruit", "block") else 0.80)
        wide = radius * 0.45 if kind == "bowl" else radius
        items.append(Item(kind, mesh, spot, radius, height, grip, wide))
    if scene.cloth:
        items.append(_cloth(first, rng))
    return items


def _order(rng: np.random.Generator) -> list[str]:
    """The kinds of objects in their order, first one side and then the other by turns.

    The fruit, which serves no task but placing, comes last, and the bowl has a vessel on its side, to pour from.
    """
    kinds = [k for k in _MAKERS if k != "fruit"]
    order = [kinds[i] for i in rng.permutation(len(kinds))]
    bowl = order.index("bowl")
    if bowl % 2 == 1 and order[4 - bowl] == "block":
        order[4 - bowl], order[0] = order[0], order[4 - bowl]
    return [*order, "fruit"]


def _cloth(side: int, rng: np.random.Generator) -> Item:
    """A folded cloth at the table's near edge."""
    tones = ((0.80, 0.78, 0.70), (0.45, 0.60, 0.72), (0.78, 0.45, 0.40), (0.55, 0.68, 0.50))
    colour = tones[int(rng.integers(len(tones)))]
    h = 0.008
    shape = outline(0.062, 0.050, 0.014, 8, float(rng.uniform(-0.25, 0.25)))
    profile = [(0.0, 0.0), (0.002, 0.002), (0.002, h - 0.002), (-0.002, h)]
    mesh = loft(shape, profile, [_tint(colour, 0.85), colour, _tint(colour, 1.05), colour], 0.02)
    spot = np.array([side * rng.uniform(0.19, 0.23), rng.uniform(0.19, 0.21), 0.0])
    return Item("cloth", mesh, spot, 0.06, h, h, 0.06)
