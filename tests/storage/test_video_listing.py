"""The list of videos: searched, filtered by their clips, in several orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.clips import Clip
from tests.filled_workspace import a_video

if TYPE_CHECKING:
    from storage import Workspace


@pytest.fixture
def listed(workspace: Workspace) -> Workspace:
    workspace.videos.add(
        [a_video("long", duration_s=90.0), a_video("many", duration_s=30.0), a_video("bare", duration_s=60.0)]
    )
    spans = [("many", 0.0), ("many", 2.0), ("long", 0.0)]
    workspace.clips.add(Clip(video_id=name, start_s=t, end_s=t + 1, origin="stride") for name, t in spans)
    return workspace


def names(workspace: Workspace, **how: str) -> list[str]:
    return [row.video.name for row in workspace.videos.overview(**how)]  # type: ignore[arg-type]


def test_videos_are_listed_by_name_length_and_clips(listed: Workspace) -> None:
    assert names(listed) == ["bare", "long", "many"]
    assert names(listed, sort="longest") == ["long", "bare", "many"]
    assert names(listed, sort="clips") == ["many", "long", "bare"]
    assert len(names(listed, sort="imported")) == 3


def test_videos_are_filtered_by_their_clips_and_counted_so(listed: Workspace) -> None:
    assert names(listed, shown="without") == ["bare"]
    assert names(listed, shown="with", search="an") == ["many"]
    assert listed.videos.count(shown="with") == 2
    assert listed.videos.count(shown="without", search="long") == 0
