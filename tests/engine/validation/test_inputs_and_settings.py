"""What is written beside a job is read back the same; the settings hold together."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from engine.errors import EngineError
from engine.tables.types import ClipTable, PairTable
from engine.validation.inputs import ValidationInputs, read_inputs, write_inputs
from engine.validation.settings import ValidationSettings


def inputs(embedding=True):
    clips = ClipTable(
        clip_ids=("a", "b"),
        video_ids=("v", "w"),
        columns=("hands_any_share", "motion_idle_share"),
        groups=("hands", "motion"),
        values=np.array([[0.5, np.nan], [1.0, 0.25]]),
        embedding_model="model-1" if embedding else None,
        embedding=np.array([[1, 0, 0], [np.nan, np.nan, np.nan]], np.float32) if embedding else None,
        duration_s=np.array([2.0, 3.0]),
    )
    pairs = PairTable(
        left=np.array([0]), right=np.array([1]), target=np.array([0.5]), annotators=("anna",), strategies=("random",)
    )
    tracks = pa.table({"clip_id": ["a"], "t_s": [[0.0, 0.1]]})
    nothing = np.full(2, np.nan)
    return ValidationInputs(
        clips=clips,
        pairs=pairs,
        paths=("/x.mp4", "/y.mp4"),
        windows=((0.0, 2.0), (1.0, 4.0)),
        composite=nothing,
        stored=nothing,
        gains=np.array([0.1, np.nan]),
        quality=np.array([1.5, np.nan]),
        useful=np.array([0.9, np.nan]),
        measuring=np.array([True, False]),
        tracks=tracks,
    )


@pytest.mark.parametrize("embedding", [True, False])
def test_inputs_come_back_as_they_were(tmp_path, embedding):
    given = inputs(embedding)
    fingerprint = write_inputs(given, tmp_path / "run")
    found = read_inputs(tmp_path / "run")
    assert (found.clips.clip_ids, found.clips.video_ids) == (given.clips.clip_ids, given.clips.video_ids)
    assert (found.clips.columns, found.clips.groups) == (given.clips.columns, given.clips.groups)
    assert np.array_equal(found.clips.values, given.clips.values, equal_nan=True)
    assert found.clips.embedding_model == given.clips.embedding_model
    if embedding:
        assert np.array_equal(found.clips.embedding, given.clips.embedding, equal_nan=True)
    assert found.windows == given.windows
    assert found.clips.duration_s == pytest.approx([2.0, 3.0])
    assert np.array_equal(found.gains, given.gains, equal_nan=True)
    assert np.array_equal(found.quality, given.quality, equal_nan=True)
    assert np.array_equal(found.useful, given.useful, equal_nan=True)
    assert found.measuring.tolist() == [True, False]
    assert found.pairs.target.tolist() == [0.5]
    assert found.track_rows() == {"a": {"clip_id": "a", "t_s": [0.0, 0.1]}}
    assert write_inputs(given, tmp_path / "again") == fingerprint


def test_lost_inputs_say_the_way_out(tmp_path):
    with pytest.raises(EngineError, match="Start the run again"):
        read_inputs(tmp_path)


def test_thorough_is_more_of_everything():
    settings = ValidationSettings()
    quick, thorough = settings.of_effort("quick").model_dump(), settings.of_effort("thorough").model_dump()
    assert all(thorough[name] >= quick[name] for name in quick)
    assert settings.of_effort() == settings.quick
    assert settings.pools.base_share == 0.1


def test_settings_of_the_first_edition_load_and_what_nobody_changed_takes_todays_defaults():
    """As version 0.1 wrote the file, with one value changed by a person."""
    written = {
        "effort": "thorough",
        "cloning": {
            "width_px": 64,
            "height_px": 36,
            "frames_per_clip": 12,
            "trunk_frames_per_clip": 24,
            "least_confidence": 0.7,
            "least_skill": 0.03,
        },
        "pools": {"trunk_share": 0.35, "validation_share": 0.2, "base_share": 0.1, "least_sources": 8},
        "quick": {"trunk_seeds": 3, "trunk_steps": 500, "bases": 100, "full_trainings": 40, "resamples": 77},
    }
    found, today = ValidationSettings.model_validate(written), ValidationSettings()
    assert found.effort == "thorough"
    assert found.cloning == today.cloning.model_copy(update={"least_confidence": 0.7})
    assert found.pools == today.pools
    assert found.quick == today.quick.model_copy(update={"resamples": 77})
    assert ValidationSettings.model_validate(found.model_dump()) == found


def test_a_key_that_never_was_is_still_refused():
    with pytest.raises(ValueError, match="trunk_framse"):
        ValidationSettings.model_validate({"cloning": {"trunk_framse": 3}})
