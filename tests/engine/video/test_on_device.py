"""Frames as tensors on a device: the same pictures as on the CPU, within a level."""

from __future__ import annotations

import gc
import weakref
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from engine.video.card import card_decoder, hold_card, why_no_card_decoder
from engine.video.convert import Converter
from engine.video.decoder import PyAVSource
from engine.video.on_device import tensor_of
from engine.video.picture import DecodedPicture
from engine.video.reader import read
from engine.video.types import ClipEnd, ClipRequest, DeviceSample, FrameRequest, ReadStats, Sample
from engine.video.windows import Window
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

BT709, BT601 = 1, 6
LIMITED, FULL = 1, 2
SIZES = (None, 320, 360)


def colourful(width: int, height: int, *, pix_fmt: str = "yuv420p") -> list[Any]:
    """Two frames of smooth colours with hard edges, where wrong places of chroma show most."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:height, 0:width]
    frames = []
    for n in range(2):
        waves = [np.sin((columns * (k + 1) + rows * (3 - k) + 40 * n) / 37) for k in range(3)]
        picture = (np.stack(waves, axis=-1) * 100 + 128).astype(np.uint8)
        for _ in range(12):
            x, y = int(rng.integers(0, width - 20)), int(rng.integers(0, height - 20))
            picture[y : y + 17, x : x + 15] = rng.integers(0, 256, 3)
        frames.append(av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=pix_fmt))
    return frames


def both(path: Path) -> dict[FrameRequest, tuple[list[Sample], list[DeviceSample]]]:
    """Each frame in every size and colour, as arrays and as tensors, by what the arrays were asked for with."""
    asked = {
        FrameRequest(None, side, color): FrameRequest(None, side, color, on_device=True)
        for side in SIZES
        for color in ("rgb", "gray")
    }
    events = list(read(path, [ClipRequest("a", Window(0, 9), (*asked, *asked.values()))]))
    arrays = [event for event in events if isinstance(event, Sample)]
    tensors = [event for event in events if isinstance(event, DeviceSample)]
    assert events[-1] == ClipEnd("a", len(arrays) + len(tensors))
    return {
        one: ([s for s in arrays if s.request == one], [s for s in tensors if s.request == other])
        for one, other in asked.items()
    }


@pytest.mark.parametrize(
    "made",
    [
        {"size": (640, 480)},
        {"size": (800, 450), "colorspace": BT709},
        {"size": (490, 368), "colorspace": BT601, "color_range": FULL},
        {"size": (362, 482)},
        {"size": (640, 480), "rotation_deg": 90},
        {"size": (480, 640), "rotation_deg": 270},
        {"size": (640, 480), "rotation_deg": 180},
        {"size": (200, 120)},
        {"size": (640, 480), "pix_fmt": "yuv420p10le"},
        {"size": (640, 480), "pix_fmt": "yuv444p"},
    ],
    ids=lambda made: " ".join(f"{value}" for value in made.values()),
)
def test_tensors_are_the_arrays_within_a_level(tmp_path: Path, made: dict[str, Any]) -> None:
    width, height = made["size"]
    stored = (height, width) if made.get("rotation_deg") in (90, 270) else (width, height)
    frames = colourful(*stored, pix_fmt=made.get("pix_fmt", "yuv420p"))
    write_video(tmp_path / "v.mp4", frames, options={"crf": "4"}, **made)
    for request, (arrays, tensors) in both(tmp_path / "v.mp4").items():
        assert len(arrays) == len(tensors) == 2
        for array, tensor in zip(arrays, tensors, strict=True):
            assert (array.t_s, array.index) == (tensor.t_s, tensor.index)
            picture = tensor.picture.numpy()
            assert (picture.shape, picture.dtype) == (array.image.shape, np.uint8)
            off = np.abs(picture.astype(int) - array.image)
            assert off.max() <= 2, request
            # swscale dithers where it takes two bits away.
            assert off.mean() < (0.3 if made.get("pix_fmt") == "yuv420p10le" else 0.05), request


def test_a_frame_is_converted_once_for_each_size_and_colour(tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", 5)
    stats = ReadStats()
    wanted = FrameRequest(None, 32, "gray", on_device=True)
    clips = [ClipRequest(name, Window(0, 1), (wanted,)) for name in "ab"]
    samples = [event for event in read(tmp_path / "v.mp4", clips, stats=stats) if isinstance(event, DeviceSample)]
    assert (len(samples), stats.conversions) == (10, 5)
    assert samples[0].picture is samples[1].picture
    assert stats.frames_decoded_by_card == 0
    assert "picture=32×48" in repr(samples[0])


def test_a_device_that_decodes_no_video_says_why() -> None:
    assert "only NVIDIA's cards" in why_no_card_decoder("cpu")
    assert card_decoder("cpu") is None
    hold_card("cpu")  # nothing to hold, and no error


def test_a_card_that_is_not_there_leaves_the_file_readable(tmp_path: Path) -> None:
    """The reason is the card's and is told by `handpicked doctor`; the file is decoded by the CPU."""
    assert "can't be used" in why_no_card_decoder("cuda:99")
    write_video(tmp_path / "v.mp4", 5)
    wanted = ClipRequest("a", Window(0, 1), (FrameRequest(None, 32, "gray"),))
    events = list(read(tmp_path / "v.mp4", [wanted], device="cuda:99"))
    assert sum(isinstance(event, Sample) for event in events) == 5


