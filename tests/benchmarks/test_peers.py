"""The comparison with other tools: what it counts, and that each side's work runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks._peers_work import WORKS, clips_of, flow_length, motion_field
from benchmarks.peers import PAIRS, Pair, agreement, compare, generate, run

if TYPE_CHECKING:
    from pathlib import Path

VECTOR = np.dtype([("dst_x", "i2"), ("dst_y", "i2"), ("motion_x", "i4"), ("motion_y", "i4"), ("motion_scale", "u2")])


def test_motion_is_that_of_each_macroblock_as_a_part_of_the_picture() -> None:
    vectors = np.array([(8, 8, 12, 0, 4), (24, 8, 0, 16, 4), (28, 12, 0, 0, 4)], VECTOR)
    field = motion_field(vectors, 32, 20)
    assert field.shape == (2, 2)
    assert field == pytest.approx(np.array([[3 / 32, 2 / 20], [0, 0]]))


def test_the_flow_between_two_pictures_is_as_long_as_the_step() -> None:
    rows, columns = np.mgrid[0:120, 0:160]
    picture = (128 + 60 * np.sin(rows / 7) + 60 * np.cos(columns / 9)).astype(np.uint8)
    assert flow_length(picture, np.roll(picture, 2, axis=1)) == pytest.approx(2, rel=0.2)


def test_cuts_are_matched_file_by_file() -> None:
    found = agreement([[1.0, 5.0], [2.0]], [[1.03], [2.0, 7.0]])
    assert found == {"cuts_by_both": 2, "cuts_by_theirs_only": 1, "cuts_by_ours_only": 1}


def test_a_peer_that_is_not_installed_is_left_out_with_the_way_to_it(tmp_path: Path) -> None:
    row = compare(Pair("x", "cleanvision", "ours-stills", "no_such_package"), [tmp_path / "a.mp4"], 1)
    assert "pip install no_such_package" in row["left_out"]


def test_each_pair_names_works_that_exist() -> None:
    assert {name for pair in PAIRS for name in (pair.theirs, pair.ours)} == set(WORKS)


def test_both_find_the_cuts_of_the_generated_video_in_processes_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    generate(path, (320, 180), 3, 1)
    theirs, ours = run("scenedetect", [path]), run("ours-shots", [path])
    assert theirs.found == [pytest.approx([1, 2])]
    assert ours.found == [pytest.approx([1, 2])]
    assert min(theirs.cpu_s, ours.cpu_s, theirs.peak_mb, ours.peak_mb) > 0
    assert [clip.window.end_s for clip in clips_of(path)] == pytest.approx([3.0])
