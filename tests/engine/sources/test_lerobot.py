"""LeRobot data sets are read as what their metadata says; what is broken is named and the rest goes on."""

from __future__ import annotations

import builtins
import contextlib
import json
import math
import os
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import SourceError
from engine.sources.lerobot.source import Lerobot, LerobotOptions
from engine.sources.registry import recognised
from tests.lerobot_tree import EGO, FPS, Tree, write_episodes, write_info

if TYPE_CHECKING:
    from pathlib import Path

    from engine.sources.base import SourceListing

TOP, WRIST = "observation.images.laptop", "observation.images.wrist_left"


def listing(root: Path, camera: str = "") -> SourceListing:
    """What there is below a folder."""
    return Lerobot(LerobotOptions(camera=camera)).listing([root])


def reasons(found: SourceListing) -> str:
    """The problems, as text."""
    return "\n".join(map(str, found.problems))


def with_row(root: Path, number: int, **changed: Any) -> SourceListing:
    """The listing of a data set of five episodes, of which one says something else."""
    tree = Tree(root, [30] * 5).write(footage=False)
    rows = tree.rows()
    rows[number] |= {key.replace("own__", f"videos/{EGO}/"): value for key, value in changed.items()}
    write_episodes(root, rows)
    return listing(root)


def test_each_episode_is_a_window_of_its_file(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "towels", [30, 45, 60, 15, 20], per_file=2, files_per_chunk=2, per_table=3)
    found = listing(tree.write(footage=False).root)
    files = [tree.video(EGO, number) for number in range(3)]
    assert [path.parent.name for path in files] == ["chunk-000", "chunk-000", "chunk-001"]
    assert [file.path for file in found.files] == [str(path) for path in files]
    assert [file.name for file in found.files] == ["towels ego 000-000", "towels ego 000-001", "towels ego 001-000"]
    assert [(s.video_name, s.start_s, s.end_s, s.narration, s.row) for s in found.segments] == [
        (str(files[0]), 0.0, 1.0, "fold the towel", 0),
        (str(files[0]), 1.0, 2.5, "wipe the table", 1),
        (str(files[1]), 0.0, 2.0, "fold the towel", 2),
        (str(files[1]), 2.0, 2.5, "wipe the table", 3),
        (str(files[2]), 0.0, 20 / FPS, "fold the towel", 4),
    ]
    assert {s.file for s in found.segments} == {str(tree.root)}
    assert (found.problems, found.notes, found.scores) == ((), (), ())


@pytest.mark.parametrize(
    ("cameras", "chosen"),
    [
        ([TOP, "observation.images.side"], TOP),  # `laptop` says no top
        ([TOP, WRIST], WRIST),
        (["observation.images.top", WRIST, EGO], EGO),
        (["cam_topview", "cam_overhead"], "cam_topview"),
        (["cam_low", "head_camera"], "head_camera"),
    ],
)
def test_without_a_word_the_camera_that_sees_the_hands_best_is_taken(
    tmp_path: Path, cameras: list[str], chosen: str
) -> None:
    found = listing(Tree(tmp_path, [30], cameras=cameras).write(footage=False).root)
    (note,) = found.notes
    assert f"of the camera {chosen}; it also has" in note
    assert all(f"/{chosen}/" in file.path for file in found.files)


def test_depth_maps_come_last(tmp_path: Path) -> None:
    tree = Tree(tmp_path, [30], cameras=["ego_depth", "colour"]).write(footage=False)
    info = tree.info()
    info["features"]["ego_depth"] |= {"info": {"video.is_depth_map": True}}
    write_info(tmp_path, info)
    assert "/colour/" in listing(tmp_path).files[0].path
    assert "/ego_depth/" in listing(tmp_path, "ego_depth").files[0].path


def test_a_camera_is_named_by_its_key_or_the_last_part_of_it(tmp_path: Path) -> None:
    Tree(tmp_path, [30], cameras=[EGO, TOP]).write(footage=False)
    assert listing(tmp_path, "laptop").files == listing(tmp_path, TOP).files
    with pytest.raises(SourceError, match=rf"no camera 'top'\. It has {EGO}, {TOP}"):
        listing(tmp_path, "top")


