"""Bundles from strangers: nothing is written outside the workspace, and what is bad costs itself alone, and is said."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.workflows.export_plan import plan_export
from app.workflows.exporting import write_export
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.rewarding import delete_model
from app.workflows.sharing.receive import finish_bundle_import, prepare_bundle
from engine.errors import ExportError, HandpickedError
from engine.export.bundle import peek_bundle, read_bundle, unpack_bundle
from engine.export.settings import ExportSettings
from engine.settings.data import DataSettings
from storage import Workspace
from storage.rewards import RewardModel
from tests.hostile import snapshot, with_each_string
from tests.shared_footage import AT, bring_in, label, measure, run, score

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLES = ("data/features_exposure.parquet", "data/embedding.parquet", "data/scores.parquet", "data/labels.parquet")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace and, in `out`, a sound bundle of its four clips with features, embeddings, scores and labels."""
    home = tmp_path_factory.mktemp("exported")
    with Workspace(home / "workspace") as workspace:
        clips = bring_in(workspace, home / "footage")
        measure(workspace, clips)
        score(workspace, clips, [0.5, 0.4, 0.9, -0.2])
        label(workspace, clips[2], clips[0])
        supervisor = Supervisor(workspace, workers=1)
        written = write_export(workspace, plan_export(workspace, ExportSettings()), folder=home / "out")
        assert run(supervisor, "Cut clips", written.spec).state == "done"
        supervisor.close()
    return home


@pytest.fixture
def bundle(exported: Path, tmp_path: Path) -> Path:
    """A copy of the bundle, to be spoilt."""
    return shutil.copytree(exported / "out", tmp_path / "bundle")


