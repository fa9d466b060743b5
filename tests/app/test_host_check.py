"""Which requests are answered: those to this machine's own names, from the app's own pages."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.host_check import HostCheck
from app.server_options import host_name

PROXY = "media.example.org"


async def say_host(request: object) -> PlainTextResponse:
    return PlainTextResponse(request.headers["host"])  # type: ignore[attr-defined]


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")


@pytest.fixture
def browser() -> TestClient:
    """A client of an app that answers everything, behind the check."""
    routes = [Route("/", say_host, methods=["GET", "PUT"]), WebSocketRoute("/socket", greet)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(HostCheck, added=[PROXY])]))


def status(browser: TestClient, **headers: str) -> int:
    return browser.get("/", headers={name.replace("_", "-"): value for name, value in headers.items()}).status_code


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8501", "127.0.0.1:1", "[::1]", "[::1]:8501", f"{PROXY}:443"])
def test_the_names_of_this_machine_are_answered(browser: TestClient, host: str) -> None:
    assert status(browser, host=host) == 200
    assert status(browser, host=host, origin=f"http://{host}") == 200


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "evil.example:8501",
            "localhost.evil.example",
            "evil.example/localhost",
            "localhost@evil.example",
        ),
        *(
            "127.0.0.1.evil.example",
            "127.0.0.2",
            "localhost:8501:8501",
            "localhost:",
            "localhost ",
            "",
            "0.0.0.0:8501",
            "::1",
        ),
        *("localhost.", "[::1", f"x.{PROXY}", "localhost, evil.example"),
    ],
)
def test_other_names_are_refused_in_words(browser: TestClient, host: str) -> None:
    answer = browser.get("/", headers={"host": host})
    assert answer.status_code == 403
    assert "localhost or 127.0.0.1" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")


def test_two_hosts_are_refused(browser: TestClient) -> None:
    headers = [("host", "localhost"), ("host", "localhost")]
    assert browser.get("/", headers=headers).status_code == 403  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "http://evil.example",
            "https://localhost.evil.example:8501",
            "null",
            "http://localhost:9999",
            "localhost:8501",
        ),
        *(
            "http://127.0.0.1:8501",
            "http://localhost:8501@evil.example",
            "file://",
            "http://[",
            "ftp://localhost:8501",
            "",
        ),
        f"https://{PROXY}.evil.example",
    ],
)
def test_pages_of_other_sites_are_refused(browser: TestClient, origin: str) -> None:
    assert status(browser, host="localhost:8501", origin=origin) == 403


def test_what_is_no_browser_has_no_origin(browser: TestClient) -> None:
    assert status(browser, host="localhost:8501") == 200
    assert status(browser, host="localhost:8501", origin="http://localhost:8501") == 200


def test_what_other_sites_put_into_their_pages_is_refused_and_a_link_is_followed(browser: TestClient) -> None:
    here = {"host": "localhost:8501"}
    for site in ("cross-site", "same-site"):
        for kind in ("image", "video", "script", "iframe"):
            mode = "navigate" if kind == "iframe" else "no-cors"
            sent = {**here, "sec_fetch_site": site, "sec_fetch_mode": mode, "sec_fetch_dest": kind}
            assert status(browser, **sent) == 403
        assert status(browser, **here, sec_fetch_site=site, sec_fetch_mode="navigate", sec_fetch_dest="document") == 200
    assert (
        status(browser, **here, sec_fetch_site="same-origin", sec_fetch_mode="no-cors", sec_fetch_dest="image") == 200
    )


def test_a_proxy_that_keeps_its_name_to_itself_is_known_by_the_origin(browser: TestClient) -> None:
    """nginx puts its upstream's address into `Host` unless told otherwise."""
    answer = browser.get("/", headers={"host": "127.0.0.1:8501", "origin": f"https://{PROXY}"})
    assert (answer.status_code, answer.text) == (200, PROXY)


def test_the_socket_is_refused_at_the_handshake(browser: TestClient) -> None:
    with browser.websocket_connect("/socket", headers={"host": "localhost"}) as socket:
        assert socket.receive_text() == "hello"
    for headers in ({"host": "evil.example"}, {"host": "localhost", "origin": "http://evil.example"}):
        with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/socket", headers=headers):
            pass


def test_changes_are_refused_too(browser: TestClient) -> None:
    assert browser.put("/", headers={"host": "localhost", "origin": "http://evil.example"}).status_code == 403


def test_a_name_of_a_host_has_no_scheme_and_no_path() -> None:
    assert host_name("Media.Example.org:443") == PROXY
    assert [host_name(text) for text in ("http://x", "x/y", "x y", "", "x:", "x:123456")] == [None] * 6
