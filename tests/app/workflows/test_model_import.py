"""A reward goes out of one workspace and into another, and a stranger's files are only ever read."""

from __future__ import annotations

import json
import pickle
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.workflows.model_import import import_model
from app.workflows.reward_data import clip_table
from app.workflows.rewarding import export_model
from engine.errors import RewardError
from engine.reward.checkpoint import load_reward
from storage import Workspace
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(900)  # whoever comes first makes the sample workspace, on a busy machine slowly


@pytest.fixture
def exported(judged_sample: Path, tmp_path: Path) -> Path:
    """The folder of an exported model."""
    shutil.copytree(judged_sample, tmp_path / "theirs")
    with Workspace(tmp_path / "theirs") as theirs:
        export_model(theirs, "first", tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def ours(measured_sample: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with the same clips and no model."""
    shutil.copytree(measured_sample, tmp_path / "ours")
    with Workspace(tmp_path / "ours") as workspace:
        yield workspace


def test_a_model_that_was_exported_gives_the_same_rewards_elsewhere(ours: Workspace, exported: Path) -> None:
    found = import_model(ours, exported)
    assert found.new
    assert found.model.name == "first (imported)"
    assert ours.rewards.current() == found.model, "there was no other"
    assert found.model.report is not None
    assert found.model.labels_by == "simulated"
    values = found.model.report.to_json()
    assert not values.keys() & {"mistakes", "gain_sources"}, "those clips may not be here"
    theirs = json.loads((exported / "report.json").read_text())
    assert values == {**{key: theirs[key] for key in theirs if key in values}, "imported": True}
    clips = clip_table(ours)
    here = load_reward(ours.paths.model(found.model.model_id)).score(clips)
    np.testing.assert_array_equal(here.reward, load_reward(exported).score(clips).reward)

    again = import_model(ours, exported / "model.json", name="other")
    assert (again.new, again.model) == (False, found.model)
    assert "already" in again.notes[0]


def test_a_report_that_does_not_fit_is_left_out_by_name(ours: Workspace, exported: Path) -> None:
    (exported / "report.json").write_text('{"judges": "many"}')
    found = import_model(ours, exported)
    assert found.model.report is None
    assert "report was left out" in found.notes[0]


def test_what_does_not_fit_is_named(ours: Workspace, exported: Path, tmp_path: Path) -> None:
    with pytest.raises(RewardError, match=r"no model\.safetensors with a model\.json"):
        import_model(ours, tmp_path)
    said = json.loads((exported / "model.json").read_text())
    (exported / "model.json").write_text(json.dumps({**said, "columns": [*said["columns"][1:], "wings_span"]}))
    with pytest.raises(RewardError, match="wings_span"):
        import_model(ours, exported)
    (exported / "model.json").write_text(json.dumps({**said, "version": 99}))
    with pytest.raises(RewardError, match="version 99"):
        import_model(ours, exported)
    assert ours.rewards.find() == []
    assert not ours.paths.models.exists() or not list(ours.paths.models.iterdir())


def test_a_model_for_another_embedding_is_refused(workspace: Workspace, exported: Path) -> None:
    fill(workspace, measured=False)
    assert import_model(workspace, exported).new, "nothing is measured yet: nothing can be said against it"
    with Workspace(workspace.root.parent / "filled") as filled:
        fill(filled)
        with pytest.raises(RewardError, match="embedding has 8 numbers, those here have 16"):
            import_model(filled, exported)


class Burglar:
    """What a pickle can do."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return shutil.rmtree, (str(self.mark),)


def test_a_strangers_file_runs_no_code(ours: Workspace, exported: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    mark.mkdir()
    (exported / "model.safetensors").write_bytes(pickle.dumps(Burglar(mark)))
    with pytest.raises(RewardError, match=r"model\.safetensors: it can't be read"):
        import_model(ours, exported)
    assert mark.is_dir()