@pytest.fixture
def owner(exported: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with the videos that the bundle's clips were cut from, and no more than that."""
    shutil.copytree(exported / "workspace", tmp_path / "workspace")
    with Workspace(tmp_path / "workspace") as opened:
        opened.clips.remove(opened.clips.ids())
        for table in ("label_entry", "feature_exposure", "embedding_8", "reward_score", "reward_model"):
            opened.database.write(f"DELETE FROM {table}")  # noqa: S608 - our own names
        yield opened


def manifest_of(bundle: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((bundle / "manifest.json").read_text())
    return said


def rewrite(bundle: Path, said: Any) -> Path:
    """The bundle with another manifest; a table's digest follows what is in it now."""
    for name in TABLES:
        if name in said.get("files", {}) and (bundle / name).is_file():
            said["files"][name] = hashlib.sha256((bundle / name).read_bytes()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(said))
    return bundle


def spoil(bundle: Path, name: str, **columns: list[Any]) -> Path:
    """The bundle with other columns in one of its tables."""
    table = pq.read_table(bundle / name)
    for column, values in columns.items():
        made = pa.array(values, table.schema.field(column).type)
        table = table.set_column(table.schema.get_field_index(column), column, made)
    pq.write_table(table, bundle / name)
    return rewrite(bundle, manifest_of(bundle))


def taken(workspace: Workspace, bundle: Path) -> str:
    """Import what needs no worker; returns what was said of it. Only our own errors may come."""
    try:
        request = prepare_bundle(workspace, bundle)
        report = finish_bundle_import(workspace, bundle)
    except HandpickedError as error:
        return str(error)
    return " ".join([*request.problems, *report.problems])


@pytest.mark.parametrize("name", ["../../escape", "/tmp/escape-absolute", "n\0l", "x" * 5000])
def test_no_text_of_a_manifest_writes_outside_the_workspace(owner: Workspace, bundle: Path, name: str) -> None:
    said = manifest_of(bundle)
    said["clips"], said["settings"], said["model"]["settings"] = said["clips"][:1], {"a": "b"}, {"a": ["b"]}
    tried = 0
    before = snapshot(bundle.parent, without=owner.root)
    for changed in with_each_string(said, name):
        if not isinstance(changed, dict):
            continue
        (bundle / "manifest.json").write_text(json.dumps(changed))
        taken(owner, bundle)
        tried += 1
    (bundle / "manifest.json").write_bytes(before[str(bundle / "manifest.json")])
    assert tried > 60, "every text of the manifest, the keys too"
    assert snapshot(bundle.parent, without=owner.root) == before
    assert not list(bundle.parent.parent.glob("escape*"))
    assert not os.path.lexists("/tmp/escape-absolute")


@pytest.mark.parametrize("name", ["../../escape", "n\0l", "x" * 5000, ""])
@pytest.mark.parametrize("table", TABLES)
def test_no_text_of_a_table_writes_outside_or_ends_in_a_traceback(
    owner: Workspace, bundle: Path, name: str, table: str
) -> None:
    rows = pq.read_table(bundle / table)
    before = snapshot(bundle.parent, without=owner.root)
    for column in [field.name for field in rows.schema if pa.types.is_string(field.type)]:
        spoil(bundle, table, **{column: [name] * rows.num_rows})
        taken(owner, bundle)
        pq.write_table(rows, bundle / table)
    rewrite(bundle, manifest_of(bundle))
    after = snapshot(bundle.parent, without=owner.root)
    assert set(after) == set(before)


def test_an_export_id_that_is_a_path_is_refused_by_name(owner: Workspace, bundle: Path) -> None:
    said = manifest_of(bundle)
    for bad in ("../evil", "/evil", "a/b", "C:evil", "con", "x" * 200):
        rewrite(bundle, {**said, "export_id": bad})
        with pytest.raises(ExportError, match="export_id: it can't be a name on disk"):
            prepare_bundle(owner, bundle)


WINDOWS = [(-5, 1), (0, 1e9), (1, 1), (1.5, 0.5), (1, 3), (50, 51), (0, 0.0001), ("NaN", 1), (0, "Infinity"), (0, None)]


@pytest.mark.parametrize(("start_s", "end_s"), WINDOWS)
def test_a_window_that_can_t_be_costs_its_clip_alone(
    owner: Workspace, bundle: Path, start_s: object, end_s: object
) -> None:
    said = manifest_of(bundle)
    bad = said["clips"][0]["clip_id"]
    said["clips"][0] |= {"start_s": start_s, "end_s": end_s}
    problems = taken(owner, rewrite(bundle, said))
    assert "left out" in problems
    assert owner.clips.ids() == {clip["clip_id"] for clip in said["clips"][1:]}
    assert bad not in owner.clips.ids()


def test_two_clips_of_one_file_or_name_are_one(owner: Workspace, bundle: Path) -> None:
    said = manifest_of(bundle)
    said["clips"][1]["file"] = said["clips"][0]["file"].upper()
    said["clips"][2]["clip_id"] = said["clips"][3]["clip_id"]
    found = peek_bundle(rewrite(bundle, said))
    assert len(found.manifest.clips) == 2
    assert len(found.problems) == 2


def test_a_link_in_a_bundle_leads_nowhere(workspace: Workspace, bundle: Path) -> None:
    secret = bundle.parent / "secret.mp4"
    secret.write_bytes(b"mine")
    said = manifest_of(bundle)
    first = bundle / said["clips"][0]["file"]
    first.unlink()
    first.symlink_to(secret)
    (bundle / TABLES[0]).unlink()
    (bundle / TABLES[0]).symlink_to(secret)
    request = prepare_bundle(workspace, bundle)
    assert "leads out of its folder" in request.problems[0]
    assert len(request.spec.items) == 3
    assert any("leads out" in problem for problem in finish_bundle_import(workspace, bundle).problems)


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 1e300, None])
def test_scores_that_are_none_are_left_out_and_counted(owner: Workspace, bundle: Path, value: float | None) -> None:
    problems = taken(owner, spoil(bundle, "data/scores.parquet", reward=[value, 1.0, 2.0, 3.0]))
    assert "1 rows are no scores" in problems
    assert sorted(owner.rewards.scores("model-1").column("reward").to_pylist()) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e30])
def test_vectors_that_are_none_are_left_out_and_counted(owner: Workspace, bundle: Path, value: float) -> None:
    vectors = [[value] * 8, [1.0] * 8, [1.0] * 7, [2.0] * 8]
    problems = taken(owner, spoil(bundle, "data/embedding.parquet", vector=vectors))
    assert "2 rows are no vectors of numbers" in problems
    found = owner.features.vectors()
    assert found is not None
    assert found.vectors.shape == (2, 8)


def test_a_damaged_table_costs_itself_alone(owner: Workspace, bundle: Path) -> None:
    (bundle / "data/scores.parquet").write_bytes(b"PAR1")
    problems = taken(owner, bundle)
    assert "data/scores.parquet is left out: it is damaged" in problems
    assert owner.features.measured()["exposure"] == 4
    assert owner.labels.counts().people == 1


