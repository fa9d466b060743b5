"""Numbers that a bundle brings: they say where they were measured, are stale like one's own, and are done only where
they are whole."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.workflows.export_plan import plan_export
from app.workflows.exporting import write_export
from app.workflows.extracting import extract_spec, recompute_composite, resources_of, settings_of, table_of
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.sharing.bundle_in import NO_SERIES, NO_VECTOR
from app.workflows.sharing.bundle_out import data_tables
from app.workflows.sharing.receive import prepare_bundle
from app.workflows.staleness import stale_numbers
from engine.export.settings import ExportSettings
from engine.features.registry import get
from engine.features.settings import extractor_settings
from engine.files.digest import sha256_of_file
from storage import Workspace
from storage.features import DoubtedNumbers
from tests.filled_workspace import fill
from tests.shared_footage import bring_in, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("exposure", "motion", "embedding")


def hold(workspace: Workspace, name: str, clip_ids: list[str], *, version: int | None = None, note: str = "") -> None:
    """Give clips an extractor's numbers as the settings are now, of this or another version."""
    extractor = get(name)(extractor_settings(settings_of(workspace), name), resources_of(workspace))
    table = table_of(name)
    workspace.features.ensure([table])
    same = {"extractor_version": version or extractor.version, "settings_hash": extractor.settings_hash()}
    rows = [
        {"clip_id": c, **same, "note": note, "damaged": False, **dict.fromkeys(table.columns, 0.5)} for c in clip_ids
    ]
    workspace.features.add(table, pa.Table.from_pylist(rows))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of four clips with numbers of this version; the vector of one clip is lacking."""
    home = tmp_path_factory.mktemp("exported")
    with Workspace(home / "workspace") as workspace:
        clips = bring_in(workspace, home / "footage")
        for name in NAMES:
            hold(workspace, name, clips, note="Flicker needs three frames." if name == "exposure" else "")
        vectors = pa.array(list(np.eye(4, 8, dtype=np.float32)), pa.list_(pa.float32()))
        rows = pa.table({"clip_id": clips, "model": ["made up"] * 4, "vector": vectors})
        workspace.features.add_vectors(rows.slice(1))
        supervisor = Supervisor(workspace, workers=1)
        recompute_composite(workspace)
        written = write_export(workspace, plan_export(workspace, ExportSettings()), folder=home / "out")
        assert run(supervisor, "Cut clips", written.spec).state == "done"
        supervisor.close()
    return home


@pytest.fixture
def owner(exported: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with the videos that the clips were cut from, and nothing measured."""
    shutil.copytree(exported / "workspace", tmp_path / "workspace")
    with Workspace(tmp_path / "workspace") as opened:
        opened.clips.remove(opened.clips.ids())
        for table in ("feature_exposure", "feature_motion", "feature_embedding", "feature_composite", "embedding_8"):
            opened.database.write(f"DELETE FROM {table}")  # noqa: S608 - our own names
        yield opened


def imported(workspace: Workspace, bundle: Path) -> list[str]:
    """Import a bundle; returns what its job's history says."""
    supervisor = Supervisor(workspace, workers=1)
    job = run(supervisor, "Import bundle", prepare_bundle(workspace, bundle).spec)
    supervisor.close()
    assert (job.state, job.message) == ("done", "")
    return [event.message for event in workspace.jobs.events(job.job_id) if event.level == "note"]


def test_numbers_that_came_say_so_in_the_job_s_history_and_beside_the_clip(owner: Workspace, exported: Path) -> None:
    said = imported(owner, exported / "out")
    assert "4 of the bundle's clips are here now." in said
    version = get("exposure").version
    (exposure,) = [line for line in said if line.startswith("Exposure")]
    assert f"the numbers of 4 clips were measured elsewhere (version {version}); 0 of them count as not" in exposure
    notes = {note.extractor: note for note in owner.features.notes_of_clip("one@0-1000")}
    assert notes["exposure"].version == version
    assert notes["exposure"].note.startswith("Measured elsewhere: they came with a bundle of Handpicked ")
    assert notes["exposure"].note.endswith(". Flicker needs three frames.")
    passed_on = data_tables(owner, ["one@0-1000"], ExportSettings())["features_exposure"].column("note").to_pylist()
    assert passed_on == [notes["exposure"].note]


def test_numbers_of_another_version_are_stale_like_one_s_own(owner: Workspace, exported: Path, tmp_path: Path) -> None:
    bundle = shutil.copytree(exported / "out", tmp_path / "bundle")
    file = bundle / "data/features_exposure.parquet"
    table = pq.read_table(file)
    place = table.schema.get_field_index("extractor_version")
    pq.write_table(table.set_column(place, "extractor_version", pa.array([7] * 4, pa.int32())), file)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"]["data/features_exposure.parquet"] = sha256_of_file(file)
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    said = imported(owner, bundle)
    (exposure,) = [line for line in said if line.startswith("Exposure")]
    assert "(version 7); 4 of them count as not measured here" in exposure
    (item, _) = extract_spec(owner, only=("exposure",)).items
    assert len(item.payload.clips) == 2


def test_numbers_without_the_series_or_vector_that_belong_to_them_are_measured_here(
    owner: Workspace, exported: Path
) -> None:
    imported(owner, exported / "out")
    doubts = {doubted.extractor: doubted for doubted in owner.features.doubts()}
    assert doubts == {
        "motion": DoubtedNumbers("motion", NO_SERIES, 4),
        "embedding": DoubtedNumbers("embedding", NO_VECTOR, 1),
    }
    wanted = [clip.clip_id for item in extract_spec(owner, only=NAMES).items for clip in item.payload.clips]
    assert len(wanted) == 4
    whys = {stale.extractor: stale.why for stale in stale_numbers(owner)}
    assert whys["motion"].startswith("A bundle brought numbers without the series over time")
    hold(owner, "motion", wanted)
    imported(owner, exported / "out")
    assert "motion" not in {doubted.extractor for doubted in owner.features.doubts()}, "our own stay, and are whole"


def test_numbers_in_doubt_do_not_travel(workspace: Workspace) -> None:
    clips = fill(workspace)
    before = set(data_tables(workspace, clips, ExportSettings())["features_exposure"].column("clip_id").to_pylist())
    workspace.features.doubt("video0", "its frames were taken at wrong times")
    doubted = {clip_id for clip_id in clips if clip_id.startswith("video0@")}
    left = data_tables(workspace, clips, ExportSettings())["features_exposure"].column("clip_id").to_pylist()
    assert doubted & before
    assert set(left) == before - doubted
