"""Solids as quad meshes: lofts of one outline over a profile, drawn in painter's order and lit face by face."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.camera import Camera
    from engine.sample.light import Light

__all__ = ["Mesh", "draw_mesh", "handle", "loft", "merge", "outline"]

_Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Mesh:
    """Faces (n, 4, 3) in metres with normals (n, 3), colours (n, 3), visible share of the sky (n,) and gloss (n,).

    `ring` (m, 3) is the outline of the foot, `top` that of the widest part: together they cast the shadow. `cap` is the
    (k, 3) polygon that closes the top, where there is one.
    """

    faces: NDArray[Any]
    normals: NDArray[Any]
    colours: NDArray[Any]
    open_sky: NDArray[Any]
    gloss: NDArray[Any]
    ring: NDArray[Any]
    top: NDArray[Any]
    cap: NDArray[Any] | None = None
    cap_colour: _Colour = (1.0, 1.0, 1.0)

    def moved(self, by: NDArray[Any]) -> Mesh:
        """The same mesh, translated."""
        cap = None if self.cap is None else self.cap + by
        return replace(self, faces=self.faces + by, ring=self.ring + by, top=self.top + by, cap=cap)

    def turned(self, turn: NDArray[Any]) -> Mesh:
        """The same mesh, rotated by the matrix (3, 3) about its origin."""
        cap = None if self.cap is None else self.cap @ turn.T
        return replace(
            self,
            faces=self.faces @ turn.T,
            normals=self.normals @ turn.T,
            ring=self.ring @ turn.T,
            top=self.top @ turn.T,
            cap=cap,
        )


def outline(
    half_x: float, half_y: float, corner: float, n: int, turn_rad: float = 0.0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Points (n, 2) of a rounded rectangle and their outward normals (n, 2); with no size, of a unit circle.

    With no size the offset in `loft` is the radius. For a rectangle `n` counts the points of one corner.
    """
    if half_x == 0:
        angle = np.linspace(0, 2 * math.pi, n + 1)[:-1]
        normals = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.zeros_like(normals), normals
    points, normals_list = [], []
    for k, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angle = np.linspace(0, math.pi / 2, n) + k * math.pi / 2
        normal = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        points.append(np.array([sx * (half_x - corner), sy * (half_y - corner)]) + corner * normal)
        normals_list.append(normal)
    c, s = math.cos(turn_rad), math.sin(turn_rad)
    turn = np.array([[c, s], [-s, c]])
    return np.vstack(points) @ turn, np.vstack(normals_list) @ turn


def loft(
    shape: tuple[NDArray[Any], NDArray[Any]], profile: list[tuple[float, float]], colours: list[_Colour], gloss: float
) -> Mesh:
    """The solid whose outline is offset outwards by `profile[i][0]` at height `profile[i][1]` (metres).

    `colours` has one colour per band between two heights, and one more for the flat top where the profile does not
    reach the axis.
    """
    points, normals = shape
    rings = np.stack([np.column_stack([points + normals * r, np.full(len(points), z)]) for r, z in profile])
    nxt = np.roll(rings, -1, axis=1)
    faces = np.stack([rings[:-1], nxt[:-1], nxt[1:], rings[1:]], axis=2)
    slope = np.diff(np.array(profile), axis=0)
    length = np.maximum(np.hypot(slope[:, 0], slope[:, 1]), 1e-9)
    middle = normals + np.roll(normals, -1, axis=0)
    middle = middle / np.linalg.norm(middle, axis=1, keepdims=True)
    flat = (slope[:, 1] / length)[:, None, None] * middle[None]
    up = np.broadcast_to((-slope[:, 0] / length)[:, None, None], (*flat.shape[:2], 1))
    peak = max(z for _, z in profile)
    rim = next(i for i, (_, z) in enumerate(profile) if z >= peak - 1e-9)
    sky = np.ones(len(profile) - 1)
    for i in range(len(sky)):
        z = (profile[i][1] + profile[i + 1][1]) / 2
        sky[i] = 0.62 + 0.38 * min(z / 0.03, 1.0) if i < rim else 1.0 - 0.62 * min((peak - z) / 0.05, 1.0)
    n = len(points)
    band = np.array(colours[: len(sky)], np.float64)
    closed = abs(profile[-1][0]) < 1e-6 and points.any() == np.False_
    widest = max(range(len(profile)), key=lambda i: (profile[i][0], profile[i][1]))
    return Mesh(
        faces.reshape(-1, 4, 3),
        np.concatenate([flat, up], axis=2).reshape(-1, 3),
        np.repeat(band, n, axis=0),
        np.repeat(sky, n),
        np.full(len(sky) * n, gloss),
        rings[1],
        rings[widest if not closed else max(widest, min(rim, len(profile) - 1))],
        None if closed else rings[-1],
        colours[-1],
    )


