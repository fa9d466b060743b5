"""What pages of other sites can reach of the running app, in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.e2e.conftest import App

OPENS = """address => new Promise(done => {
    const socket = new WebSocket(address);
    socket.onopen = () => done(true);
    socket.onerror = () => done(false);
})"""
SHOWS = """address => new Promise(done => {
    const picture = new Image();
    picture.onload = () => done(true);
    picture.onerror = () => done(false);
    picture.src = address;
})"""


def test_a_name_that_somebody_lets_point_here_gets_no_page(app: App, browser: Browser) -> None:
    """DNS rebinding: to the browser, evil.example and the app are one site."""
    page = browser.new_context().new_page()
    for path in ("", "/library", "/app/static/source/video"):
        answer = page.goto(f"http://evil.example:{app.port}{path}")
        assert answer is not None
        assert answer.status == 403
        assert "on this machine only" in page.inner_text("body")
    assert not page.evaluate(OPENS, f"ws://evil.example:{app.port}/_stcore/stream")
    page.context.close()


def test_a_page_of_another_site_gets_no_socket_and_no_picture(app: App, browser: Browser) -> None:
    page = browser.new_context().new_page()
    here = f"127.0.0.1:{app.port}"
    own = f"http://{here}/favicon.png"
    page.goto(own)
    assert page.evaluate(OPENS, f"ws://{here}/_stcore/stream")
    assert page.evaluate(SHOWS, own)
    # To a browser the other name of this machine is another site too.
    page.goto(f"http://localhost:{app.port}/favicon.png")
    assert not page.evaluate(OPENS, f"ws://{here}/_stcore/stream")
    assert not page.evaluate(SHOWS, own)
    page.context.close()
