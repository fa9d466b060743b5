"""What labelling keeps between two pairs is read again as soon as numbers were measured or clips changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from app.workflows import clips_at_hand, labelling
from app.workflows.extracting import table_of
from storage.clips import Clip
from tests.filled_workspace import fill

if TYPE_CHECKING:
    import pytest

    from engine.tables.types import ClipTable
    from storage import Workspace


def read(workspace: Workspace) -> ClipTable:
    """The clips as a choice of pairs reads them."""
    return labelling._clips_with_features(workspace, [], set())


def brightness(workspace: Workspace) -> float:
    table = read(workspace)
    place = table.columns.index("exposure_" + table_of("exposure").columns[0])
    return float(np.nanmax(table.values[:, place]))


def test_pairs_are_chosen_by_the_numbers_of_the_latest_measurement(workspace: Workspace) -> None:
    ids = fill(workspace)
    assert brightness(workspace) <= 1
    table = table_of("exposure")
    same = {"extractor_version": 2, "settings_hash": "", "note": "", "damaged": False}
    rows = [{"clip_id": clip_id, **same, **dict.fromkeys(table.columns, 7.0)} for clip_id in ids]
    workspace.features.add(table, pa.Table.from_pylist(rows))
    assert brightness(workspace) == 7


def test_numbers_that_were_in_doubt_are_read_again_once_they_are_measured(workspace: Workspace) -> None:
    ids = fill(workspace)
    workspace.features.doubt("video0", "its frames were taken at wrong times")
    brightness(workspace)
    table = table_of("exposure")
    same = {"extractor_version": 1, "settings_hash": "", "note": "", "damaged": False}
    rows = [{"clip_id": ids[0], **same, **dict.fromkeys(table.columns, 7.0)}]
    workspace.features.add(table, pa.Table.from_pylist(rows))
    assert brightness(workspace) == 7


def test_a_clip_in_another_ones_place_is_known(workspace: Workspace) -> None:
    ids = fill(workspace)
    read(workspace)
    workspace.clips.remove([ids[0]])
    workspace.clips.add([Clip(video_id="video0", start_s=40.0, end_s=42.0, origin="manual")])
    assert "video0@40000-42000" in read(workspace).clip_ids


def test_what_a_gone_clip_s_label_asks_for_is_not_read_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(workspace)
    monkeypatch.setattr(labelling, "MOST_READ", 5)
    monkeypatch.setattr(clips_at_hand, "MOST_READ", 5)
    reads: list[object] = []
    real = clips_at_hand.clip_table
    monkeypatch.setattr(clips_at_hand, "clip_table", lambda *a, **k: reads.append(a) or real(*a, **k))
    labelled = {ids[7], "a clip that was removed"}
    for _ in range(3):
        labelling._clips_with_features(workspace, ids[:5], labelled)
    assert len(reads) == 1
    labelling._clips_with_features(workspace, ids[:5], {*labelled, ids[9]})
    assert len(reads) == 2
