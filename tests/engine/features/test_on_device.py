"""Features of frames on a device, by torch in batches: the CPU path's numbers within their tolerances.

The device is the CPU here: everything but the card's decoder runs as on a card.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine.errors import EngineError, JobError
from engine.features import device as devices
from engine.features.base import Clip
from engine.features.device import card_count, choose_device, device_loss, takes_device_frames
from engine.features.encoders.batcher import Batcher
from engine.features.encoders.device_input import DeviceInput
from engine.features.encoders.encoder import imagenet_input
from engine.features.exposure import Exposure, luma_counts
from engine.features.extract import extract_video
from engine.features.hand.tracks import SEEN
from engine.features.hands import Hands, HandsSettings
from engine.features.resources import Resources
from engine.features.sharpness import Sharpness, frame_sharpness, frames_sharpness
from engine.video.windows import Window
from tests.engine.features.rendered_hands import hands_in_size
from tests.engine.features.scenes import view, write_pictures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.features.base import ClipResult, Extractor

ON_CPU = Resources(download=False, device="cpu", threads=1)
ON_DEVICE = Resources(download=False, device="cpu", threads=1, frames_on_device=True)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def measured(path: Path, extractor: Extractor[Any], clips: Sequence[Clip]) -> dict[object, ClipResult]:
    extractor.prepare()
    found = list(extract_video(path, clips, [extractor]))
    assert [clip.failures for clip in found] == [{}] * len(clips)
    return {clip.key: clip.results[extractor.name] for clip in found}


@pytest.mark.parametrize("kind", [Sharpness, Exposure])
def test_numbers_of_frames_agree_to_a_thousandth(tmp_path: Path, kind: type[Extractor[Any]]) -> None:
    """Two clips that overlap, more frames than a batch holds, a camera that moves."""
    pictures = [view(3 * n, n, zoom=1 + n / 100, width=640) for n in range(40)]
    path = write_pictures(tmp_path / "v.mp4", pictures, fps=20)
    clips = [Clip("a", Window(0, 1.6)), Clip("b", Window(0.4, 2.0))]
    settings = kind.settings_model(rate_hz=20)
    by_cpu, by_device = (measured(path, kind(settings, where), clips) for where in (ON_CPU, ON_DEVICE))
    for key, cpu in by_cpu.items():
        for name, value in cpu.values.items():
            assert by_device[key].values[name] == pytest.approx(value, rel=1e-3, abs=1e-3), name


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.3])
@pytest.mark.parametrize("shape", [(90, 160), (321, 427), (64, 64)])
def test_sharpness_of_frames_is_opencv_s(shape: tuple[int, int], sigma: float) -> None:
    import torch

    frames = noise(3, *shape)
    frames[1] = 128
    by_opencv = np.array([frame_sharpness(frame, sigma) for frame in frames])
    by_torch = frames_sharpness(torch.from_numpy(frames), sigma).numpy()
    assert by_torch == pytest.approx(by_opencv, rel=1e-5, abs=1e-6)


def test_luma_on_a_device_is_opencv_s_to_the_level() -> None:
    import cv2
    import torch

    frames = noise(2, 300, 400, 3)
    counts = luma_counts(torch.from_numpy(frames)).numpy()
    for frame, found in zip(frames, counts, strict=True):
        assert (np.bincount(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).ravel(), minlength=256) == found).all()


@pytest.mark.parametrize("shape", [(360, 640), (640, 360), (224, 224), (100, 150), (225, 300)])
def test_inputs_made_on_a_device_are_pillow_s_within_a_level(shape: tuple[int, int]) -> None:
    import torch
    from open_clip.transform import PreprocessCfg, image_transform_v2
    from PIL import Image

    picture = noise(*shape, 3)
    picture[: shape[0] // 2] = picture[0, 0]  # an edge, at which bicubic overshoots
    config = PreprocessCfg(size=224)
    usual = DeviceInput(side_px=224, interpolation="bicubic", mean=tuple(config.mean), deviation=tuple(config.std))
    imagenet = DeviceInput(
        side_px=224, interpolation="bilinear", mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225)
    )
    transform = image_transform_v2(config, is_train=False)
    for device_input, by_pillow in ((usual, transform), (imagenet, imagenet_input)):
        expected = by_pillow(Image.fromarray(picture))
        off = (device_input.of(torch.from_numpy(picture)) - expected).abs() * 255 * 0.28
        assert float(off.max()) <= 2.01
        assert float(off.mean()) < 0.05


def test_hands_are_found_in_tensors_as_in_arrays(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "v.mp4", hands_in_size(640, 360, 8), fps=10)
    clips = [Clip("a", Window(0, 0.6)), Clip("b", Window(0.2, 0.8))]
    arrays, tensors = (
        measured(path, Hands(HandsSettings(backend="torch"), where), clips) for where in (ON_CPU, ON_DEVICE)
    )
    for key in ("a", "b"):
        one, other = arrays[key], tensors[key]
        assert one.track is not None
        assert other.track is not None
        assert one.values["any_share"] == other.values["any_share"] == 1
        both = (one.track["state"] == SEEN) & (other.track["state"] == SEEN)
        assert both.sum() >= 0.75 * (one.track["state"] == SEEN).sum()  # one of the drawn hands is faint
        assert np.median(np.abs(one.track["landmarks"][both] - other.track["landmarks"][both])) < 0.002


def test_numbers_of_one_path_are_not_stale_on_the_other() -> None:
    for kind in (Sharpness, Exposure, Hands):
        assert kind(resources=ON_CPU).settings_hash() == kind(resources=ON_DEVICE).settings_hash()
        assert kind(resources=ON_DEVICE).measured_on == "cpu"
    mediapipe, torch = (Hands(HandsSettings(backend=name)) for name in ("mediapipe", "torch"))
    assert mediapipe.settings_hash() == torch.settings_hash()


def test_videos_read_at_the_same_time_share_batches() -> None:
    """Each input gets its own row, whichever thread's batch it was in."""
    sizes: list[int] = []

    def encode(items: Sequence[int]) -> np.ndarray:
        sizes.append(len(items))
        return np.array([[item] for item in items])

    batcher = Batcher(encode, 8)
    tickets: dict[int, Any] = {}

    def feed(first: int) -> None:
        for item in range(first, first + 100):
            tickets[item] = batcher.add(item)

    threads = [threading.Thread(target=feed, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    batcher.run()
    assert {item: int(ticket.vector()[0]) for item, ticket in tickets.items()} == {n: n for n in range(400)}
    assert set(sizes) == {8}


def run_at(cost_s: dict[int, float], most: int, disturbed: Sequence[float] = ()) -> int:
    """The batch size in the end, where a batch of each size takes so long; the first ones as long as `disturbed`."""
    now_s, first = 0.0, iter(disturbed)

    def encode(items: Sequence[int]) -> np.ndarray:
        nonlocal now_s
        now_s += next(first, cost_s[len(items)])
        return np.zeros((len(items), 1))

    batcher = Batcher(encode, 16, most=most, clock=lambda: now_s)
    for item in range(8192):
        batcher.add(item)
    return batcher.batch_size


def test_the_batch_doubles_while_that_saves_time() -> None:
    assert run_at({16: 1.0, 32: 1.1, 64: 1.2, 128: 2.4, 256: 4.8}, 256) == 128
    slow_at_first = [1.0, 9.9, 9.9]
    assert run_at({16: 1.0, 32: 1.1, 64: 1.2}, 64, disturbed=slow_at_first) == 64
    assert run_at({16: 1.0, 32: 1.1, 64: 1.2}, 64) == 64
    assert run_at({16: 1.0}, 16) == 16


def test_after_running_out_of_memory_the_batch_does_not_grow_again() -> None:
    import torch

    def encode(items: Sequence[int]) -> np.ndarray:
        if len(items) > 40:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return np.zeros((len(items), 1))

    batcher = Batcher(encode, 16, most=1024, clock=iter(np.cumsum(1 / np.arange(1, 2000))).__next__)
    for item in range(2000):
        batcher.add(item)
    assert batcher.batch_size == 32


def test_a_card_that_is_not_there_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(EngineError, match="finds no NVIDIA card"):
        choose_device(Resources(device="cuda:3"))
    assert choose_device(Resources(device="auto")) in ("cpu", "mps")


def test_cards_are_counted_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    class FourCards:
        def __init__(self, _folder: str) -> None: ...

        def glob(self, _pattern: str) -> list[str]:
            return ["nvidia0", "nvidia1", "nvidia2", "nvidia3"]

    monkeypatch.setattr(devices, "Path", FourCards)
    for visible, count in ((None, 4), ("0,2", 2), ("", 0), ("-1", 0), ("0,1,2,3,4,5", 4)):
        if visible is None:
            monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        else:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        assert card_count() == count
    assert not takes_device_frames(Resources(device="cpu"))
    assert takes_device_frames(ON_DEVICE)


def test_a_card_that_fails_ends_the_job_with_its_reason_and_no_clip_is_blamed(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "v.mp4", [view(n, width=320) for n in range(6)], fps=10)
    extractor = Sharpness(resources=ON_DEVICE)
    extractor.prepare()

    def lost(_frames: Sequence[object]) -> np.ndarray:
        raise RuntimeError("CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be …")

    extractor._batcher = Batcher(lost, 2)
    with pytest.raises(
        JobError, match=r"card failed \(CUDA error: an illegal memory access was encountered\)"
    ) as caught:
        list(extract_video(path, [Clip("a", Window(0, 0.5))], [extractor]))
    assert "resume the job" in caught.value.remedy
    assert device_loss(ValueError("CUDA error")) is None
    assert device_loss(RuntimeError("CUDA out of memory")) is None
