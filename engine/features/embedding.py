"""Extractor `embedding`: an image embedding of a clip, for search, similarity and the reward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from engine.features.base import COLOR_SHORT_SIDE_PX, ClipResult, Column, Extractor, no_effect
from engine.features.encoders.batcher import Batcher, Ticket
from engine.features.encoders.clip_files import find_clip
from engine.features.encoders.encoder import FALLBACK, Encoder, load_encoder
from engine.features.registry import register
from engine.files.digest import remembered_sha256
from engine.settings_model import SettingsModel
from engine.video.types import FrameRequest
from engine.weights import EFFICIENTNET_LITE0

if TYPE_CHECKING:
    from engine.features.base import Clip
    from engine.features.shared import Shared
    from engine.video.types import DeviceSample, Sample

__all__ = ["Embedding", "EmbeddingSettings", "pool"]

FIRST_BATCH = 16
MOST_AT_ONCE = 1024
"""With ViT-B-32 on an H100, batches of 16 reach a tenth of the throughput of batches of 256, which is nearly all."""


class EmbeddingSettings(SettingsModel):
    """Vectors by a CLIP model, or by a small bundled network where CLIP's weights are missing."""

    rate_hz: float = Field(
        default=2.0, ge=0.1, le=30, title="Sampling rate (Hz)", description="Frames embedded in a second of video."
    )
    model: str = Field(
        default="ViT-B-32", title="Model", description="Any model that open_clip knows. ViT-B-32 gives 512 numbers."
    )
    pretrained: str = Field(
        default="laion2b_s34b_b79k", title="Weights", description="Which of open_clip's weights for that model."
    )
    weights_file: str = no_effect(
        "",
        title="Weights file",
        description="A file with the weights, if not where Handpicked looks by itself.",
    )
    fallback: bool = no_effect(
        True,
        title="Allow the bundled network",
        description="Use EfficientNet-Lite0 where CLIP's weights are missing. Text can't be searched then.",
    )
    batch_size: int = no_effect(
        0,
        ge=0,
        le=1024,
        title="Batch size",
        description="Frames that go through the model at once, from however many clips; 0: 16, doubled on a GPU for as "
        "long as that saves time. Halved when memory runs out.",
    )
    precision: Literal["auto", "full", "half"] = no_effect(
        "auto",
        title="Precision",
        description="auto: half precision on CUDA, and on processors that compute bfloat16 themselves; else full. "
        "Differences are rounding.",
    )


def pool(vectors: np.ndarray[Any, np.dtype[np.float32]]) -> tuple[np.ndarray[Any, np.dtype[np.float32]], float]:
    """`(vector, spread)` of unit vectors `(n, d)`: their mean scaled to unit length, and one minus its length before.

    The spread is 0 where all frames look the same, and 1 where they cancel out (one minus the mean resultant length of
    directional statistics; Mardia & Jupp 2000).
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    length = float(np.linalg.norm(mean))
    return (mean / max(length, 1e-12)).astype(np.float32), max(0.0, 1.0 - length)


@register
class Embedding(Extractor[EmbeddingSettings]):
    """Image embeddings, pooled over a clip; batches fill across clips."""

    name = "embedding"
    title = "Embedding"
    description = "What the clip looks like, as a vector for search and similarity."
    for_several_videos = True
    settings_model = EmbeddingSettings
    has_vector = True
    columns = (
        Column(
            "spread",
            "",
            "How much the look changes within the clip: 0 for not at all, 1 at most.",
            title="Change of look",
        ),
    )

    def requests(self) -> tuple[FrameRequest, ...]:
        """Colour frames, scaled further by the model's own preprocessing."""
        return (FrameRequest(self.settings.rate_hz, COLOR_SHORT_SIDE_PX, "rgb", self.on_device),)

    def weights_identity(self) -> str:
        """The name of the CLIP model or the fingerprint of its file; the fallback's where that would be used."""
        settings = self.settings
        path = find_clip(settings.model, settings.pretrained, settings.weights_file, self.resources.weights_folders)
        if path is None and settings.fallback and not self._is_clip():
            return f"{FALLBACK}:{EFFICIENTNET_LITE0.sha256}"
        if settings.weights_file and path is not None:
            return f"{settings.model}:{remembered_sha256(path)}"
        return f"{settings.model}/{settings.pretrained}"

    def prepare(self) -> None:
        """Load the model."""
        settings = self.settings
        self.encoder = load_encoder(
            settings.model,
            settings.pretrained,
            settings.weights_file,
            self.resources,
            fallback=settings.fallback,
            precision=settings.precision,
        )
        grows = not settings.batch_size and self.encoder.device.startswith("cuda")
        self._batcher: Batcher[Any] = Batcher(
            self.encoder.encode_prepared,
            settings.batch_size or FIRST_BATCH,
            most=MOST_AT_ONCE if grows else 0,
        )

    def begin(self, clip: Clip, shared: Shared) -> _Frames:
        """Begin a clip; frames shared by overlapping clips are embedded once."""
        return _Frames(self.encoder, self._batcher, shared)

    def flush(self) -> None:
        """Run the last batch, full or not."""
        self._batcher.run()

    @property
    def batch_size(self) -> int:
        """How many frames go through the model at once by now."""
        return self._batcher.batch_size

    def _is_clip(self) -> bool:
        encoder: Encoder | None = getattr(self, "encoder", None)
        return encoder is not None and encoder.model != FALLBACK


class _Frames:
    def __init__(self, encoder: Encoder, batcher: Batcher[Any], shared: Shared) -> None:
        self._encoder, self._batcher, self._shared = encoder, batcher, shared
        self._tickets: list[Ticket] = []

    def add(self, sample: Sample) -> None:
        make = lambda: self._batcher.add(self._encoder.prepare_image(sample.image))  # noqa: E731
        self._tickets.append(self._shared.once(("embedding", sample.t_s), make))

    def add_on_device(self, sample: DeviceSample) -> None:
        make = lambda: self._batcher.add(self._encoder.prepare_on_device(sample.picture))  # noqa: E731
        self._tickets.append(self._shared.once(("embedding", sample.t_s), make))

    def finish(self) -> _Pooled:
        return _Pooled(self._encoder.model, self._batcher, self._tickets)


class _Pooled:
    def __init__(self, model: str, batcher: Batcher[Any], tickets: list[Ticket]) -> None:
        self._model, self._batcher, self._tickets = model, batcher, tickets

    def ready(self) -> bool:
        return all(ticket.done for ticket in self._tickets)

    def result(self) -> ClipResult:
        if not self.ready():
            self._batcher.run()
        vectors = np.stack([ticket.vector() for ticket in self._tickets])
        vector, spread = pool(vectors)
        return ClipResult(values={"spread": spread}, vector=vector, model=self._model)
