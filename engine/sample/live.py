"""Live scenes: a rendered scene whose hands are driven step by step, to count how often a policy succeeds.

A clean episode in which a thing is brought to the board begins as the script says; after half a second the palms go
where a policy wants them, and the camera keeps to the script. There are no physics: a hand that comes near a thing
holds it from then on, and the thing is placed once it is over a place on the board.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from engine.sample import hands
from engine.sample.camera import Head
from engine.sample.items import board_slots
from engine.sample.motion import Carry, HandPath
from engine.sample.plan import SIDES, Plan, plan
from engine.sample.scene import Painter
from engine.sample.seeds import generator
from engine.sample.steering import palm_centre, palm_length, shift_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.sample.camera import Camera
    from engine.sample.types import VideoScript

__all__ = ["LOOKS_BACK_S", "NEAR_M", "PREFIX_S", "STEP_S", "Attempt", "LiveScene", "Observation", "Outcome"]

STEP_S: Final = 0.2
"""Time between two decisions."""
LOOKS_BACK_S: Final = (0.1, 0.2, 0.4)
"""How long ago a policy knows where its hands were; the same as in a clip's rows."""
PREFIX_S: Final = 0.5
"""How long the hands follow the script before a policy takes over."""
NEAR_M: Final = 0.05
"""A hand this near to a thing holds it; a thing this near to a place on the board is placed. Across the table."""
MOST_STEP_M: Final = 0.12
"""The farthest that a palm moves in one step."""
_REACH: Final = ((-0.55, -0.30), (0.55, 0.75))
"""Where wrists can be, in metres: lowest and highest x and y."""
_FAR = 1e6


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a policy sees of one scene; hands are left and right in the picture."""

    frames: NDArray[np.uint8]
    """`(6, height, width)`: red, green, blue now, then the same of 0.2 s before."""
    palm: NDArray[np.float32]
    """`(2, 2)`: the palms' centres, normalised to [0, 1] of the frame."""
    palm_length: NDArray[np.float32]
    """`(2,)`: from the wrist to the middle finger's knuckle, as a share of the frame's width."""
    way: NDArray[np.float32]
    """`(2, 3, 2)`: how far each palm went in the last 0.1, 0.2 and 0.4 s, in palm lengths, without the
    camera's motion."""
    grip: NDArray[np.float32]
    """`(2,)`: the gap between the tips of thumb and index finger, in palm lengths."""
    present: NDArray[np.bool_]
    """`(2,)`: at least half of the hand's landmarks lie in the frame; where not, its numbers are 0."""


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt."""

    grasp: bool
    placed: bool
    approach: float
    """Share of the way to the script's thing that the script's hand came nearer; at most 1."""


class LiveScene:
    """A scene with its script's hands: what all attempts at it share. Frames of the start are drawn once."""

    def __init__(self, script: VideoScript, frame: tuple[int, int]) -> None:
        """`frame`: width and height of the frames that policies see."""
        self.script, self.frame = script, frame
        self.expert = plan(script)
        if not self.expert.carries:
            raise ValueError(f"nothing is carried in {script.name}, so no attempt could succeed")
        self.task = self.expert.carries[0]
        person = script.person
        self._head = Head(
            self.expert.gazes,
            person.head_height_m,
            person.sway,
            generator(script.seed, script.index, "head"),
            (script.width, script.height),
        )
        self.steps = round((script.duration_s - PREFIX_S) / STEP_S - 0.5)
        """Decisions that fit into the episode."""

    def camera(self, time_s: float) -> Camera:
        """The camera of the script."""
        return self._head.camera(time_s)

    def begin(self) -> Plan:
        """The plan of a new attempt: the script's hands up to `PREFIX_S`, and nothing carried."""
        paths = [HandPath(path.at(0.0), moves=list(path.moves)) for path in self._prefix]
        return dataclasses.replace(self.expert, paths=(paths[0], paths[1]), carries=[])

    @cached_property
    def _prefix(self) -> tuple[HandPath, ...]:
        times = np.round(np.arange(0.0, PREFIX_S + 1e-9, 0.1), 3)
        paths = tuple(HandPath(path.at(0.0)) for path in self.expert.paths)
        for path, script in zip(paths, self.expert.paths, strict=True):
            for start_s, end_s in pairwise(times.tolist()):
                path.go(start_s, end_s, script.at(end_s))
        return paths

    @cached_property
    def _painter(self) -> Painter:
        return Painter(self.script, self.begin())

    @cached_property
    def first_frames(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """What a policy sees first: the frame of 0.2 s before, and that of now."""
        before = self.picture(self._painter, PREFIX_S - STEP_S)
        return before, self.picture(self._painter, PREFIX_S)

    def painter(self, motion: Plan) -> Painter:
        """A painter of this scene with an attempt's motion. It draws the same whatever was attempted before."""
        assert self.first_frames  # noqa: S101  # what is drawn by then does not depend on the order of calls
        return self._painter.with_plan(motion)

    def picture(self, painter: Painter, time_s: float) -> NDArray[np.uint8]:
        """`(height, width, 3)` RGB as policies see it."""
        drawn = painter.draw(self.camera(time_s), time_s)
        return np.asarray(cv2.resize(drawn, self.frame, interpolation=cv2.INTER_AREA), np.uint8)


class Attempt:
    """One attempt at a scene: hands that are moved step by step, and what they have reached."""

    def __init__(self, scene: LiveScene) -> None:
        self.scene = scene
        self.motion = scene.begin()
        self.time_s = PREFIX_S
        self.taken = 0
        self.moves: list[NDArray[Any]] = []
        """`(2, pose)` of each step taken."""
        self._holds: Carry | None = None
        self._placed = False
        self._before: NDArray[np.uint8] | None = None
        self._first_m = self._nearest_m = self._to_task_m()

    @property
    def done(self) -> bool:
        """Whether the time is over, or the thing is placed: nothing more can change."""
        return self._placed or self.taken >= self.scene.steps

    @property
    def outcome(self) -> Outcome:
        """What has been reached by now."""
        share = (self._first_m - self._nearest_m) / max(self._first_m, 1e-9)
        return Outcome(self._holds is not None, self._placed, float(share))

    def look(self) -> Observation:
        """What a policy sees now."""
        camera, size = self.scene.camera(self.time_s), np.array([self.scene.script.width, self.scene.script.height])
        marks = [camera.project(self._marks(hand, self.time_s)) for hand in (0, 1)]
        now, before = self._frames()
        length = np.array([palm_length(m) for m in marks])
        centre = np.array([palm_centre(m) for m in marks])
        present = np.array([np.mean(np.all((m >= -0.5) & (m <= size - 0.5), axis=1)) >= 0.5 for m in marks])
        way = [(centre - self._earlier_palms(camera, back_s)) / length[:, None] for back_s in LOOKS_BACK_S]
        gap = np.array([np.linalg.norm(m[4] - m[8]) for m in marks]) / length
        seen = present[:, None]
        return Observation(
            frames=np.concatenate([now, before], axis=2).transpose(2, 0, 1),
            palm=np.where(seen, (centre + 0.5) / size, 0).astype(np.float32),
            palm_length=np.where(present, length / size[0], 0).astype(np.float32),
            way=np.where(seen[..., None], np.stack(way, axis=1), 0).astype(np.float32),
            grip=np.where(present, gap, 0).astype(np.float32),
            present=present,
        )

    def move(self, wanted: NDArray[Any]) -> None:
        """Take a step: `wanted` `(2, 2)` is how far each palm should go in the picture, in palm lengths."""
        if not np.all(np.isfinite(wanted)):
            raise ValueError(f"a policy wants to move the palms by {wanted.tolist()}, which is no number")
        camera = self.scene.camera(self.time_s)
        self.go([self._aimed(camera, hand, np.asarray(wanted[hand], np.float64)) for hand in (0, 1)])

    def follow_script(self) -> None:
        """Take a step as the script's hands do."""
        self.go([path.at(self._next_s) for path in self.scene.expert.paths])

    def go(self, poses: Sequence[NDArray[Any]]) -> None:
        """Take a step to these poses, and see what comes of it."""
        until_s = self._next_s
        for path, pose in zip(self.motion.paths, poses, strict=True):
            path.go(self.time_s, until_s, pose)
        self.moves.append(np.stack(poses))
        self.time_s, self.taken = until_s, self.taken + 1
        self._nearest_m = min(self._nearest_m, self._to_task_m())
        if self._holds is None:
            self._grasp()
        else:
            spot = self.motion.item_at(self._holds.item, self.time_s)[:2]
            self._placed = min(float(np.linalg.norm(spot - slot)) for slot in board_slots()) < NEAR_M

    @property
    def _next_s(self) -> float:
        return round(self.time_s + STEP_S, 3)

    def _grasp(self) -> None:
        """Hold the nearest thing within reach of either hand, fingers closed as the script's are round its thing."""
        places = [self.motion.item_at(item, self.time_s)[:2] for item in range(len(self.motion.items))]
        near = [
            (float(np.linalg.norm(self._grip(hand) - place)), hand, item)
            for hand in (0, 1)
            for item, place in enumerate(places)
        ]
        distance, hand, item = min(near)
        if distance < NEAR_M:
            self._holds = Carry(self.time_s, _FAR, hand, item)
            self.motion.carries.append(self._holds)

    def _aimed(self, camera: Camera, hand: int, wanted: NDArray[np.float64]) -> NDArray[Any]:
        """The hand's pose after moving its palm by `wanted` palm lengths in the picture, along the table."""
        pose = self.motion.paths[hand].last.copy()
        marks = hands.landmarks(pose, SIDES[hand], self.motion.palm_length_m)
        shown = camera.project(marks)
        shift = shift_to(camera, marks, palm_centre(shown) + wanted * palm_length(shown), MOST_STEP_M)
        pose[:2] = np.clip(pose[:2] + shift, *_REACH)
        if self._holds is not None and self._holds.hand == hand:
            pose[6:8] = self.scene.expert.paths[self.scene.task.hand].planned(self.scene.task.start_s)[6:8]
        return pose

    def _frames(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The frame of now, and that of 0.2 s before."""
        if not self.taken:
            before, now = self.scene.first_frames
        else:
            now = self.scene.picture(self._painter, self.time_s)
            before = self._before if self._before is not None else self.scene.first_frames[1]
        self._before = now
        return now, before

    @cached_property
    def _painter(self) -> Painter:
        return self.scene.painter(self.motion)

    def _earlier_palms(self, camera: Camera, back_s: float) -> NDArray[np.float64]:
        """`(2, 2)`: where the palms of `back_s` ago would be in the picture of now, had only the camera moved.

        By the table's homography, which is what the motion of a video's background shows.
        """
        earlier_s = self.time_s - back_s
        earlier = self.scene.camera(earlier_s)
        spots = np.array([palm_centre(earlier.project(self._marks(hand, earlier_s))) for hand in (0, 1)])
        moved = np.column_stack([spots, np.ones(2)]) @ (camera.plane_to_px() @ earlier.px_to_table()).T
        return np.asarray(moved[:, :2] / moved[:, 2:], np.float64)

    def _marks(self, hand: int, time_s: float) -> NDArray[Any]:
        return hands.landmarks(self.motion.paths[hand].at(time_s), SIDES[hand], self.motion.palm_length_m)

    def _grip(self, hand: int) -> NDArray[Any]:
        return hands.grip_point(self._marks(hand, self.time_s))[:2]

    def _to_task_m(self) -> float:
        task = self.scene.task
        return float(np.linalg.norm(self._grip(task.hand) - self.motion.items[task.item].place[:2]))
