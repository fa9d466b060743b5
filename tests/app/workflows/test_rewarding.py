"""Rewards from the store to the store, by real worker processes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.workflows.gains import import_gains
from app.workflows.jobs.kinds import job_kind
from app.workflows.rewarding import (
    delete_model,
    export_model,
    find_model,
    live_curve,
    model_of_job,
    rename_model,
    score_job,
    train_spec,
)
from engine.contracts.extract import ExtractSettings
from engine.contracts.reward import TrainSettings
from engine.errors import RewardError, SourceError
from engine.files.formulas import neutralise_formula
from engine.reward.checkpoint import load_reward
from storage.clips import Clip
from storage.errors import StorageError
from tests.app.workflows.stocked import label_it, measure, stock

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace
    from tests.app.workflows.conftest import Bench


LOADED_S = 240
"""How long a training may take: on a busy machine, loading torch alone takes a while."""
pytestmark = pytest.mark.timeout(600)


def train(bench: Bench, **options: object) -> str:
    """Train a reward; returns its id."""
    spec = train_spec(bench.workspace, **options)  # type: ignore[arg-type]
    job = bench.supervisor.wait(bench.supervisor.submit("Train", spec), LOADED_S)
    assert (job.state, job.done) == ("done", 1), (job.message, bench.failures(job), bench.supervisor.log(job.job_id))
    return model_of_job(spec)


@pytest.mark.slow
def test_train_score_and_the_life_of_a_model(bench: Bench, tmp_path: Path) -> None:
    """One training serves all of this: it takes seconds."""
    workspace = bench.workspace
    ids = stock(workspace, unmeasured=2)
    label_it(workspace, 120)
    label_it(workspace, 30, kind="simulated", annotator="robot")
    file = tmp_path / "gains.csv"
    file.write_text("clip_id,gain\n" + "".join(f"{clip_id},{n / 100}\n" for n, clip_id in enumerate(ids[:30])))
    assert import_gains(workspace, file).gains == 30

    model_id = train(bench, seed=3)
    model = find_model(workspace, model_id)
    assert model.name == "Reward 1 (120 labels by people)"
    assert model.seed == 3
    assert model.report is not None
    assert model.report.labels == 120
    assert model.report.kind == "people"
    assert model.report.annotators == ("anna",)
    assert model.report.gains == 30
    assert model.report.gain_sources == {"gains.csv": 30}
    assert model.settings["training"]["split"]["folds"] == 3
    assert {judge.key for judge in model.report.judges} >= {"ensemble", "linear", "chance"}
    assert workspace.rewards.current() == model

    # Scores, and the clips that could not be scored with the reason.
    assert workspace.score_views.summary(model_id).clips == len(ids) - 2
    ranked = workspace.score_views.sample(model_id).column("reward").to_pylist()
    assert ranked == sorted(ranked, reverse=True)
    assert workspace.rewards.scores(model_id).column("robot_reward").null_count == 0
    assert [clip.clip_id for clip in workspace.rewards.unscored(model_id)] == sorted(ids[-2:])
    assert {clip.reason for clip in workspace.rewards.unscored(model_id)} == {"no features of hand, look"}

    # The checkpoint, the logs; nothing left of the job's inputs.
    assert load_reward(workspace.paths.model(model_id)).seed == 3
    assert list(workspace.paths.log(model_id).glob("events.*"))
    job_id = workspace.jobs.find()[0].job_id
    assert not (workspace.paths.job(job_id) / "inputs").exists()
    assert live_curve(workspace, job_id) == []

    # New clips are measured: they are scored by themselves.
    measure(workspace, ids)
    follow = job_kind("extract").after(workspace, ExtractSettings(extractors={}))
    assert [job.spec.kind for job in follow] == ["score"]
    bench.supervisor.wait(bench.supervisor.submit(follow[0].title, follow[0].spec), LOADED_S)
    assert workspace.rewards.count_scores(model_id) == len(ids)
    assert workspace.rewards.unscored(model_id) == []

    # Renamed, exported, deleted.
    rename_model(workspace, model_id, " Mine ")
    assert find_model(workspace, "Mine").model_id == model_id
    with pytest.raises(RewardError, match="name"):
        rename_model(workspace, model_id, "two\nlines")
    files = export_model(workspace, "Mine", tmp_path / "out")
    assert {path.name for path in files} == {"model.json", "model.safetensors", "report.json"}
    assert json.loads((tmp_path / "out" / "report.json").read_text())["labels"] == 120
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="can't be written"):
        export_model(workspace, "Mine", tmp_path / "file" / "below")
    delete_model(workspace, "Mine")
    assert workspace.rewards.current() is None
    assert workspace.rewards.count_scores(model_id) == 0
    assert not workspace.paths.model(model_id).exists()
    with pytest.raises(RewardError, match="no model 'Mine'"):
        find_model(workspace, "Mine")


@pytest.mark.slow
def test_simulated_labels_are_used_only_where_there_are_not_enough_others(bench: Bench) -> None:
    stock(bench.workspace)
    label_it(bench.workspace, 60, kind="simulated", annotator="robot")
    label_it(bench.workspace, 9, annotator="anna")  # too few
    model = find_model(bench.workspace, train(bench, name="Simulated one"))
    assert model.labels_by == "simulated"
    assert model.name == "Simulated one"
    assert train_spec(bench.workspace).items[0].payload.name == "Reward 2 (60 simulated labels)"
    spec = train_spec(bench.workspace, labels="simulated")
    label_it(bench.workspace, 12, kind="model", annotator="eye")
    assert train_spec(bench.workspace).items[0].payload.name == "Reward 2 (12 labels by a model's judgement)"
    assert spec.settings_as(TrainSettings).labels == "simulated"
    label_it(bench.workspace, 10, annotator="bert")
    assert train_spec(bench.workspace).items[0].payload.name == "Reward 2 (19 labels by people)"


def test_what_is_lacking_is_said(workspace: Workspace) -> None:
    with pytest.raises(RewardError, match="0 labels"):
        train_spec(workspace)
    stock(workspace)
    label_it(workspace, 9)
    with pytest.raises(RewardError, match="9 labels"):
        train_spec(workspace)
    assert score_job(workspace) is None
    with pytest.raises(RewardError, match="Train one first"):
        score_job(workspace, "mine")


@pytest.mark.parametrize(
    ("answers", "message", "remedy"),
    [
        ("tie", "all 40 labels by people are ties: none says which of two clips is better", "with left or right"),
        ("skip", "all 40 labels by people are skips: none says which of two clips is better", "with left or right"),
        ("tie skip", r"all 40 labels by people are ties or skips \(20 and 20\)", "with left or right"),
        (
            "skip skip skip skip left",
            "there are 8 labels by people besides 32 skips, and a reward needs 10",
            "Answer pairs",
        ),
    ],
)
def test_labels_that_say_nothing_are_refused_at_the_door_with_the_right_remedy(
    workspace: Workspace, answers: str, message: str, remedy: str
) -> None:
    stock(workspace)
    label_it(workspace, 40)
    label_it(workspace, 40, kind="simulated", annotator="robot")
    turns = answers.split()
    changed = [
        replace(label, label_id=f"new-{number}", answer=turns[number % len(turns)])
        for number, label in enumerate(workspace.labels.find("people"))
    ]
    for label in workspace.labels.find("people"):
        workspace.labels.undo(label.label_id)
    workspace.labels.add(changed)
    with pytest.raises(RewardError, match=message) as caught:
        train_spec(workspace, labels="people")
    assert remedy in caught.value.remedy


def test_a_gain_of_a_clip_whose_name_begins_like_a_formula_is_read_as_it_was_exported(
    workspace: Workspace, tmp_path: Path
) -> None:
    (first, *_) = stock(workspace)
    clip = Clip(video_id="-cam", start_s=0.0, end_s=1.0, origin="manual")
    workspace.videos.add([replace(workspace.videos.get(first.partition("@")[0]), video_id="-cam", sha256="5" * 64)])
    workspace.clips.add([clip])
    file = tmp_path / "gains.csv"
    file.write_text(f"clip_id,gain\n{neutralise_formula(clip.clip_id)},0.5\n")
    assert import_gains(workspace, file).problems == ()
    assert workspace.rewards.gains() == {clip.clip_id: 0.5}


def test_gains_are_read_line_by_line(workspace: Workspace, tmp_path: Path) -> None:
    ids = stock(workspace)
    file = tmp_path / "gains.csv"
    file.write_text(
        "\ufeffclip_id,gain,gain_std\n"
        f"{ids[0]},0.5,0.1\n{ids[1]},much,0.1\nnobody,0.1,\n{ids[2]},-0.25,\n{ids[3]},nan,\n{ids[4]},1,-1\n{ids[5]}\n",
        encoding="utf-8",
    )
    found = import_gains(workspace, file)
    assert found.gains == 2
    assert [problem.line for problem in found.problems] == [3, 4, 6, 7, 8]
    assert "no clip 'nobody'" in found.problems[1].reason
    assert workspace.rewards.gains() == {ids[0]: 0.5, ids[2]: -0.25}
    file.write_text(f"clip_id,gain\n{ids[0]},0.75\n")
    import_gains(workspace, file)
    assert workspace.rewards.gains()[ids[0]] == 0.75
    file.write_text("clip,gain\n")
    with pytest.raises(SourceError, match="clip_id"):
        import_gains(workspace, file)
    file.write_text(f"clip_id;gain\n{ids[0]};0,5\n{ids[0]};0,9\n{ids[1]};1e300\n{ids[2]};1_000\n")
    found = import_gains(workspace, file)
    assert (found.gains, found.left_out, [problem.line for problem in found.problems]) == (1, 3, [3, 4, 5])
    assert "stands on line 2, which was taken" in found.problems[0].reason
    assert workspace.rewards.gains()[ids[0]] == 0.5
    file.write_bytes(b"\xff\xfe\x00gain")
    with pytest.raises(SourceError, match="begins as UTF-16"):
        import_gains(workspace, file)
    with pytest.raises(SourceError, match="can't be read"):
        import_gains(workspace, tmp_path / "nothing.csv")


@pytest.mark.parametrize("name", ["../jobs", "", "a/b", "/etc"])
def test_a_models_folder_stays_in_its_place(workspace: Workspace, name: str) -> None:
    with pytest.raises(StorageError, match="name on disk"):
        workspace.paths.model(name)
