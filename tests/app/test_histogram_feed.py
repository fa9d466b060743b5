"""What the filter panel's feed answers, also to addresses that nobody meant."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import histogram_feed
from app.histogram_feed import FILTER_FEED, filter_routes
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from storage import Workspace


@pytest.fixture
def feed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The feed over a filled workspace."""
    fill(workspace)
    monkeypatch.setattr(histogram_feed, "open_services", lambda: SimpleNamespace(workspace=workspace))
    return TestClient(Starlette(routes=filter_routes()))


def test_the_counts_of_a_view_come_as_one_answer(feed: TestClient) -> None:
    answer = feed.get(f"{FILTER_FEED}?source=epic&range=hands_any_share:0.5:")
    found = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (found["everything"], found["stale"]) == (40, False)
    assert {row["value"]: row["everything"] for row in found["sources"]} == {"folder": 20, "epic": 20}
    hands = next(row for row in found["numbers"] if row["column"] == "hands_any_share")
    assert (sum(hands["everything"]), sum(hands["passing"])) == (40, 20)
    assert found["clips"] < 20


@pytest.mark.parametrize(
    "query",
    [
        "range=hands_any_share:x:y", "range=hands_any_share:nan:inf", "range=::", "labelled=maybe", "source=%00",
        "tag=" + "x" * 5000, "picked=nothing", "narration=%27%20OR%201%3D1%20--", "order=up&order=down", "junk=%FF%FE",
        "&".join(f"video=v{n}" for n in range(300)), "range=reward:1e400:-1e400", "range=reward:5:1",
    ],
)  # fmt: skip
def test_no_address_is_too_odd(feed: TestClient, query: str) -> None:
    answer = feed.get(f"{FILTER_FEED}?{query}")
    assert answer.status_code == 200
    assert 0 <= answer.json()["clips"] <= 40


def test_an_unknown_number_is_answered_in_words(feed: TestClient) -> None:
    answer = feed.get(f"{FILTER_FEED}?range=c.clip_id);DROP TABLE clip;--:1:2")
    assert answer.status_code == 400
    assert "no number of this library" in answer.json()["problem"]


def test_the_feed_only_reads(feed: TestClient) -> None:
    assert feed.post(FILTER_FEED).status_code == 405
