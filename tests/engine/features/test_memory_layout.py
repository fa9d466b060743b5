"""A picture's numbers are the picture's: not its memory layout's, its width's, or the way's by which it was reached."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.base import Clip
from engine.features.encoders.encoder import load_fallback
from engine.features.exposure import Exposure
from engine.features.extract import extract_video
from engine.features.hand.tracks import SEEN
from engine.features.hands import Hands
from engine.features.motion import Motion
from engine.features.resources import Resources
from engine.features.scene_change import scene_change
from engine.features.sharpness import Sharpness
from engine.validation.actions import STATE
from engine.validation.trunk import Trunk, trunk_actions, trunk_code
from engine.video.reader import read
from engine.video.thumbnail import write_jpeg
from engine.video.types import ClipRequest, FrameRequest, Sample
from engine.video.windows import Window
from tests.engine.features.layouts import LAYOUTS
from tests.engine.features.rendered_hands import hands_found_directly, hands_in_size
from tests.engine.features.scenes import measure, rgb, view, write_pictures
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIZES = [(640, 360), (360, 360), (360, 640), (848, 480), (456, 256), (426, 320), (596, 336), (490, 360)]
sizes = st.tuples(st.integers(33, 200), st.integers(33, 200))
layouts = st.sampled_from(LAYOUTS)


@cache
def prepared(kind: type[Any]) -> Any:
    """An extractor with its model loaded, once for all tests."""
    extractor = kind(resources=Resources(download=False))
    extractor.prepare()
    return extractor


def pictures_of(size: tuple[int, int], count: int = 3) -> list[NDArray[np.uint8]]:
    """A panning view in colour."""
    return [cv2.resize(rgb(view(4 * k, -2 * k)), size, interpolation=cv2.INTER_AREA) for k in range(count)]


# --- what leaves the converter -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rotation_deg", [0, 90])
@pytest.mark.parametrize("size", [*SIZES, (98, 74)])
def test_every_image_is_contiguous(tmp_path: Path, size: tuple[int, int], rotation_deg: int) -> None:
    path = tmp_path / "v.mp4"
    write_video(path, 2, size=size, rotation_deg=rotation_deg)
    asked = tuple(FrameRequest(None, short, color) for short in (None, 70) for color in ("rgb", "gray"))  # type: ignore[arg-type]
    samples = [e for e in read(path, [ClipRequest(0, Window(0, 9), asked)]) if isinstance(e, Sample)]
    assert len(samples) == 8
    assert all(sample.image.flags.c_contiguous and not sample.image.flags.writeable for sample in samples)


@settings(max_examples=25)
@given(size=sizes)
def test_images_of_any_size_are_contiguous_odd_ones_too(
    tmp_path_factory: pytest.TempPathFactory, size: tuple[int, int]
) -> None:
    import av

    path = tmp_path_factory.mktemp("odd") / "v.mkv"
    frames = [av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv444p") for picture in pictures_of(size)]
    write_video(path, iter(frames), codec="ffv1", pix_fmt="yuv444p")
    asked = (FrameRequest(color="rgb"), FrameRequest(color="gray"))
    for event in read(path, [ClipRequest(0, Window(0, 9), asked)]):
        if isinstance(event, Sample):
            assert event.image.flags.c_contiguous
            assert event.image.shape[:2] == (size[1], size[0])


# --- hands ---------------------------------------------------------------------------------------------------------


def video_of_hands(path: Path, size: tuple[int, int]) -> Path:
    """Six pictures of two hands at 10 a second; in 4:4:4 where a side is odd."""
    import av

    pix_fmt = "yuv444p" if size[0] % 2 or size[1] % 2 else "yuv420p"
    frames = (av.VideoFrame.from_ndarray(p, "rgb24").reformat(format=pix_fmt) for p in hands_in_size(*size))
    write_video(path, frames, fps=10, pix_fmt=pix_fmt, options={"crf": "12"})
    return path


@pytest.mark.parametrize("size", [*SIZES, (427, 321), (361, 359)])
def test_hands_are_found_in_every_size_as_by_the_model_itself(tmp_path: Path, size: tuple[int, int]) -> None:
    path = video_of_hands(tmp_path / "hands.mp4", size)
    hands = prepared(Hands)
    clip = Clip("a", Window(0, 0.6))
    samples = [
        event
        for event in read(path, [ClipRequest("a", clip.window, hands.requests()[:1])])
        if isinstance(event, Sample)
    ]
    truth = hands_found_directly(hands, [s.image for s in samples], [round(s.t_s * 1000) for s in samples])
    assert sum(map(bool, truth)) >= 4, "the model finds the hands at this size"
    (found,) = extract_video(path, [clip], [hands])
    track = found.results["hands"].track
    assert track is not None
    seen = track["state"] == SEEN
    assert seen.sum(axis=1).tolist() == [len(hands_there) for hands_there in truth]
    for k, hands_there in enumerate(truth):
        ours, theirs = (sorted(marks[0, 0] for marks in some) for some in (track["landmarks"][k][seen[k]], hands_there))
        assert ours == theirs


@settings(max_examples=8)
@given(size=st.tuples(st.integers(240, 420), st.integers(240, 420)), layout=layouts)
def test_hands_do_not_depend_on_the_memory_layout(size: tuple[int, int], layout: Any) -> None:
    pictures = hands_in_size(*size, count=3)
    plain = measure(prepared(Hands), pictures)
    other = measure(prepared(Hands), [layout(picture) for picture in pictures])
    np.testing.assert_equal(dict(other.values), dict(plain.values))
    assert plain.track is not None
    assert other.track is not None
    np.testing.assert_array_equal(other.track["landmarks"], plain.track["landmarks"])


# --- everything else that hands pictures to C code ------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Sharpness, Exposure, Motion])
@settings(max_examples=20)
@given(size=sizes, layout=layouts)
def test_features_do_not_depend_on_the_memory_layout(kind: Any, size: tuple[int, int], layout: Any) -> None:
    pictures = pictures_of(size)
    plain, other = (measure(kind(), some) for some in (pictures, [layout(picture) for picture in pictures]))
    np.testing.assert_equal(dict(other.values), dict(plain.values))


@settings(max_examples=6)
@given(size=sizes, layout=layouts)
def test_embeddings_do_not_depend_on_the_memory_layout(size: tuple[int, int], layout: Any) -> None:
    pictures = pictures_of(size, count=2)
    encoder = fallback()
    plain, other = (encoder.encode_image(some) for some in (pictures, [layout(picture) for picture in pictures]))
    np.testing.assert_array_equal(other, plain)


@cache
def fallback() -> Any:
    return load_fallback(Resources(download=False))


@settings(max_examples=20)
@given(size=sizes, layout=layouts)
def test_scene_change_and_jpegs_do_not_depend_on_the_memory_layout(
    tmp_path_factory: pytest.TempPathFactory, size: tuple[int, int], layout: Any
) -> None:
    before, after = pictures_of(size, count=2)
    greys = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (before, after)]
    np.testing.assert_equal(scene_change(*(layout(grey) for grey in greys), [], []), scene_change(*greys, [], []))
    folder = tmp_path_factory.mktemp("jpeg")
    for picture in (before, greys[0]):
        write_jpeg(folder / "plain.jpg", picture)
        write_jpeg(folder / "other.jpg", layout(picture))
        assert (folder / "other.jpg").read_bytes() == (folder / "plain.jpg").read_bytes()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_cloning_trunk_does_not_depend_on_the_memory_layout(layout: Any) -> None:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (6, 6, 36, 64), np.uint8)
    trunk = Trunk()
    state = rng.normal(size=(6, 2, STATE)).astype(np.float32)
    other = layout(np.moveaxis(frames, (2, 3), (0, 1)))
    ours, theirs = (
        [read(trunk, pictures, state) for read in (trunk_code, trunk_actions)]
        for pictures in (np.moveaxis(other, (0, 1), (2, 3)), frames)
    )
    for one, same in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, same)


# --- width, and the way there ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [424, 426, 428, 430, 432])
def test_a_few_columns_more_or_less_change_no_number_by_much(tmp_path: Path, width: int) -> None:
    """The width decides how rows are padded; a scene that differs by a few columns has nearly the same numbers."""
    clip = Clip("a", Window(0, 1))
    plain: list[Any] = [Sharpness(), Exposure(), Motion()]
    values = []
    for name, columns in (("given", width), ("aligned", 416)):
        pictures = (view(3 * k)[:, :columns] for k in range(30))
        (found,) = extract_video(write_pictures(tmp_path / f"{name}.mp4", pictures), [clip], plain)
        values.append({extractor: result.values for extractor, result in found.results.items()})
    given_width, aligned = values
    assert given_width["sharpness"]["laplacian_median"] == pytest.approx(
        aligned["sharpness"]["laplacian_median"], rel=0.05
    )
    assert given_width["exposure"]["luma_mean"] == pytest.approx(aligned["exposure"]["luma_mean"], abs=1)
    speed = [one["motion"]["camera_speed_mean"] * np.hypot(w, 320) for one, w in zip(values, (width, 416), strict=True)]
    assert speed[0] == pytest.approx(speed[1], rel=0.02)


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Ten seconds in a padded width, with key frames far apart and near."""
    folder = tmp_path_factory.mktemp("walks")
    pictures = [cv2.resize(view(2 * k - 300), (212, 160), interpolation=cv2.INTER_AREA) for k in range(300)]
    return [write_pictures(folder / f"{gop}.mp4", pictures, gop=gop) for gop in (10, 75)]


@settings(max_examples=15)
@given(
    which=st.integers(0, 1),
    windows=st.lists(st.tuples(st.floats(0, 9.2), st.floats(0.3, 1.5)), min_size=1, max_size=3),
)
def test_it_makes_no_difference_whether_frames_are_reached_by_seeking(
    walks: list[Path], which: int, windows: list[tuple[float, float]]
) -> None:
    clips = [Clip(n, Window(start_s, start_s + length_s)) for n, (start_s, length_s) in enumerate(windows)]
    plain: list[Any] = [Sharpness(), Exposure(), Motion()]
    sought, through = (
        {one.key: {name: dict(result.values) for name, result in one.results.items()} for one in found}
        for found in (extract_video(walks[which], clips, plain, seek=seek) for seek in (True, False))
    )
    np.testing.assert_equal(sought, through)