@pytest.mark.parametrize("extractor", ["failure", "select", "x; DROP TABLE clip", "made_up", "../escape"])
def test_features_of_an_extractor_that_nobody_has_are_left_out(owner: Workspace, bundle: Path, extractor: str) -> None:
    said = manifest_of(bundle)
    name = f"data/features_{extractor}.parquet"
    target = bundle / name
    if extractor != "../escape":
        shutil.copy(bundle / TABLES[0], target)
    digest = said["files"].pop(TABLES[0])
    said["files"][name] = digest
    assert "left out" in taken(owner, rewrite(bundle, said))
    assert owner.features.columns() == [c for c in owner.features.columns() if c.startswith(("exposure", "composite"))]


def test_a_table_has_no_more_rows_than_the_bundle_has_clips(owner: Workspace, bundle: Path) -> None:
    table = pq.read_table(bundle / TABLES[0])
    pq.write_table(pa.concat_tables([table] * 1000), bundle / TABLES[0])
    assert "4,000 rows, where 4 can belong to it" in taken(owner, rewrite(bundle, manifest_of(bundle)))


@pytest.mark.parametrize("bad", [{"start_s": "NaN"}, {"clip_id": None}, {"file": "CLIPS/OTHER.mp4"}])
def test_a_clip_that_is_left_out_does_not_make_tables_too_long(
    owner: Workspace, bundle: Path, bad: dict[str, Any]
) -> None:
    said = manifest_of(bundle)
    said["clips"][1]["file"] = "clips/other.mp4"
    said["clips"][2] |= bad
    problems = taken(owner, rewrite(bundle, said))
    assert "left out" in problems
    assert "rows" not in problems, problems
    assert owner.features.measured()["exposure"] == 3
    assert owner.rewards.count_scores("model-1") == 3
    found = owner.features.vectors()
    assert found is not None
    assert len(found.clip_ids) == 3


def test_a_manifest_s_own_word_for_how_many_rows_there_may_be_is_not_believed(owner: Workspace, bundle: Path) -> None:
    said = manifest_of(bundle)
    said["listed"] = 10**12
    assert read_bundle(rewrite(bundle, said)).manifest.most_rows == 4


def test_a_model_that_is_here_keeps_its_own_scores(owner: Workspace, bundle: Path) -> None:
    taken(owner, bundle)
    assert owner.rewards.count_scores("model-1") == 4
    delete_model(owner, "model-1")
    owner.rewards.add(RewardModel(model_id="model-1", name="ours", created_at=AT, seed=0, settings={}, report=None))
    taken(owner, bundle)
    assert owner.rewards.count_scores("model-1") == 0
    delete_model(owner, "model-1")
    owner.rewards.add(RewardModel(model_id="other", name="model-1", created_at=AT, seed=0, settings={}, report=None))
    taken(owner, bundle)
    assert owner.rewards.count_scores("model-1") == 0, "a name is no id"


def test_a_model_whose_id_no_folder_can_have_is_deleted_all_the_same(workspace: Workspace) -> None:
    workspace.rewards.add(
        RewardModel(model_id="../../evil", name="hostile", created_at=AT, seed=0, settings={}, report=None)
    )
    outside = workspace.root.parent / "evil"
    outside.mkdir()
    delete_model(workspace, "../../evil")
    assert workspace.rewards.find() == []
    assert outside.is_dir()


# --- zip files -------------------------------------------------------------------------------------------------------


def zipped(bundle: Path) -> Path:
    path = bundle.parent / "packed.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(bundle.rglob("*")):
            packed.write(file, file.relative_to(bundle.parent))
    return path


def test_a_zip_file_is_unpacked_by_a_job_into_a_folder_of_its_content(
    owner: Workspace, bundle: Path, tmp_path: Path
) -> None:
    path = zipped(bundle)
    supervisor = Supervisor(owner, workers=1)
    request = prepare_bundle(owner, path)
    assert (request.spec.kind, request.already_here) == ("unpack", 4)
    assert owner.clips.count() == 0, "looking at it takes nothing in"
    run(supervisor, "Unpack", request.spec)
    assert owner.clips.count() == 4
    assert owner.features.measured()["exposure"] == 4
    other = manifest_of(bundle)
    rewrite(bundle, {**other, "created_at": "another day"})
    again = prepare_bundle(owner, zipped(bundle))
    assert again.spec.settings != request.spec.settings, "another bundle of the same name"
    supervisor.close()


