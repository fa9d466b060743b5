"""The search worker's messages: which model it loads, what is to be embedded, and the vector or why there is none."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from engine.features.embedding import EmbeddingSettings

__all__ = ["EncoderReply", "EncoderRequest", "EncoderStart"]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EncoderStart(_Message):
    """The first line: the settings of `embedding`, and the folders where weights may lie."""

    embedding: EmbeddingSettings
    weights_folders: tuple[str, ...]


class EncoderRequest(_Message):
    """A text, or the path of a picture."""

    id: str
    text: str | None = None
    image: str | None = None


class EncoderReply(_Message):
    """The vector and the model that computed it; or an error, and what to do about it."""

    id: str
    model: str = ""
    vector: tuple[float, ...] = ()
    error: str = ""
    remedy: str = ""
