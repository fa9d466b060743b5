"""Each rule of the checker finds the data set that breaks it; what is broken is named, and nothing is raised."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.export.formats.lerobot import layout
from engine.export.formats.lerobot.check import check_tree
from engine.export.formats.lerobot.layout import CAMERA, STATE
from engine.export.formats.lerobot.options import LerobotOptions
from tests.engine.export.formats.lerobot.data_sets import Footage, export, noise
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VIDEO = layout.VIDEO_PATH.format(video_key=CAMERA, chunk_index=0, file_index=0)
SECOND = layout.VIDEO_PATH.format(video_key=CAMERA, chunk_index=0, file_index=1)
DATA = layout.DATA_PATH.format(chunk_index=0, file_index=0)
EPISODES = layout.EPISODES_PATH.format(chunk_index=0, file_index=0)
INFO, STATS, TASKS = layout.INFO_FILE, layout.STATS_FILE, layout.TASKS_FILE
CLIPS, WEIGHTS, CARD = layout.HANDPICKED_FILE, layout.WEIGHTS_FILE, "README.md"

Change = "Callable[[Path], None]"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set that keeps every rule, with pseudo-actions."""
    footage = (
        Footage(name="a", reward=1.0, end_s=1.0),
        Footage(name="b", reward=-0.5, end_s=0.7, narration=None),
        Footage(name="c", reward=None, end_s=0.5),
    )
    return export(footage, tmp_path_factory.mktemp("sound"), LerobotOptions(actions="pseudo"))


@pytest.fixture(scope="module")
def in_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set with several video files, without actions."""
    footage = [
        Footage(name=f"n{k}", end_s=0.3, size=(240, 160), how={"frames": noise(9, (240, 160))}) for k in range(5)
    ]
    return export(footage, tmp_path_factory.mktemp("files"), LerobotOptions(crf=1, video_mb=1))


def found(folder: Path) -> str:
    return "\n".join(map(str, check_tree(folder)))


def a_copy(folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(folder, tmp_path / "copy")


# --- ways to break one ---------------------------------------------------------------------------------------------


def info(change: Callable[[Any], None]) -> Any:
    def do(folder: Path) -> None:
        value = json.loads((folder / INFO).read_text())
        change(value)
        (folder / INFO).write_text(json.dumps(value))

    return do


def stated(**values: Any) -> Any:
    return info(lambda value: value.update(values))


def feature(key: str, **values: Any) -> Any:
    return info(lambda value: value["features"][key].update(values))


def stats(change: Callable[[Any], None]) -> Any:
    def do(folder: Path) -> None:
        value = json.loads((folder / STATS).read_text())
        change(value)
        (folder / STATS).write_text(json.dumps(value))

    return do


def column(path: str, name: str, change: Callable[[list[Any]], Any]) -> Any:
    """Change a column's values in place or for others; the row groups stay."""

    def do(folder: Path) -> None:
        file = pq.ParquetFile(folder / path)
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        table = file.read()
        values = table.column(name).to_pylist()
        values = change(values) or values
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))
        with pq.ParquetWriter(folder / path, table.schema) as out:
            for at, size in zip(np.cumsum([0, *sizes]), sizes, strict=False):
                out.write_table(table.slice(at, size))

    return do


def at(place: int, value: Any) -> Callable[[list[Any]], None]:
    return lambda values: values.__setitem__(place, value)


def table(path: str, change: Callable[[pa.Table], pa.Table]) -> Any:
    return lambda folder: pq.write_table(change(pq.read_table(folder / path)), folder / path)


def video(frames: int, **how: Any) -> Any:
    def do(folder: Path) -> None:
        defaults: dict[str, Any] = {"size": (96, 64), "fps": 30, "gop": 10, "b_frames": 0}
        write_video(folder / VIDEO, frames, **{**defaults, **how})

    return do


def card(old: str, new: str = "") -> Any:
    return lambda folder: (folder / CARD).write_text((folder / CARD).read_text().replace(old, new))


def a_link(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder.parent / "elsewhere")
    (folder / WEIGHTS).symlink_to(folder.parent / "elsewhere")


