"""Refuses requests that other web sites send to the app: checks `Host`, `Origin` and `Sec-Fetch-Site`.

The app has no accounts: whoever reaches it sees all footage and may change the workspace. It listens on loopback only,
but any web page that its user opens may send requests there too. A page of `evil.example` can make that name resolve
to 127.0.0.1 (DNS rebinding); its requests then carry `Host: evil.example`, and are refused here. Pages that request
127.0.0.1 itself are recognised by their `Origin` or by `Sec-Fetch-Site`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from app.server_options import LOOPBACK, added_hosts, host_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["HostCheck", "refusal"]

USUAL_PORTS = {"http": "80", "https": "443"}

WRONG_HOST = (
    "Handpicked answers on this machine only, as localhost or 127.0.0.1; this request was for another name. "
    "Where the name is that of a proxy of yours, start the app with: handpicked app --host NAME"
)
WRONG_ORIGIN = (
    "Handpicked answers its own pages only; this request came from a page of another site. "
    "Open the app in a tab of its own. Where a proxy stands before it, start it with: handpicked app --host NAME"
)


def refusal(headers: Headers, added: frozenset[str]) -> str | None:
    """Why a request is refused, as a sentence for its sender; None for a request that may pass."""
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or host_name(hosts[0]) not in LOOPBACK | added:
        return WRONG_HOST
    if len(origins) > 1 or any(not _is_ours(origin, hosts[0], added) for origin in origins):
        return WRONG_ORIGIN
    # Pictures, videos, scripts and frames that another site puts into its own page carry no `Origin`. A link to the app
    # on another site may be followed: that opens it as a page of its own.
    foreign = headers.get("sec-fetch-site") in {"cross-site", "same-site"}
    opened = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return WRONG_ORIGIN if foreign and not opened else None


def _is_ours(origin: str, host: str, added: frozenset[str]) -> bool:
    # Same name and same port: what another program serves on another port of this machine is another site.
    return _authority(origin) == host.lower() or host_name(_authority(origin)) in added


def _authority(origin: str) -> str:
    """`name` or `name:port` of an origin, without the scheme's default port; empty for `null` or a malformed origin."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    usual = USUAL_PORTS.get(parts.scheme)
    if usual is None or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return ""
    return parts.netloc.lower().removesuffix(f":{usual}")


class HostCheck:
    """ASGI middleware before all routes, Streamlit's websocket included: refuses with 403 and a sentence."""

    def __init__(self, app: ASGIApp, added: Iterable[str] | None = None) -> None:
        """`added`: host names allowed beside those of loopback; by default those of `$HANDPICKED_HOSTS`."""
        self._app = app
        self._added = added_hosts() if added is None else frozenset(added)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] in {"http", "websocket"}:
            reason = refusal(Headers(scope=scope), self._added)
            if reason is not None:
                await _refuse(reason, scope, receive, send)
                return
            scope = self._as_the_browser_knows_it(scope)
        await self._app(scope, receive, send)

    def _as_the_browser_knows_it(self, scope: Scope) -> Scope:
        """The request with the proxy's name as its host, where the proxy has replaced that by the app's own address.

        Streamlit compares the two for its websocket, and asks a server on the internet who this machine is where they
        differ.
        """
        origin = _authority(Headers(scope=scope).get("origin", ""))
        if host_name(origin) not in self._added:
            return scope
        changed = {**scope, "headers": list(scope["headers"])}
        MutableHeaders(scope=changed)["host"] = origin
        return changed


async def _refuse(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        # Before it was accepted: the server answers the handshake with 403. Nobody would read a sentence there.
        await WebSocket(scope, receive, send).close()
        return
    answer = PlainTextResponse(f"{reason}\n", status_code=403, headers={"X-Content-Type-Options": "nosniff"})
    await answer(scope, receive, send)
