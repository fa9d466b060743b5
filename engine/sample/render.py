"""Renders a script to frames with their truth, and to a video file with a truth file beside it."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.sample import hands
from engine.sample.camera import Head
from engine.sample.degrade import Lens, compress, defocus, dials_at, exposure_gain, shown_frames
from engine.sample.events import SIDES
from engine.sample.plan import plan
from engine.sample.scene import Painter
from engine.sample.seeds import generator
from engine.sample.truth import PALM, Truth, gather, write_truth
from engine.sample.types import Frame, FrameTruth, HandTruth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.sample.camera import Camera
    from engine.sample.types import VideoScript

__all__ = ["render_frames", "render_truth", "render_video"]

_SUB_FRAME_PX = 2.5
_MOST_SUB_FRAMES = 5
_TICKS = 512
"""Ticks of the file's clock per frame, as FFmpeg chooses them."""


class _Film:
    """State shared by the frames of one script."""

    def __init__(self, script: VideoScript) -> None:
        self.script = script
        self.plan = plan(script)
        rng = generator(script.seed, script.index, "head")
        person = script.person
        self.head = Head(self.plan.gazes, person.head_height_m, person.sway, rng, (script.width, script.height))
        self.shown = shown_frames(script, generator(script.seed, script.index, "repeats"))

    def camera(self, time_s: float) -> Camera:
        return self.head.camera(time_s, dials_at(self.script, time_s)[1].shake_px)

    def marks_px(self, camera: Camera, time_s: float) -> list[NDArray[Any]]:
        """The landmarks of both hands, each (21, 2) pixels."""
        length = self.script.person.palm_length_m
        poses = [path.at(time_s) for path in self.plan.paths]
        return [camera.project(hands.landmarks(p, s, length)) for s, p in zip(SIDES, poses, strict=True)]

    def travel(self, camera: Camera, time_s: float, open_s: float) -> tuple[float, float]:
        """Distance (pixels) that the centre of the view and the faster palm move while the shutter is open."""
        if open_s <= 0:
            return 0.0, 0.0
        ends = [time_s - open_s / 2, time_s + open_s / 2]
        first, last = self.camera(ends[0]), self.camera(ends[1])
        spot = camera.px_to_table() @ np.array([*camera.centre, 1.0])
        point = np.array([spot[0] / spot[2], spot[1] / spot[2], 0.0])
        view = float(np.linalg.norm(last.project(point) - first.project(point)))
        pairs = zip(self.marks_px(first, ends[0]), self.marks_px(last, ends[1]), strict=True)
        palm = max(float(np.linalg.norm(b[9] - a[9])) for a, b in pairs)
        return view, min(palm, 200.0)

    def truth(self, index: int) -> FrameTruth:
        """The truth about a frame."""
        script = self.script
        shown = int(self.shown[index])
        time_s = shown / script.fps
        _, dials = dials_at(script, time_s)
        camera = self.camera(time_s)
        both = [
            _hand_truth(side, marks, script) for side, marks in zip(SIDES, self.marks_px(camera, time_s), strict=True)
        ]
        now, _ = dials_at(script, index / script.fps)
        return FrameTruth(
            index=index,
            time_s=index / script.fps,
            episode=now,
            kind=script.episodes[now].kind,
            shown=shown,
            frozen=shown != index,
            blur_px=dials.defocus_px * script.width / 640,
            motion_blur_px=self.travel(camera, time_s, dials.shutter_share / script.fps)[0],
            exposure_gain=exposure_gain(dials, time_s),
            homography=camera.px_to_table(),
            hands=(both[0], both[1]),
        )


def _hand_truth(side: int, marks: NDArray[Any], script: VideoScript) -> HandTruth:
    x, y = marks[:, 0], marks[:, 1]
    inside = (x >= 0) & (x <= script.width - 1) & (y >= 0) & (y <= script.height - 1)
    palm = marks[list(PALM)].mean(axis=0)
    return HandTruth(
        side="left" if side < 0 else "right",
        landmarks_px=marks,
        palm_px=(float(palm[0]), float(palm[1])),
        wrist_px=(float(x[0]), float(y[0])),
        in_view_share=float(inside.mean()),
    )


def render_truth(script: VideoScript) -> Truth:
    """The truth of a whole script without drawing: fast, and equal to the truth file of the video."""
    film = _Film(script)
    return gather(script, [film.truth(i) for i in range(script.n_frames)], film.plan.actions)


def render_frames(script: VideoScript) -> Iterator[Frame]:
    """Draw the frames of a script one by one, without encoding."""
    yield from _frames(_Film(script))


def _frames(film: _Film) -> Iterator[Frame]:
    script = film.script
    painter = Painter(script, film.plan)
    lens = Lens(script.width, script.height, generator(script.seed, script.index, "lens"))
    image: NDArray[Any] | None = None
    for i in range(script.n_frames):
        truth = film.truth(i)
        if not truth.frozen or image is None:
            image = _picture(film, painter, lens, i)
        yield Frame(image, truth)


def _picture(film: _Film, painter: Painter, lens: Lens, index: int) -> NDArray[Any]:
    script = film.script
    time_s = index / script.fps
    _, dials = dials_at(script, time_s)
    camera = film.camera(time_s)
    open_s = dials.shutter_share / script.fps
    n = min(math.ceil(max(film.travel(camera, time_s, open_s)) / _SUB_FRAME_PX), _MOST_SUB_FRAMES)
    if n <= 1:
        image = painter.draw(camera, time_s)
    else:
        total = np.zeros((script.height, script.width, 3), np.uint16)
        for k in range(n):
            at = time_s + open_s * ((k + 0.5) / n - 0.5)
            total += painter.draw(film.camera(at), at)
        image = ((total + n // 2) // n).astype(np.uint8)
    image = defocus(image, dials.defocus_px * script.width / 640)
    image = lens.expose(image, exposure_gain(dials, time_s), index)
    return compress(image, dials.compression)


def render_video(
    script: VideoScript, video_path: Path, truth_path: Path, progress: Callable[[int, int], None] | None = None
) -> Truth:
    """Render one video and its truth; both appear under their names only when complete.

    `progress` is called with (frames done, frames in total); if it raises, no video is left behind. Raises `VideoError`
    if the file can't be written.
    """
    import av

    from engine.video.writer import H264Writer

    truths: list[FrameTruth] = []
    writer = H264Writer(
        video_path,
        time_base=Fraction(1, script.fps * _TICKS),
        fps=Fraction(script.fps),
        crf=script.crf,
        preset="superfast",
    )
    film = _Film(script)
    with writer:
        for frame in _frames(film):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.image), format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            writer.add(picture, len(truths) * _TICKS)
            truths.append(frame.truth)
            if progress is not None:
                progress(len(truths), script.n_frames)
        writer.finish(len(truths) * _TICKS)
        truth = gather(script, truths, film.plan.actions)
        write_truth(truth, truth_path)
    return truth