def plain_tasks(folder: Path) -> None:
    pd.read_parquet(folder / TASKS).reset_index().to_parquet(folder / TASKS)


RULES: dict[str, tuple[Any, str]] = {
    # meta/info.json
    "an older version": (stated(codebase_version="v2.1"), "codebase_version must be 'v3.0'"),
    "a rate that is no whole number": (stated(fps=29.97), "fps must be a whole number"),
    "true as a rate": (stated(fps=True), "fps must be a whole number"),
    "other names of files": (stated(data_path="../{chunk_index}.parquet"), "data_path must be"),
    "a wrong split": (stated(splits={"train": "0:9"}), "splits must be {'train': '0:3'}"),
    "another count of episodes": (stated(total_episodes=4, splits={"train": "0:4"}), "it lists 3 episodes, where 4"),
    "another count of frames": (stated(total_frames=99), "frames, where 99 are stated"),
    "another count of tasks": (stated(total_tasks=9), "it has 2 tasks, where 9 are stated"),
    "no type of robot": (stated(robot_type=None), "robot_type must be a text"),
    "no features": (stated(features=[]), "no object with features"),
    "no JSON": (lambda folder: (folder / INFO).write_text("{"), "it is no JSON"),
    "no info": (lambda folder: (folder / INFO).unlink(), "it can't be read"),
    # features
    "channels under another name": (
        feature(CAMERA, names=["height", "width", "colour"]),
        f"the feature {CAMERA} must be",
    ),
    "no size": (feature(CAMERA, shape=[64, 96]), "must have the shape [height, width, 3]"),
    "a reward that is policy state": (
        info(lambda value: value["features"].update({"observation.reward": {"dtype": "float32"}})),
        "a policy would take it for a part of a policy's state",
    ),
    "an unknown feature": (info(lambda value: value["features"].update(x={})), "the feature 'x' is unknown"),
    "a feature is missing": (
        info(lambda value: value["features"].pop("timestamp")),
        "the feature timestamp is missing",
    ),
    "half a mode": (info(lambda value: value["features"].pop("action")), "those of no mode of actions"),
    "another width": (feature(STATE, shape=[7]), f"the feature {STATE} must be"),
    # files
    "a link": (a_link, "it is a link"),
    "a stray file": (lambda folder: (folder / "data" / "notes.txt").write_text("x"), "no part of the data set"),
    "no tasks": (lambda folder: (folder / TASKS).unlink(), "meta/tasks.parquet"),
    "no episodes": (lambda folder: (folder / EPISODES).unlink(), f"{EPISODES}: it is missing"),
    "no data": (lambda folder: (folder / DATA).unlink(), "it holds 0 episodes, where 3 are listed"),
    "no video": (lambda folder: (folder / VIDEO).unlink(), f"{VIDEO}: it is missing"),
    "no clips": (lambda folder: (folder / CLIPS).unlink(), CLIPS),
    "no weights": (lambda folder: (folder / WEIGHTS).unlink(), WEIGHTS),
    "no card": (lambda folder: (folder / CARD).unlink(), CARD),
    "no Parquet": (lambda folder: (folder / DATA).write_bytes(b"PAR1"), f"{DATA}: it is no sound Parquet file"),
    # tasks
    "tasks out of order": (column(TASKS, "task_index", lambda v: v[::-1]), "task_index must count rows from 0"),
    "tasks as a column": (plain_tasks, "must be pandas' index, named task"),
    "a task twice": (column(TASKS, "task", lambda v: [v[0]] * 2), "a task stands there twice"),
    # episodes
    "episodes out of order": (column(EPISODES, "episode_index", lambda v: v[::-1]), "episode_index must count from 0"),
    "frames counted wrongly": (column(EPISODES, "dataset_to_index", at(0, 31)), "must follow one another"),
    "an unknown task": (column(EPISODES, "tasks", at(0, ["fly"])), "must have one task"),
    "two tasks": (column(EPISODES, "tasks", at(0, ["wash the cup", "fly"])), "must have one task"),
    "another file": (column(EPISODES, f"videos/{CAMERA}/file_index", at(1, 2)), "numbered from 0 without a gap"),
    "another beginning": (
        column(EPISODES, f"videos/{CAMERA}/from_timestamp", at(1, 0.9)),
        "where the episode before ends",
    ),
    "another end": (column(EPISODES, f"videos/{CAMERA}/to_timestamp", at(2, 2.5)), "the episode's length in seconds"),
    "another file of its own": (column(EPISODES, "meta/episodes/file_index", at(0, 1)), "must be those of this file"),
    "a gap": (column(EPISODES, "length", at(0, None)), "the column length has a gap"),
    "an empty episode": (column(EPISODES, "length", at(0, 0)), "an episode without a frame"),
    "no length": (table(EPISODES, lambda t: t.drop_columns("length")), "it lacks the column 'length'"),
    # frames
    "a time that is late": (
        column(DATA, "timestamp", at(3, 0.11)),
        "timestamp must be frame_index divided by the rate",
    ),
    "a frame number": (column(DATA, "frame_index", at(3, 4)), "frame_index must count from 0"),
    "an index": (column(DATA, "index", at(3, 4)), "index must count on"),
    "another episode": (column(DATA, "episode_index", at(3, 1)), "episode_index must be the episode's own"),
    "another task": (column(DATA, "task_index", at(3, 1)), "task_index must be the place"),
    "not a number": (column(DATA, layout.REWARD, at(3, float("nan"))), "holds a number that is not finite"),
    "a reward that changes": (column(DATA, layout.REWARD, at(3, 7.0)), "must be the same in all frames"),
    "a gap in frames": (column(DATA, "index", at(3, None)), "the column index has a gap"),
    "one row group": (table(DATA, lambda t: t), "one row group an episode"),
    "a row is missing": (table(DATA, lambda t: t.slice(1)), "where its episodes have"),
    "a column more": (column_added := table(DATA, lambda t: t.append_column("x", t.column("index"))), "does not state"),
    "actions that are no steps": (
        column(DATA, "action", at(0, [1.0] * 8)),
        "action must be the next frame's state less this one's",
    ),
    "a last action": (column(DATA, layout.ACTION_VALID, at(29, [1.0, 0.0])), "0 in the last frame"),
    # statistics
    "an episode's mean": (
        column(EPISODES, "stats/index/mean", at(1, [0.0])),
        "the statistic mean of index is not that",
    ),
    "an episode's quantile": (column(EPISODES, "stats/index/q90", at(1, [0.0])), "the statistic q90 of index"),
    "an episode's count": (column(EPISODES, f"stats/{CAMERA}/count", at(1, [500])), f"the count of {CAMERA}"),
    "the whole's deviation": (stats(lambda v: v["index"].update(std=[1.0])), "the statistic std of index"),
    "the whole's count": (stats(lambda v: v["index"].update(count=3)), "the statistic count of index"),
    "a statistic is missing": (stats(lambda v: v["index"].pop("q99")), "index lacks the statistic q99"),
    "a feature without": (stats(lambda v: v.pop("index")), "the statistics of index are missing"),
    "statistics of nothing": (stats(lambda v: v.update(x={})), "'x', which is no feature"),
    "flat pictures": (stats(lambda v: v[CAMERA].update(min=[0, 0, 0])), "must have the shape [3][1][1]"),
    "pictures of 255": (stats(lambda v: v[CAMERA].update(max=[[[255]]] * 3)), "must lie between 0 and 1"),
    "quantiles out of order": (stats(lambda v: v[CAMERA].update(q01=[[[1]]] * 3)), "out of order"),
    "other pictures": (stats(lambda v: v[CAMERA].update(mean=[[[0.01]]] * 3)), "are not those of the episodes, joined"),
    "statistics that are no numbers": (stats(lambda v: v["index"].update(mean=["x"])), "the statistic mean of index"),
    "no statistics": (lambda folder: (folder / STATS).write_text("[]"), "no object of features"),
    # videos
    "another codec": (video(66, codec="mpeg4"), "it must be H.264 in yuv420p, and is mpeg4"),
    "another format": (video(66, pix_fmt="yuv444p"), "and is h264 in yuv444p"),
    "another size": (video(66, size=(128, 64)), "its pictures are 128 × 64, where 96 × 64"),
    "sound": (video(66, audio=True), "a video without sound"),
    "another rate": (video(66, fps=25), "its average rate is 25, not 30"),
    "fewer frames": (video(60), "it has 60 frames, where its episodes have 66"),
    "B-frames": (video(66, b_frames=2), "B-frames"),
    "uneven times": (video(66, times_s=[k / 30 + (0.004 if k == 9 else 0) for k in range(66)]), "is off its time"),
    "episodes without key frames": (video(66, gop=7), "does not begin with a key frame"),
    "few key frames": (video(66, gop=60), "more than 10 frames apart"),
    "no video in it": (lambda folder: (folder / VIDEO).write_bytes(bytes(3000)), VIDEO),
    # what is ours
    "a clip twice": (column(CLIPS, "clip_id", at(0, "b@0-700")), "a clip of its own"),
    "a clip too few": (table(CLIPS, lambda t: t.slice(1)), "one row an episode"),
    "a clip's frames": (column(CLIPS, "frames", at(0, 7)), "frames must be the episodes' lengths"),
    "a clip's reward": (column(CLIPS, "reward", at(0, 7.0)), "reward is not that of the episodes' frames"),
    "a reward that is not known": (column(CLIPS, "reward", at(2, 0.0)), "must be 1 just where there is a reward"),
    "a weight below 0": (column(WEIGHTS, "weight", at(0, -1.0)), "0 or more"),
    "a weight that is no number": (column(WEIGHTS, "weight", at(0, float("nan"))), "a finite number"),
    "weights of one episode": (column(WEIGHTS, "weight", at(0, 0.0)), "must weigh the same"),
    "weights the wrong way": (
        column(WEIGHTS, "weight", lambda v: [0.1] * 30 + [1.9] * 21 + [1.0] * 15),
        "a clip of a higher reward must not weigh less",
    ),
    "an index of weights": (column(WEIGHTS, "index", at(0, 5)), "must name every frame once"),
    "a card that calls motion actions": (card("not commands of a robot"), "must say what the actions are"),
    "a card without licences": (card("## Sources and licences"), "Sources and licences is missing"),
}
del column_added


