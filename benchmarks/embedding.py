"""Measures embedding throughput against the bare model on the same pictures, and the agreement of two devices.

    python -m benchmarks.embedding [FILE…] [--device auto|cpu|cuda|mps] [--batch-size 16] [--json]

Without files a 1080p H.264 video is generated. The model is ViT-B-32 with weights drawn at random, which take as long
as trained ones and need no download. In one run, on ready-made frames, the best of three rounds taking turns:

- `of_bare`: pictures a second through the extractor (preprocessing, batches across clips, pooling) over those of the
  network alone on tensors that were prepared beforehand, copied to the device batch by batch. Goal on a GPU: 0.7.
- `of_bare_with_preparing`: the same over preparing and network, one after the other, as a plain script would.
- `least_cosine`: of each clip's vector, by the device in its own precision and by the CPU in full precision.

On a machine without a GPU it measures the CPU and says so.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.features import LENGTH_S, pictures, timed, windows
from benchmarks.reader import generate
from engine.features.base import Clip
from engine.features.embedding import FIRST_BATCH, Embedding, EmbeddingSettings
from engine.features.resources import Resources
from engine.features.shared import Shared
from engine.video.probe import probe
from engine.video.types import Sample

if TYPE_CHECKING:
    from engine.features.encoders.encoder import WantedPrecision

ROUNDS = 3
MODEL = "ViT-B-32"

Frames = dict[Clip, list[Sample]]


@dataclass
class Result:
    """One file on one device."""

    file: str
    device: str
    precision: str
    batch_size: int
    pictures: int
    extractor_s: float
    network_s: float
    prepare_and_network_s: float
    least_cosine: float

    @property
    def of_bare(self) -> float:
        """Throughput over that of the network alone."""
        return self.network_s / self.extractor_s

    @property
    def of_bare_with_preparing(self) -> float:
        """Throughput over that of preparing and the network."""
        return self.prepare_and_network_s / self.extractor_s


def random_weights(folder: Path) -> Path:
    """Weights of the model, drawn with a fixed seed."""
    import open_clip
    import torch

    torch.manual_seed(0)
    path = folder / f"{MODEL}.pt"
    torch.save(open_clip.create_model(MODEL).state_dict(), path)
    return path


def extractor(weights: Path, device: str, batch_size: int, precision: WantedPrecision = "auto") -> Embedding:
    """The extractor as in a job, its model loaded."""
    settings = EmbeddingSettings(
        model=MODEL, weights_file=str(weights), fallback=False, batch_size=batch_size, precision=precision
    )
    made = Embedding(settings, Resources(download=False, device=device))
    made.prepare()
    return made


def vectors(embedding: Embedding, frames: Frames) -> list[Any]:
    """The vector of each clip, through the extractor."""
    pending, shared = [], Shared()
    for clip, samples in frames.items():
        accumulator = embedding.begin(clip, shared)
        for sample in samples:
            accumulator.add(sample)
        pending.append(accumulator.finish())
    embedding.flush()
    return [each.result().vector for each in pending]


def network_alone(embedding: Embedding, inputs: list[Any]) -> None:
    """Run the network alone on prepared tensors, in full batches of the extractor's size."""
    for start in range(0, len(inputs), embedding.batch_size):
        embedding.encoder.encode_prepared(inputs[start : start + embedding.batch_size])


def measure(path: Path, weights: Path, device: str, batch_size: int) -> Result:
    """Measure both sides on one file, and compare the vectors with the CPU's."""
    clips = windows(probe(path).duration_s, LENGTH_S, LENGTH_S)
    embedding = extractor(weights, device, batch_size)
    found = pictures(path, clips, embedding.settings.rate_hz)
    frames = {clip: found[clip.key] for clip in clips}
    images = [sample.image for samples in frames.values() for sample in samples]
    prepare = embedding.encoder.prepare_image
    inputs = [prepare(image) for image in images]
    network_alone(embedding, inputs[:batch_size])
    extractor_s, network_s, plain_s = [], [], []
    for _ in range(ROUNDS):
        extractor_s.append(timed(vectors, embedding, frames))
        network_s.append(timed(network_alone, embedding, inputs))
        plain_s.append(timed(lambda: network_alone(embedding, [prepare(image) for image in images])))
    ours, reference = vectors(embedding, frames), vectors(extractor(weights, "cpu", batch_size, "full"), frames)
    return Result(
        file=path.name,
        device=embedding.encoder.device,
        precision=embedding.encoder.precision,
        batch_size=batch_size,
        pictures=len(images),
        extractor_s=min(extractor_s),
        network_s=min(network_s),
        prepare_and_network_s=min(plain_s),
        least_cosine=min(float(np.dot(a, b)) for a, b in zip(ours, reference, strict=True)),
    )


def main() -> None:
    """Measure each file and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--batch-size", type=int, default=FIRST_BATCH)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = options.files
        if not files:
            files = [Path(folder) / "generated-1080p.mp4"]
            generate(files[0], options.seconds)
        weights = random_weights(Path(folder))
        results = [measure(path, weights, options.device, options.batch_size) for path in files]
    if options.json:
        print(json.dumps([asdict(result) for result in results]))
        return
    for result in results:
        print(f"{result.file}: {result.pictures} pictures, {MODEL} on {result.device}, batches of {result.batch_size}")
        if result.device == "cpu":
            print("  no GPU here: what follows is the CPU's")
        print(f"  {result.pictures / result.extractor_s:.0f} pictures/s through the extractor")
        print(f"  {result.of_bare:.2f} of the network alone (goal on a GPU 0.7)")
        print(f"  {result.of_bare_with_preparing:.2f} of preparing and network")
        print(f"  least cosine with the CPU's vectors in full precision: {result.least_cosine:.6f}")


if __name__ == "__main__":
    main()
