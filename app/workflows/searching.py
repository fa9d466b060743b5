"""Searches of the library by likeness: to a text, to a picture."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.workflows.encoding import encode
from engine.errors import EngineError

if TYPE_CHECKING:
    from storage import Workspace

__all__ = ["search_for"]


def search_for(workspace: Workspace, kind: str, title: str, content: bytes) -> str:
    """Keep a search by `text` (UTF-8) or `image` (a picture file's bytes); returns its id for a `ClipView`.

    A search that was made before needs no model. Raises `EngineError` where there are no embeddings, where the model
    knows no text, or where the settings name another model than the one that made the embeddings.
    """
    model = workspace.features.embedding_model()
    if model is None:
        raise EngineError("No clip has an embedding yet.", remedy="Extract features first.")
    if kind == "text":
        known = workspace.library.search_for(kind, title, model)
        if known is not None:
            return known
        found = encode(workspace, text=content.decode())
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "picture"
            path.write_bytes(content)
            found = encode(workspace, image=str(path))
    if found.model != model:
        raise EngineError(
            f"The clips' embeddings are by {model}, the settings now give {found.model}: they can't be compared.",
            remedy="Extract the embedding again, or set the model back on the Settings page.",
        )
    return workspace.library.keep_search(kind, title, model, found.vector)
