"""Answers addresses that are no page of the app with 404 and links to its pages.

Streamlit answers every address with its own front end, which shows the first page under a window "Page not found".
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse

from app.navigation import PAGES
from app.text import one_line

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["UnknownPage", "is_unknown_page"]

SERVED = frozenset({"app", "auth", "component", "media", "oauth2callback", "static"})
"""First path segments under which files and data are served, beside those that begin with an underscore."""
MOST_LETTERS = 80

_LOOK = """
:root { color-scheme: light dark; font: 16px/1.5 "Source Sans", "Source Sans 3", sans-serif; }
body { margin: 0; padding: 48px 24px; max-width: 40rem;
       background: light-dark(#fafaf9, #131416); color: light-dark(#1c1d1f, #e8e8e6); overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; font-weight: 650; }
a { color: light-dark(#0f766e, #5eead4); margin-right: 1rem; white-space: nowrap; }
"""


def is_unknown_page(method: str, path: str, headers: Headers) -> bool:
    """Whether a request opens an address as a page where the app has none."""
    place = path.strip("/")
    first, last = place.split("/")[0], place.split("/")[-1]
    if method not in {"GET", "HEAD"} or "text/html" not in headers.get("accept", ""):
        return False
    if not place or first in SERVED or first.startswith("_") or "_stcore" in place or "." in last:
        return False
    return place not in {page.url_path for page in PAGES}


class UnknownPage:
    """ASGI middleware before Streamlit's routes: passes known addresses on, and answers the rest with 404 and links."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer that there is no such page."""
        if scope["type"] == "http" and is_unknown_page(scope["method"], scope["path"], Headers(scope=scope)):
            answer = HTMLResponse(_words(scope["path"]), status_code=404, headers={"X-Content-Type-Options": "nosniff"})
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _words(path: str) -> str:
    asked = one_line(path)
    asked = asked if len(asked) <= MOST_LETTERS else f"{asked[:MOST_LETTERS]}…"
    links = " ".join(
        f'<a href="/{"" if page is PAGES[0] else page.url_path}">{html.escape(page.title)}</a>' for page in PAGES
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>No such page · Handpicked</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_LOOK}</style></head><body>'
        f"<h1>There is no page here</h1><p>Handpicked has no page at {html.escape(asked)}. It has these:</p>"
        f"<nav>{links}</nav></body></html>"
    )
