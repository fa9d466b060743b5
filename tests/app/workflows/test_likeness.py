"""The map and near-duplicates as jobs with real workers; searches through the real warm worker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from app.components.library.duplicates import compared_words
from app.workflows import likeness
from app.workflows.clip_edits import change_window, split_clip
from app.workflows.encoding import EncoderWorker, encode, search_for
from app.workflows.jobs.supervisor import Supervisor
from app.workflows.likeness import keep_best_of_each, map_job, near_duplicates_job, write_embedded
from engine.contracts.encoder import EncoderStart
from engine.errors import EngineError
from engine.features.embedding import EmbeddingSettings
from engine.steps.embedded_clips import read_embedded
from storage.database import Database
from storage.labels import Label
from storage.library.view import ClipView
from storage.likeness import GroupSearch
from tests.filled_workspace import WIDTH, fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.workflows.jobs.kinds import FollowUp
    from storage import Workspace
    from storage.jobs import Job

EVERYTHING = ClipView()


@pytest.fixture
def supervisor(workspace: Workspace) -> Iterator[Supervisor]:
    opened = Supervisor(workspace, workers=1)
    yield opened
    opened.close()


def run(supervisor: Supervisor, job: FollowUp) -> Job:
    done = supervisor.wait(supervisor.submit(job.title, job.spec), 90)
    assert done.state == "done", supervisor.log(done.job_id)
    assert not done.failed
    return done


def test_a_map_covers_every_clip_with_an_embedding(workspace: Workspace, supervisor: Supervisor) -> None:
    ids = fill(workspace)
    assert workspace.likeness.map_state() is None
    run(supervisor, map_job(workspace, "pca"))
    state = workspace.likeness.map_state()
    assert state is not None
    assert (state.method, state.model, state.clips) == ("pca", "made up", len(ids))
    points = workspace.likeness.map_points(ClipView(sources=("epic",)), "hands_any_share")
    assert points.num_rows == 20
    assert points.column_names == ["clip_id", "x", "y", "video", "value"]
    assert set(workspace.likeness.map_points(EVERYTHING, "source").column("value").to_pylist()) == {"epic", "folder"}


def test_the_best_of_each_group_stays(workspace: Workspace, supervisor: Supervisor) -> None:
    ids = fill(workspace)
    twins = ids[:3]
    vector = np.ones(WIDTH, np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(np.tile(vector, 3)), WIDTH)
    workspace.features.add_vectors(pa.table({"clip_id": twins, "model": ["made up"] * 3, "vector": column}))
    run(supervisor, near_duplicates_job(workspace, min_similarity=0.999))
    assert workspace.likeness.group_counts(EVERYTHING) == (1, 2)
    (group,) = workspace.likeness.groups(EVERYTHING, limit=10)
    rewards = {row.clip_id: row.reward for row in workspace.library.page(EVERYTHING, limit=100)}
    assert group.clip_ids == sorted(twins, key=lambda clip_id: -rewards[clip_id])
    assert keep_best_of_each(workspace, EVERYTHING) == 2
    assert workspace.tags.tagged("drop") == set(group.clip_ids[1:])
    workspace.tags.undo()
    assert workspace.tags.tagged("drop") == set()
    run(supervisor, near_duplicates_job(workspace, min_similarity=1.0, min_overlap=1.0))


def test_how_groups_were_found_is_kept_with_them(workspace: Workspace, supervisor: Supervisor) -> None:
    ids = fill(workspace)
    assert workspace.likeness.group_search() is None
    run(supervisor, near_duplicates_job(workspace, min_similarity=0.875, min_overlap=0.25))
    found = workspace.likeness.group_search()
    assert found == GroupSearch(
        model="made up", min_similarity=0.875, min_overlap=0.25, clips=len(ids), checked=0, missed=0
    )
    assert compared_words(found) == ""
    said = compared_words(replace(found, clips=1_000_000, checked=2_000, missed=3))
    assert said.startswith("Of 1,000,000 clips each was compared with the groups that lie near it.")
    assert "2,000 clips compared with all groups as a check, 3 belong" in said
    workspace.likeness.put_groups(None, None)
    assert workspace.likeness.group_search() is None


def test_the_app_never_holds_all_vectors_to_write_them_down(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(workspace)
    stored = workspace.features.vectors()
    assert stored is not None
    columns: list[str] = []
    read = Database.table

    def table(database: Database, *given: Any, **named: Any) -> pa.Table:
        found = read(database, *given, **named)
        columns.extend(found.column_names)
        return found

    monkeypatch.setattr(Database, "table", table)
    write_embedded(workspace, "made up", tmp_path)
    assert "worth" in columns
    assert "vector" not in columns
    written = read_embedded(tmp_path)
    assert written.clips.column("clip_id").to_pylist() == sorted(ids) == list(stored.clip_ids)
    np.testing.assert_array_equal(written.vectors, stored.vectors)
    worth = {row.clip_id: row.reward for row in workspace.library.rows(ids)}
    assert [sorted(ids)[row] for row in written.best_first()] == sorted(ids, key=lambda one: (-(worth[one] or 0), one))


def test_clips_without_a_vector_are_left_out(workspace: Workspace, tmp_path: Path) -> None:
    ids = fill(workspace)
    workspace.database.write("DELETE FROM embedding_16 WHERE clip_id = ?", [ids[3]])
    workspace.database.write("UPDATE embedding_16 SET model = 'another' WHERE clip_id = ?", [ids[5]])
    write_embedded(workspace, "made up", tmp_path)
    written = read_embedded(tmp_path)
    assert written.clips.column("clip_id").to_pylist() == sorted({*ids} - {ids[3], ids[5]})
    assert len(written.vectors) == len(ids) - 2


def test_where_no_vector_of_the_model_is_left_there_is_nothing_to_compare(workspace: Workspace, tmp_path: Path) -> None:
    fill(workspace)
    write_embedded(workspace, "a model of before", tmp_path)
    found = read_embedded(tmp_path)
    assert (found.clips.num_rows, len(found.vectors)) == (0, 0)


def test_a_map_of_very_many_clips_is_one_of_a_fixed_sample(
    workspace: Workspace, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(workspace)
    monkeypatch.setattr(likeness, "MOST_ON_MAP", 25)
    run(supervisor, map_job(workspace, "pca"))
    first = workspace.likeness.map_ids().to_pylist()
    assert len(first) == 25
    assert set(first) < set(ids)
    run(supervisor, map_job(workspace, "pca"))
    assert workspace.likeness.map_ids().to_pylist() == first
    of_epic = workspace.likeness.map_ids_of(ClipView(sources=("epic",))).to_pylist()
    epic = {row.clip_id for row in workspace.library.page(ClipView(sources=("epic",)), limit=100)}
    assert set(of_epic) == epic & set(first)


def test_without_embeddings_the_reason_is_said(workspace: Workspace) -> None:
    fill(workspace, measured=False)
    for attempt in (map_job, near_duplicates_job):
        with pytest.raises(EngineError, match="No clip has an embedding"):
            attempt(workspace)
    with pytest.raises(EngineError, match="No clip has an embedding"):
        search_for(workspace, "text", "a hand", b"a hand")


def test_the_warm_worker_answers_ends_when_idle_and_starts_again(workspace: Workspace, tmp_path: Path) -> None:
    from PIL import Image

    picture = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)).save(picture)
    first = encode(workspace, image=str(picture))
    assert first.vector.shape == (1280,)
    assert np.linalg.norm(first.vector) == pytest.approx(1.0, abs=1e-4)
    assert np.allclose(encode(workspace, image=str(picture)).vector, first.vector)
    if first.model == "efficientnet_lite0":
        with pytest.raises(EngineError, match="knows pictures only"):
            encode(workspace, text="a hand")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(EngineError, match="can't be read"):
        encode(workspace, image=str(broken))


def test_a_worker_that_dies_is_told_and_replaced(tmp_path: Path) -> None:
    start = EncoderStart(embedding=EmbeddingSettings(weights_file=str(tmp_path / "gone.pt")), weights_folders=())
    worker = EncoderWorker(start, tmp_path / "log", idle_s=0.3)
    with pytest.raises(EngineError, match="weights are not there"):
        worker.ask(text="a hand")
    assert worker.running
    assert worker._process is not None
    worker._process.kill()
    worker._process.wait(10)
    with pytest.raises(EngineError, match="weights are not there"):
        worker.ask(text="a hand")
    worker.stop()
    assert not worker.running


def test_a_search_with_another_model_than_the_embeddings_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    from PIL import Image

    fill(workspace)
    picture = tmp_path / "picture.png"
    Image.new("RGB", (64, 64), "red").save(picture)
    with pytest.raises(EngineError, match="by made up, the settings now give"):
        search_for(workspace, "image", "red", picture.read_bytes())


def test_a_changed_window_takes_the_old_one_s_place(workspace: Workspace) -> None:
    ids = fill(workspace, measured=False)
    workspace.tags.add([ids[1]], "keep")
    made, stays = change_window(workspace, ids[1], 3.5, 6.0)
    assert (made, stays) == (["video0@3500-6000"], False)
    assert workspace.clips.get(made[0]).narration == "cut onion"
    assert workspace.tags.of_clip(made[0]) == ["keep"]
    assert ids[1] not in workspace.clips.ids()


def test_a_labelled_clip_stays_beside_its_halves(workspace: Workspace) -> None:
    from datetime import UTC, datetime

    ids = fill(workspace, measured=False)
    workspace.labels.add(
        [
            Label(
                label_id="one",
                left_clip_id=ids[0],
                right_clip_id=ids[1],
                answer="left",
                annotator="a",
                kind="people",
                response_ms=500,
                strategy="random",
                created_at=datetime.now(UTC),
            )
        ]
    )
    made, stays = split_clip(workspace, ids[0], 1.0)
    assert (made, stays) == (["video0@0-1000", "video0@1000-2000"], True)
    assert workspace.tags.of_clip(ids[0]) == ["replaced"]


@pytest.mark.parametrize(("start_s", "end_s"), [(-1.0, 2.0), (3.0, 3.05), (59.0, 61.0), (5.0, 4.0)])
def test_no_window_leaves_its_video(workspace: Workspace, start_s: float, end_s: float) -> None:
    ids = fill(workspace, measured=False)
    with pytest.raises(EngineError, match="can't be a clip"):
        change_window(workspace, ids[0], start_s, end_s)
    assert ids[0] in workspace.clips.ids()
