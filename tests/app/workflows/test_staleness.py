"""Numbers of an earlier version are measured again, and everybody who rests on them says so, in one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from app.workflows.extracting import extract_spec, resources_of, settings_of, table_of
from app.workflows.staleness import OTHER_SETTINGS, model_warning, split_warnings, stale_numbers, stale_warnings
from app.workflows.training_inputs import prepare_training
from engine.contracts.reward import TrainSettings
from engine.features.registry import extractor_names, get
from engine.features.settings import extractor_settings
from engine.reward.settings import ModelSettings, TrainingSettings
from storage.clips import Clip
from storage.feature_rows import FeatureTable
from storage.rewards import RewardModel
from tests.filled_workspace import a_video, fill
from tests.stored_reports import training_report

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace


SETTINGS = TrainSettings(model=ModelSettings(), training=TrainingSettings())


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
    workspace.clips.add([Clip(video_id="one", start_s=float(k), end_s=k + 1.0, origin="stride") for k in range(4)])
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
    (payload,) = (item.payload for item in extract_spec(workspace, only=("hands", "exposure")).items)
    assert [clip.clip_id for clip in payload.clips] == clip_ids[:3]
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
    model = RewardModel(model_id="m", name="Reward 1", created_at=datetime.now(UTC), seed=0, settings={}, report=None)
    hold(workspace, "hands", clip_ids, version=2)
    hold(workspace, "exposure", clip_ids)
    prepared = prepare_training(workspace, SETTINGS, tmp_path)
    assert prepared.feature_versions == {"exposure": 1, "hands": 2}
    learned = replace(model, report=prepared.stated_in(training_report()))
    assert model_warning(workspace, learned) == "", "it scores what it learned from"
    hold(workspace, "hands", clip_ids)
    warning = model_warning(workspace, learned)
    assert warning.startswith("“Reward 1” learned from numbers of an earlier version. Hands: Hands were missed")
    assert warning.endswith("Train again on the new ones.")
    earlier = replace(model, report=training_report(feature_versions=None))
    assert model_warning(workspace, earlier), "trained here, and older than the reason: it would say its versions"
    again = replace(model, report=prepare_training(workspace, SETTINGS, tmp_path).stated_in(training_report()))
    assert model_warning(workspace, again) == ""


def test_nothing_is_said_of_a_model_of_which_nobody_knows_what_it_learned_from(
    workspace: Workspace, clip_ids: list[str]
) -> None:
    hold(workspace, "hands", clip_ids)
    bare = RewardModel(model_id="m", name="Reward 1", created_at=datetime.now(UTC), seed=0, settings={}, report=None)
    assert model_warning(workspace, bare) == ""
    reported = replace(bare, report=training_report(feature_versions=None))
    assert model_warning(workspace, replace(reported, model_id="imported-0123")) == ""
    assert model_warning(workspace, replace(reported, settings={"from_bundle": "export-1"})) == ""


def test_doubts_do_not_reach_what_is_computed_from_other_numbers_or_by_what_is_not_installed(
    workspace: Workspace,
) -> None:
    fill(workspace)  # with a composite
    plugin = FeatureTable("gone_plugin", ("number",))
    workspace.features.ensure([plugin])
    row = {"clip_id": "video0@0-2000", "extractor_version": 1, "settings_hash": "", "note": "", "damaged": False}
    workspace.features.add(plugin, pa.Table.from_pylist([{**row, "number": 1.0}]))
    workspace.features.doubt("video0", "its frames were taken at wrong times")
    assert "composite" not in {doubted.extractor for doubted in workspace.features.doubts()}
    named = [stale.extractor for stale in stale_numbers(workspace)]
    assert "motion" in named
    assert not {"composite", "gone_plugin"} & set(named)
    assert len(stale_warnings(workspace)) == len(named)


def test_an_extractor_that_is_old_and_in_doubt_is_named_once_and_each_clip_counts_once(
    workspace: Workspace, clip_ids: list[str]
) -> None:
    hold(workspace, "hands", clip_ids[:2], version=2)
    hold(workspace, "hands", clip_ids[2:])
    workspace.features.doubt("one", "its frames were taken at wrong times")
    (stale,) = stale_numbers(workspace)
    assert (stale.clips, stale.measured) == (4, 4)
    assert stale.why.startswith("Hands were missed")
    assert stale.why.endswith(". Its frames were taken at wrong times.")


def test_the_cameras_smoothness_of_the_first_version_is_measured_again(
    workspace: Workspace, clip_ids: list[str]
) -> None:
    hold(workspace, "motion", clip_ids, version=1)
    (stale,) = stale_numbers(workspace)
    assert stale.extractor == "motion"
    assert "smoothness of the camera" in stale.why


@pytest.mark.parametrize("name", extractor_names())
def test_every_version_after_the_first_says_in_a_sentence_what_changed(name: str) -> None:
    extractor = get(name)
    assert sorted(extractor.changes) == list(range(2, extractor.version + 1))
    assert all(sentence.endswith(".") and sentence.count(". ") == 0 for sentence in extractor.changes.values())


def test_a_reward_that_was_judged_file_by_file_says_so_where_files_belong_together(workspace: Workspace) -> None:
    model = RewardModel(
        model_id="m", name="Reward 1", created_at=datetime.now(UTC), seed=0, settings={},
        report=training_report(report_version=2),
    )  # fmt: skip
    workspace.videos.add([a_video("GX010001", recording_id="GX0001", chapter=1)])
    assert split_warnings(workspace, model) == []
    workspace.videos.add([a_video("GX020001", recording_id="GX0001", chapter=2)])
    (warning,) = split_warnings(workspace, model)
    assert warning.startswith("“Reward 1” was judged with each file as a source")
    assert split_warnings(workspace, replace(model, report=training_report(report_version=3))) == []
    assert split_warnings(workspace, None) == []
