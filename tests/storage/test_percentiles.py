"""Where a clip's numbers stand among those of all clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.filled_workspace import fill

if TYPE_CHECKING:
    from storage import Workspace

COLUMN = "sharpness_laplacian_median"


def test_percentiles_of_several_clips_are_those_of_each_with_ties_halved(workspace: Workspace) -> None:
    ids = fill(workspace, videos=1, clips_each=4)
    for clip_id, value in zip(ids, ("1", "2", "2", "NULL"), strict=True):
        workspace.database.write(
            f"UPDATE feature_sharpness SET laplacian_median = {value} WHERE clip_id = ?",  # noqa: S608 - our own values
            [clip_id],
        )
    found = workspace.features.percentiles_of(ids)
    assert [found[clip_id].get(COLUMN) for clip_id in ids] == [pytest.approx(n / 6) for n in (1, 4, 4)] + [None]
    for clip_id in ids:
        assert workspace.features.percentiles_of([clip_id])[clip_id] == pytest.approx(found[clip_id])


def test_percentiles_count_only_clips_that_are_still_there(workspace: Workspace) -> None:
    ids = fill(workspace, videos=1, clips_each=3)
    for value, clip_id in enumerate(ids):
        workspace.database.write(
            "UPDATE feature_sharpness SET laplacian_median = ? WHERE clip_id = ?", [float(value), clip_id]
        )
    workspace.database.write("DELETE FROM clip WHERE clip_id = ?", [ids[0]])
    assert workspace.features.percentiles_of(ids[1:2])[ids[1]][COLUMN] == pytest.approx(1 / 4)


def test_a_clip_that_was_not_measured_has_no_percentile(workspace: Workspace) -> None:
    ids = fill(workspace, videos=1, clips_each=2, measured=False)
    assert workspace.features.percentiles_of(ids) == {ids[0]: {}, ids[1]: {}}


def test_a_menu_of_tags_names_each_once(workspace: Workspace) -> None:
    ids = fill(workspace, videos=1, clips_each=3, measured=False)
    assert workspace.library.tag_names() == []
    workspace.tags.add(ids, "wet floor")
    workspace.tags.add(ids[:1], "keep")
    assert workspace.library.tag_names() == ["keep", "wet floor"]
