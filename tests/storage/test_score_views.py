"""What the Scores page reads: the same as sorting and counting all clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from storage import score_views
from tests.filled_workspace import fill

if TYPE_CHECKING:
    import pandas as pd

    from storage import Workspace

FEATURE = "motion_idle_share"


@pytest.fixture
def frame(workspace: Workspace) -> pd.DataFrame:
    """Every scored clip that is in the workspace, best first; one clip is gone, and some rewards are equal."""
    ids = fill(workspace, videos=3, clips_each=12)
    rng = np.random.default_rng(3)
    for model_id in ("old", "new"):
        rewards = np.round(rng.normal(size=len(ids)), 1)
        rows = {
            "model_id": [model_id] * len(ids),
            "clip_id": ids,
            "reward": rewards,
            "reward_std": rng.random(len(ids)),
        }
        workspace.rewards.add_scores(pa.table(rows))
    workspace.tags.add(ids[::3], "keep")
    workspace.tags.add(ids[1::3], "drop")
    workspace.clips.remove(ids[5:6])
    table = workspace.database.table(
        "SELECT s.clip_id, s.reward, s.reward_std, v.source, f.motion_idle_share FROM reward_score s "
        "JOIN clip USING (clip_id) JOIN video v USING (video_id) JOIN clip_features f USING (clip_id) "
        "WHERE model_id = 'new' ORDER BY reward DESC, clip_id"
    )
    return table.to_pandas()


def test_the_ends_are_those_of_the_whole_ranking(workspace: Workspace, frame: pd.DataFrame) -> None:
    views = workspace.score_views
    assert (views.summary("new").clips, views.summary("new").gone) == (35, 1)
    ranks = dict(zip(frame["clip_id"], frame["reward"].rank(method="min", ascending=False), strict=True))
    for which, expected in (
        ("best", frame),
        ("worst", frame.iloc[::-1]),
        ("unsure", frame.sort_values("reward_std", ascending=False)),
    ):
        found = views.ends("new", which, 5)
        assert [row.clip_id for row in found] == list(expected["clip_id"].head(5))
        assert [row.rank for row in found] == [ranks[row.clip_id] for row in found]
    for most in (False, True):
        ends = views.feature_ends("new", FEATURE, 4, most=most)
        values = frame.sort_values(FEATURE, ascending=not most).head(4)
        assert [row.clip_id for row in ends] == list(values["clip_id"])
    assert FEATURE in views.feature_names()


def test_the_bins_hold_every_clip_once(workspace: Workspace, frame: pd.DataFrame) -> None:
    views = workspace.score_views
    for split in ("", "source", "tags", "decision"):
        bins = views.spread("new", split)
        assert sum(part.clips for part in bins) == len(frame)
        assert min(part.low for part in bins) == pytest.approx(frame["reward"].min())
    by_source = {part.group: 0 for part in views.spread("new", "source")}
    for part in views.spread("new", "source"):
        by_source[part.group] += part.clips
    assert by_source == frame["source"].value_counts().to_dict()
    assert {part.group for part in views.spread("new", "decision")} == {"kept", "dropped", "undecided"}
    assert {part.group for part in views.spread("new", "tags")} == {"keep", "drop", "no tag"}
    low, high = frame["reward"].quantile([0.2, 0.7])
    inside = frame[(frame["reward"] >= low) & (frame["reward"] <= high)]
    assert views.ids_between("new", low, high) == list(inside["clip_id"])
    assert views.count_between("new", low, high) == len(inside)


def test_few_clips_are_all_in_the_sample_and_of_many_a_fixed_part(
    workspace: Workspace, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = workspace.score_views
    assert views.sample("new").column("clip_id").to_pylist() == list(frame["clip_id"])
    assert views.sample("new", FEATURE).column("value").to_pylist() == list(frame[FEATURE])
    monkeypatch.setattr(score_views, "MOST_POINTS", 9)
    workspace.rewards.clear_scores("old")
    some = views.sample("new").column("clip_id").to_pylist()
    assert 0 < len(some) < len(frame)
    assert set(some) < set(frame["clip_id"])


def test_what_moved_between_two_models_is_counted_over_all_their_clips(
    workspace: Workspace, frame: pd.DataFrame
) -> None:
    before = workspace.database.table(
        "SELECT clip_id, reward FROM reward_score SEMI JOIN clip USING (clip_id) WHERE model_id = 'old'"
    ).to_pandas()
    both = frame.assign(rank=frame["reward"].rank(method="min", ascending=False)).merge(
        before.assign(rank_before=before["reward"].rank(method="min", ascending=False)), on="clip_id"
    )
    found = workspace.score_views.drift("old", "new", 3)
    assert {row.common for row in found} == {len(both)}
    assert {(row.clip_id, row.rank_before, row.rank) for row in found} == set(
        zip(both["clip_id"], both["rank_before"], both["rank"], strict=True)
    )


def test_a_new_score_is_seen(workspace: Workspace, frame: pd.DataFrame) -> None:
    worst = workspace.score_views.ends("new", "worst", 1)[0].clip_id
    workspace.database.write("UPDATE reward_score SET reward = 99 WHERE model_id = 'new' AND clip_id = ?", [worst])
    assert workspace.score_views.ends("new", "best", 1)[0].clip_id == worst