def test_a_sound_one_breaks_none(sound: Path, in_files: Path) -> None:
    assert found(sound) == ""
    assert found(in_files) == ""
    assert (in_files / SECOND).exists()


@pytest.mark.parametrize("rule", RULES)
def test_what_breaks_a_rule_is_named(sound: Path, tmp_path: Path, rule: str) -> None:
    change, reason = RULES[rule]
    folder = a_copy(sound, tmp_path)
    change(folder)
    assert reason in found(folder)


def test_files_must_be_few_and_the_card_must_say_so(in_files: Path, tmp_path: Path) -> None:
    folder = a_copy(in_files, tmp_path)
    stated(video_files_size_in_mb=50)(folder)
    assert f"{SECOND}: its first clip would have gone into the file before" in found(folder)
    stated(video_files_size_in_mb=1)(folder)
    card("video files.**", "files.**")(folder)
    assert "it must warn that there are several video files" in found(folder)


def test_hands_that_are_absent_have_no_landmarks(tmp_path: Path) -> None:
    folder = export([Footage(name="a", end_s=0.4)], tmp_path, LerobotOptions(actions="hands"))
    assert found(folder) == ""
    column(DATA, layout.KEYPOINTS, at(0, [1.0] * 126))(folder)
    assert "a hand that is absent all zeros" in found(folder)


def test_what_is_no_folder_is_said(tmp_path: Path) -> None:
    assert "it is no folder" in found(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    assert "it is no folder" in found(tmp_path / "file")


def test_a_data_set_of_another_reader_s_making_is_no_error(sound: Path, tmp_path: Path) -> None:
    """Joined by hand without a constant rate: the time base of the writer, frames at the wrong times."""
    folder = a_copy(sound, tmp_path)
    with av.open(str(sound / VIDEO)) as source, av.open(str(folder / VIDEO), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts += packet.pts // 40
                packet.dts = packet.pts
                packet.stream = stream
                out.mux(packet)
    assert "torchcodec finds frames by it" in found(folder)
