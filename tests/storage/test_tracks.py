"""Series of clips: what one clip lacks does not decide what the table can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

if TYPE_CHECKING:
    from storage import Workspace


def series(clip_id: str, speed: list[float | None]) -> pa.Table:
    """A clip's series as it comes out of a shard, where Arrow has guessed the types."""
    return pa.table({"clip_id": [clip_id], "t_s": [[0.0, 0.1]], "speed": [speed], "frozen": [[False, True]]})


@pytest.mark.parametrize("order", [("bare", "full"), ("full", "bare")])
def test_a_clip_without_any_number_may_come_first(workspace: Workspace, order: tuple[str, str]) -> None:
    """DuckDB made a column that holds nothing but NULL, and every later clip's numbers failed for good."""
    speeds: dict[str, list[float | None]] = {"bare": [None, None], "full": [0.5, None]}
    for name in order:
        workspace.features.add_tracks("motion_track", series(name, speeds[name]))
    for name, speed in speeds.items():
        track = workspace.features.track("motion_track", name)
        assert track is not None
        assert (track.series["speed"], track.series["frozen"]) == (speed, [False, True])


def test_a_table_that_was_made_without_a_type_is_mended(workspace: Workspace) -> None:
    bare = series("bare", [None, None])
    workspace.database.write_arrow("CREATE TABLE motion_track AS SELECT * FROM incoming", bare)
    workspace.features.add_tracks("motion_track", series("full", [0.5, 1.5]))
    for name, speed in (("bare", [None, None]), ("full", [0.5, 1.5])):
        track = workspace.features.track("motion_track", name)
        assert track is not None
        assert track.series["speed"] == speed
