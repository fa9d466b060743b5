"""What is still to be measured, found by one statement, held to a plain reading of the rules clip by clip."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from app.workflows.extracting import extract_spec
from storage.clips import REPLACED, Clip
from storage.clips_by_video import ClipsLackingFeatures, Measurement
from storage.feature_rows import FeatureTable
from tests.filled_workspace import a_video

if TYPE_CHECKING:
    from storage import Workspace

TABLES = (FeatureTable("sharpness", ("a",)), FeatureTable("motion", ("a",)))
WANTED = [Measurement(table, 2, "x") for table in TABLES]


def fill(workspace: Workspace, seed: int) -> list[Clip]:
    """Videos whose clips were measured in part, by other versions, with doubts, and replaced."""
    draw = np.random.default_rng(seed)
    workspace.videos.add([a_video(f"v{n}", duration_s=30.0) for n in range(5)])
    clips = [
        Clip(video_id=f"v{n}", start_s=(start := float(draw.integers(0, 40)) / 3), end_s=start + k + 1, origin="stride")
        for n in range(5)
        for k in range(6)
    ]
    clips.append(Clip(video_id="v0", start_s=29.0, end_s=31.0, origin="stride"))
    workspace.clips.add(clips)
    workspace.tags.add([clips[-1].clip_id, clips[0].clip_id], REPLACED)
    workspace.features.ensure(TABLES)
    for table in TABLES:
        rows = [
            {
                "clip_id": clip.clip_id,
                "extractor_version": int(draw.integers(1, 3)),
                "settings_hash": str(draw.choice(["x", "x", "y"])),
                "note": "",
                "damaged": False,
                "a": 1.0,
            }
            for clip in clips
            if draw.random() < 0.7
        ]
        workspace.features.add(table, pa.Table.from_pylist(rows))
        workspace.features.doubt_clips(table.extractor, [c.clip_id for c in clips if draw.random() < 0.2], "why")
    return clips


def plainly(workspace: Workspace, clips: list[Clip], *, again: bool, among: set[str] | None) -> dict[object, list[str]]:
    """Video and lacking extractors → clips by time."""
    lacking = {
        one.table.extractor: workspace.features.stale(one.table, one.version, one.settings_hash) for one in WANTED
    }
    found: dict[object, list[str]] = {}
    for clip in sorted({c.clip_id: c for c in clips}.values(), key=lambda c: (c.video_id, c.start_s, c.end_s)):
        names = tuple(name for name, stale in lacking.items() if again or clip.clip_id in stale)
        beyond = clip.clip_id == clips[-1].clip_id
        if names and not beyond and (among is None or clip.clip_id in among):
            found.setdefault((clip.video_id, names), []).append(clip.clip_id)
    return found


def windows_of(rows: list[ClipsLackingFeatures]) -> dict[object, list[str]]:
    return {(row.video_id, row.lacking): [w["clip_id"] for w in json.loads(row.windows)] for row in rows}


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_lacking_is_what_a_plain_reading_finds(workspace: Workspace, seed: int, again: bool) -> None:
    clips = fill(workspace, seed)
    for among in (None, {clip.clip_id for clip in clips[::2]} | {"nowhere"}, set()):
        rows = workspace.clips_by_video.lacking_features(WANTED, again=again, among=among)
        expected = plainly(workspace, clips, again=again, among=among)
        assert windows_of(rows) == expected
        assert list(windows_of(rows)) == list(expected), "in the order of their first clips"
        of = {clip.clip_id: clip for clip in clips}
        for row, ids in zip(rows, expected.values(), strict=True):
            assert row.seconds == pytest.approx(sum(of[clip_id].duration_s for clip_id in ids))
            assert json.loads(row.windows)[0]["start_s"] == of[ids[0]].start_s, "to the last digit"


def test_an_extraction_is_of_these_clips(workspace: Workspace) -> None:
    clips = fill(workspace, 1)
    spec = extract_spec(workspace, only=("exposure",))
    found = {window.clip_id for payload in (item.payload for item in spec.items) for window in payload.clips}
    assert found == {clip.clip_id for clip in clips[:-1]}
    assert [item.key for item in spec.items] == [f"v{n}" for n in range(5)]
    assert not extract_spec(workspace, only=("exposure",), clip_ids=[]).items