def test_many_data_sets_below_one_folder_are_read_and_a_broken_one_is_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Tree(tmp_path / "org" / name, [30, 30]).write(footage=False)
    (tmp_path / "org" / "broken" / "meta").mkdir(parents=True)
    (tmp_path / "org" / "broken" / "meta" / "info.json").write_text("{")
    found = listing(tmp_path)
    assert len(found.files) == 2
    assert len(found.segments) == 4
    assert "broken/meta/info.json' can't be read: it is no JSON" in reasons(found)
    assert listing(tmp_path / "org" / "one" / "meta" / "info.json").segments == found.segments[:2]


def test_a_data_set_of_version_2_has_a_file_for_each_episode(tmp_path: Path) -> None:
    info = Tree(tmp_path, []).info() | {
        "codebase_version": "v2.1",
        "chunks_size": 2,
        "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
    }
    write_info(tmp_path, info)
    for index in (0, 1, 2):
        path = tmp_path / f"videos/chunk-{index // 2:03d}/{EGO}/episode_{index:06d}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    lines = [json.dumps({"episode_index": i, "tasks": ["pour", "drink"], "length": 20}) for i in range(4)]
    (tmp_path / "meta" / "episodes.jsonl").write_text("\n".join([*lines, "no json", "[]"]) + "\n")
    found = listing(tmp_path)
    assert [(s.start_s, s.end_s, s.narration, s.row) for s in found.segments] == [
        (0.0, math.inf, "pour; drink", index) for index in range(3)
    ]
    assert len({s.video_name for s in found.segments}) == 3
    said = reasons(found)
    assert "episode 3 is left out: its file videos/chunk-001" in said
    assert "line 5 of meta/episodes.jsonl is left out: it is no JSON" in said
    assert "line 6 of meta/episodes.jsonl is left out: it is no object" in said


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"codebase_version": "v1.6"}, r"version 'v1\.6'; v2 and v3 are read\. .*convert_dataset_v21_to_v30"),
        ({"codebase_version": "v3"}, "version 'v3'"),
        ({"video_path": None}, "has no videos"),
        ({"features": {"state": {"dtype": "float32"}}}, "has no videos: its features are 'state'"),
        ({"features": []}, "features: "),
        ({"fps": "fast"}, "fps: "),
        ({"features": {"a\nb": {"dtype": "video"}}}, "control characters"),
    ],
)
def test_a_data_set_that_can_not_be_read_is_refused_with_the_reason(
    tmp_path: Path, changed: dict[str, Any], words: str
) -> None:
    tree = Tree(tmp_path, [30]).write(footage=False)
    write_info(tmp_path, tree.info() | changed)
    with pytest.raises(SourceError, match=words):
        listing(tmp_path)