def test_what_a_card_leaves_the_cpu_goes_on_with_at_the_same_frame(tmp_path: Path) -> None:
    """The card's memory may be full in the midst of a file: no frame is lost, none comes twice."""
    write_video(tmp_path / "v.mp4", 90, gop=30)
    whole, left = (PyAVSource(tmp_path / "v.mp4", ReadStats()) for _ in range(2))
    times: dict[str, list[float]] = {"whole": [], "left": []}
    for name, source in (("whole", whole), ("left", left)):
        while (picture := source.frame_at_or_after(0.5)) is not None:
            times[name].append(picture.t_s)
            if name == "left" and len(times[name]) == 20:
                source._leave_card()
    assert len(times["whole"]) == 75
    assert times["left"] == times["whole"]
    assert left._decoding_device == "cpu"


def test_a_closed_source_is_freed_at_once(tmp_path: Path) -> None:
    """Else decoders of a card would pile up until the next full collection."""
    write_video(tmp_path / "v.mp4", 60)
    source = PyAVSource(tmp_path / "v.mp4", ReadStats())
    source.frame_at_or_after(0.2)
    gone = weakref.ref(source)
    gc.disable()
    try:
        source.close()
        del source
        assert gone() is None
    finally:
        gc.enable()


class OnCard:
    """A frame as a card's decoder leaves it, but for the memory that its planes lie in: that is the CPU's."""

    def __init__(self, frame: Any) -> None:
        self._frame, self.sw_format = frame, frame.format
        self.format = SimpleNamespace(name="cuda", is_rgb=False)
        self.planes = frame.planes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._frame, name)


@pytest.mark.parametrize("layout", ["nv12", "p010le"])
@pytest.mark.parametrize("size", [(640, 480), (490, 368)])
def test_the_planes_of_a_card_become_the_same_pictures(layout: str, size: tuple[int, int]) -> None:
    """NVDEC's layouts, handed over without a copy as a card's planes are."""
    depth = "yuv420p" if layout == "nv12" else "yuv420p10le"
    (frame, *_) = colourful(*size, pix_fmt=depth)
    sizes = Converter(frame)
    for side in SIZES:
        for color in ("rgb", "gray"):
            tensor = tensor_of(OnCard(frame.reformat(format=layout)), sizes, side, color, "cpu")
            by_planes = tensor_of(frame, sizes, side, color, "cpu")
            assert tensor.shape == by_planes.shape
            assert int((tensor.int() - by_planes.int()).abs().max()) <= 1


def test_arrays_of_a_card_s_frames_are_made_from_its_tensors() -> None:
    (frame, *_) = colourful(640, 480)
    stats = ReadStats()
    on_card = DecodedPicture(OnCard(frame.reformat(format="nv12")), 0.0, Converter(frame), stats, "cpu")
    image = on_card.image(320, "gray")
    assert np.array_equal(image, on_card.tensor(320, "gray").numpy())
    assert not image.flags.writeable
    assert stats.conversions == 1
