"""Models, scores and gains in the store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from storage.rewards import RewardModel
from tests.app.workflows.stocked import stock
from tests.stored_reports import training_report

if TYPE_CHECKING:
    from storage import Workspace


def model(number: int) -> RewardModel:
    at = datetime(2026, 1, number, tzinfo=UTC)
    return RewardModel(
        model_id=f"m{number}",
        name=f"Reward {number}",
        created_at=at,
        seed=number,
        settings={"a": {"b": 1}},
        report=training_report(labels=5),
    )


def scores(model_id: str, rewards: dict[str, float]) -> pa.Table:
    return pa.Table.from_pylist(
        [{"model_id": model_id, "clip_id": c, "reward": r, "reward_std": 0.1} for c, r in rewards.items()]
    )


def test_models_come_back_as_they_went(workspace: Workspace) -> None:
    for number in (1, 2):
        workspace.rewards.add(model(number))
    assert workspace.rewards.find() == [model(2), model(1)]
    assert workspace.rewards.current() == model(2)
    workspace.rewards.make_current("m1")
    assert workspace.rewards.current() == model(1)
    workspace.rewards.rename("m1", "First")
    found = workspace.rewards.get("First")
    assert found is not None
    assert found.model_id == "m1"


def test_deleting_takes_the_scores_along_and_the_one_before_is_current(workspace: Workspace) -> None:
    ids = stock(workspace, videos=1, clips_each=3)
    for number in (1, 2):
        workspace.rewards.add(model(number))
        workspace.rewards.add_scores(scores(f"m{number}", {clip_id: float(i) for i, clip_id in enumerate(ids)}))
    workspace.rewards.add_unscored(pa.table({"model_id": ["m2"], "clip_id": [ids[0]], "reason": ["no hands"]}))
    workspace.rewards.delete("m2")
    assert workspace.rewards.current() == model(1)
    assert workspace.rewards.count_scores("m2") == 0
    assert workspace.rewards.unscored("m2") == []
    assert workspace.rewards.count_scores("m1") == 3


def test_the_ids_of_unscored_clips_are_in_the_order_in_which_they_are_listed(workspace: Workspace) -> None:
    ids = stock(workspace, videos=1, clips_each=3)
    rows = {"model_id": ["m"] * 4, "clip_id": [*ids, "gone"], "reason": ["no look", "no hands", "no look", "no hands"]}
    workspace.rewards.add_unscored(pa.table(rows))
    expected = [ids[1], *sorted([ids[0], ids[2]])]
    assert workspace.rewards.unscored_ids("m") == expected
    assert [clip.clip_id for clip in workspace.rewards.unscored("m")] == expected


def test_scores_are_ranked_and_replaced(workspace: Workspace) -> None:
    ids = stock(workspace, videos=1, clips_each=3)
    workspace.rewards.add(model(1))
    for rewards in ([0.0, 1.0, 2.0], [5.0, 1.0, 2.0]):
        workspace.rewards.clear_scores("m1")
        workspace.rewards.add_scores(scores("m1", dict(zip(ids, rewards, strict=True))))
    best = workspace.score_views.ends("m1", "best", 5)
    assert [(row.clip_id, row.rank) for row in best] == [(ids[0], 1), (ids[2], 2), (ids[1], 3)]


def test_replacing_scores_in_one_transaction(workspace: Workspace) -> None:
    """As a job's results are taken in: out and in again, under the same keys."""
    ids = stock(workspace, videos=1, clips_each=2)
    workspace.rewards.add(model(1))
    workspace.rewards.add_scores(scores("m1", dict.fromkeys(ids, 1.0)))

    def work() -> None:
        workspace.rewards.clear_scores("m1")
        workspace.rewards.add_scores(scores("m1", dict.fromkeys(ids, 2.0)))

    workspace.database.transact(work)
    assert set(workspace.rewards.scores("m1").column("reward").to_pylist()) == {2.0}


def test_gains_of_several_sources_are_averaged(workspace: Workspace) -> None:
    at = datetime.now(UTC)
    rows = [
        {"clip_id": "a", "gain": gain, "gain_std": None, "source": source, "created_at": at}
        for gain, source in ((1.0, "x.csv"), (3.0, "y.csv"))
    ]
    workspace.rewards.add_gains(pa.Table.from_pylist(rows))
    assert workspace.rewards.gains() == {"a": 2.0}


def test_a_report_that_can_not_be_read_costs_itself_alone(workspace):
    workspace.rewards.add(model(1))
    workspace.database.write('UPDATE reward_model SET metrics = \'{"judges": "many"}\'')
    (found,) = workspace.rewards.find()
    assert found.report is None
    assert found.report_fault.startswith("labels: ")
    assert found.report_json == {}
