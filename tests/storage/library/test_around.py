"""A clip among its neighbours in a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.library.around import around
from storage.library.view import ClipView, Range
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from storage import Workspace

VIEWS = {
    "all": ClipView(),
    "by reward, worst first": ClipView(sort="reward", descending=False),
    "by sharpness": ClipView(sort="sharpness_laplacian_median"),
    "one source, backwards": ClipView(sources=("epic",), descending=False),
    "a range": ClipView(ranges=(Range("duration_s", 2.1, 2.6),)),
}


@pytest.mark.parametrize("name", VIEWS)
def test_stepping_through_a_view_meets_its_clips_in_its_order(workspace: Workspace, name: str) -> None:
    fill(workspace, videos=4, clips_each=8)
    view = VIEWS[name]
    ids = workspace.library.ids(view)
    assert len(ids) > 5
    for place, clip_id in enumerate(ids):
        found = around(workspace.library, view, clip_id, each_side=2)
        assert found is not None
        assert (found.place, found.total) == (place, len(ids))
        assert [clip.clip_id for clip in found.clips] == ids[max(0, place - 2) : place + 3]
        assert found.clips[place - found.first].clip_id == clip_id


def test_a_clip_that_leaves_the_view_keeps_its_place_among_those_that_are_stepped_through(workspace: Workspace) -> None:
    fill(workspace)
    view = ClipView(without_tags=("drop",))
    ids = workspace.library.ids(view)
    before = around(workspace.library, view, ids[3], each_side=1)
    assert before is not None
    workspace.tags.add([ids[3]], "drop")
    still = around(workspace.library, view, ids[3], each_side=1, version=before.version)
    assert still is not None
    assert (still.place, still.total) == (3, len(ids))
    assert still.clips[1].tags == ["drop"]
    assert around(workspace.library, view, ids[3], each_side=1) is None


def test_a_clip_outside_the_view_and_one_that_is_gone_have_no_place(workspace: Workspace) -> None:
    ids = fill(workspace)
    assert around(workspace.library, ClipView(videos=("video1",)), ids[0], each_side=3) is None
    assert around(workspace.library, ClipView(), "nothing", each_side=3) is None
    before = around(workspace.library, ClipView(), ids[5], each_side=1)
    assert before is not None
    workspace.clips.remove([ids[4]])
    after = around(workspace.library, ClipView(), ids[5], each_side=1, version=before.version)
    assert after is not None
    assert [clip.clip_id for clip in after.clips] == ids[5:7]
