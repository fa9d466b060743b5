"""What the map's feed answers, also to addresses that nobody meant."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import map_feed
from app.map_feed import LASSO, MAP_FEED, map_routes
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from storage import Workspace


@pytest.fixture
def ids(workspace: Workspace) -> list[str]:
    """40 clips, the last of which has no place on the map."""
    made = sorted(fill(workspace))
    n = len(made) - 1
    rows = {"clip_id": made[:n], "x": np.linspace(0, 1, n, dtype=np.float32), "y": np.zeros(n, np.float32)}
    workspace.likeness.put_map(pa.table({**rows, "method": ["pca"] * n, "model": ["made up"] * n}))
    return made


@pytest.fixture
def feed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, ids: list[str]) -> TestClient:
    """The feed over them."""
    monkeypatch.setattr(map_feed, "open_services", lambda: SimpleNamespace(workspace=workspace))
    return TestClient(Starlette(routes=map_routes()))


def states(feed: TestClient, query: str) -> list[int]:
    """How a view takes each point."""
    answer = feed.get(f"{MAP_FEED}/inside?{query}").json()
    return list(base64.b64decode(answer["states"]))


def floats(packed: str) -> list[float]:
    return [round(float(part), 4) for part in np.frombuffer(base64.b64decode(packed), "<f4")]


def test_points_come_with_the_number_behind_their_colour(
    feed: TestClient, ids: list[str], workspace: Workspace
) -> None:
    found = feed.get(f"{MAP_FEED}/points?column=reward").json()
    assert found["clip_ids"] == ids[:-1]
    assert floats(found["x"])[0] == 0
    assert floats(found["x"])[-1] == 1
    rewards = {row.clip_id: row.reward for row in workspace.library.rows(ids)}
    assert floats(found["value"]) == [round(rewards[clip_id] or 0, 4) for clip_id in ids[:-1]]
    buckets = floats(found["bucket"])
    assert (min(buckets), max(buckets)) == (0, 8)
    assert found["low"] < found["high"]
    assert {found["videos"][int(at)] for at in floats(found["video"])} == {f"video{n}" for n in range(4)}


def test_names_are_classes_the_most_frequent_first(feed: TestClient) -> None:
    found = feed.get(f"{MAP_FEED}/points?column=source").json()
    assert found["classes"] == ["folder", "epic"]
    assert (found["low"], found["high"]) == (None, None)
    assert [floats(found["bucket"]).count(n) for n in range(2)] == [20, 19]


def test_a_view_says_of_each_point_whether_it_is_in(feed: TestClient, ids: list[str]) -> None:
    assert states(feed, "") == [2] * 39
    assert states(feed, "video=video0") == [2 if clip_id.startswith("video0@") else 0 for clip_id in ids[:-1]]
    answer = feed.get(f"{MAP_FEED}/inside?").json()
    assert (answer["inside"], answer["missing"]) == (39, 1)


def test_what_a_lasso_alone_keeps_out_can_be_drawn_around_again(
    feed: TestClient, ids: list[str], workspace: Workspace
) -> None:
    lasso = workspace.library.keep_selection(ids[:3], LASSO)
    others = {2 if n < 3 else 1 for n in range(39)}
    assert set(states(feed, f"picked={lasso}")) == others == {1, 2}
    mixed = states(feed, f"picked={lasso}&video=video0")
    assert mixed[:3] == [2, 2, 2]
    assert {state for clip_id, state in zip(ids, mixed, strict=False) if not clip_id.startswith("video0@")} == {0}
    chosen = workspace.library.keep_selection(ids[3:6], "picked clips")
    assert set(states(feed, f"picked={chosen}")) == {0, 2}


@pytest.mark.parametrize("query", ["column=c.x);DROP TABLE clip;--", "column=nothing", "column=%00"])
def test_an_unknown_column_is_answered_in_words(feed: TestClient, query: str) -> None:
    answer = feed.get(f"{MAP_FEED}/points?{query}")
    assert answer.status_code == 400
    assert "no number of this library" in answer.json()["problem"]


def test_the_feed_only_reads_and_has_an_answer_without_a_map(feed: TestClient, workspace: Workspace) -> None:
    assert feed.post(f"{MAP_FEED}/points").status_code == 405
    before = workspace.likeness.map_state()
    workspace.database.write("UPDATE clip_map SET x = 0.5")
    after = workspace.likeness.map_state()
    assert before
    assert after
    assert before.mark != after.mark
    workspace.database.write("DELETE FROM clip_map")
    assert feed.get(f"{MAP_FEED}/points").json()["clip_ids"] == []
    assert states(feed, "") == []
