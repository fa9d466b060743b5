"""The work surface and the room behind it, as textures made from noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.types import Scene

__all__ = ["EXTENT", "ROOM", "Surface", "make_room", "make_surface"]

EXTENT: Final = (-1.25, -0.20, 1.25, 1.25)
"""x0, y0, x1, y1 of the table in metres; its far edge is at y1."""
ROOM: Final = (-4.0, -1.6, 4.0, 1.9, 3.0)
"""x0, z0, x1, z1 of the wall in metres, and its distance y."""


@dataclass(frozen=True)
class Surface:
    """A texture, and the homography from its pixels to metres on the table.

    (rows, columns, 4) uint8, RGB and padding: four channels warp 2.5 times as fast as three.
    """

    texture: NDArray[Any]
    to_table: NDArray[Any]


def _noise(shape: tuple[int, int], cell: tuple[float, float], rng: np.random.Generator) -> NDArray[Any]:
    """Smooth noise in [−1, 1] or so, with features `cell` (y, x) pixels large."""
    small = rng.normal(0, 0.6, (int(shape[0] / cell[0]) + 3, int(shape[1] / cell[1]) + 3)).astype(np.float32)
    if cell[0] <= 1 and cell[1] <= 1:
        return small[: shape[0], : shape[1]]
    return cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)  # type: ignore[no-any-return]


def _layers(shape: tuple[int, int], cell: float, n: int, rng: np.random.Generator) -> NDArray[Any]:
    out = np.zeros(shape, np.float32)
    for k in range(n):
        out += _noise(shape, (max(cell / 2**k, 1), max(cell / 2**k, 1)), rng) * np.float32(0.5**k)
    return out


def _colour(base: tuple[float, float, float], value: NDArray[Any]) -> NDArray[Any]:
    out: NDArray[Any] = np.array(base, np.float32) * value[..., None]
    return out


def _mix(a: tuple[float, float, float], b: tuple[float, float, float], k: float) -> tuple[float, float, float]:
    return (a[0] + (b[0] - a[0]) * k, a[1] + (b[1] - a[1]) * k, a[2] + (b[2] - a[2]) * k)


def _wood(shape: tuple[int, int], m: float, hue: float, rng: np.random.Generator) -> NDArray[Any]:
    """Planks that run across, each with its own tone and grain; `m` is pixels per metre."""
    base = _mix((0.52, 0.35, 0.23), (0.80, 0.65, 0.47), hue)
    y = np.arange(shape[0], dtype=np.float32)[:, None] / np.float32(m)
    warp = _noise(shape, (0.05 * m, 0.45 * m), rng) * 0.010
    fine = (
        _noise(shape, (max(0.0022 * m, 1), 0.10 * m), rng) * 0.055
        + _noise(shape, (max(0.0045 * m, 1), 0.35 * m), rng) * 0.05
    )
    rings = np.sin((y + warp) * np.float32(2 * math.pi / 0.026)) * 0.030
    plank = 0.125
    number = np.floor((y + 0.25) / plank).astype(int)
    tones = rng.normal(1.0, 0.055, int(number.max()) + 1).astype(np.float32)
    value = tones[number] * (1 + fine + rings)
    edge = np.abs(np.mod(y + 0.25, plank) - plank / 2)
    value *= 1 - 0.55 * np.clip((edge - (plank / 2 - 0.0022)) / 0.0018, 0, 1)
    return _colour(base, value)


def _stone(shape: tuple[int, int], m: float, hue: float, rng: np.random.Generator) -> NDArray[Any]:
    base = _mix((0.52, 0.53, 0.55), (0.84, 0.82, 0.79), hue)
    cloud = _layers(shape, 0.22 * m, 5, rng)
    veins = np.exp(-np.abs(_layers(shape, 0.40 * m, 4, rng)) * 16)
    speck = _noise(shape, (max(0.003 * m, 1),) * 2, rng)
    value = 1 + 0.055 * cloud - 0.20 * veins * (0.5 if hue > 0.5 else 0.25) + 0.030 * speck - 0.10 * (speck > 1.05)
    return _colour(base, value)


def _mat(shape: tuple[int, int], m: float, hue: float, rng: np.random.Generator) -> NDArray[Any]:
    """A cutting mat with its grid: every fifth line is stronger."""
    base = _mix((0.13, 0.36, 0.33), (0.20, 0.30, 0.42), hue)
    out = _colour(base, 1 + 0.03 * _layers(shape, 0.1 * m, 4, rng) + 0.025 * _noise(shape, (1, 1), rng))
    for axis in (0, 1):
        n_lines = int(shape[axis] / m / 0.02) + 1
        for k in range(n_lines):
            at = round(k * 0.02 * m)
            tone = 0.30 if k % 5 == 0 else 0.10
            wide = max(round(0.0012 * m), 1)
            line = out[at : at + wide] if axis == 0 else out[:, at : at + wide]
            line += (np.array([0.92, 0.90, 0.70], np.float32) - line) * tone
    return out


def _cloth(shape: tuple[int, int], m: float, hue: float, rng: np.random.Generator) -> NDArray[Any]:
    """Woven cloth in checks of two tones."""
    base = _mix((0.83, 0.79, 0.72), (0.63, 0.68, 0.74), hue)
    y = np.arange(shape[0], dtype=np.float32)[:, None] / np.float32(m)
    x = np.arange(shape[1], dtype=np.float32)[None, :] / np.float32(m)
    band = 0.085
    stripes = (np.mod(y, band) < band / 3).astype(np.float32) + (np.mod(x, band) < band / 3).astype(np.float32)
    weave = np.sin(x * np.float32(2 * math.pi / 0.0042)) * np.sin(y * np.float32(2 * math.pi / 0.0042))
    value = (
        1 - 0.13 * stripes + 0.035 * weave + 0.03 * _noise(shape, (1, 1), rng) + 0.035 * _layers(shape, 0.3 * m, 3, rng)
    )
    return _colour(base, value)


def _laminate(shape: tuple[int, int], m: float, hue: float, rng: np.random.Generator) -> NDArray[Any]:
    base = _mix((0.86, 0.85, 0.82), (0.42, 0.44, 0.47), hue)
    speck = _noise(shape, (max(0.0024 * m, 1),) * 2, rng)
    other = _noise(shape, (max(0.004 * m, 1),) * 2, rng)
    return _colour(
        base, 1 + 0.02 * speck - 0.16 * (speck > 0.95) + 0.10 * (other > 1.15) + 0.02 * _layers(shape, 0.2 * m, 3, rng)
    )


_MAKERS: Final = {"wood": _wood, "stone": _stone, "mat": _mat, "cloth": _cloth, "laminate": _laminate}


def make_surface(scene: Scene, px_per_m: float, light_xy: NDArray[Any], rng: np.random.Generator) -> Surface:
    """The table of a scene, already lit: brighter towards the light (`light_xy`, (2,))."""
    x0, y0, x1, y1 = EXTENT
    shape = (round((y1 - y0) * px_per_m), round((x1 - x0) * px_per_m))
    texture = _MAKERS[scene.surface](shape, px_per_m, scene.hue, rng)
    y = np.linspace(y1, y0, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(x0, x1, shape[1], dtype=np.float32)[None, :]
    slope = 1.0 + 0.22 * (x * np.float32(light_xy[0]) + (y - np.float32(0.35)) * np.float32(light_xy[1]))
    texture *= slope[..., None]
    pixels = np.clip(texture * 255 + 0.5, 0, 255).astype(np.uint8)
    k = 1 / px_per_m
    return Surface(
        cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA), np.array([[k, 0, x0 + k / 2], [0, -k, y1 - k / 2], [0, 0, 1.0]])
    )


def make_room(scene: Scene, px_per_m: float, rng: np.random.Generator) -> Surface:
    """A wall with out-of-focus furniture; its homography goes to (x, z) in metres."""
    x0, z0, x1, z1, _ = ROOM
    shape = (round((z1 - z0) * px_per_m), round((x1 - x0) * px_per_m))
    tone = _mix((0.62, 0.60, 0.56), (0.50, 0.55, 0.60), float(rng.random()))
    ramp = np.linspace(1.12, 0.55, shape[0], dtype=np.float32)[:, None]
    wall = _colour(tone, np.broadcast_to(ramp, shape))
    for _ in range(26):
        w, h = rng.uniform(0.12, 0.9), rng.uniform(0.15, 0.9)
        x, z = rng.uniform(x0, x1), rng.uniform(-0.9, 1.2)
        a = (round((x - x0) * px_per_m), round((z1 - z - h) * px_per_m))
        b = (round((x + w - x0) * px_per_m), round((z1 - z) * px_per_m))
        colour = np.array(tone) * rng.uniform(0.35, 1.35) + rng.normal(0, 0.06, 3)
        cv2.rectangle(wall, a, b, tuple(float(c) for c in np.clip(colour, 0.05, 1)), -1)
    wall = cv2.GaussianBlur(wall, (0, 0), 0.05 * px_per_m)
    wall *= np.array([1 + 0.05 * scene.warmth, 1.0, 1 - 0.06 * scene.warmth], np.float32)
    k = 1 / px_per_m
    to_wall = np.array([[k, 0, x0 + k / 2], [0, -k, z1 - k / 2], [0, 0, 1.0]])
    pixels = np.clip(wall * 255, 0, 255).astype(np.uint8)
    return Surface(cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA), to_wall)
