"""Shadows on the table: soft cast shadows of objects and hands, and contact shadows under objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from engine.sample.hands import BONES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.camera import Camera
    from engine.sample.light import Light
    from engine.sample.mesh import Mesh

__all__ = ["Shadows"]

_CAST = 96
_CONTACT = 70


class Shadows:
    """Collects the shadows of one frame at half its resolution, then darkens the frame by them."""

    def __init__(self, camera: Camera, light: Light) -> None:
        self.camera = camera
        self.light = light
        shape = ((camera.height + 1) // 2, (camera.width + 1) // 2)
        self.things = np.zeros(shape, np.uint8)
        self.contact = np.zeros(shape, np.uint8)
        self.flesh = np.zeros(shape, np.uint8)

    def _px(self, points: NDArray[Any]) -> NDArray[Any]:
        return np.round(self.camera.project(points) * 8).astype(np.int32)

    def thing(self, mesh: Mesh, lift_m: float) -> None:
        """Add the shadow of an object; `lift_m` is its height above the table."""
        outline = np.vstack([self.light.shadow(mesh.ring), self.light.shadow(mesh.top)])
        if self.camera.to_camera(outline)[:, 2].min() < 0.1:
            return
        hull = cv2.convexHull(self._px(outline).reshape(-1, 1, 2))
        cv2.fillConvexPoly(self.things, hull, _CAST, cv2.LINE_AA, 4)
        if lift_m < 0.03:
            middle = mesh.ring.mean(axis=0)
            foot = middle + (mesh.ring - middle) * 1.22
            foot[:, 2] = 0
            cv2.fillConvexPoly(self.contact, self._px(foot), _CONTACT, cv2.LINE_AA, 4)

    def hand(self, marks: NDArray[Any], elbow: NDArray[Any], palm_length_m: float) -> None:
        """Add the shadow of a hand and its arm: thick lines along the bones."""
        points = self.light.shadow(np.vstack([marks, elbow]))
        depth = self.camera.to_camera(points)[:, 2]
        if depth[:21].min() < 0.1:
            return
        px = self._px(points)
        scale = self.camera.focal_px * palm_length_m / np.maximum(depth, 0.1) / 2
        for a, b in (*BONES, (5, 17), (1, 5)):
            width = 0.34 if a in (0, 5) and b in (5, 9, 13, 17) else 0.19
            cv2.line(self.flesh, tuple(px[a]), tuple(px[b]), _CAST, max(int(width * scale[a]), 1), cv2.LINE_8, 4)
        if depth[21] > 0.1:
            cv2.line(self.flesh, tuple(px[0]), tuple(px[21]), _CAST, max(int(0.55 * scale[0]), 1), cv2.LINE_8, 4)

    def apply(self, image: NDArray[Any]) -> None:
        """Darken `image` (height, width, 3) uint8, in place."""
        unit = self.camera.width / 640
        soft = cv2.max(
            cv2.GaussianBlur(self.things, (0, 0), max(2.4 * unit, 0.5)),
            cv2.GaussianBlur(self.flesh, (0, 0), max(3.2 * unit, 0.6)),
        )
        dark = cv2.add(soft, cv2.GaussianBlur(self.contact, (0, 0), max(2.0 * unit, 0.5)))
        light = cv2.resize(255 - dark, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
        cv2.multiply(image, cv2.merge((light, light, light)), dst=image, scale=1 / 255)
