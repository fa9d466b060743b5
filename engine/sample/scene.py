"""Draws one frame: table, room, objects, shadows and hands, back to front."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from engine.sample import hands
from engine.sample.events import SIDES
from engine.sample.hand_shape import draw_hand
from engine.sample.items import BOARD_CENTRE, BOARD_TOP_M, board
from engine.sample.light import Light
from engine.sample.mesh import draw_mesh
from engine.sample.seeds import generator
from engine.sample.shadows import Shadows
from engine.sample.surface import EXTENT, ROOM, make_room, make_surface

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.camera import Camera
    from engine.sample.events import Plan
    from engine.sample.mesh import Mesh
    from engine.sample.types import VideoScript

__all__ = ["Painter"]

_STALE_M = 0.02
"""A sprite is redrawn when the head has moved this far, in metres, since it was drawn."""


@dataclass
class _Sprite:
    pixels: NDArray[Any]
    corner: tuple[int, int]
    camera: Camera
    place: NDArray[Any]


class Painter:
    """Draws a script's scene at any time from any camera. Objects at rest are drawn once and then warped."""

    def __init__(self, script: VideoScript, plan: Plan) -> None:
        self.person = script.person
        self.plan = plan
        self.light = Light.of(script.scene)
        rng = generator(script.seed, script.index, "surface")
        k = script.width / 640
        self.surface = make_surface(script.scene, 700 * k, self.light.direction[:2], rng)
        self.room = make_room(script.scene, 90 * k, rng)
        self.board = board()
        self.sprites: dict[int, _Sprite] = {}
        self._stain_below_board()

    def with_plan(self, plan: Plan) -> Painter:
        """The same place with other motion: it shares the textures, which take longest to make."""
        other = copy.copy(self)
        other.plan, other.sprites = plan, dict(self.sprites)
        return other

    def draw(self, camera: Camera, time_s: float) -> NDArray[Any]:
        """(height, width, 3) uint8 RGB."""
        image = self._background(camera)
        self._thing(image, camera, -1, self.board, np.zeros(3), BOARD_TOP_M, held=False)
        skeletons = []
        for side, path in zip(SIDES, self.plan.paths, strict=True):
            pose = path.at(time_s)
            marks = hands.landmarks(pose, side, self.person.palm_length_m)
            skeletons.append((marks, hands.elbow(pose, side)))
        places = [self.plan.item_at(i, time_s) for i in range(len(self.plan.items))]
        turns = [self.plan.item_turn(i, time_s) for i in range(len(self.plan.items))]
        meshes = [
            item.mesh if turn is None else item.mesh.turned(turn)
            for item, turn in zip(self.plan.items, turns, strict=True)
        ]
        shadows = Shadows(camera, self.light)
        for mesh, place in zip(meshes, places, strict=True):
            shadows.thing(mesh.moved(place), float(place[2]))
        for marks, elbow in skeletons:
            shadows.hand(marks, elbow, self.person.palm_length_m)
        shadows.apply(image)
        order = sorted(range(len(places)), key=lambda i: -float(np.sum((places[i] - camera.position) ** 2)))
        for i in order:
            item = self.plan.items[i]
            self._thing(image, camera, i, meshes[i], places[i], item.height_m, held=self.plan.held(i, time_s))
        for marks, elbow in skeletons:
            draw_hand(image, camera, marks, elbow, self.person, self.light)
        return image

    def _background(self, camera: Camera) -> NDArray[Any]:
        size = (camera.width, camera.height)
        table = camera.plane_to_px() @ self.surface.to_table
        far = camera.project(np.array([[x, EXTENT[3], 0.0] for x in (EXTENT[0], 0.0, EXTENT[2])]))
        sides = camera.project(np.array([[x, 0.5, 0.0] for x in (EXTENT[0], EXTENT[2])]))
        if far[:, 1].max() < -2 and sides[0, 0] < -2 and sides[1, 0] > camera.width + 2:
            plain = cv2.warpPerspective(self.surface.texture, table, size, flags=cv2.INTER_LINEAR)
            return cv2.cvtColor(plain, cv2.COLOR_RGBA2RGB)  # type: ignore[no-any-return]
        image = self._wall(camera, size)
        cv2.warpPerspective(
            self.surface.texture, table, size, dst=image, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
        )
        picture: NDArray[Any] = cv2.cvtColor(image, cv2.COLOR_RGBA2RGB)
        edge = np.round(far * 16).astype(np.int32)
        thick = max(round(camera.width / 320), 1)
        cv2.polylines(picture, [edge.reshape(-1, 1, 2)], False, (58, 52, 46), thick, cv2.LINE_AA, 4)
        return picture

    def _wall(self, camera: Camera, size: tuple[int, int]) -> NDArray[Any]:
        """The room, (height, width, 4): drawn at half the resolution, being out of focus anyway."""
        cx, cy = camera.centre
        k = np.array([[camera.focal_px, 0, cx], [0, camera.focal_px, cy], [0, 0, 1.0]])
        origin = np.array([0.0, ROOM[4], 0.0]) - camera.position
        plane = k @ np.column_stack([camera.rotation[:, 0], camera.rotation[:, 2], camera.rotation @ origin])
        half = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1.0]])
        small = cv2.warpPerspective(
            self.room.texture,
            half @ plane @ self.room.to_table,
            (size[0] // 2, size[1] // 2),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[no-any-return]

    def _stain_below_board(self) -> None:
        """The board's shadow never moves, so it is drawn into the table."""
        texture = self.surface.texture
        ring = self.board.ring
        foot = ring + (ring - np.array([*BOARD_CENTRE, 0.0])) * 0.02
        outline = np.vstack([foot, self.light.shadow(self.board.top)])
        back = np.linalg.inv(self.surface.to_table)
        px = np.column_stack([outline[:, :2], np.ones(len(outline))]) @ back.T
        hull = cv2.convexHull(np.round(px[:, :2] * 16).astype(np.int32).reshape(-1, 1, 2))
        mask = np.zeros(texture.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, hull, 115, cv2.LINE_AA, 4)
        mask = 255 - cv2.GaussianBlur(mask, (0, 0), 0.0045 * float(back[0, 0]))
        cv2.multiply(texture, cv2.merge((mask, mask, mask, mask)), dst=texture, scale=1 / 255)

    def _thing(
        self, image: NDArray[Any], camera: Camera, key: int, mesh: Mesh, place: NDArray[Any], height_m: float, *,
        held: bool
    ) -> None:  # fmt: skip
        middle = float(place[2]) + height_m / 2
        sprite = self.sprites.get(key)
        fresh = (
            sprite is not None
            and not held
            and float(np.abs(sprite.place - place).max()) < 1e-6
            and float(np.linalg.norm(sprite.camera.position - camera.position)) < _STALE_M
        )
        if not fresh:
            drawn = draw_mesh(mesh.moved(place), camera, self.light)
            if drawn is None:
                self.sprites.pop(key, None)
                return
            sprite = _Sprite(drawn[0], drawn[1], camera, place)
            self.sprites[key] = sprite
        assert sprite is not None  # noqa: S101
        x, y = sprite.corner
        to_frame = np.array([[0.5, 0, x - 0.25], [0, 0.5, y - 0.25], [0, 0, 1.0]])
        if sprite.camera is not camera:
            to_frame = camera.plane_to_px(middle) @ np.linalg.inv(sprite.camera.plane_to_px(middle)) @ to_frame
        _lay(image, sprite.pixels, to_frame)


def _lay(image: NDArray[Any], sprite: NDArray[Any], to_frame: NDArray[Any]) -> None:
    """Warp a sprite (premultiplied RGB and alpha) into the frame, in place."""
    h, w = sprite.shape[:2]
    corners = np.array([[0, 0, 1], [w, 0, 1], [w, h, 1], [0, h, 1.0]]) @ to_frame.T
    corners = corners[:, :2] / corners[:, 2:]
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, (image.shape[1], image.shape[0]))
    if x1 <= x0 or y1 <= y0:
        return
    shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1.0]])
    over = cv2.warpPerspective(sprite, shift @ to_frame, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
    under = image[y0:y1, x0:x1]
    keep = 255 - over[..., 3]
    image[y0:y1, x0:x1] = cv2.add(cv2.multiply(under, cv2.merge((keep, keep, keep)), scale=1 / 255), over[..., :3])
