"""What the app itself reads of a workspace that is too large to be read: some clips' features, and no vector of others.

The bound is set low here, so that a small workspace counts as a large one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workflows import clips_at_hand, labelling
from app.workflows.export_plan import plan_export
from app.workflows.label_statistics import statistics_of
from app.workflows.reward_data import clip_table, write_all_clips
from app.workflows.rewarding import prepare_scoring
from app.workflows.training_inputs import prepare_training
from engine.contracts.reward import CLIPS_FILE, TrainSettings
from engine.export import selection
from engine.export.settings import ExportSettings
from engine.preference.pool import active_clips, first_of_pool, pool_size
from engine.preference.settings import PairSettings
from engine.runtime.spec import StepSettings
from engine.tables.parquet import read_clips
from storage.database import Database
from tests.engine.reward import made
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage import Workspace

BOUND = 20


@pytest.fixture
def vectors_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows with a vector each piece had that came out of the store. Whole tables of vectors are refused."""
    counts: list[int] = []
    table, batches = Database.table, Database.batches

    def no_vectors(self: Database, sql: str, *args: Any, **options: Any) -> Any:
        found = table(self, sql, *args, **options)
        assert "vector" not in found.column_names, "vectors as one table"
        return found

    def counted(self: Database, sql: str, *args: Any, **options: Any) -> Iterator[Any]:
        for batch in batches(self, sql, *args, **options):
            if "vector" in batch.schema.names:
                counts.append(batch.num_rows)
            yield batch

    monkeypatch.setattr(Database, "table", no_vectors)
    monkeypatch.setattr(Database, "batches", counted)
    return counts


@pytest.fixture
def large(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A workspace of 200 clips, ten times as many as are read."""
    ids = fill(workspace, videos=10, clips_each=20)
    for module in (clips_at_hand, labelling):
        monkeypatch.setattr(module, "MOST_READ", BOUND)
    monkeypatch.setattr(labelling, "missing_of", lambda _addresses: set())
    return ids


@given(
    names=st.lists(st.text(max_size=6), unique=True, max_size=60),
    count=st.integers(1, 70),
    size=st.integers(1, 20),
)
def test_the_first_clips_of_the_pool_are_found_in_batches(names: list[str], count: int, size: int) -> None:
    plain = PairSettings()
    found = first_of_pool((names[k : k + size] for k in range(0, len(names), size)), count)
    whole = active_clips(names, 0, plain)
    if count >= len(names):
        assert set(found) == set(names)
    shared = min(len(found), len(whole))
    assert found[:shared] == whole[:shared]
    assert len(found) == min(count, len(names))


def test_a_pair_is_chosen_from_the_pool_that_all_clips_would_give(
    workspace: Workspace, large: list[str], vectors_read: list[int]
) -> None:
    sitting = labelling.start_sitting(workspace, "Anna", 100)
    pairs = labelling.next_pairs(workspace, sitting, "tab")
    assert len(pairs) == labelling.QUEUE
    assert 0 < sum(vectors_read) <= labelling.MOST_READ * -(-pool_size(0, PairSettings()) // labelling.MOST_READ)
    pool = set(active_clips(sorted(large), 0, PairSettings()))
    assert {clip for pair in pairs for clip in (pair.left_clip_id, pair.right_clip_id)} <= pool
    before = sum(vectors_read)
    labelling.next_pairs(workspace, sitting, "another tab")
    assert sum(vectors_read) == before, "what was read is kept"


def test_labelled_clips_are_read_whatever_their_place_in_the_pool(
    workspace: Workspace, large: list[str], vectors_read: list[int]
) -> None:
    table = clips_at_hand.clips_around(workspace, large[:7])
    assert set(large[:7]) <= set(table.clip_ids)
    assert len(table) <= BOUND + 7
    assert sum(vectors_read) == len(table)
    statistics_of(workspace, "simulated")
    assert sum(vectors_read) <= 2 * (BOUND + 7) + len(large), "the sample, and the clips that have labels"


def test_a_small_workspace_is_read_whole(workspace: Workspace) -> None:
    ids = fill(workspace, videos=2, clips_each=5)
    found = clips_at_hand.clips_around(workspace, [])
    assert sorted(found.clip_ids) == sorted(ids)


def test_workers_get_all_clips_in_the_same_rows_as_a_table_of_them(
    workspace: Workspace, large: list[str], tmp_path: Path
) -> None:
    expected = clip_table(workspace)
    written = write_all_clips(workspace, tmp_path / CLIPS_FILE)
    found = read_clips(tmp_path / CLIPS_FILE)
    assert found.clip_ids == expected.clip_ids == tuple(sorted(large)) == tuple(written.clip_ids.to_pylist())
    assert (found.video_ids, found.columns, found.groups) == (expected.video_ids, expected.columns, expected.groups)
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(np.asarray(found.embedding), np.asarray(expected.embedding))
    np.testing.assert_array_equal(np.asarray(found.duration_s), np.asarray(expected.duration_s))
    assert list(written.rows_of([large[3], "nowhere"])) == [found.clip_ids.index(large[3]), -1]


def test_inputs_of_workers_are_written_without_all_vectors_at_once(
    workspace: Workspace, large: list[str], vectors_read: list[int], tmp_path: Path
) -> None:
    (tmp_path / "score").mkdir()
    prepare_scoring(workspace, StepSettings(), tmp_path / "score")
    (tmp_path / "train").mkdir()
    settings = TrainSettings(model=made.QUICK_MODEL, training=made.QUICK, labels="simulated")
    prepare_training(workspace, settings, tmp_path / "train")
    assert sum(vectors_read) == 2 * len(large)


def test_a_ranking_reads_no_vector_and_one_with_diversity_few(
    workspace: Workspace, large: list[str], vectors_read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "BLOCK", 8)
    plain = plan_export(workspace, ExportSettings(top=5))
    assert (plain.clips, vectors_read) == (5, [])
    found = plan_export(workspace, ExportSettings(top=5, diversity=0.99))
    assert found.clips == 5
    assert 5 <= sum(vectors_read) < len(large) / 2
