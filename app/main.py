"""The app: `streamlit run app/main.py`. The router script, the media that it shows, and the workspace's life."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.media import media_routes
from app.services import close_services, open_services
from engine.errors import HandpickedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, object]]:
    """Open the workspace when the server starts and close it when the server ends."""
    # A locked or damaged workspace must not keep the server from starting: the pages say what is wrong with it.
    with contextlib.suppress(HandpickedError):
        open_services()
    try:
        yield {}
    finally:
        close_services()


app = st.App(Path(__file__).with_name("router.py"), routes=media_routes(), lifespan=lifespan)