def handle(radius: float, middle_m: float, half_m: float, thick_m: float, angle: float, colour: _Colour) -> Mesh:
    """The handle of a mug: half a ring beside its wall."""
    around = np.linspace(-math.pi / 2 - 0.12, math.pi / 2 + 0.12, 13)
    tube = np.linspace(0, 2 * math.pi, 9)[:-1]
    out = np.array([math.cos(angle), math.sin(angle), 0.0])
    side = np.array([-math.sin(angle), math.cos(angle), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    centre, spokes = [], []
    for a in around:
        spoke = out * math.cos(a) + up * math.sin(a)
        centre.append(out * radius + up * middle_m + half_m * (out * math.cos(a) * 0.85 + up * math.sin(a)))
        spokes.append([spoke * math.cos(t) + side * math.sin(t) for t in tube])
    normal = np.array(spokes)
    rings = np.array(centre)[:, None] + thick_m * normal
    nxt = np.roll(rings, -1, axis=1)
    faces = np.stack([rings[:-1], rings[1:], nxt[1:], nxt[:-1]], axis=2).reshape(-1, 4, 3)
    smooth = (normal[:-1] + normal[1:] + np.roll(normal, -1, axis=1)[:-1] + np.roll(normal, -1, axis=1)[1:]).reshape(
        -1, 3
    )
    smooth = smooth / np.linalg.norm(smooth, axis=1, keepdims=True)
    n = len(faces)
    return Mesh(
        faces,
        smooth,
        np.tile(np.array(colour), (n, 1)),
        np.full(n, 0.92),
        np.full(n, 0.45),
        np.zeros((0, 3)),
        np.zeros((0, 3)),
    )


def merge(a: Mesh, b: Mesh) -> Mesh:
    """Combine two meshes; outline and cap are those of the first."""
    joined = [
        np.concatenate([getattr(a, f), getattr(b, f)]) for f in ("faces", "normals", "colours", "open_sky", "gloss")
    ]
    return replace(a, faces=joined[0], normals=joined[1], colours=joined[2], open_sky=joined[3], gloss=joined[4])


def _lit(
    normals: NDArray[Any],
    colours: NDArray[Any],
    sky: NDArray[Any],
    gloss: NDArray[Any],
    view: NDArray[Any],
    light: Light,
) -> NDArray[Any]:
    """Colours (n, 3) of faces under the light, 0 to 1."""
    facing = normals @ light.direction
    wrapped = np.maximum(facing * 0.85 + 0.15, 0) * (0.35 + 0.65 * sky)
    fill = light.ambient * (0.72 + 0.28 * normals[:, 2]) * sky
    half = view + light.direction
    half = half / np.linalg.norm(half, axis=1, keepdims=True)
    shine = gloss * np.maximum((normals * half).sum(axis=1), 0) ** 40 * sky
    edge = gloss * 0.30 * (1 - np.clip((normals * view).sum(axis=1), 0, 1)) ** 4 * sky
    out: NDArray[Any] = colours * light.colour * (fill + light.strength * wrapped)[:, None] + (shine + edge)[:, None]
    return out


def draw_mesh(mesh: Mesh, camera: Camera, light: Light, scale: int = 2) -> tuple[NDArray[Any], tuple[int, int]] | None:
    """Draw a mesh at `scale` times the frame's resolution; None if it is out of sight.

    Returns the sprite, (height, width, 4) uint8 RGB and alpha, and its corner in pixels of the frame.
    """
    px = camera.project(mesh.faces)
    if mesh.faces.size == 0 or float(camera.to_camera(mesh.ring)[:, 2].min()) < 0.1:
        return None
    low = np.floor(px.min(axis=(0, 1))).astype(int) - 3
    high = np.ceil(px.max(axis=(0, 1))).astype(int) + 4
    if high[0] < 0 or high[1] < 0 or low[0] > camera.width or low[1] > camera.height:
        return None
    size = high - low
    if size.max() > 3 * camera.width:
        return None
    sprite = np.zeros((size[1] * scale, size[0] * scale, 4), np.uint8)
    middle = mesh.faces.mean(axis=1)
    view = camera.position - middle
    distance = np.linalg.norm(view, axis=1)
    view = view / distance[:, None]
    turned = px[:, 2] - px[:, 0]
    crossed = px[:, 3] - px[:, 1]
    # A face whose corners run the other way round is back-facing.
    front = turned[:, 0] * crossed[:, 1] - turned[:, 1] * crossed[:, 0] < 0
    order = np.flatnonzero(front)
    order = order[np.argsort(-distance[order], kind="stable")]
    shade = np.clip(_lit(mesh.normals, mesh.colours, mesh.open_sky, mesh.gloss, view, light) * 255, 0, 255)
    # Slightly enlarged, so that no seam shows between neighbours.
    outwards = px - px.mean(axis=1, keepdims=True)
    grown = px + outwards * (0.35 / np.maximum(np.abs(outwards).max(axis=(1, 2), keepdims=True), 0.5))
    corners = np.round(((grown - low + 0.5) * scale - 0.5) * 16).astype(np.int32)
    for i in order:
        c = shade[i]
        cv2.fillConvexPoly(sprite, corners[i], (float(c[0]), float(c[1]), float(c[2]), 255.0), cv2.LINE_8, 4)
    if mesh.cap is not None:
        cap = np.round(((camera.project(mesh.cap) - low + 0.5) * scale - 0.5) * 16).astype(np.int32)
        up = np.array([[0.0, 0.0, 1.0]])
        sight = camera.position - mesh.cap.mean(axis=0)
        sight = (sight / np.linalg.norm(sight))[None]
        c = _lit(up, np.array([mesh.cap_colour]), np.ones(1), mesh.gloss[:1], sight, light)[0] * 255
        cv2.fillConvexPoly(sprite, cap, (*(float(min(v, 255.0)) for v in c), 255.0), cv2.LINE_8, 4)
    # At this scale the blur hides the facets and keeps the outline.
    return cv2.GaussianBlur(sprite, (3, 3), 0), (int(low[0]), int(low[1]))
