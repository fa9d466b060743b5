"""Draws a hand and its forearm over their skeleton, as a shaded height map inside their bounding box.

Every part is a tapered capsule; the height map is the nearest surface over all parts, slightly smoothed so that
parts blend, and its slopes give the normals. One light, soft terminator, darkened creases, coloured nails and knuckles.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from engine.sample.hand_field import FAR, OUTSIDE, capsule, sleeve
from engine.sample.hands import FOREARM_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.camera import Camera
    from engine.sample.light import Light
    from engine.sample.types import Person

__all__ = ["draw_hand"]

# Radius at each landmark, in palm lengths.
_RADII = np.array(
    [0.22, 0.20, 0.145, 0.118, 0.092, 0.135, 0.108, 0.098, 0.078, 0.138, 0.112, 0.10, 0.08,
     0.132, 0.106, 0.096, 0.077, 0.12, 0.092, 0.083, 0.068]
)  # fmt: skip
# Parts (from, to, scale of the radius): metacarpals, webs between the knuckles, thumb's ball, phalanges.
PARTS = (
    (0, 5, 1.0), (0, 9, 1.0), (0, 13, 1.0), (0, 17, 1.0), (5, 9, 0.82), (9, 13, 0.82), (13, 17, 0.82),
    (0, 1, 0.9), (1, 2, 1.0), (1, 5, 0.82), (2, 5, 0.6), (2, 3, 1.0), (3, 4, 1.0), (5, 6, 1.0), (6, 7, 1.0),
    (7, 8, 1.0),
    (9, 10, 1.0), (10, 11, 1.0), (11, 12, 1.0), (13, 14, 1.0), (14, 15, 1.0), (15, 16, 1.0), (17, 18, 1.0),
    (18, 19, 1.0),
    (19, 20, 1.0),
)  # fmt: skip


# Codes of the colour map: skin by its redness, nails, then cloth by its brightness.
BLUSH, NAIL, WEAVE = 199, 209, 24
_REDDER = (
    (4, 0.09, 170), (8, 0.08, 170), (12, 0.08, 170), (16, 0.08, 170), (20, 0.07, 170), (6, 0.07, 190), (10, 0.07, 190),
    (14, 0.07, 190), (18, 0.06, 190), (3, 0.07, 170), (5, 0.10, 130), (9, 0.10, 130), (13, 0.10, 130), (17, 0.09, 130),
)  # fmt: skip
"""Where skin is redder: landmark, radius in palm lengths, code."""
_ANGLES = np.linspace(0, 2 * math.pi, 15)[:-1]
_RING = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])[..., None]


def draw_hand(
    image: NDArray[Any], camera: Camera, marks: NDArray[Any], elbow: NDArray[Any], person: Person, light: Light
) -> None:
    """Draw a hand into `image` (height, width, 3) uint8 RGB, in place; `marks` (21, 3), `elbow` (3,) in metres."""
    wrist = marks[0]
    arm = elbow - wrist
    cuff = wrist + arm * (min(person.sleeve_start, 1.0) * FOREARM_M / math.sqrt(float(arm @ arm)))
    points = np.vstack([marks, elbow, cuff])
    depth = camera.to_camera(points)[:, 2]
    if depth[:21].max() < 0.1:
        return
    depth = np.maximum(depth, 0.12)
    px = camera.project(points)
    scale = camera.focal_px / depth
    arm_radius = np.array([0.40, 0.31]) * person.palm_length_m * person.girth
    girth_px = person.palm_length_m * person.girth * scale[:21] * _RADII
    middle = float(depth[:21].mean())
    height = (middle - depth) * (camera.focal_px / middle)
    box = _box(px, scale, arm_radius[0], image.shape[1], image.shape[0])
    if box is None:
        return
    x0, y0, x1, y1 = box
    px = px - (x0, y0)
    field = np.full((y1 - y0, x1 - x0), FAR, np.float32)
    palm_px = person.palm_length_m * camera.focal_px / middle
    with np.errstate(invalid="ignore"):
        capsule(field, px[0], px[21], height[0], height[21], girth_px[0] * 1.12, arm_radius[0] * scale[21])
        for a, b, k in PARTS:
            capsule(field, px[a], px[b], height[a], height[b], girth_px[a] * k, girth_px[b] * k)
    code = _blush(field.shape, px, palm_px)
    _paint_nails(code, camera, marks, person, (x0, y0), _seen(field, px, height[:21] + girth_px))
    if person.sleeve_start < 1:
        cloth, weave = sleeve(field.shape, px, height, arm_radius * scale[21:], person)
        np.copyto(code, weave, where=cloth > field)
        np.maximum(field, cloth, out=field)
    _shade(image[y0:y1, x0:x1], field, code, _palette(person), light.in_camera(camera), light, palm_px)


def _box(
    px: NDArray[Any], scale: NDArray[Any], radius: float, width: int, height: int
) -> tuple[int, int, int, int] | None:
    margin = float(scale.max()) * radius * 0.9 + 4
    x0, y0 = np.floor(px.min(axis=0) - margin)
    x1, y1 = np.ceil(px.max(axis=0) + margin)
    x0, y0, x1, y1 = max(int(x0), 0), max(int(y0), 0), min(int(x1), width), min(int(y1), height)
    return (x0, y0, x1, y1) if x1 - x0 > 3 and y1 - y0 > 3 else None


def _blush(shape: tuple[int, ...], px: NDArray[Any], palm_px: float) -> NDArray[Any]:
    """Skin as codes 0 to `BLUSH`: redder at fingertips and knuckles."""
    red = np.zeros((max(shape[0] // 2, 1), max(shape[1] // 2, 1)), np.uint8)
    for k, size, value in _REDDER:
        cv2.circle(red, (int(px[k, 0] / 2), int(px[k, 1] / 2)), max(int(size * palm_px / 2), 1), value, -1)
    red = cv2.GaussianBlur(red, (0, 0), max(0.028 * palm_px, 0.6))
    return cv2.resize(red, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)  # type: ignore[no-any-return]


def _palette(person: Person) -> list[NDArray[Any]]:
    """Red, green and blue of every code, each (256,) float32; the fourth is how much it shines."""
    level = np.arange(256, dtype=np.float32)
    skin, cloth = np.array(person.skin), np.array(person.sleeve)
    nail = np.minimum(skin * np.array([1.10, 1.06, 1.06]) + 0.04, 1.0)
    is_nail = (level > BLUSH) & (level <= NAIL)
    out = []
    for c, redden in enumerate((0.02, -0.13, -0.13)):
        tone = skin[c] * (1 + redden * level / BLUSH)
        tone = np.where(is_nail, skin[c] + (nail[c] - skin[c]) * 0.7 * (level - BLUSH) / (NAIL - BLUSH), tone)
        out.append(np.where(level > NAIL, cloth[c] * (level - NAIL) / WEAVE, tone).astype(np.float32))
    shine = np.where(is_nail, 0.07 + 0.16 * (level - BLUSH) / (NAIL - BLUSH), np.where(level > NAIL, 0.015, 0.065))
    out.append(shine.astype(np.float32))
    return out


def _seen(field: NDArray[Any], px: NDArray[Any], tops: NDArray[Any]) -> list[int]:
    """The finger tips that are not occluded."""
    out = []
    for tip in (4, 8, 12, 16, 20):
        x, y = int(px[tip, 0]), int(px[tip, 1])
        if 0 <= y < field.shape[0] and 0 <= x < field.shape[1] and field[y, x] < tops[tip] + 2.0:
            out.append(tip)
    return out


def _cross(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    # np.cross takes ten times as long for a single pair.
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _paint_nails(
    code: NDArray[Any], camera: Camera, marks: NDArray[Any], person: Person, corner: tuple[int, int], tips: list[int]
) -> None:
    """Write the codes of the nails that face the camera."""
    length = person.palm_length_m
    across_palm = marks[5] - marks[17]
    palm = marks[9] - marks[0]
    back = _cross(palm, across_palm)
    back = back if float(back @ (camera.position - marks[9])) > 0 else -back
    for tip in tips:
        bone = marks[tip] - marks[tip - 1]
        bone = bone / math.sqrt(float(bone @ bone))
        # The thumb's nail faces outwards, the others face as the back of the hand does.
        up = back if tip > 4 else back * 0.6 - across_palm * 0.9 * math.sqrt(float(palm @ palm))
        side = _cross(bone, up)
        side = side / max(math.sqrt(float(side @ side)), 1e-9)
        out = _cross(side, bone)
        view = camera.position - marks[tip]
        if float(out @ view) < 0.2 * math.sqrt(float(view @ view)):
            continue
        r = _RADII[tip] * length * person.girth
        centre = marks[tip] - bone * 0.03 * length + out * r * 0.9
        shape = centre + _RING[0] * (bone * 0.085 * length) + _RING[1] * (side * r * 0.66)
        polygon = np.round((camera.project(shape) - corner) * 16).astype(np.int32)
        cv2.fillConvexPoly(code, polygon, NAIL, cv2.LINE_8, 4)


def _shade(
    image: NDArray[Any], field: NDArray[Any], code: NDArray[Any], palette: list[NDArray[Any]], to_light: NDArray[Any],
    light: Light, palm_px: float,
) -> None:  # fmt: skip
    """Shade the height map and codes and blend them into the image, in place.

    Plane by plane, because numpy is slow on triples.
    """
    inside = (field > OUTSIDE).astype(np.float32)
    soft = max(palm_px * 0.022, 0.7)
    weight = np.maximum(cv2.GaussianBlur(inside, (0, 0), soft), 1e-3)
    smooth = cv2.GaussianBlur(field * inside, (0, 0), soft) / weight
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    inverse = 1.0 / cv2.sqrt(gx * gx + gy * gy + np.float32(1))
    lx, ly, lz = (np.float32(v) for v in to_light)
    across = gx * lx + gy * ly
    facing = (lz - across) * inverse
    # Creases: how far the surface lies below its surroundings. Near an outline these are one-sided, and a plain slope
    # would look like a crease.
    size = (int(max(palm_px * 0.10, 1.5)) * 2 + 1,) * 2
    share = cv2.boxFilter(inside, -1, size)
    around = cv2.boxFilter(smooth * inside, -1, size) / np.maximum(share, 1e-3)
    crease = np.clip((around - smooth) * np.float32(2.6 / palm_px), 0, 0.5) * np.clip(
        share * 2 - np.float32(0.95), 0, 1
    )
    wrapped = np.maximum(facing * np.float32(0.78) + np.float32(0.22), 0)
    rim = inverse * np.float32(0.5 * light.ambient) + np.float32(0.5 * light.ambient)
    lit = (rim + wrapped * np.float32(light.strength)) * (1 - crease)
    gloss = np.maximum((1 + lz - across) * inverse * np.float32(1 / math.sqrt(2 + 2 * float(lz))), 0)
    for _ in range(4):
        gloss *= gloss
    gloss *= cv2.LUT(code, palette[3]) * np.float32(255)
    # Light that scatters under the skin reddens the terminator.
    glow = np.clip(np.float32(0.105) - np.abs(facing - np.float32(0.05)) * np.float32(0.35), 0, 1) * (1 - crease)
    planes = []
    for c in range(3):
        plane = (lit * np.float32(light.colour[c]) + glow) if c == 0 else lit * np.float32(light.colour[c])
        plane *= cv2.LUT(code, palette[c] * np.float32(255))
        plane += gloss
        planes.append(cv2.convertScaleAbs(plane))
    alpha = cv2.GaussianBlur(inside, (3, 3), 0.75)
    image[...] = cv2.blendLinear(cv2.merge(planes), np.ascontiguousarray(image), alpha, 1 - alpha)
