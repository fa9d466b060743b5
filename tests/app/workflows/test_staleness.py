"""Numbers of an earlier version are measured again, and everybody who rests on them says so, in one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from app.workflows.extracting import extract_spec, resources_of, settings_of, table_of
from app.workflows.rewarding import prepare_training
from app.workflows.staleness import OTHER_SETTINGS, model_warning, stale_numbers, stale_warnings
from engine.features.registry import extractor_names, get
from engine.features.settings import extractor_settings
from storage.clips import Clip
from storage.rewards import RewardModel
from tests.filled_workspace import a_video, fill

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace


def hold(workspace: Workspace, name: str, clip_ids: list[str], *, version: int | None = None) -> None:
    """Give clips an extractor's numbers as the settings are now, of this or an earlier version."""
    extractor = get(name)(extractor_settings(settings_of(workspace), name), resources_of(workspace))
    table = table_of(name)
    workspace.features.ensure([table])
    same = {"extractor_version": version or extractor.version, "settings_hash": extractor.settings_hash()}
    rows = [{"clip_id": c, **same, "note": "", "damaged": False, **dict.fromkeys(table.columns, 0.5)} for c in clip_ids]
    workspace.features.add(table, pa.Table.from_pylist(rows))


@pytest.fixture
def clip_ids(workspace: Workspace) -> list[str]:
    workspace.videos.add([a_video("one")])
    workspace.clips.add([Clip("one", float(k), k + 1.0, "stride") for k in range(4)])
    return sorted(workspace.clips.ids())


def test_numbers_of_an_earlier_version_are_measured_again_and_the_reason_is_said(
    workspace: Workspace, clip_ids: list[str]
) -> None:
    hold(workspace, "hands", clip_ids[:3], version=2)
    hold(workspace, "hands", clip_ids[3:])
    hold(workspace, "exposure", clip_ids)
    (stale,) = stale_numbers(workspace)
    assert (stale.extractor, stale.clips, stale.measured, stale.enabled) == ("hands", 3, 4, True)
    assert stale.why.startswith("Hands were missed at most picture sizes")
    (item,) = extract_spec(workspace, only=("hands", "exposure")).items
    assert [clip["clip_id"] for clip in item.payload["clips"]] == clip_ids[:3]
    (warning,) = stale_warnings(workspace)
    assert "3 of 4 measured clips" in warning
    assert "`handpicked extract --only hands`" in warning


def test_nothing_is_said_where_nothing_is_stale_or_nothing_was_measured(
    workspace: Workspace, clip_ids: list[str]
) -> None:
    assert stale_numbers(workspace) == []
    hold(workspace, "hands", clip_ids[:2])
    assert stale_numbers(workspace) == []


def test_numbers_of_other_settings_have_a_reason_too(workspace: Workspace) -> None:
    fill(workspace)
    whys = {stale.extractor: stale.why for stale in stale_numbers(workspace)}
    assert whys["exposure"] == OTHER_SETTINGS
    assert "version 3" in whys["hands"]


def test_a_reward_says_that_it_learned_from_numbers_of_an_earlier_version(
    workspace: Workspace, clip_ids: list[str], tmp_path: Path
) -> None:
    model = RewardModel("m", "Reward 1", datetime.now(UTC), 0, {}, {})
    hold(workspace, "hands", clip_ids, version=2)
    hold(workspace, "exposure", clip_ids)
    about = prepare_training(workspace, {}, tmp_path)["about"]
    assert about["feature_versions"] == {"exposure": 1, "hands": 2}
    learned = replace(model, metrics=about)
    assert model_warning(workspace, learned) == "", "it scores what it learned from"
    hold(workspace, "hands", clip_ids)
    warning = model_warning(workspace, learned)
    assert warning.startswith("“Reward 1” learned from numbers of an earlier version. Hands: Hands were missed")
    assert warning.endswith("Train again on the new ones.")
    assert model_warning(workspace, model), "one that does not say what it learned from is older than the reason"
    again = replace(model, metrics=prepare_training(workspace, {}, tmp_path)["about"])
    assert model_warning(workspace, again) == ""


@pytest.mark.parametrize("name", extractor_names())
def test_every_version_after_the_first_says_in_a_sentence_what_changed(name: str) -> None:
    extractor = get(name)
    assert sorted(extractor.changes) == list(range(2, extractor.version + 1))
    assert all(sentence.endswith(".") and sentence.count(". ") == 0 for sentence in extractor.changes.values())
