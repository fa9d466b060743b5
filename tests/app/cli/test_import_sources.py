"""Sources at the command: what is recognised, their options, those of installed packages, and the way on from there."""

from __future__ import annotations

import os
import re
from itertools import combinations, cycle
from typing import TYPE_CHECKING

import pytest

from storage import Workspace
from tests.app.cli.running import as_json, handpicked, handpicked_process
from tests.blank_workspace import lay_out
from tests.lerobot_tree import EGO, Tree
from tests.sample_workspace import QUICK_MODEL, QUICK_TRAINING
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

SIDE = "observation.images.side"


def test_a_lerobot_data_set_is_recognised_and_its_episodes_are_clips(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "towels", (30, 20, 40), cameras=[SIDE, EGO]).write()
    home = lay_out(tmp_path / "w")
    ran = handpicked("--json", "import", tree.root, "--no-pictures", workspace=home)
    said = as_json(ran)
    assert (ran.returncode, said["source"], said["videos_added"], said["clips_added"]) == (0, "lerobot", 1, 3)
    assert said["segments_added"] == 3
    assert said["notes"] == [
        f"towels: 3 episodes of the camera {EGO}; it also has {SIDE}. Another is chosen by the option camera."
    ]
    assert "'towels'" not in ran.stderr


def test_a_person_hears_what_was_recognised_and_chooses_the_camera(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "towels", (30, 20), cameras=[EGO, SIDE]).write()
    home = lay_out(tmp_path / "w")
    ran = handpicked("import", tree.root, "--camera", "side", "--no-pictures", workspace=home)
    assert ran.returncode == 0
    said = " ".join(ran.stderr.split())
    assert "Recognised as lerobot; --source folder takes its files as they are." in said
    assert f"2 episodes of the camera {SIDE}" in said
    with Workspace(home) as opened:
        assert [video.name for video in opened.videos.find()] == ["towels side 000-000"]
    again = handpicked("--json", "import", tree.root, "--set", "camera=ego", "--no-pictures", workspace=home)
    assert (as_json(again)["clips_added"], again.returncode) == (2, 0)


def test_the_files_of_a_recognised_data_set_can_be_taken_as_they_are(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "towels", (30, 90)).write()
    home = lay_out(tmp_path / "w")
    ran = handpicked("--json", "import", tree.root, "--source", "folder", "--no-pictures", workspace=home)
    assert (as_json(ran)["source"], as_json(ran)["clips_added"]) == ("folder", 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "lerobto"], "There is no source called 'lerobto'. Known sources: folder, epic, ego4d, gopro"),
        (["--camera", "top"], "has no camera 'top'. It has observation.images.ego."),
        (["--source", "folder", "--camera", "top"], "The source 'folder' has no option 'camera'."),
        (["--set", "speed=3"], "The source 'lerobot' has no option 'speed'. It takes camera."),
        (["--set", "speed"], "'speed' is not NAME=VALUE"),
    ],
)
def test_what_a_source_does_not_take_is_refused_in_a_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    tree = Tree(tmp_path / "set", (30,)).write(footage=False)
    home = lay_out(tmp_path / "w")
    ran = handpicked("import", tree.root, *arguments, workspace=home)
    assert ran.returncode != 0
    assert words in re.sub(r"[\s│]+", " ", ran.stderr)
    with Workspace(home) as opened:
        assert opened.videos.totals().segments_waiting == 0


def test_the_sources_are_listed_with_their_options(tmp_path: Path) -> None:
    said = as_json(handpicked("--json", "import", "--sources", workspace=tmp_path / "none"))
    of = {entry["source"]: [option["name"] for option in entry["options"]] for entry in said["sources"]}
    assert of["lerobot"] == ["camera"]
    assert of["folder"] == ["follow_links"]
    assert "--set camera=" in handpicked("import", "--sources", workspace=tmp_path / "none").stderr


def test_a_source_of_an_installed_package_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "site" / "text_lists-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: text-lists\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[handpicked.sources]\ntext-list = tests.engine.sources.test_registry:TextList\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "site"), os.getcwd()]))  # noqa: PTH109
    (tmp_path / "footage").mkdir()
    write_video(tmp_path / "footage" / "hidden.mp4", 45)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "mine.txt").write_text(f"{tmp_path / 'footage' / 'hidden.mp4'}\n")
    ran = handpicked_process(
        *("--json", "import", tmp_path / "lists", "--source", "text-list", "--set", "file=mine.txt"),
        *("--clips", "whole", "--no-pictures"),
        workspace=lay_out(tmp_path / "w"),
    )
    said = as_json(ran)
    assert (said["source"], said["videos_added"], said["clips_added"]) == ("text-list", 1, 1), ran.stderr
    with Workspace(tmp_path / "w") as opened:
        assert [video.source for video in opened.videos.find()] == ["text-list"]


def test_episodes_without_hands_are_measured_labelled_learned_from_and_ranked_like_any_clip(
    tmp_path: Path,
) -> None:
    tree = Tree(tmp_path / "robot", [15] * 8).write()
    home = lay_out(tmp_path / "w")
    assert handpicked("import", tree.root, "--no-pictures", workspace=home).returncode == 0
    with Workspace(home) as opened:
        clips = sorted(opened.clips.ids())
        opened.settings.save(QUICK_MODEL)
        opened.settings.save(QUICK_TRAINING)
    lines = [
        f"{left},{right},{answer},ann"
        for (left, right), answer in zip(combinations(clips, 2), cycle(["left", "right", "left"]), strict=False)
    ]
    (tmp_path / "labels.csv").write_text("\n".join(["left_clip,right_clip,label,annotator", *lines]))
    for words in (
        ("extract", "--only", "motion,sharpness"),
        ("labels", "import", tmp_path / "labels.csv"),
        ("train", "--name", "robot"),
    ):
        ran = handpicked(*words, workspace=home)
        assert ran.returncode == 0, ran.stderr
    ran = handpicked("--json", "rank", "--top", "3", "--out", tmp_path / "best.csv", workspace=home)
    assert ran.returncode == 0, ran.stderr
    assert len((tmp_path / "best.csv").read_text().splitlines()) == 4
