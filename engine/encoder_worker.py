"""The warm worker of searches: `python -m engine.encoder_worker`, one JSON object per line in and out.

The first line of standard input is an `EncoderStart`, each further one an `EncoderRequest`; answers are `EncoderReply`
(`engine/contracts/encoder.py`). The worker exits when standard input is closed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.contracts.encoder import EncoderReply, EncoderRequest, EncoderStart
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.features.encoders.encoder import Encoder

__all__ = ["answer", "main"]


def answer(encoder: Encoder, request: EncoderRequest) -> EncoderReply:
    """The vector of a text or a picture.

    Raises `EngineError` for a picture that can't be read, or a model without a text encoder.
    """
    if request.text is not None:
        vector = encoder.encode_text([request.text])[0]
    else:
        vector = encoder.encode_image([picture(Path(request.image or ""))])[0]
    return EncoderReply(id=request.id, model=encoder.model, vector=tuple(float(value) for value in vector))


def picture(path: Path) -> Any:
    """An RGB picture `(height, width, 3) uint8`, upright as its metadata says."""
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError) as error:
        raise EngineError(
            f"The picture can't be read: {error}", remedy="Give a JPEG, PNG or WebP file of ordinary size."
        ) from error


def main() -> None:
    """Load the model, then answer requests until standard input is closed."""
    from engine.features.encoders.encoder import load_encoder
    from engine.features.resources import Resources

    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what libraries print must not mix with answers
    start = EncoderStart.model_validate_json(sys.stdin.readline())
    settings = start.embedding
    resources = Resources(weights_folders=tuple(Path(folder) for folder in start.weights_folders))
    encoder: Encoder | None = None
    for line in sys.stdin:
        request = EncoderRequest.model_validate_json(line)
        try:
            if encoder is None:
                encoder = load_encoder(
                    settings.model,
                    settings.pretrained,
                    settings.weights_file,
                    resources,
                    fallback=settings.fallback,
                    precision=settings.precision,
                )
            reply = answer(encoder, request)
        except EngineError as error:
            reply = EncoderReply(id=request.id, error=error.message, remedy=error.remedy)
        channel.write(reply.model_dump_json() + "\n")
        channel.flush()


if __name__ == "__main__":
    main()
    os._exit(0)
