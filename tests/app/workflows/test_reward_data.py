"""What rewards and the choice of pairs read from the store, held to the rows that they come from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from app.workflows.labelling import asked_pairs
from app.workflows.reward_data import clip_table
from tests.app.workflows.stocked import label_it, stock

if TYPE_CHECKING:
    from storage import Workspace


@pytest.mark.parametrize("lacking", [0, 3])
def test_every_clip_has_its_own_video_length_and_vector(workspace: Workspace, lacking: int) -> None:
    ids = stock(workspace, unmeasured=2)
    embedded = ids[: len(ids) - lacking][::-1]
    vectors = np.array([[ids.index(clip_id), 1.0] for clip_id in embedded], np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 2)
    workspace.features.add_vectors(pa.table({"clip_id": embedded, "model": ["m"] * len(embedded), "vector": column}))
    found = clip_table(workspace)
    windows = {row.clip_id: row for row in workspace.clips.windows(ids)}
    assert sorted(found.clip_ids) == sorted(ids)
    assert found.embedding is not None
    assert found.duration_s is not None
    for row, clip_id in enumerate(found.clip_ids):
        window = windows[clip_id]
        assert found.video_ids[row] == window.video_id
        assert found.duration_s[row] == window.end_s - window.start_s
        expected = [ids.index(clip_id), 1.0] if clip_id in embedded else [np.nan, np.nan]
        np.testing.assert_array_equal(found.embedding[row], expected)


def test_what_people_were_asked_is_their_labels_oldest_first_and_no_simulated_one(workspace: Workspace) -> None:
    stock(workspace)
    label_it(workspace, 30)
    label_it(workspace, 10, kind="simulated", annotator="robot")
    labels = workspace.labels.find("people")
    workspace.labels.undo(labels[3].label_id)
    workspace.labels.add([replace(labels[5], label_id="tied", answer="tie")])
    expected = [
        (label.left_clip_id, label.right_clip_id, label.answer, label.annotator, label.strategy)
        for label in workspace.labels.find("people")
    ]
    found = asked_pairs(workspace)
    assert len(found) == 30
    assert [(p.left_clip_id, p.right_clip_id, p.answer, p.annotator, p.strategy) for p in found] == expected
