"""The Train and Scores pages, run as Streamlit runs them, over a store with and without a reward."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from app.services import close_services, open_services
from app.workflows.reward_data import clip_table, pair_table
from engine.reward.study import study
from storage.rewards import RewardModel
from tests.app.workflows.stocked import label_it, stock
from tests.blank_workspace import lay_out
from tests.engine.reward import made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage import Workspace

ROUTER = Path(__file__).resolve().parents[3] / "app" / "router.py"
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The workspace that the app has open."""
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "workspace")))
    yield open_services().workspace
    close_services()


def show(page: str) -> AppTest:
    """The page, drawn."""
    test = AppTest.from_file(str(ROUTER), default_timeout=240).run()
    test.switch_page(f"../pages/{page}").run()
    assert not test.exception, test.exception
    return test


def said(test: AppTest) -> str:
    """All text on the page."""
    return "\n".join(
        [*(m.value for m in test.markdown), *(c.value for c in test.caption), *(t.value for t in test.title)]
    )


def test_empty_pages_say_what_to_do(opened: Workspace) -> None:
    assert "No labels to learn from yet" in said(show("train.py"))
    assert "No reward yet" in said(show("scores.py"))
    stock(opened)
    label_it(opened, 20, kind="simulated")
    test = show("train.py")
    assert "20 simulated labels" in said(test)
    assert [button.label for button in test.button if button.label == "Train a reward"]


@pytest.mark.slow
def test_a_trained_reward_shows_on_both_pages(opened: Workspace) -> None:
    stock(opened)
    label_it(opened, 80, kind="simulated", annotator="robot")
    clips = clip_table(opened)
    found = study(clips, pair_table(clips, opened.labels.find()), made.QUICK_MODEL, made.QUICK)
    report = replace(found.report, kind="simulated", seconds=1.0)
    for number in (1, 2):
        settings = {"model": {}, "training": {}}
        model = RewardModel(
            model_id=f"m{number}",
            name=f"Reward {number}",
            created_at=datetime.now(UTC),
            seed=0,
            settings=settings,
            report=report,
        )
        opened.rewards.add(model)
        scores = found.reward.score(clips)
        rows = {
            "model_id": [model.model_id] * len(clips),
            "clip_id": list(clips.clip_ids),
            "reward": scores.reward * (1 if number == 1 else -1),
            "reward_std": scores.reward_std,
        }
        opened.rewards.add_scores(pa.table({name: pa.array(np.asarray(column)) for name, column in rows.items()}))
    train = said(show("train.py"))
    assert "linear Bradley–Terry fit" in train
    assert "trained on simulated labels" in train
    assert "Most confident mistakes" in train
    scores_page = show("scores.py")
    assert "48 clips scored" in said(scores_page)
    assert "trained on simulated labels" in said(scores_page)
    assert "mean reward" in said(scores_page)
    scores_page.selectbox(key="scores-other").set_value("m1").run()
    assert not scores_page.exception, scores_page.exception
    assert "Risen most" in said(scores_page)
