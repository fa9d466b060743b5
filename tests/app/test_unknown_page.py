"""Which addresses are pages, and that all that is none of ours is passed on."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from app.navigation import PAGES
from app.unknown_page import is_unknown_page

BROWSER = Headers({"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})


@pytest.mark.parametrize("path", ["/", "", "/library/", *(f"/{page.url_path}" for page in PAGES)])
def test_every_page_is_passed_on(path: str) -> None:
    assert not is_unknown_page("GET", path, BROWSER)


@pytest.mark.parametrize(
    "path",
    [
        "/favicon.png",
        "/static/js/index.js",
        "/media/x",
        "/app/static/source/a",
        "/_stcore/x",
        "/library/_stcore/health",
    ],
)
def test_what_is_no_page_is_passed_on(path: str) -> None:
    assert not is_unknown_page("GET", path, BROWSER)


def test_only_who_wants_a_page_is_told_that_there_is_none() -> None:
    assert is_unknown_page("GET", "/nowhere", BROWSER)
    assert is_unknown_page("GET", "/library/nowhere", BROWSER)
    assert not is_unknown_page("POST", "/nowhere", BROWSER)
    assert not is_unknown_page("GET", "/nowhere", Headers({"accept": "application/json"}))