def test_a_folder_without_a_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no LeRobot data set in .*meta/info\.json"):
        listing(tmp_path)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"length": 0}, "episode 2 is left out: it has no frames"),
        ({"length": None}, "length is missing"),
        ({"length": -4}, "length is no count"),
        ({"own__from_timestamp": math.nan}, "from_timestamp is missing or no finite number"),
        ({"own__to_timestamp": math.inf}, "to_timestamp is missing or no finite number"),
        ({"own__to_timestamp": 1.0}, "it ends at 1 s, which is not after its start at 2 s"),
        ({"own__from_timestamp": -1.0}, "a time is negative"),
        ({"own__to_timestamp": 1e9}, "over eleven days"),
        ({"own__file_index": 7}, "its file videos/observation.images.ego/chunk-000/file-007.mp4 is not there"),
        ({"own__chunk_index": -1}, "chunk_index is no count"),
        ({"episode_index": 1}, "episode 1 is left out: there are two of this number"),
        ({"own__from_timestamp": 1.0, "own__to_timestamp": 2.0}, "it has the same window as episode 1"),
        ({"episode_index": None}, "an episode without a number is left out: episode_index is missing"),
    ],
)
def test_a_broken_episode_is_named_and_the_others_are_read(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    found = with_row(tmp_path, 2, **changed)
    assert words in reasons(found)
    assert [s.row for s in found.segments] == [0, 1, 3, 4]


def test_a_window_that_does_not_hold_the_frames_it_should_is_taken_and_said(tmp_path: Path) -> None:
    found = with_row(tmp_path, 2, length=55)
    assert "episode 2 has 55 frames, and its window holds 30: the window was taken" in reasons(found)
    assert len(found.segments) == 5


def test_a_file_of_episodes_that_lacks_a_column_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    tree = Tree(tmp_path, [30] * 4, per_table=2).write(footage=False)
    rows = tree.rows()[2:]
    write_episodes(tmp_path, [{k: v for k, v in row.items() if not k.endswith("to_timestamp")} for row in rows], 1)
    found = listing(tmp_path)
    assert [s.row for s in found.segments] == [0, 1]
    assert f"chunk-000/file-001.parquet are left out: it lacks the column 'videos/{EGO}/to_timestamp'" in reasons(found)
    (tmp_path / "meta/episodes/chunk-000/file-001.parquet").write_bytes(b"PAR1 or not")
    assert "it is no sound Parquet file" in reasons(listing(tmp_path))


def test_without_tasks_there_is_no_narration(tmp_path: Path) -> None:
    tree = Tree(tmp_path, [30]).write(footage=False)
    write_episodes(tmp_path, [{k: v for k, v in row.items() if k != "tasks"} for row in tree.rows()])
    assert [s.narration for s in listing(tmp_path).segments] == [""]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("../{video_key}/{chunk_index}/{file_index}.mp4", "it would lie outside its folder"),
        ("/etc/passwd", "it would lie outside its folder"),
        ("videos/{video_key.__class__}/x.mp4", "has an unknown part"),
        ("videos/{chunk_index:999999999d}/x.mp4", "has an unknown part"),
        ("videos/{other}/x.mp4", "has an unknown part"),
        ("videos/{video_key", "is none"),
        ("videos/{}/x.mp4", "has an unknown part"),
        ("videos/{chunk_index!r}/x.mp4", "has an unknown part"),
    ],
)
def test_a_pattern_of_paths_is_no_way_out_of_the_folder(tmp_path: Path, pattern: str, words: str) -> None:
    root = tmp_path / "inner"
    tree = Tree(root, [30]).write(footage=False)
    write_info(root, tree.info() | {"video_path": pattern})
    found = listing(root)
    assert (found.files, found.segments) == ((), ())
    assert words in reasons(found)


def test_listing_opens_no_video_and_each_file_of_metadata_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 10_000
    tree = Tree(tmp_path, [30] * count, per_file=500, per_table=2000).write(footage=False)
    looked_at: list[str] = []
    really = os.stat

    def stat(path: Any, *args: Any, **options: Any) -> os.stat_result:
        looked_at.append(os.fspath(path) if not isinstance(path, int) else "")
        return really(path, *args, **options)

    opened: list[str] = []
    really_open = builtins.open
    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(
        builtins, "open", lambda path, *args, **options: opened.append(str(path)) or really_open(path, *args, **options)
    )
    found = listing(tmp_path)
    monkeypatch.undo()
    assert len(found.segments) == count
    assert len(found.files) == count / tree.per_file
    videos = [path for path in looked_at if path.endswith(".mp4")]
    assert len(videos) <= 2 * len(found.files)
    assert not [path for path in opened if path.endswith(".mp4")]


def provenance(root: Path, rows: list[dict[str, Any]]) -> None:
    """Write meta/handpicked.parquet."""
    pq.write_table(pa.Table.from_pylist(rows), root / "meta" / "handpicked.parquet")


def row_of(index: int, **changed: Any) -> dict[str, Any]:
    """One row of it."""
    return {
        "episode_index": index,
        "clip_id": f"kitchen@{index}",
        "video_sha256": "ab" * 32,
        "narration": f"cut bread {index}" if index else None,
        "reward": 0.5 - index,
        "reward_std": 0.25,
        "model_name": "mine",
        "settings_hash": "cafe",
        "labels_by": "people",
        "simulated": False,
        "frames": 30,
        **changed,
    }


