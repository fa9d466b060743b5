"""A data set as it lies on disk: each frame the right one at its time, joined without loss, the same bytes again."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from engine.cancel import Cancelled
from engine.errors import ExportError
from engine.export.formats.lerobot import Lerobot, layout
from engine.export.formats.lerobot.check import check_tree
from engine.export.formats.lerobot.options import LerobotOptions
from engine.export.formats.lerobot.tasks import NO_NARRATION
from engine.export.formats.lerobot.videos import JoinedVideos
from engine.video.constant_rate import Encoding, encode_at_rate
from engine.video.convert import bars, fit_within
from engine.video.windows import Window
from tests.engine.export.formats.lerobot.data_sets import (
    FACTS,
    Footage,
    Made,
    Said,
    clips_of,
    export,
    noise,
    table_of,
)
from tests.synthetic_video import number_of, write_video

if TYPE_CHECKING:
    from pathlib import Path

UNEVEN_S = [k / 30 + (k % 4) * 0.005 for k in range(90)]
MIXED = (
    Footage(name="usual", reward=1.5),
    Footage(name="film", fps=24, start_s=0.5, end_s=2.9, size=(128, 64), narration=None, reward=None),
    Footage(name="turned", fps=29.97, size=(64, 128), how={"rotation_deg": 90}, reward=-1.0, source="sample"),
    Footage(name="quick", fps=60, frames=200, end_s=2.5, reward=0.2, narration="cut\n bread", how={"audio": True}),
    Footage(name="uneven", start_s=0.3, end_s=2.8, how={"times_s": UNEVEN_S}, reward=0.1),
    Footage(name="brief", fps=25, frames=50, start_s=1.0, end_s=1.04, reward=0.0),
)
SIZE = (96, 64)
VIDEO = layout.VIDEO_PATH.format(video_key=layout.CAMERA, chunk_index=0, file_index=0)
DATA = layout.DATA_PATH.format(chunk_index=0, file_index=0)
EPISODES = layout.EPISODES_PATH.format(chunk_index=0, file_index=0)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of videos of all kinds, pictures only."""
    return export(MIXED, tmp_path_factory.mktemp("mixed"), LerobotOptions(width=SIZE[0], height=SIZE[1]))


