"""The sample workspace: rendered, imported, clipped by its own truth, and labelled by simulated annotators only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.workflows.jobs.supervisor import Supervisor
from app.workflows.sampling import sample_spec, simulate_labels
from engine.preference.simulated import SimulatedAnnotator
from storage import Workspace
from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = {"n_episodes": 3, "episode_s": 1.0, "width": 160, "height": 90, "fps": 12}


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with two small sample videos."""
    with Workspace(tmp_path_factory.mktemp("sampled")) as workspace:
        supervisor = Supervisor(workspace)
        supervisor.submit("Render", sample_spec(2, 7, **SMALL))
        assert supervisor.wait_idle(120)
        assert [job.state for job in workspace.jobs.find()] == ["done"] * 3
        yield workspace
        supervisor.close()


def test_every_episode_is_a_clip_that_knows_its_quality(sampled: Workspace) -> None:
    assert sampled.videos.count() == 2
    truth = sampled.sample.clip_quality()
    assert len(truth) == sampled.clips.count() == 6
    assert {video.source for video in sampled.videos.find()} == {"sample"}
    rows = sampled.database.rows("SELECT * FROM clip ORDER BY clip_id")
    assert {row["origin"] for row in rows} == {"annotations"}
    assert all(row["end_s"] - row["start_s"] == pytest.approx(1.0, abs=0.05) for row in rows)


def test_the_truth_lies_beside_each_video(sampled: Workspace) -> None:
    names = sorted(path.name for path in sampled.paths.sample.iterdir())
    assert len(names) == 4
    assert {name.rpartition(".")[2] for name in names} == {"mp4", "json"}


def test_simulated_labels_are_marked_and_counted_apart(sampled: Workspace) -> None:
    made = simulate_labels(sampled, SimulatedAnnotator(name="sim", seed=1), pairs=40)
    assert made.labels == 40
    counts = sampled.labels.counts()
    assert (counts.people, counts.simulated) == (0, 40)
    assert all(label.kind == "simulated" for label in sampled.labels.find())
    assert sampled.labels.find("people") == []
    assert [(row.annotator, row.kind) for row in sampled.labels.by_annotator()] == [("sim", "simulated")]


def test_asking_the_same_annotator_again_adds_nothing(sampled: Workspace) -> None:
    before = simulate_labels(sampled, SimulatedAnnotator(name="again", seed=2), pairs=10).labels
    assert before == 10
    assert simulate_labels(sampled, SimulatedAnnotator(name="again", seed=2), pairs=10).labels == 0


def test_an_undone_label_is_gone_and_its_row_stays(sampled: Workspace) -> None:
    simulate_labels(sampled, SimulatedAnnotator(name="fickle", seed=3), pairs=5)
    label = next(label for label in sampled.labels.find() if label.annotator == "fickle")
    entries = sampled.database.scalar("SELECT count(*) FROM label_entry")
    sampled.labels.undo(label.label_id)
    assert label.label_id not in {kept.label_id for kept in sampled.labels.find()}
    assert sampled.database.scalar("SELECT count(*) FROM label_entry") == entries + 1


def test_real_footage_has_no_hidden_quality_to_answer_from(workspace: Workspace) -> None:
    with pytest.raises(StorageError, match="no sample clips"):
        simulate_labels(workspace, SimulatedAnnotator(name="sim"), pairs=5)