def test_an_export_brings_its_scores_and_words_and_what_video_it_was(tmp_path: Path) -> None:
    Tree(tmp_path, [30] * 3).write(footage=False)
    provenance(tmp_path, [row_of(0), row_of(1, simulated=True), row_of(2, reward=None)])
    found = listing(tmp_path)
    assert [s.narration for s in found.segments] == ["", "cut bread 1", "cut bread 2"]
    assert {s.participant for s in found.segments} == {"ab" * 32}
    assert [(s.start_s, s.reward, s.reward_std, s.model_name, s.simulated) for s in found.scores] == [
        (0.0, 0.5, 0.25, "mine", False),
        (1.0, -0.5, 0.25, "mine", True),
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row_of(0), row_of(1)], "speaks of other episodes"),
        ([row_of(0), row_of(1), row_of(2, frames=31)], "speaks of other episodes"),
        ([row_of(0), row_of(1), row_of(1)], "speaks of other episodes"),
        ([{"episode_index": 0}], "lacks the column 'frames'"),
        ([row_of(0), row_of(1, model_name="a\nb"), row_of(2)], "control characters"),
        ([row_of(0), row_of(1, model_name="x" * 9000), row_of(2)], "longer than 8,192 bytes"),
    ],
)
def test_scores_that_can_not_be_of_these_episodes_are_left_out(
    tmp_path: Path, rows: list[dict[str, Any]], words: str
) -> None:
    Tree(tmp_path, [30] * 3).write(footage=False)
    provenance(tmp_path, rows)
    found = listing(tmp_path)
    assert words in reasons(found)
    assert found.scores == ()
    assert [s.narration for s in found.segments] == ["fold the towel", "wipe the table", "fold the towel"]


def test_a_folder_is_recognised_by_its_info(tmp_path: Path) -> None:
    Tree(tmp_path / "set", [30]).write(footage=False)
    (tmp_path / "other" / "meta").mkdir(parents=True)
    (tmp_path / "other" / "meta" / "info.json").write_text('{"fps": 3}')
    assert recognised([tmp_path / "set"]) == "lerobot"
    assert recognised([tmp_path / "set", tmp_path / "other"]) is None
    assert recognised([]) is None


values = st.one_of(
    *(st.none(), st.booleans(), st.integers(-(2**65), 2**65), st.floats(), st.text(max_size=20)),
    *(st.lists(st.text(max_size=5), max_size=3), st.dictionaries(st.text(max_size=5), st.integers(), max_size=3)),
)
KEYS = ("codebase_version", "fps", "chunks_size", "video_path", "features", "total_episodes")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=3), st.booleans())
def test_whatever_info_says_there_is_a_listing_or_a_sentence(
    tmp_path: Path, changed: dict[str, Any], old: bool
) -> None:
    tree = Tree(tmp_path, [30]).write(footage=False)
    info = tree.info() | ({"codebase_version": "v2.0"} if old else {}) | changed
    (tmp_path / "meta" / "info.json").write_text(json.dumps(info), encoding="utf-8")
    with contextlib.suppress(SourceError):
        assert all(file.path.startswith(f"{tmp_path}/") for file in listing(tmp_path).files)


COLUMNS = ("episode_index", "length", "tasks", *(f"videos/{EGO}/{name}" for name in ("chunk_index", "to_timestamp")))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(COLUMNS), st.lists(values.filter(lambda v: not isinstance(v, dict)), min_size=3, max_size=3))
def test_whatever_a_column_holds_sound_episodes_stay_windows(tmp_path: Path, column: str, cells: list[Any]) -> None:
    tree = Tree(tmp_path, [30] * 3).write(footage=False)
    rows = [{**row, column: cell} for row, cell in zip(tree.rows(), cells, strict=True)]
    try:
        write_episodes(tmp_path, rows)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        return  # no such column can be written
    found = listing(tmp_path)
    for segment in found.segments:
        assert 0 <= segment.start_s < segment.end_s < math.inf
        assert segment.video_name == found.files[0].path
    assert len(found.segments) + sum(problem.count for problem in found.problems) >= 1
