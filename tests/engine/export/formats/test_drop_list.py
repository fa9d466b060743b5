"""The drop list names the episodes without a chosen clip, and nothing of which it can't be sure."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import ExportError
from engine.export.formats import drop_list
from engine.export.formats.base import ExportOptions
from engine.export.formats.drop_list import DropList
from engine.export.formats.registry import EXPORT_FORMATS
from tests.engine.export.formats.made_clips import Context, clip_to_export, made, ranked
from tests.lerobot_tree import EGO, FPS, Tree, write_episodes, write_info

if TYPE_CHECKING:
    from pathlib import Path

WRIST = "observation.images.wrist"


def clip(rank: int, path: Path, start_s: float, end_s: float) -> dict[str, Any]:
    return ranked(rank, start_s=start_s, end_s=end_s, video_path=str(path), video_id=path.stem)


def written(rows: list[dict[str, Any]], folder: Path) -> tuple[list[dict[str, Any]], Context]:
    """What the list says of each data set."""
    out, context = folder / "out", Context()
    out.mkdir()
    DropList(ExportOptions()).assemble(made(rows, folder / "parts"), out, context)
    return json.loads((out / "drop-list.json").read_text(encoding="utf-8"))["data_sets"], context


def test_episodes_without_a_chosen_clip_are_dropped_and_the_command_is_lerobot_s(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "my towels", [30, 45, 60, 15, 20], per_file=2, per_table=3).write(footage=False)
    rows = [clip(1, tree.video(EGO, 0), 1.0, 2.5), clip(2, tree.video(EGO, 2), 0.0, 20 / FPS)]
    (found,), context = written(rows, tmp_path)
    assert found == {
        "root": str(tree.root),
        "episodes": 5,
        "keep": [1, 4],
        "drop": [0, 2, 3],
        "clips_in_no_episode": 0,
    }
    assert context.warnings == []
    script = (tmp_path / "out" / "drop.sh").read_text(encoding="utf-8").splitlines()
    assert shlex.split(script[-1]) == [
        "lerobot-edit-dataset",
        *("--repo_id", "my-towels", "--root", str(tree.root)),
        *("--new_repo_id", "my-towels_handpicked", "--new_root", f"{tree.root}_handpicked"),
        *("--operation.type", "delete_episodes", "--operation.episode_indices", "[0, 2, 3]"),
    ]
    settings = json.loads((tmp_path / "out" / "drop-001.json").read_text(encoding="utf-8"))
    assert settings["operation"] == {"type": "delete_episodes", "episode_indices": [0, 2, 3]}
    assert "of 5 episodes 2 stay and 3 go" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_a_clip_belongs_to_the_episode_that_most_of_it_lies_in(tmp_path: Path) -> None:
    video = Tree(tmp_path / "set", [30, 30, 30]).write(footage=False).video(EGO, 0)
    (found,), context = written([clip(1, video, 0.9, 1.5), clip(2, video, 5.0, 6.0)], tmp_path)
    assert (found["keep"], found["drop"]) == ([1], [0, 2])
    assert found["clips_in_no_episode"] == 1
    assert "chosen clips that lie in no episode: 1" in context.warnings[0]


def test_any_camera_of_an_episode_keeps_it_and_each_data_set_has_its_own_command(tmp_path: Path) -> None:
    one = Tree(tmp_path / "one", [30, 30, 30], cameras=(EGO, WRIST)).write(footage=False)
    two = Tree(tmp_path / "two", [30, 30]).write(footage=False)
    rows = [
        clip(1, one.video(EGO, 0), 0.0, 1.0),
        clip(2, one.video(WRIST, 0), 2.0, 3.0),
        clip(3, two.video(EGO, 0), 0.0, 1.0),
    ]
    first, second = written(rows, tmp_path)[0]
    assert (first["keep"], first["drop"]) == ([0, 2], [1])
    assert (second["keep"], second["drop"]) == ([0], [1])
    script = (tmp_path / "out" / "drop.sh").read_text(encoding="utf-8")
    assert script.count("lerobot-edit-dataset") == 2


def test_an_episode_that_can_t_be_read_is_not_judged(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "set", [30, 30, 30]).write(footage=False)
    rows = tree.rows()
    rows[1]["length"] = 0
    write_episodes(tree.root, rows)
    (found,), context = written([clip(1, tree.video(EGO, 0), 0.0, 1.0)], tmp_path)
    assert (found["keep"], found["drop"], found["episodes"]) == ([0], [2], 3)
    assert "1 of 3 episodes can't be read" in context.warnings[0]


def test_without_anything_to_drop_there_is_no_command(tmp_path: Path) -> None:
    """LeRobot refuses an empty list of episodes."""
    video = Tree(tmp_path / "set", [30]).write(footage=False).video(EGO, 0)
    (found,), context = written([clip(1, video, 0.0, 1.0)], tmp_path)
    assert found["drop"] == []
    assert "none to drop" in context.warnings[0]
    assert "lerobot-edit-dataset" not in (tmp_path / "out" / "drop.sh").read_text(encoding="utf-8")
    assert not (tmp_path / "out" / "drop-001.json").exists()


def test_a_line_too_long_for_a_shell_names_its_settings_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drop_list, "_MOST_LINE_LETTERS", 5)
    video = Tree(tmp_path / "set", [30, 30, 30]).write(footage=False).video(EGO, 0)
    written([clip(1, video, 0.0, 1.0)], tmp_path)
    script = (tmp_path / "out" / "drop.sh").read_text(encoding="utf-8")
    assert script.endswith("lerobot-edit-dataset --config_path drop-001.json\n")


def test_clips_of_other_videos_are_counted_and_a_selection_of_only_these_is_refused(tmp_path: Path) -> None:
    inside = clip(1, Tree(tmp_path / "set", [30, 30]).write(footage=False).video(EGO, 0), 0.0, 1.0)
    outside = clip(2, tmp_path / "other.mp4", 0.0, 1.0)
    _, notes = DropList.settled(ExportOptions(), [clip_to_export(inside), clip_to_export(outside)])
    assert notes == ("Clips of no LeRobot data set, which are not in the list: 1.",)
    with pytest.raises(ExportError, match=r"none of the clips.*--source lerobot"):
        DropList.settled(ExportOptions(), [clip_to_export(outside)])
    _, context = written([inside, outside], tmp_path)
    assert context.warnings == list(notes)


def test_a_data_set_of_an_unknown_version_is_refused_with_its_reason(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "set", [30]).write(footage=False)
    write_info(tree.root, {**tree.info(), "codebase_version": "v9.0"})
    with pytest.raises(ExportError, match=r"v9\.0"):
        written([clip(1, tree.video(EGO, 0), 0.0, 1.0)], tmp_path)


def test_the_same_clips_give_the_same_bytes_and_the_format_is_found_by_name(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "set", [30, 30, 30]).write(footage=False)
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        written([clip(1, tree.video(EGO, 0), 0.0, 1.0)], tmp_path / name)
        texts.append({path.name: path.read_bytes() for path in (tmp_path / name / "out").iterdir()})
    assert texts[0] == texts[1]
    assert EXPORT_FORMATS.get("drop-list") is DropList
