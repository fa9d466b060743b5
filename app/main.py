"""The app's entry point, `streamlit run app/main.py`: the router script, media routes, opening and closing."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import streamlit as st
from starlette.middleware import Middleware

from app.find_feed import find_routes
from app.histogram_feed import filter_routes
from app.host_check import HostCheck
from app.map_feed import map_routes
from app.media import media_routes
from app.server_options import PORT_VARIABLE, server_options
from app.server_start import announce, home_route, quiet_the_server, send_without_delay
from app.services import close_services, open_services
from app.unknown_page import UnknownPage
from app.wall_feed import wall_routes
from engine.errors import HandpickedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, object]]:
    """Open the workspace when the server starts and close it when the server ends."""
    # A locked or damaged workspace must not keep the server from starting: the pages show the error.
    problem = ""
    # Slower answers are no reason not to start.
    with contextlib.suppress(OSError, psutil.Error):
        send_without_delay()
    try:
        open_services()
    except HandpickedError as error:
        problem = str(error)
    announce(problem)
    try:
        yield {}
    finally:
        close_services()


quiet_the_server()
app = st.App(
    Path(__file__).with_name("router.py"),
    routes=[home_route(), *media_routes(), *find_routes(), *wall_routes(), *filter_routes(), *map_routes()],
    middleware=[Middleware(HostCheck), Middleware(UnknownPage)],
    lifespan=lifespan,
)

if __name__ == "__main__":
    # `handpicked app` replaces itself by this process. Ctrl-C is the usual way to end it.
    with contextlib.suppress(KeyboardInterrupt):
        app.run(config=server_options(int(os.environ[PORT_VARIABLE])))
