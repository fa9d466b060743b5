"""Measures the GPU path in one run: embedding, all extractors on many videos at once, memory, agreement with the CPU.

    python -m benchmarks.gpu [--device cuda|cpu] [--videos 8] [--seconds 12] [--streams 8] [--json FILE]

Videos of 1080p at 30 frames a second are rendered with hands in view; the embedding is ViT-B-32 with weights drawn at
random. One table against the goals for an H100 with 16 cores:

- `embedding of the network`: ready frames on the device through the extractor (preparing, batches, pooling), over the
  network alone on prepared batches of the size that the extractor found. Goal 0.7.
- `extraction of decoding`: all extractors on all videos, clips of 3 s, one worker that reads them at the same time,
  over the card's decoder alone on the same files with as many streams. Goal 0.8; and 40 hours of video in an hour.
- agreement: how far the device's numbers lie from the CPU's, clip by clip, against the tolerances of docs/features.md.
- validation: its trunks and trainings on the device against the CPU (`benchmarks.gpu_validation`).

`--device cpu` runs the same torch path without a card, to see that it runs: its figures say nothing of a GPU. On
machines without a card the run says so and ends. Under five minutes on a machine with 16 cores and a card.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np

from benchmarks import gpu_validation
from benchmarks.embedding import random_weights
from benchmarks.features import windows
from engine.features.base import Clip
from engine.features.device import hold_device
from engine.features.embedding import Embedding, EmbeddingSettings
from engine.features.exposure import Exposure
from engine.features.extract import extract_video
from engine.features.hand.tracks import SEEN
from engine.features.hands import Hands
from engine.features.motion import Motion
from engine.features.resources import Resources
from engine.features.sharpness import Sharpness
from engine.sample.render import render_frames
from engine.sample.script import sample_scripts
from engine.video.decoder import PyAVSource
from engine.video.probe import probe
from engine.video.types import ReadStats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.features.base import ClipResult, Extractor

CLIP_S = 3.0
SIZE = (1920, 1080)
FPS = 30
READY_FRAMES = {"cuda": 4096, "cpu": 64}
"""By the kind of device."""
EMBEDDING_GOAL, EXTRACTION_GOAL, HOURS_GOAL = 0.7, 0.8, 40.0

Results = dict[object, dict[str, "ClipResult"]]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """One kind of number by the device against the CPU; the worst of all clips, or what the name says."""

    name: str
    off: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether it is within its tolerance."""
        return self.off <= self.tolerance


def write_videos(folder: Path, count: int, seconds: float) -> list[Path]:
    """Rendered videos of people's hands at a table, 1080p H.264, written by all cores."""
    scripts = sample_scripts(count, seed=0, fps=FPS, n_episodes=max(1, round(seconds / CLIP_S)), episode_s=CLIP_S)

    def write(number: int) -> Path:
        path = folder / f"video{number}.mp4"
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "23"})
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
            for frame in render_frames(scripts[number]):
                large = cv2.resize(frame.image, SIZE, interpolation=cv2.INTER_CUBIC)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(large, "rgb24")))
            container.mux(stream.encode(None))
        return path

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(write, range(count)))


def made(resources: Resources, weights: Path) -> list[Extractor[Any]]:
    """All extractors as in a job, their models loaded."""
    settings = EmbeddingSettings(weights_file=str(weights), fallback=False)
    extractors: list[Extractor[Any]] = [kind(resources=resources) for kind in (Sharpness, Exposure, Motion, Hands)]
    extractors.append(Embedding(settings, resources))
    for extractor in extractors:
        extractor.prepare()
    return extractors


def extracted(paths: Sequence[Path], extractors: Sequence[Extractor[Any]], streams: int) -> Results:
    """The features of all clips of all videos, so many videos at the same time, as one worker does it."""
    found: Results = {}

    def one(path: Path) -> None:
        clips = [Clip((path.name, clip.key), clip.window) for clip in windows(probe(path).duration_s, CLIP_S, CLIP_S)]
        for clip in extract_video(path, clips, extractors):
            if clip.failures:
                raise RuntimeError(f"{clip.key}: {clip.failures}")
            found[clip.key] = clip.results

    in_threads(one, paths, streams)
    return found


def in_threads(work: Callable[[Path], None], paths: Sequence[Path], streams: int) -> None:
    """Run work on all paths, so many at the same time; raises its first error."""
    with ThreadPoolExecutor(streams) as pool:
        for done in [pool.submit(work, path) for path in paths]:
            done.result()


