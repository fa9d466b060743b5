"""What Streamlit would show of its own: here the app has its own words, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from google.protobuf.message import DecodeError
from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg, ForwardMsgList

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page, WebSocketRoute

    from tests.e2e.conftest import App


@pytest.mark.parametrize("address", ["/nowhere", "/library/nowhere", "/Library", "/%3Cb%3Ebold%3C%2Fb%3E"])
def test_an_address_without_a_page_is_answered_in_our_words(page: Page, app: App, address: str) -> None:
    answer = page.goto(f"{app.url}{address}")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading")).to_have_text("There is no page here")
    assert "<b>bold</b>" in page.inner_text("p") or "%3C" not in address
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page).to_have_url(f"{app.url}/library")
    expect(page.get_by_test_id("stAppViewContainer")).to_be_visible()
    assert page.get_by_role("dialog").count() == 0


def test_a_page_at_work_shows_a_line_and_no_button_that_stops_it(page: Page, app: App) -> None:
    slow = SlowServer(page)
    page.goto(f"{app.url}/jobs")
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name="Videos")
    expect(link).to_be_visible()
    widget = page.get_by_test_id("stStatusWidget")
    expect(widget).to_have_count(0)
    for words in ("Deploy", "Stop"):
        assert page.get_by_role("button", name=words).count() == 0
    slow.holds = True
    link.click()
    expect(page.get_by_test_id("stStatusWidgetRunningIcon")).to_be_attached()
    assert widget.evaluate("it => getComputedStyle(it, '::after').height") == "2px", "the line at the window's top"
    assert widget.evaluate("it => [...it.querySelectorAll('*')].filter(x => x.checkVisibility()).length") == 0
    slow.go_on()
    expect(widget).to_have_count(0)
    expect(page.get_by_role("heading", name="Videos", exact=True)).to_be_visible()


def test_what_can_t_be_pressed_yet_says_why(page: Page, app: App) -> None:
    for address, name, why in (
        ("train", "Train a reward", "no labels to learn from"),
        ("scores", "Score again", "no reward yet"),
        ("validate", "Validate", "Import videos first"),
        ("ablations", "Ablate", "Import videos first"),
        ("videos", "Make clips", "no videos to cut"),
        ("label", "Start", "no two clips"),
    ):
        page.goto(f"{app.url}/{address}")
        action = page.locator(".st-key-page-head").get_by_role("button", name=name)
        expect(action).to_be_disabled()
        action.hover(force=True)
        expect(page.get_by_role("tooltip")).to_contain_text(re.compile(why))
        page.mouse.move(400, 700)


@pytest.fixture
def table(tmp_path: Path, page: Page, app: App) -> Locator:
    """A table of names that others gave: videos that are annotated and not here."""
    (tmp_path / "rows.csv").write_text("video,start_s,end_s\n=1+1,0,1\n", encoding="utf-8")
    page.goto(f"{app.url}/import")
    page.get_by_role("textbox", name="Annotation files").fill(str(tmp_path / "rows.csv"))
    page.get_by_test_id("stMain").get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("not here yet, their rows wait")).to_be_visible()
    page.goto(f"{app.url}/videos")
    return page.get_by_test_id("stDataFrame")


def test_a_table_has_no_download_that_a_spreadsheet_would_run(table: Locator, page: Page) -> None:
    expect(table).to_be_visible()
    table.hover()
    expect(page.get_by_role("button", name="Search", exact=True)).to_be_visible()
    assert page.get_by_role("button", name="Download as CSV").count() == 0


class SlowServer:
    """Stands between page and server; while it `holds`, the page hears that a run began and no more of it."""

    def __init__(self, page: Page) -> None:
        self.holds = False
        self._held: list[str | bytes] = []
        self._begun = False
        page.route_web_socket(re.compile("_stcore/stream"), self._relay)

    def _relay(self, socket: WebSocketRoute) -> None:
        self._socket = socket
        socket.connect_to_server().on_message(self._pass_on)

    def _pass_on(self, message: str | bytes) -> None:
        if self.holds and self._begun:
            self._held.append(message)
            return
        if self.holds and isinstance(message, bytes):
            self._begun = any(one.session_status_changed.script_is_running for one in messages_in(message))
        self._socket.send(message)

    def go_on(self) -> None:
        """Hand on what was held."""
        self.holds = False
        for message in self._held:
            self._socket.send(message)


def messages_in(data: bytes) -> list[ForwardMsg]:
    """What Streamlit put into one message of its socket: one of its own, or a list of them."""
    several = ForwardMsgList()
    try:
        several.ParseFromString(data)
    except DecodeError:
        several = ForwardMsgList()
    return list(several.messages) or [ForwardMsg.FromString(data)]
