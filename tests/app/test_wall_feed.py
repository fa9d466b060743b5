"""The wall's feed: cards of a view by range in the page's order, places, and questions that make no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import app.wall_feed
from app.services import Services
from app.wall_feed import MOST_CARDS, WALL_FEED, places_of, wall_routes
from app.workflows.jobs.supervisor import Supervisor
from storage import Workspace
from storage.library.view import view_from_params
from tests.blank_workspace import lay_out
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLIPS = 300


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    with Workspace(lay_out(tmp_path / "workspace")) as workspace:
        fill(workspace, videos=6, clips_each=50)
        supervisor = Supervisor(workspace)
        made = Services(workspace, supervisor)
        monkeypatch.setattr(app.wall_feed, "open_services", lambda: made)
        yield made
        supervisor.close()


@pytest.fixture
def feed(services: Services) -> TestClient:
    return TestClient(Starlette(routes=wall_routes()))


def asked(feed: TestClient, question: str, name: str = "cards") -> dict[str, Any]:
    answer = feed.get(f"{WALL_FEED}/{name}?{question}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(answer: dict[str, Any]) -> list[str]:
    return [card["id"] for card in answer["cards"]]


@pytest.mark.parametrize(
    "view",
    ["", "order=up", "sort=reward", "sort=reward&order=up", "source=epic&sort=sharpness_laplacian_median"],
)
def test_blocks_are_the_pages_of_the_library_one_after_another(services: Services, feed: TestClient, view: str) -> None:
    params = dict(pair.split("=") for pair in view.split("&")) if view else {}
    wanted = services.workspace.library.ids(view_from_params({key: [value] for key, value in params.items()}))
    found: list[str] = []
    while len(found) < len(wanted):
        answer = asked(feed, f"{view}&first={len(found)}&count=70")
        assert answer["total"] == len(wanted)
        found += ids(answer)
    assert found == wanted


def test_a_range_is_cut_at_the_end_and_limited(feed: TestClient) -> None:
    assert len(asked(feed, "first=290&count=60")["cards"]) == 10
    assert asked(feed, "first=300&count=60")["cards"] == []
    assert asked(feed, "first=999999999&count=60")["cards"] == []
    assert len(asked(feed, "first=0&count=999999999")["cards"]) == MOST_CARDS


@pytest.mark.parametrize(
    "question",
    [
        "first=-1&count=-5", "first=1e3", "first=٣", "first=99999999999999999999", "count=", "version=../../etc",
        "range=reward:nan:inf", "range=:::", "source=%00", "like=nothing", "search=nothing", "picked=nothing",
        "sort=group_id", "video=" + "x" * 600, "order=sideways", "narration=%F0%9F%92%A9",
    ],
)  # fmt: skip
def test_questions_that_make_no_sense_are_answered_within_the_limits(feed: TestClient, question: str) -> None:
    answer = asked(feed, question)
    assert len(answer["cards"]) <= MOST_CARDS
    assert answer["total"] <= CLIPS


def test_an_unknown_number_is_refused_in_a_sentence(feed: TestClient) -> None:
    answer = feed.get(f"{WALL_FEED}/cards?sort=reward;DROP TABLE clip")
    assert answer.status_code == 400
    assert "is no number of this library" in answer.json()["problem"]


def test_only_reading_is_possible(feed: TestClient) -> None:
    for method in ("post", "put", "delete", "patch"):
        assert getattr(feed, method)(f"{WALL_FEED}/cards").status_code == 405


def test_a_place_is_where_the_card_is(feed: TestClient) -> None:
    cards = ids(asked(feed, "sort=reward&first=0&count=240"))
    for place in (0, 17, 239):
        assert asked(feed, f"sort=reward&clip={cards[place]}", "place")["place"] == place
    assert asked(feed, "clip=nobody", "place")["place"] is None
    assert asked(feed, "", "place")["place"] is None


def test_an_order_that_is_shown_stays_as_it_was_while_clips_leave_the_view(
    services: Services, feed: TestClient
) -> None:
    before = asked(feed, "without=keep&first=0&count=20")
    services.workspace.tags.add([before["cards"][3]["id"]], "keep")
    still = asked(feed, f"without=keep&first=0&count=20&version={before['version']}")
    assert ids(still) == ids(before)
    assert still["cards"][3]["decision"] == "keep"
    now = asked(feed, "without=keep&first=0&count=20")
    assert (now["total"], now["version"] == before["version"]) == (CLIPS - 1, False)
    moved = asked(feed, f"without=keep&was={before['version']}&places=2-4,9-9", "moved")
    assert moved["places"] == [[2, 3], [8, 8]]
    assert asked(feed, "without=keep&was=unknown&places=2-4", "moved")["places"] is None


def test_a_write_that_changes_no_order_keeps_its_version(services: Services, feed: TestClient) -> None:
    before = asked(feed, "sort=reward")
    changes = services.workspace.database.changes
    services.workspace.tags.add([before["cards"][0]["id"]], "wet floor")
    after = asked(feed, "sort=reward")
    assert services.workspace.database.changes > changes
    assert after["version"] == before["version"]
    assert after["cards"][0]["tags"] == ["wet floor"]


def test_a_clip_that_is_gone_leaves_its_place_empty(services: Services, feed: TestClient) -> None:
    before = asked(feed, "first=0&count=3")
    gone = before["cards"][1]["id"]
    services.workspace.database.write("DELETE FROM clip WHERE clip_id = ?", [gone])
    still = asked(feed, f"first=0&count=3&version={before['version']}")
    assert still["cards"][1] is None
    assert still["cards"][2] == before["cards"][2]


def test_stretches_of_places_are_read_and_nonsense_is_left_out() -> None:
    assert places_of("0-4,9-9") == [(0, 4), (9, 9)]
    assert places_of("") == places_of("a-b,3,-,1-2-3, 1-2,٣-٤,1-99999999999") == []
    assert len(places_of("1-1," * 5000)) == 2000
