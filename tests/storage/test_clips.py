"""A clip is a window, whatever the way on which it came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from storage import Workspace, migrations
from storage.clips import Clip
from storage.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

NAN, INFINITE = float("nan"), float("inf")
WINDOWS = [(-5.0, 1.0), (0.0, 1e9), (3.0, 2.0), (1.0, 1.0), (NAN, 1.0), (0.0, NAN), (0.0, INFINITE)]


@pytest.mark.parametrize(("start_s", "end_s"), [*WINDOWS, (1.0001, 1.0002)])
def test_two_times_that_are_no_window_are_no_clip(start_s: float, end_s: float) -> None:
    with pytest.raises(StorageError, match="can't be a clip of v"):
        Clip(video_id="v", start_s=start_s, end_s=end_s, origin="manual")


@pytest.mark.parametrize(("start_s", "end_s"), WINDOWS)
def test_the_store_refuses_them_too(workspace: Workspace, start_s: float, end_s: float) -> None:
    sql = "INSERT INTO clip VALUES ('c', 'v', ?, ?, 'manual', NULL, NULL, NULL, NULL, ?)"
    with pytest.raises(StorageError):
        workspace.database.write(sql, [start_s, end_s, datetime.now(UTC)])


@pytest.mark.parametrize("number", [NAN, INFINITE, -INFINITE])
def test_the_store_refuses_scores_and_gains_that_are_no_numbers(workspace: Workspace, number: float) -> None:
    for sql in (
        "INSERT INTO reward_score VALUES ('m', 'c', ?, 0, NULL, NULL)",
        "INSERT INTO reward_score VALUES ('m', 'c', 0, 0, ?, NULL)",
        "INSERT INTO measured_gain VALUES ('c', ?, NULL, 's', now())",
    ):
        with pytest.raises(StorageError):
            workspace.database.write(sql, [number])
    workspace.database.write("INSERT INTO reward_score VALUES ('m', 'c', 0, 0, NULL, NULL)")


def test_an_older_workspace_s_impossible_rows_are_set_aside_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = migrations.migrations()
    added = next(number for number, sql in known.items() if "CREATE TABLE set_aside" in sql)
    monkeypatch.setattr(migrations, "migrations", lambda: {n: sql for n, sql in known.items() if n < added})
    at = datetime.now(UTC)
    with Workspace(tmp_path) as older:
        write = older.database.write
        for place, (start_s, end_s) in enumerate([(0.0, 1.0), *WINDOWS]):
            row = [f"v@{place}", start_s, end_s, at]
            write("INSERT INTO clip VALUES (?, 'v', ?, ?, 'manual', 'said', NULL, NULL, NULL, ?)", row)
            write("INSERT INTO clip_tag VALUES (?, 'keep', ?)", [f"v@{place}", at])
        for place, number in enumerate((1.0, INFINITE, NAN)):
            write("INSERT INTO reward_score VALUES ('m', ?, ?, 0, NULL, NULL)", [f"v@{place}", number])
            write("INSERT INTO measured_gain VALUES (?, ?, NULL, 's', ?)", [f"v@{place}", number, at])
    monkeypatch.undo()
    with Workspace(tmp_path) as workspace:
        assert workspace.clips.ids() == {"v@0"}
        assert workspace.clips.get("v@0").narration == "said"
        assert workspace.clips.set_aside() == {"clip": 7, "measured_gain": 2, "reward_score": 2}
        assert workspace.tags.tagged("keep") == {"v@0"}
        assert workspace.rewards.gains() == {"v@0": 1.0}
        workspace.clips.dismiss_set_aside()
        assert workspace.clips.set_aside() == {}, "a person has read it"
        said = workspace.database.row("SELECT said->>'start_s' AS start_s FROM set_aside WHERE subject_id = 'v@1'")
        assert said == {"start_s": "-5.0"}
        assert workspace.database.rows("SELECT clip_id FROM clip_features") == [{"clip_id": "v@0"}]
