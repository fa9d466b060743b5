"""What came last is what was entered last, whatever the clocks say: a clock may be set back at any time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from storage import Workspace, migrations
from storage.exports import ExportResults, ExportRun
from storage.label_review import LabelFilter
from storage.labels import Label
from storage.migrations import open_migrated
from storage.rewards import RewardModel
from storage.sittings import HandedPair, LabelEvent
from storage.validation import AblationRun, ValidationRun
from tests.stored_reports import ablation_report, stored_text, validation_report

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BACK = [NOON, NOON - timedelta(hours=2), NOON - timedelta(hours=1)]
"""The clock of three things that were entered one after the other."""


def test_the_answer_that_was_given_last_is_the_one_to_take_back(workspace: Workspace) -> None:
    sitting = workspace.sittings.start("Anna", 10)
    pairs = [
        HandedPair(
            pair_id=f"pair-{n}",
            sitting_id=sitting.sitting_id,
            tab="tab",
            left_clip_id=f"a{n}",
            right_clip_id=f"b{n}",
            strategy="random",
        )
        for n in range(3)
    ]
    workspace.sittings.hand_out(pairs)
    workspace.database.write("UPDATE handed_pair SET created_at = ?", [NOON - timedelta(days=1)])
    for number, at in enumerate(BACK):
        workspace.sittings.record(
            [LabelEvent(event_id=f"e{number}", pair_id=f"pair-{number}", answer="left", response_ms=900, at=at)]
        )
    past = workspace.sittings.past(sitting.sitting_id, "tab", 2)
    assert [row.pair_id for row in past] == ["pair-1", "pair-2"]


def test_labels_come_in_the_order_in_which_they_were_said(workspace: Workspace) -> None:
    for number, at in enumerate(BACK):
        workspace.labels.add(
            [
                Label(
                    label_id=f"l{number}",
                    left_clip_id="x",
                    right_clip_id="y",
                    answer="left",
                    annotator="Anna",
                    kind="people",
                    response_ms=900,
                    strategy="random",
                    created_at=at,
                )
            ]
        )
    said = ["l0", "l1", "l2"]
    assert [label.label_id for label in workspace.labels.find()] == said
    assert [row.label_id for row in workspace.label_review.of_pair("x", "y")] == said
    assert [row.label_id for row in workspace.label_review.page(LabelFilter(), limit=9)] == said[::-1]
    assert workspace.exports.labels_among(["x", "y"])["label_id"].to_pylist() == said
    assert [row.created_at for row in workspace.labels.of_clip("x")] == BACK[::-1]


def test_models_runs_sittings_and_exports_come_the_last_one_first(workspace: Workspace) -> None:
    gains = pa.table({"clip_id": ["c"], "gain": [0.1], "gain_std": [0.1], "reward": [0.0]})
    sittings = []
    for number, at in enumerate(BACK):
        name = f"n{number}"
        workspace.rewards.add(
            RewardModel(model_id=name, name="the same name", created_at=at, seed=0, settings={}, report=None)
        )
        about = {"model_id": None, "created_at": at, "seed": 0, "fingerprint": "", "settings": {}}
        workspace.validation.add(ValidationRun(run_id=name, **about, report=validation_report()), gains)
        workspace.validation.add_ablation(
            AblationRun(run_id=name, validation_run_id="n0", **about, report=ablation_report())
        )
        workspace.exports.add(ExportRun(name, at, {}, ExportResults()))
        sittings.append(workspace.sittings.start("Anna", 10).sitting_id)
        workspace.database.write("UPDATE sitting SET created_at = ? WHERE sitting_id = ?", [at, sittings[-1]])
    last_first = ["n2", "n1", "n0"]
    assert [model.model_id for model in workspace.rewards.find()] == last_first
    named = workspace.rewards.get("the same name")
    assert named is not None
    assert named.model_id == "n2"
    latest = workspace.validation.latest()
    assert latest is not None
    assert latest.run_id == "n2"
    assert [run.run_id for run in workspace.validation.find()] == last_first
    assert [run.run_id for run in workspace.validation.ablations()] == last_first
    assert [run.export_id for run in workspace.exports.find()] == last_first
    begun = workspace.sittings.latest("Anna")
    assert begun is not None
    assert begun.sitting_id == sittings[-1]


def test_what_others_said_after_our_last_word_holds_though_their_clock_is_behind(workspace: Workspace) -> None:
    ours = Label(
        label_id="l",
        left_clip_id="x",
        right_clip_id="y",
        answer="left",
        annotator="Anna",
        kind="people",
        response_ms=900,
        strategy="random",
        created_at=NOON,
    )
    workspace.labels.add([ours])
    known = workspace.sharing.label_entries()
    theirs = known[0].model_copy(update={"answer": "right", "created_at": NOON - timedelta(hours=3)})
    assert workspace.sharing.merge_label_entries([*known, theirs]) == 1
    assert [label.answer for label in workspace.labels.find()] == ["right"]


def test_an_older_workspace_keeps_the_order_in_which_its_rows_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = migrations.migrations()
    new = next(number for number, sql in every.items() if "sitting_sequence" in sql)
    monkeypatch.setattr(migrations, "migrations", lambda: {n: sql for n, sql in every.items() if n < new})
    old = open_migrated(tmp_path / "handpicked.duckdb", tmp_path / "backups")
    results = stored_text("validation")
    for name, at in zip("bac", BACK, strict=True):
        old.write("INSERT INTO reward_model VALUES (?, 'm', ?, 0, '{}', '{}')", [name, at])
        old.write("INSERT INTO reward_model_current (model_id, created_at) VALUES (?, ?)", [name, at])
        old.write("INSERT INTO validation_run VALUES (?, NULL, ?, 0, '', '{}', ?)", [name, at, results])
        old.write("INSERT INTO export_run VALUES (?, ?, '{}', '{}')", [name, at])
        old.write("INSERT INTO sitting VALUES (?, 'Anna', NULL, 5, false, ?)", [name, at])
    old.close()
    monkeypatch.undo()
    with Workspace(tmp_path) as workspace:
        assert [model.model_id for model in workspace.rewards.find()] == ["c", "a", "b"]
        assert [run.run_id for run in workspace.validation.find()] == ["c", "a", "b"]
        assert [run.export_id for run in workspace.exports.find()] == ["c", "a", "b"]
        begun = workspace.sittings.latest("Anna")
        assert begun is not None
        assert begun.sitting_id == "c"
        workspace.rewards.add(RewardModel(model_id="d", name="m", created_at=BACK[1], seed=0, settings={}, report=None))
        assert [model.model_id for model in workspace.rewards.find()] == ["d", "c", "a", "b"]