def decode(path: Path, device: str, decoded: list[ReadStats]) -> None:
    """Decode every frame and convert none."""
    stats = ReadStats()
    source = PyAVSource(path, stats, seek=False, device=device)
    while (picture := source.frame_at_or_after(0.0)) is not None:
        del picture
    source.close()
    decoded.append(stats)


def embedding_of_network(embedding: Embedding, device: str) -> tuple[float, float, int]:
    """Pictures a second through the extractor and by the network alone, on ready frames, and the batch size found."""
    import torch

    from engine.features.shared import Shared
    from engine.video.types import DeviceSample
    from engine.video.windows import Window

    request, count = embedding.requests()[0], READY_FRAMES[device.partition(":")[0]]
    generator = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (64, 360, 640, 3), dtype=torch.uint8, generator=generator).to(device)
    samples = [
        DeviceSample(key=0, request=request, index=n, t_s=n / 2, picture=frames[n % len(frames)]) for n in range(count)
    ]

    def through_the_extractor() -> None:
        accumulator: Any = embedding.begin(Clip(0, Window(0, count / 2)), Shared(capacity=2 * count))
        for sample in samples:
            accumulator.add_on_device(sample)
        pending = accumulator.finish()
        embedding.flush()
        pending.result()

    through_the_extractor()
    size = embedding.batch_size
    inputs = [embedding.encoder.prepare_on_device(frame) for frame in frames]
    batch = [inputs[n % len(inputs)] for n in range(size)]

    def network_alone() -> None:
        for _ in range(count // size):
            embedding.encoder.encode_prepared(batch)

    network_alone()
    best = [min(timed(work) for _ in range(3)) for work in (through_the_extractor, network_alone)]
    return count / best[0], count // size * size / best[1], size


def agreement(ours: Results, theirs: Results) -> list[Agreement]:
    """How far the device's numbers lie from the CPU's, by kind."""

    def worst(extractor: str, column: str, *, relative: bool) -> float:
        offs = []
        for key, results in theirs.items():
            want, got = (found[extractor].values[column] for found in (results, ours[key]))
            if want is not None and got is not None:
                offs.append(abs(got - want) / (abs(want) if relative else 1.0))
        return max(offs, default=0.0)

    cosines = []
    differ, seen, gaps = 0, 0, []
    for key, results in theirs.items():
        one, other = results["embedding"].vector, ours[key]["embedding"].vector
        assert one is not None
        assert other is not None
        cosines.append(float(one @ other))
        mine, its = (_track(found[key]["hands"].track) for found in (ours, theirs))
        shown, found_too = ((track["state"] == SEEN) for track in (its, mine))
        differ += int((shown.any(axis=1) != found_too.any(axis=1)).sum())
        seen += len(shown)
        gaps += _gaps(its, mine)
    return [
        Agreement(name="mean luma, levels", off=worst("exposure", "luma_mean", relative=False), tolerance=0.7),
        Agreement(
            name="variance of the Laplacian", off=worst("sharpness", "laplacian_median", relative=True), tolerance=0.03
        ),
        Agreement(name="1 − cosine of embeddings", off=1 - min(cosines), tolerance=0.001),
        Agreement(name="frames with other hands", off=differ / max(1, seen), tolerance=0.01),
        Agreement(name="landmarks, palm lengths, median", off=float(np.median(gaps)) if gaps else 0.0, tolerance=0.01),
        Agreement(name="camera speed", off=worst("motion", "camera_speed_mean", relative=True), tolerance=0.03),
    ]


def _track(track: Mapping[str, Any] | None) -> Mapping[str, Any]:
    assert track is not None
    return track


def _gaps(its: Mapping[str, Any], mine: Mapping[str, Any]) -> list[float]:
    """Of each hand that both see in a frame: how far the landmarks lie apart, in palm lengths."""
    shape = np.array([16 / 9, 1.0])
    both = (its["state"] == SEEN) & (mine["state"] == SEEN)
    marks, others = (np.asarray(track["landmarks"])[both][:, :, :2] * shape for track in (its, mine))
    if not len(marks):
        return []
    palms = np.linalg.norm(marks[:, 9] - marks[:, 0], axis=1)
    return list(np.median(np.linalg.norm(marks - others, axis=2), axis=1) / palms)


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def card_of(device: str) -> dict[str, Any]:
    """The device as its maker calls it, and the memory that it has."""
    import torch

    if not device.startswith("cuda"):
        return {"device": platform.processor() or "cpu", "cores": os.cpu_count()}
    _, whole = torch.cuda.mem_get_info(device)
    return {"device": torch.cuda.get_device_name(device), "cores": os.cpu_count(), "memory_gb": whole / 1e9}


def watch_memory(device: str, stop: threading.Event, seen: list[float]) -> None:
    """Note the most memory in use on the card, the decoders' included, in GB."""
    import torch

    while not stop.wait(0.1):
        free, whole = torch.cuda.mem_get_info(device)
        seen[0] = max(seen[0], (whole - free) / 1e9)


def measure(device: str, *, videos: int, seconds: float, streams: int) -> dict[str, Any]:
    """All figures but validation's."""
    with tempfile.TemporaryDirectory() as folder:
        render_s = -time.perf_counter()
        paths = write_videos(Path(folder), videos, seconds)
        render_s += time.perf_counter()
        weights = random_weights(Path(folder))
        footage_s = sum(probe(path).duration_s for path in paths)
        hold_device(Resources(device=device, frames_on_device=True))
        extractors = made(Resources(download=False, device=device, frames_on_device=True), weights)
        through, alone, batch = embedding_of_network(extractors[-1], device)  # type: ignore[arg-type]
        extracted(paths[:1], extractors, 1)  # loads kernels
        decoded: list[ReadStats] = []
        decode_s, extract_s = [], []
        stop, memory_gb = threading.Event(), [0.0]
        if device.startswith("cuda"):
            threading.Thread(target=watch_memory, args=(device, stop, memory_gb), daemon=True).start()
        ours: Results = {}
        for _ in range(2):  # taking turns
            decode_s.append(timed(lambda: in_threads(lambda path: decode(path, device, decoded), paths, streams)))
            began = time.perf_counter()
            ours = extracted(paths, extractors, streams)
            extract_s.append(time.perf_counter() - began)
        stop.set()
        theirs = extracted(paths[:2], made(Resources(download=False, device="cpu"), weights), 2)
    frames = sum(stats.frames_decoded for stats in decoded) / 2
    return {
        **card_of(device),
        "videos": videos,
        "footage_s": footage_s,
        "streams": streams,
        "render_s": render_s,
        "embedding_pictures_per_s": through,
        "network_pictures_per_s": alone,
        "embedding_of_network": through / alone,
        "batch": batch,
        "decoded_by_card": sum(stats.frames_decoded_by_card for stats in decoded)
        / max(1, sum(stats.frames_decoded for stats in decoded)),
        "decode_frames_per_s": frames / min(decode_s),
        "extract_frames_per_s": frames / min(extract_s),
        "extraction_of_decoding": min(decode_s) / min(extract_s),
        "hours_an_hour": footage_s / min(extract_s),
        "clips_per_s": len(ours) / min(extract_s),
        "peak_memory_gb": memory_gb[0],
        "agreement": [{**asdict(one), "holds": one.holds} for one in agreement(ours, theirs)],
    }


def table(found: Mapping[str, Any]) -> str:
    """The figures as people read them."""
    memory = f", {found['memory_gb']:.0f} GB" if "memory_gb" in found else ""
    of = f"{found['videos']} videos of 1080p, {found['footage_s']:.0f} s, {found['streams']} at once"
    pictures = f"{found['embedding_pictures_per_s']:,.0f} of {found['network_pictures_per_s']:,.0f} pictures a second"
    frames = f"{found['extract_frames_per_s']:,.0f} of {found['decode_frames_per_s']:,.0f} frames a second"
    lines = [
        f"{found['device']}{memory}, {found['cores']} cores; {of}",
        f"  embedding of the network       {found['embedding_of_network']:8.2f}   goal {EMBEDDING_GOAL}  ({pictures})",
        f"  batch size found               {found['batch']:8}",
        f"  extraction of decoding         {found['extraction_of_decoding']:8.2f}   goal {EXTRACTION_GOAL}  ({frames})",
        f"  hours of video in an hour      {found['hours_an_hour']:8.1f}   goal {HOURS_GOAL:.0f}",
        f"  clips of 3 s a second          {found['clips_per_s']:8.1f}",
        f"  frames decoded by the card     {found['decoded_by_card']:8.0%}",
        f"  most memory in use on the card {found['peak_memory_gb']:8.1f} GB",
        "  agreement with the CPU (worst clip)",
    ]
    lines += [
        f"    {one['name']:34} {one['off']:9.5f}   {'within' if one['holds'] else 'BEYOND'} {one['tolerance']}"
        for one in found["agreement"]
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, and write it as JSON where asked."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--videos", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        print("No NVIDIA card that torch can use is on this machine. --device cpu runs the same path without one.")
        return
    cv2.setNumThreads(1)
    found = measure(options.device, videos=options.videos, seconds=options.seconds, streams=options.streams)
    found["validation"] = gpu_validation.measure(options.device)
    print(table(found))
    print(gpu_validation.table(found["validation"]))
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