def frames_of(path: Path) -> list[tuple[float, Any]]:
    """Every frame as plain PyAV shows it: `(seconds, RGB)`."""
    with av.open(str(path)) as container:
        return [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_each_row_has_the_frame_that_was_visible_at_its_time(mixed: Path) -> None:
    rows, episodes = pq.read_table(mixed / DATA).to_pandas(), pq.read_table(mixed / EPISODES).to_pylist()
    frames = frames_of(mixed / VIDEO)
    assert len(frames) == len(rows)
    for footage, episode in zip(MIXED, episodes, strict=True):
        own = rows[rows.episode_index == episode["episode_index"]]
        assert len(own) == episode["length"] == np.ceil((footage.end_s - footage.start_s) * 30 - 1e-6)
        times_s = footage.how.get("times_s") or np.arange(footage.frames) / footage.fps
        inner = fit_within(footage.size, SIZE)
        left, top = bars(inner, SIZE)
        for timestamp in own.timestamp:
            at_s, image = frames[round((episode[f"videos/{layout.CAMERA}/from_timestamp"] + timestamp) * 30)]
            assert at_s == pytest.approx(episode[f"videos/{layout.CAMERA}/from_timestamp"] + timestamp, abs=1e-5)
            shown = number_of(image[top : top + inner[1], left : left + inner[0]])
            assert shown == np.searchsorted(times_s, footage.start_s + timestamp + 1e-3, side="right") - 1


def test_it_keeps_every_rule(mixed: Path) -> None:
    assert check_tree(mixed) == ()


def test_joined_frames_are_the_clips_own_to_the_bit(mixed: Path) -> None:
    joined = iter(frames_of(mixed / VIDEO))
    for footage in MIXED:
        (part,) = (mixed.parent / "parts").glob(f"{footage.name}@*")
        for _, image in frames_of(part / "clip.mp4"):
            assert np.array_equal(next(joined)[1], image)
    assert next(joined, None) is None


@pytest.mark.parametrize("actions", ["none", "hands", "pseudo"])
def test_the_same_clips_give_the_same_bytes(tmp_path: Path, actions: Any) -> None:
    options = LerobotOptions(actions=actions, fps=30)
    first, second = (tree(export(MIXED[:3], tmp_path / name, options, videos=tmp_path)) for name in ("one", "two"))
    assert first == second
    assert len(first) == 9


def test_tasks_are_the_narrations(mixed: Path) -> None:
    tasks = pd.read_parquet(mixed / layout.TASKS_FILE)
    assert tasks.index.name == "task"
    assert dict(tasks.task_index) == {"wash the cup": 0, NO_NARRATION: 1, "cut bread": 2}
    assert tasks.loc["cut bread"].task_index == 2  # as LeRobot looks one up
    episodes = pq.read_table(mixed / EPISODES).column("tasks").to_pylist()
    assert episodes[:4] == [["wash the cup"], [NO_NARRATION], ["wash the cup"], ["cut bread"]]


def test_rewards_stand_in_frames_in_the_list_of_clips_and_in_weights(mixed: Path) -> None:
    rows = pq.read_table(mixed / DATA).to_pandas()
    about = pq.read_table(mixed / layout.HANDPICKED_FILE).to_pandas()
    weights = pq.read_table(mixed / layout.WEIGHTS_FILE).to_pandas()
    by_episode = rows.groupby("episode_index").first()
    assert by_episode[layout.REWARD].tolist() == pytest.approx([1.5, 0, -1, 0.2, 0.1, 0])
    assert by_episode[layout.REWARD_KNOWN].tolist() == [1, 0, 1, 1, 1, 1]
    assert by_episode[layout.REWARD_STD].tolist() == [0.25, 0, 0.25, 0.25, 0.25, 0.25]
    assert about.clip_id.tolist() == [path.name for path in sorted_parts(mixed)]
    assert about.reward.fillna(-99).tolist() == [1.5, -99, -1, 0.2, 0.1, 0]
    assert about.simulated.all()
    assert about.synthetic.tolist() == [False, False, True, False, False, False]
    assert about.frames.tolist() == rows.groupby("episode_index").size().tolist()
    assert weights["index"].tolist() == list(range(len(rows)))
    weight = weights.weight.groupby(rows.episode_index).first()
    assert weight[4] == 1  # the median
    assert weight[1] == 1  # no reward
    assert 0 < weight[2] < 1 < weight[0] < 2
    assert weight[0] == pytest.approx(2 / (1 + np.exp(-1.4)), rel=1e-6)


def sorted_parts(mixed: Path) -> list[Path]:
    return [next((mixed.parent / "parts").glob(f"{footage.name}@*")) for footage in MIXED]


def test_the_card_says_what_it_is_and_is_not(mixed: Path) -> None:
    text = (mixed / "README.md").read_text()
    for said in (
        "6 episodes, 344 frames at 30 a second, 96 × 64",
        "There are no actions",
        "learned from simulated labels",
        "synthetic pictures",
        "CC BY-NC 4.0",
        "1 has none",
        "1 of the clips have no reward",
        "6 of 6 episodes have fewer than 100 frames",
        "They lie in one file",
        "Python 3.12",
    ):
        assert said in text


def test_without_rewards_all_weigh_the_same(tmp_path: Path) -> None:
    out = export([Footage(name="a", reward=None, end_s=1), Footage(name="b", reward=None, end_s=1)], tmp_path)
    assert check_tree(out) == ()
    assert set(pq.read_table(out / layout.WEIGHTS_FILE).column("weight").to_pylist()) == {1.0}
    assert "all weights are 1" in (out / "README.md").read_text()


def test_several_files_where_one_would_be_too_large(tmp_path: Path) -> None:
    footage = [Footage(name=f"n{k}", end_s=1, size=(320, 240), how={"frames": noise(30, (320, 240))}) for k in range(5)]
    out = export(footage, tmp_path, LerobotOptions(crf=1, video_mb=2, data_mb=1))
    videos = sorted((out / "videos").rglob("*.mp4"))
    assert len(videos) > 1
    assert all(path.stat().st_size <= 2_000_000 for path in videos)
    assert check_tree(out) == ()
    assert f"There are {len(videos)} video files" in (out / "README.md").read_text()


def test_tables_roll_over_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MEGABYTE", 12_000)
    monkeypatch.setattr("engine.export.formats.lerobot.assemble._EPISODES_A_PIECE", 1)
    out = export([Footage(name=f"v{k}", end_s=1) for k in range(4)], tmp_path, LerobotOptions(data_mb=1))
    assert len(list((out / "data").rglob("*.parquet"))) == 2
    assert len(list((out / "meta/episodes").rglob("*.parquet"))) == 4
    assert check_tree(out) == ()


def test_clips_that_were_encoded_otherwise_cant_be_joined(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 30)
    for name, crf, width in (("one", 20, 96), ("two", 20, 128)):
        (tmp_path / name).mkdir()
        encoding = Encoding(fps=30, width=width, height=64, crf=crf)
        encode_at_rate(tmp_path / "a.mp4", Window(0, 1), tmp_path / name / "clip.mp4", encoding)
    with JoinedVideos(tmp_path / "out", fps=30, most_bytes=10**9) as joined:
        joined.append(tmp_path / "one" / "clip.mp4", 30)
        with pytest.raises(ExportError, match="two was encoded otherwise"):
            joined.append(tmp_path / "two" / "clip.mp4", 30)
        with pytest.raises(ExportError, match="has 30 frames, where 31 were encoded"):
            joined.append(tmp_path / "one" / "clip.mp4", 31)


def test_damaged_parts_nothing_and_a_cancel_are_said(tmp_path: Path) -> None:
    footage = [Footage(name="a", end_s=1)]
    export(footage, tmp_path)
    clips = clips_of(footage, tmp_path / "videos")
    format_ = Lerobot(Lerobot.settled(LerobotOptions(), clips)[0])
    made, out = Made(table_of(clips, footage), tmp_path / "parts"), tmp_path / "again"
    out.mkdir()
    with pytest.raises(Cancelled):
        format_.assemble(made, out, Said(cancel=True))
    with pytest.raises(ExportError, match="there is no clip"):
        format_.assemble(Made(made.table.slice(0, 0), made.folder, FACTS), out, Said())
    part = made.part(clips[0].clip_id)
    (part / "levels.npy").write_bytes(b"no array")
    with pytest.raises(ExportError, match=r"levels\.npy"):
        format_.assemble(made, out, Said())
    (part / "part.json").write_text(json.dumps({"frames": 30}))
    with pytest.raises(ExportError, match=r"part.json"):
        format_.assemble(made, out, Said())
    shutil.rmtree(part)
    with pytest.raises(ExportError, match="Export again"):
        format_.assemble(made, out, Said())


def test_unsettled_options_are_refused(tmp_path: Path) -> None:
    clip = clips_of([Footage(name="a")], tmp_path)[0]
    with pytest.raises(ExportError, match="not settled"):
        Lerobot(LerobotOptions()).make_part(clip, tmp_path, Said())


def test_damage_and_changing_pictures_are_warned_of(tmp_path: Path) -> None:
    clip = clips_of([Footage(name="a", frames=120, end_s=3.5)], tmp_path)[0]
    path = tmp_path / "a.mp4"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 600] = bytes(600)
    path.write_bytes(data)
    (tmp_path / "part").mkdir()
    said = Said()
    Lerobot(Lerobot.settled(LerobotOptions(), [clip])[0]).make_part(clip, tmp_path / "part", said)
    assert any("its source is damaged" in warning for warning in said.warnings)
