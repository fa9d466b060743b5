"""Answers requests for a member of a tar: its bytes alone, with HTTP ranges counted from its own beginning."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
from starlette.responses import FileResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from engine.files.place import FilePlace

__all__ = ["MemberResponse"]


class MemberResponse(FileResponse):
    """A `FileResponse` whose file is a member of a tar. Raises `OSError` where the tar can't be looked at."""

    def __init__(self, place: FilePlace, media_type: str) -> None:
        status = place.file.stat()
        # Named by the member, not the tar: should a later Starlette open `path` by itself, it finds nothing.
        super().__init__(
            os.fspath(place.name),
            media_type=media_type,
            stat_result=os.stat_result((*status[:6], place.size_bytes, *status[7:])),
        )
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a server that offers to read the file by its path is not taken up on it."""
        extensions = {name: how for name, how in (scope.get("extensions") or {}).items() if "pathsend" not in name}
        await super().__call__({**scope, "extensions": extensions}, receive, send)

    @asynccontextmanager
    async def _open_file(self) -> AsyncIterator[anyio.AsyncFile[bytes]]:
        file = anyio.wrap_file(await anyio.to_thread.run_sync(self._place.open))
        try:
            yield file
        finally:
            with anyio.CancelScope(shield=True):
                await file.aclose()
