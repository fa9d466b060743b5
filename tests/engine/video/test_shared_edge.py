"""The reader agrees with plain PyAV on other projects' awkward files; generated ones cover the same ground."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import pytest

from engine.video.probe import probe
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, ReadStats, Sample
from engine.video.windows import Window

EDGE = Path(__file__).parents[4] / "shared" / "media" / "edge"
NAMES = [
    "av1_video.mkv",
    "bt709_full_range.mp4",
    "corrupted.mp4",
    "h264_10bits.mp4",
    "h265_video.mp4",
    "unordered.mov",
    "video_0.mov",
    "video_180.mov",
    "video_270.mov",
    "video_90.mov",
]

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not EDGE.is_dir(), reason="the developers' reference clips are not beside this checkout"),
]


def plainly_decoded(path: Path) -> list[tuple[float, Any]]:
    """`(seconds from the first frame, luma in 0–255 as stored)` of every frame, straight from the decoder's planes."""
    frames: list[tuple[float, Any]] = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        for packet in container.demux(stream):
            try:
                shown = packet.decode()
            except av.error.InvalidDataError:
                continue
            frames += [(float(frame.pts * stream.time_base), luma_of(frame)) for frame in shown]
    return [(t - frames[0][0], grey) for t, grey in frames]


def luma_of(frame: Any) -> np.ndarray[Any, Any]:
    deep = frame.format.name.endswith("10le")
    kind = np.dtype(np.uint16 if deep else np.uint8)
    plane = frame.planes[0]
    rows = np.frombuffer(plane, kind).reshape(plane.height, plane.line_size // kind.itemsize)
    luma = rows[:, : frame.width] / (4 if deep else 1)
    full = frame.color_range == 2
    return luma if full else ((luma - 16) * 255 / 219).clip(0, 255)


@pytest.mark.parametrize("name", NAMES)
def test_same_frames_at_the_same_times_as_plain_decoding(name: str) -> None:
    truth = plainly_decoded(EDGE / name)
    wanted = FrameRequest(color="gray")
    stats = ReadStats()
    events = list(read(EDGE / name, [ClipRequest(0, Window(0, 1000), (wanted,))], stats=stats))
    samples = [e for e in events if isinstance(e, Sample)]
    assert [s.t_s for s in samples] == pytest.approx([t for t, _ in truth], abs=1e-6)
    assert stats.damaged == (name == "corrupted.mp4")
    info = probe(EDGE / name)
    for sample, (_, stored) in zip(samples, truth, strict=True):
        upright = np.rot90(stored, -info.rotation_deg // 90)
        assert sample.image.shape == upright.shape == (info.height, info.width)
        # Not the damaged one: concealment differs with the number of decoding threads.
        if name != "corrupted.mp4":
            assert np.abs(sample.image - upright).max() <= 1.5


@pytest.mark.parametrize("name", NAMES)
def test_leaping_changes_nothing(name: str) -> None:
    clips = [
        ClipRequest(k, Window(t, t + 0.3), (FrameRequest(7, 90),)) for k, t in enumerate([0.0, 0.5, 1.9, 2.0, 4.3])
    ]
    leaping, through = list(read(EDGE / name, clips)), list(read(EDGE / name, clips, seek=False))
    assert len(leaping) == len(through)
    for a, b in zip(leaping, through, strict=True):
        assert a.key == b.key
        if isinstance(a, Sample) and isinstance(b, Sample):
            assert a.t_s == b.t_s
            assert np.array_equal(a.image, b.image)


@pytest.mark.parametrize(("name", "rotation_deg"), [(f"video_{d}.mov", d) for d in (0, 90, 180, 270)])
def test_rotation_is_known(name: str, rotation_deg: int) -> None:
    info = probe(EDGE / name)
    assert info.rotation_deg == rotation_deg
    assert (info.width > info.height) == (rotation_deg in (0, 180))
