"""The frames of one clip on their way to its hand features: hands, and the camera's motion between frames."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.features.camera_motion import CameraStep, fit_camera, outside_boxes, rescaled, shared_tracks
from engine.features.hand.summary import summarise_hands
from engine.features.hand.tracks import Linker, bounding_box
from engine.features.scene_change import UNKNOWN, SceneChange, scene_change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from engine.features.base import Clip, ClipResult, Pending
    from engine.features.camera_motion import PointTracks
    from engine.features.hand.finder import HandFinder
    from engine.features.hand.tracks import Hand
    from engine.features.shared import Shared
    from engine.video.types import DeviceSample, Image, Sample

__all__ = ["ClipHands"]

_MIN_INLIERS = 20
_MIN_INLIER_RATIO = 0.4
"""Steps with fewer inliers, or a lower share, are not used to measure hands; behaviour cloning masks them too.

By the renderer's truth, steps of 20 to 40 inliers are off by 0.014 palm lengths at the hands (median; one in ten by
over 0.038), those of fewer by 0.042 and, one in ten, by over 0.245 (`python -m benchmarks.camera_steps --videos 24`).
"""


class ClipHands:
    """Accumulates the colour and grey frames of one clip; its result is pending until its hands are known."""

    def __init__(self, finder: HandFinder, shared: Shared, clip: Clip, *, rate_hz: float, window_s: float) -> None:
        self._finder, self._shared = finder, shared
        self._rate_hz, self._window_s = rate_hz, window_s
        self._start_s = clip.window.start_s
        self._size = (0, 0)
        self._t_s: list[float] = []
        self._grey: list[Sample] = []
        self._tracks: list[PointTracks] = []

    def add(self, sample: Sample) -> None:
        """Find hands in a colour frame, or follow the background from one grey frame to the next."""
        if sample.request.color == "gray":
            self._add_grey(sample)
            return
        self._add_colour(sample.image, sample.t_s)

    def add_on_device(self, sample: DeviceSample) -> None:
        """Find hands in a colour frame on the device."""
        self._add_colour(sample.picture, sample.t_s)

    def _add_colour(self, frame: Image | Tensor, t_s: float) -> None:
        if not self._t_s:
            self._size = _size_of(frame)
        self._t_s.append(t_s)
        self._finder.add(frame, t_s - self._start_s)

    def finish(self) -> ClipResult | Pending:
        """The result, or this object itself where the frames still wait. Raises EngineError without any frame."""
        if not self._t_s:
            raise EngineError("No colour frame of the clip came through.")
        self._finder.close()
        return self.result() if self.ready() else self

    def ready(self) -> bool:
        """Whether the clip's hands are known."""
        return self._finder.ready()

    def result(self) -> ClipResult:
        """Link the hands, take the camera's motion out of theirs, and sum up."""
        # A frame that was skipped is unknown. It lies between two that were looked at and had no hand: shares give it
        # their time, as if they had been asked for the whole stretch, and nothing else counts frames without hands.
        hands = [those or () for those in self._finder.hands()]
        linker = Linker(self._rate_hz, self._size)
        for t_s, those in zip(self._t_s, hands, strict=True):
            linker.add(t_s, those)
        steps = zip(self._tracks, pairwise(hands), strict=False)
        return summarise_hands(
            linker.finish(),
            [self._camera(tracks, *ends) for tracks, ends in steps],
            self._size,
            self._scene_change(hands),
            rate_hz=self._rate_hz,
            window_s=self._window_s,
        )

    def _add_grey(self, sample: Sample) -> None:
        """Follow points from the frame before, now: other extractors want the same at about this time."""
        if self._grey:
            self._tracks.append(shared_tracks(self._grey[-1], sample, self._shared))
        self._grey = [*self._grey[:1], sample]

    def _scene_change(self, hands: Sequence[Sequence[Hand]]) -> SceneChange:
        if len(self._grey) < 2:
            return UNKNOWN
        size = _size_of(self._grey[0].image)
        boxes = ([bounding_box(hand.landmarks, size) for hand in those] for those in (hands[0], hands[-1]))
        return scene_change(self._grey[0].image, self._grey[1].image, *boxes)

    def _camera(self, tracks: PointTracks, *ends: Sequence[Hand]) -> CameraStep | None:
        """The background's motion from one frame to the next, without hands; in px of the colour frame."""
        size = _size_of(self._grey[0].image)
        start, end = ([bounding_box(hand.landmarks, size) for hand in hands] for hands in ends)
        camera = fit_camera(tracks, outside_boxes(tracks.start, start) & outside_boxes(tracks.end, end))
        if camera.homography is None or not camera.trusted(_MIN_INLIERS, _MIN_INLIER_RATIO):
            return None
        return CameraStep(rescaled(camera.homography, size, self._size), camera.inliers, camera.points)


def _size_of(image: Image | Tensor) -> tuple[int, int]:
    return image.shape[1], image.shape[0]
