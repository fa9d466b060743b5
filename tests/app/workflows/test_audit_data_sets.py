"""Audits of LeRobot data sets and WebDataset tars: what their sources list is what is judged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.workflows.audit_intake import target_of
from tests.app.workflows.test_auditing import QUICK, audited, ids
from tests.lerobot_tree import EGO, Tree, write_episodes
from tests.synthetic_video import write_video
from tests.tars import write_tar

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace


def test_a_lerobot_tree_is_recognised_and_its_episodes_are_the_rows(workspace: Workspace, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "towels", (40, 20, 50), per_file=2)
    tree.write()
    rows = tree.rows()
    rows[2][f"videos/{EGO}/to_timestamp"] += 4.0
    write_episodes(tree.root, rows)
    assert target_of([tree.root]).source == "lerobot"
    report = audited(workspace, tree.root, options=QUICK, measured=False)
    assert (report.about.kind, report.about.videos, report.about.clips) == ("data set", 2, 3)
    assert any("source lerobot" in note for note in report.about.notes)
    assert any("did not write it" in note for note in report.about.notes), "its own rules are for our exports"
    assert ids(report, "beyond-the-end") == [f"{tree.root}:2"]
    assert report.of("beyond-the-end").checked == 3
    assert report.of("video-not-here").standing == "clear"
    assert "no reward" in report.of("unscored").why_unknown


def test_a_lerobot_tree_without_a_file_names_it(workspace: Workspace, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "towels", (40, 20, 50), per_file=2).write()
    tree.video(EGO, 1).write_bytes(b"no video")
    report = audited(workspace, tree.root, options=QUICK, measured=False)
    assert ids(report, "does-not-open") == [str(tree.video(EGO, 1))]
    assert (report.of("beyond-the-end").checked, report.of("beyond-the-end").unknown) == (2, 1)


def test_scores_that_a_data_set_states_are_judged_as_what_they_are(workspace: Workspace, tmp_path: Path) -> None:
    tree = Tree(tmp_path / "towels", (40, 20)).write()
    rows = [
        {
            "episode_index": index, "video_sha256": "0" * 64, "narration": "", "reward": 0.5 * index,
            "reward_std": 5.0, "model_name": "mine", "settings_hash": "cafe", "labels_by": "simulated",
            "simulated": True, "frames": frames,
        }
        for index, frames in enumerate((40, 20))
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tree.root / "meta" / "handpicked.parquet")
    report = audited(workspace, tree.root, options=QUICK, measured=False)
    assert (report.about.labels_by, report.of("unscored").standing) == ("simulated", "clear")
    assert report.of("reward-simulated").standing == "found"
    assert "chosen" in report.of("reward-uncertain").why_unknown, "nobody knows how far all rewards spread"
    assert report.of("bad-layout").standing == "found", "it says that Handpicked wrote it, and lacks most of its parts"
    assert {rate.grouping for one in report.findings for rate in one.groups} == set(), "a digest is no participant"


def test_tars_are_read_where_they_lie(workspace: Workspace, tmp_path: Path) -> None:
    write_video(tmp_path / "one.mp4", 60)
    (tmp_path / "set").mkdir()
    said = json.dumps({"caption": "fold"}).encode()
    tar = tmp_path / "set" / "shard-000000.tar"
    write_tar(tar, [("000001.mp4", tmp_path / "one.mp4"), ("000001.json", said), ("000002.mp4", b"no video at all")])
    report = audited(workspace, tmp_path / "set", options=QUICK, measured=False)
    assert (report.about.kind, report.about.videos) == ("data set", 1)
    assert ids(report, "does-not-open") == [f"{tar} › 000002.mp4"]
    assert report.of("file-missing").standing == "clear", "a member is there where its tar is"
    tar.write_bytes(b"")
    from app.workflows.auditing import audit_workspace

    gone = audit_workspace(workspace).of("file-missing")
    assert [hit.path for hit in gone.hits] == [f"{tar} › 000001.mp4"]


@pytest.mark.parametrize("name", ["a.mp4", "a.csv"])
def test_a_file_alone_is_no_data_set(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert target_of([tmp_path / name]).source is None