def test_a_zip_file_that_can_t_be_unpacked_fails_in_words(owner: Workspace, bundle: Path) -> None:
    path = zipped(bundle)
    content = bytearray(path.read_bytes())
    at = content.index(b"ftyp")
    content[at : at + 4] = b"evil"
    path.write_bytes(content)
    supervisor = Supervisor(owner, workers=1)
    job = run(supervisor, "Unpack", prepare_bundle(owner, path).spec)
    assert job.failed == 1
    assert "can't be unpacked: it is no sound zip file" in owner.jobs.failures(job.job_id)[0].error
    assert not list(owner.paths.pulled.glob("bundles/*"))
    assert not list(owner.paths.pulled.glob("bundles/.*"))
    supervisor.close()


def test_a_bundle_is_unpacked_once_and_again_where_a_file_is_gone(bundle: Path) -> None:
    path, folder = zipped(bundle), bundle.parent / "unpacked"
    unpack_bundle(path, folder)
    made = (folder / "manifest.json").stat().st_ino
    unpack_bundle(path, folder)
    assert (folder / "manifest.json").stat().st_ino == made
    (folder / "list.csv").unlink()
    unpack_bundle(path, folder)
    assert (folder / "list.csv").read_bytes() == (bundle / "list.csv").read_bytes()


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2020-01-01T00:00:00"])
def test_a_model_of_a_time_that_no_clock_says_is_left_out(owner: Workspace, bundle: Path, at: str) -> None:
    said = manifest_of(bundle)
    said["model"]["created_at"] = at
    assert "Model" in taken(owner, rewrite(bundle, said))
    assert owner.rewards.find() == []
    assert len(owner.clips.ids()) == 4, "the clips come in all the same"


def test_features_that_no_clip_can_have_are_left_out_by_count(owner: Workspace, bundle: Path) -> None:
    name = "data/features_exposure.parquet"
    values = pq.read_table(bundle / name).column("luma_mean").to_pylist()
    said = taken(owner, spoil(bundle, name, luma_mean=[1e308, None, *values[2:]]))
    assert f"{name}: 1 rows are beyond what any feature can be and are left out." in said
    stored = owner.database.rows("SELECT luma_mean FROM feature_exposure")
    assert len(stored) == 3
    assert max(row["luma_mean"] or 0.0 for row in stored) < 256


def test_no_more_clips_of_a_video_come_in_than_the_settings_allow(owner: Workspace, bundle: Path) -> None:
    data = owner.settings.load(DataSettings)
    clipping = data.clipping.model_copy(update={"max_clips_per_video": 10})
    owner.settings.save(data.model_copy(update={"clipping": clipping}))
    said = manifest_of(bundle)
    first = said["clips"][0]
    windows = [(i * 0.0001, 0.5 + i * 0.0001) for i in range(3)] + [(i * 0.01, 0.5 + i * 0.01) for i in range(1, 20)]
    said["clips"] = [
        {**first, "clip_id": f"c{i}", "file": f"clips/{i}.mp4", "start_s": start_s, "end_s": end_s}
        for i, (start_s, end_s) in enumerate(windows)
    ]
    told = taken(owner, rewrite(bundle, said))
    assert len(owner.clips.ids()) == 10
    assert "at most 10 clips of a video come in (`max_clips_per_video` in data.yaml)" in told
    assert "2 clips are left out: to the millisecond, their windows are those of others" in told


def test_a_clip_that_begins_at_the_end_of_its_video_is_left_out(owner: Workspace, bundle: Path) -> None:
    said = manifest_of(bundle)
    said["clips"] = said["clips"][:1]
    video_id = next(iter(owner.videos.by_sha256([said["clips"][0]["video_sha256"]]).values()))
    duration_s = owner.videos.get(video_id).duration_s
    said["clips"][0] |= {"start_s": duration_s - 1e-7, "end_s": duration_s + 0.49}
    assert "do not lie in the video" in taken(owner, rewrite(bundle, said))
    assert not owner.clips.ids()
