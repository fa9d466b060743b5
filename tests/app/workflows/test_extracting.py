"""Features reach the store: only what is lacking is measured, failures are named, new extractors find their place."""

from __future__ import annotations

import contextlib
import csv
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from app.workflows.extracting import export_features, extract_spec, items_of, recompute_composite, standing
from app.workflows.importing import prepare_import
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping.settings import ClippingSettings
from engine.contracts.extract import ExtractSettings
from engine.features.registry import get, unregister
from engine.features.settings import FeatureSettings, feature_settings_model
from storage.clips import Clip
from storage.clips_by_video import ClipsLackingFeatures
from storage.errors import QueryError, StorageError
from storage.feature_rows import FeatureTable
from tests.synthetic_video import numbered, write_changing_video, write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.workflows.jobs.job_run import JobRun  # noqa: F401 - what a supervisor runs
    from storage import Workspace
    from storage.jobs import Job

QUICK = ("sharpness", "exposure")
SIZES = ((160, 96), (96, 64))


@pytest.fixture
def supervisor(workspace: Workspace, tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor over a workspace with two videos of two clips each."""
    opened = Supervisor(workspace, workers=1)
    for name in ("one", "two"):
        write_video(tmp_path / "footage" / f"{name}.mp4", 48, fps=24, size=(160, 96) if name == "one" else (96, 64))
    request = prepare_import(
        [tmp_path / "footage"],
        source="folder",
        clips="stride",
        clipping=ClippingSettings(length_s=1, stride_s=1),
        pictures=False,
    )
    opened.wait(opened.submit("Import", request.spec), 60)
    assert workspace.clips.count() == 4
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def footage(tmp_path: Path) -> Path:
    """The folder that the videos are written to."""
    (tmp_path / "footage").mkdir()
    return tmp_path / "footage"


def extract(workspace: Workspace, supervisor: Supervisor, **options: object) -> Job:
    """Extract and wait."""
    spec = extract_spec(workspace, **options)  # type: ignore[arg-type]
    return supervisor.wait(supervisor.submit("Extract", spec), 90)


def test_numbers_reach_the_view_and_are_not_measured_twice(workspace: Workspace, supervisor: Supervisor) -> None:
    job = extract(workspace, supervisor, only=QUICK)
    assert (job.state, job.done, job.failed) == ("done", 2, 0)
    rows = workspace.database.rows("SELECT sharpness_laplacian_median, exposure_luma_mean FROM clip_features")
    assert len(rows) == 4
    assert all(row["sharpness_laplacian_median"] > 0 and 0 < row["exposure_luma_mean"] < 255 for row in rows)
    assert not extract_spec(workspace, only=QUICK).items
    measured = {row.extractor: row.measured for row in standing(workspace)}
    assert (measured["sharpness"], measured["exposure"], measured["hands"]) == (4, 4, 0)


def test_a_changed_setting_asks_for_that_extractor_alone(workspace: Workspace, supervisor: Supervisor) -> None:
    extract(workspace, supervisor, only=QUICK)
    settings = workspace.settings.load(FeatureSettings)
    changed = settings.sharpness.model_copy(update={"rate_hz": 2.0})  # type: ignore[attr-defined]
    workspace.settings.save(settings.model_copy(update={"sharpness": changed}))
    spec = extract_spec(workspace, only=QUICK)
    assert {name for payload in (item.payload for item in spec.items) for name in payload.extractors} == {"sharpness"}
    assert "exposure" not in spec.settings_as(ExtractSettings).extractors, "a worker would load its model for nothing"


def test_only_the_clips_of_a_condition(workspace: Workspace, supervisor: Supervisor) -> None:
    chosen = workspace.clips.matching("video.name = 'one' AND start_s >= 1")
    assert chosen == {"one@1000-2000"}
    extract(workspace, supervisor, only=("exposure",), clip_ids=chosen)
    assert workspace.clips.matching("exposure_luma_mean IS NOT NULL") == chosen


@pytest.mark.parametrize("wrong", ["nonsense_column > 1", "1=1); DROP TABLE clip; SELECT (1", "1=1) -- ", "SELECT"])
def test_a_condition_can_not_write(workspace: Workspace, supervisor: Supervisor, wrong: str) -> None:
    before = workspace.clips.count()
    with contextlib.suppress(QueryError):
        workspace.clips.matching(wrong)
    assert workspace.clips.count() == before


def test_a_video_that_is_gone_fails_alone(workspace: Workspace, supervisor: Supervisor, footage: Path) -> None:
    (footage / "one.mp4").unlink()
    job = extract(workspace, supervisor, only=QUICK)
    assert (job.state, job.done, job.failed) == ("done", 1, 1)
    assert workspace.jobs.failures(job.job_id)[0].item == "one"
    assert workspace.clips.matching("exposure_luma_mean IS NOT NULL") == {"two@0-1000", "two@1000-2000"}


def test_a_job_that_lost_clips_says_so_as_a_failure_and_keeps_the_rest(
    workspace: Workspace, supervisor: Supervisor
) -> None:
    workspace.clips.add([Clip(video_id="one", start_s=50.0, end_s=51.0, origin="manual")])
    job = extract(workspace, supervisor, only=QUICK)
    assert (job.state, job.done, job.failed) == ("done", 1, 1)
    (failure,) = workspace.jobs.failures(job.job_id)
    assert failure.item == "one"
    assert failure.error == "1 clip could not be measured. sharpness, exposure: No frame of the video lies in the clip."
    measured = workspace.clips.matching("exposure_luma_mean IS NOT NULL")
    assert measured == {"one@0-1000", "one@1000-2000", "two@0-1000", "two@1000-2000"}


def test_a_change_of_the_pictures_size_is_said_and_loses_no_clip(
    workspace: Workspace, supervisor: Supervisor, footage: Path
) -> None:
    parts = [[av.VideoFrame.from_ndarray(numbered(k, *size), "rgb24") for k in range(30)] for size in SIZES]
    write_changing_video(footage / "four.ts", [[f.reformat(format="yuv420p") for f in part] for part in parts])
    request = prepare_import(
        [footage / "four.ts"], source="folder", clips="whole", clipping=ClippingSettings(), pictures=False
    )
    supervisor.wait(supervisor.submit("Import", request.spec), 60)
    job = extract(workspace, supervisor, only=(*QUICK, "motion"))
    assert (job.state, job.failed) == ("done", 0)
    (clip,) = workspace.clips.of_video("four")
    assert (workspace.features.of_clip(clip.clip_id)["motion_camera_speed_mean"] or 0) >= 0
    said = " ".join(event.message for event in workspace.jobs.events(job.job_id))
    assert "from 1.00 s on its pictures are 96 × 64 px, not 160 × 96 as at first" in said


def test_clips_of_a_video_that_lack_other_extractors_are_an_item_of_their_own() -> None:
    """Of a hundred thousand videos: counting each one's groups by going through all of them took ten billion steps."""
    windows = '[{"clip_id": "x", "start_s": 0.0, "end_s": 1.0}]'
    found = [
        ClipsLackingFeatures(video_id=str(k), path="x.mp4", lacking=("sharpness",), seconds=1.0, windows=windows)
        for k in range(100_000)
    ]
    found.append(replace(found[0], lacking=("motion",)))
    items = list(items_of(found))
    assert len(items) == len(found)
    assert sorted(item.key for item in items)[:2] == ["0 (motion)", "0 (sharpness)"]
    assert (items[5].key, items[5].group, items[5].payload.clips[0].end_s) == ("5", "5", 1.0)


def test_the_composite_follows_the_numbers_without_decoding(workspace: Workspace, supervisor: Supervisor) -> None:
    extract(workspace, supervisor, only=QUICK)
    scores = workspace.database.rows("SELECT composite_score AS s FROM clip_features")
    assert all(0 <= row["s"] <= 1 for row in scores)
    assert recompute_composite(workspace) == 4


def test_no_nan_enters_the_store(workspace: Workspace, supervisor: Supervisor) -> None:
    import pyarrow as pa

    table = FeatureTable("exposure", tuple(column.name for column in get("exposure").columns))
    workspace.features.ensure([table])
    kept = {"extractor_version": 1, "settings_hash": "x", "note": "", "damaged": False}
    rows = [{"clip_id": "one@0-1000", **kept, "luma_mean": float("nan"), "contrast": float("inf")}]
    workspace.features.add(table, pa.Table.from_pylist(rows))
    found = workspace.features.of_clip("one@0-1000")
    assert found["exposure_luma_mean"] is None
    assert found["exposure_contrast"] is None


def test_percentiles_stand_among_all_measured_clips(workspace: Workspace, supervisor: Supervisor) -> None:
    extract(workspace, supervisor, only=("exposure",))
    found = workspace.features.percentiles_of(sorted(workspace.clips.ids()))
    shares = {clip: numbers["exposure_luma_mean"] for clip, numbers in found.items()}
    values = {clip: workspace.features.of_clip(clip)["exposure_luma_mean"] for clip in shares}
    order = sorted(values, key=lambda clip: values[clip] or 0)
    assert np.all(np.diff([shares[clip] for clip in order]) >= 0)
    assert all(0 <= share <= 1 for share in shares.values() if share is not None)


def test_vectors_come_back_as_they_went_in(workspace: Workspace) -> None:
    import pyarrow as pa

    assert workspace.features.vectors() is None
    vectors = np.eye(3, 8, dtype=np.float32)
    rows = [{"clip_id": f"c{n}", "model": "m", "vector": vector} for n, vector in enumerate(vectors)]
    workspace.features.add_vectors(pa.Table.from_pylist(rows))
    found = workspace.features.vectors()
    assert found is not None
    assert found.clip_ids == ("c0", "c1", "c2")
    np.testing.assert_array_equal(found.vectors, vectors)


@pytest.mark.parametrize("name", ["Sharp", "a b", "x;drop", "1st", ""])
def test_names_that_would_be_sql_are_refused(name: str) -> None:
    with pytest.raises(StorageError, match="can't be a table's"):
        FeatureTable(name, ("mean",))


def test_export_keeps_formulas_harmless(workspace: Workspace, supervisor: Supervisor, tmp_path: Path) -> None:
    extract(workspace, supervisor, only=("exposure",))
    workspace.database.write("UPDATE clip SET narration = '=HYPERLINK(1)' WHERE clip_id = 'one@0-1000'")
    assert export_features(workspace, tmp_path / "features.csv") == 4
    with (tmp_path / "features.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["narration"] for row in rows if row["clip_id"] == "one@0-1000"} == {"'=HYPERLINK(1)"}
    assert all(float(row["exposure_luma_mean"]) > 0 for row in rows)
    assert export_features(workspace, tmp_path / "features.parquet") == 4
    with pytest.raises(StorageError, match=r"\.csv or \.parquet"):
        export_features(workspace, tmp_path / "features.xlsx")


def test_an_extractor_of_another_package_finds_its_place(
    workspace: Workspace, supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "site" / "brightness-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brightness\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[handpicked.extractors]\nbrightness = tests.app.workflows.brightness\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")]))
    try:
        assert "brightness" in feature_settings_model().model_fields
        job = extract(workspace, supervisor, only=("brightness",))
        assert (job.state, job.failed) == ("done", 0), supervisor.log(job.job_id)
        values = workspace.database.rows("SELECT brightness_mean AS m FROM clip_features")
        assert all(0 < row["m"] < 255 for row in values)
    finally:
        unregister("brightness")


def test_activity_clips_take_the_place_of_the_whole_video(workspace: Workspace, footage: Path) -> None:
    write_video(footage / "three.mp4", 48, fps=24, size=(160, 96))
    settings = workspace.settings.load(FeatureSettings)
    activity = settings.activity.model_copy(update={"needs_hands": False})  # type: ignore[attr-defined]
    workspace.settings.save(settings.model_copy(update={"activity": activity}))
    opened = Supervisor(workspace, workers=1)
    request = prepare_import(
        [footage / "three.mp4"], source="folder", clips="activity", clipping=ClippingSettings(), pictures=False
    )
    opened.submit("Import", request.spec)
    assert opened.wait_idle(90)
    opened.close()
    assert [job.kind for job in workspace.jobs.find()] == ["extract", "import"]
    clips = workspace.clips.of_video("three")
    assert {clip.origin for clip in clips} <= {"activity"}
    assert clips, "numbered frames change from one to the next: something goes on"
