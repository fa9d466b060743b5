"""Puts a LeRobot data set together from what its clips contributed, in one pass over them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.cancel import Cancelled
from engine.errors import ExportError
from engine.export.formats.card import CARD_FILE
from engine.export.formats.lerobot import layout
from engine.export.formats.lerobot.about import Contents, lerobot_card
from engine.export.formats.lerobot.layout import CAMERA
from engine.export.formats.lerobot.options import CHUNK_FRAMES
from engine.export.formats.lerobot.part import PartReader
from engine.export.formats.lerobot.rewards import rewards_of
from engine.export.formats.lerobot.statistics import LevelCounts, RunningStatistics, statistics_of
from engine.export.formats.lerobot.tables import RolledTables, frames_table
from engine.export.formats.lerobot.tasks import NO_NARRATION, Tasks, task_of
from engine.export.formats.lerobot.videos import JoinedVideos

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.export.formats.base import ExportContext, MadeClips
    from engine.export.formats.lerobot.options import LerobotOptions
    from engine.export.formats.lerobot.rewards import Rewards
    from engine.export.formats.lerobot.statistics import Statistics
    from engine.export.formats.lerobot.videos import Placement
    from engine.video.constant_rate import Encoding

__all__ = ["assemble"]

_EPISODES_A_PIECE = 200
_WEIGHTS_A_PIECE = 1_000_000
_KEPT = (
    *("clip_id", "rank", "video", "video_id", "video_sha256", "source", "start_s", "end_s", "narration", "tags"),
    *("score", "reward", "reward_std", "robot_reward", "robot_reward_std", "ranked_by", "threshold"),
    *("model_id", "model_name", "seed", "labels_by", "settings_hash", "embedding_model", "app_version", "damage"),
)
"""Columns of the ranked list that meta/handpicked.parquet keeps."""


def assemble(
    clips: MadeClips, folder: Path, context: ExportContext, *, options: LerobotOptions, encoding: Encoding
) -> None:
    """Write the whole data set into `folder`. Raises `ExportError`, and `Cancelled` on request."""
    table = clips.table
    if not table.num_rows:
        raise ExportError("there is no clip to write", remedy="Choose others; the job says why none could be made.")
    narrations = table.column("narration").to_pylist() if "narration" in table.column_names else [None] * table.num_rows
    rewards = rewards_of(table)
    try:
        with _Writer(folder, options, encoding) as writer:
            for number, (clip_id, narration) in enumerate(
                zip(table.column("clip_id").to_pylist(), narrations, strict=True)
            ):
                if context.is_cancelled():
                    raise Cancelled
                context.progress(0.95 * number / table.num_rows, f"{number:,} of {table.num_rows:,} clips joined")
                writer.add(PartReader(clips.part(clip_id)), task_of(narration), rewards)
        context.progress(0.95, "tables of the whole data set")
        writer.write_whole(clips, rewards)
    except OSError as error:
        raise ExportError(
            f"the data set can't be written: {error.strerror or error}",
            remedy="Check the folder and the room on its disk, or choose another.",
        ) from error
    context.progress(1.0)


class _Writer:
    """The files of a data set while they grow; as a context manager, those that grow are closed at its end."""

    def __init__(self, folder: Path, options: LerobotOptions, encoding: Encoding) -> None:
        self._folder, self._options, self._encoding = folder, options, encoding
        most_bytes = options.data_mb * layout.MEGABYTE
        self._videos = JoinedVideos(folder, fps=encoding.fps, most_bytes=options.video_mb * layout.MEGABYTE)
        self._data = RolledTables(folder, layout.DATA_PATH, layout.data_schema(options.actions), most_bytes=most_bytes)
        self._episode_schema = layout.episode_schema(options.actions)
        self._episodes = RolledTables(folder, layout.EPISODES_PATH, self._episode_schema, most_bytes=most_bytes)
        self._tasks = Tasks()
        self._lengths: list[int] = []
        self._total = 0
        self._waiting: list[dict[str, object]] = []
        self._running = {key: RunningStatistics() for key in layout.features_of(options.actions)}
        self._levels = LevelCounts()

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush()
        with self._videos, self._data, self._episodes:
            pass

    def add(self, part: PartReader, task: str, rewards: Rewards) -> None:
        """Append the next clip as an episode."""
        at = self._videos.append(part.video, part.frames)
        columns = self._columns(part, self._tasks.index(task), rewards)
        chunk, file = self._data.add(frames_table(columns, self._options.actions))
        levels = part.levels()
        self._levels.join(levels)
        statistics = {key: statistics_of(values) for key, values in columns.items()} | {CAMERA: levels.result()}
        for key, values in columns.items():
            self._running[key].add(values)
        row = self._episode_row(part.frames, task, at) | {"data/chunk_index": chunk, "data/file_index": file}
        self._waiting.append(row | _flat(statistics))
        self._lengths.append(part.frames)
        self._total += part.frames
        if len(self._waiting) >= _EPISODES_A_PIECE:
            self._flush()

    def write_whole(self, clips: MadeClips, rewards: Rewards) -> None:
        """Write what is of the data set as a whole, after all clips."""
        options, encoding, meta = self._options, self._encoding, self._folder
        self._tasks.write(meta / layout.TASKS_FILE)
        statistics = {key: running.result() for key, running in self._running.items()}
        _write_json(meta / layout.STATS_FILE, {CAMERA: self._levels.result(), **statistics})
        features = layout.info_features(options.actions, fps=encoding.fps, width=encoding.width, height=encoding.height)
        info = {
            "codebase_version": layout.VERSION,
            "robot_type": "human_hands",
            "total_episodes": len(self._lengths),
            "total_frames": self._total,
            "total_tasks": len(self._tasks),
            "chunks_size": layout.CHUNK_FILES,
            "data_files_size_in_mb": options.data_mb,
            "video_files_size_in_mb": options.video_mb,
            "fps": encoding.fps,
            "splits": {"train": f"0:{len(self._lengths)}"},
            "data_path": layout.DATA_PATH,
            "video_path": layout.VIDEO_PATH,
            "features": features,
        }
        _write_json(meta / layout.INFO_FILE, info)
        pq.write_table(self._about_clips(clips.table, rewards), self._folder / layout.HANDPICKED_FILE)
        self._write_weights(rewards)
        contents = Contents(
            episodes=len(self._lengths),
            frames=self._total,
            short=sum(length < CHUNK_FRAMES for length in self._lengths),
            undescribed=clips.table.num_rows - self._described(clips.table),
            without_reward=int((~rewards.known).sum()),
            video_files=self._videos.files,
        )
        text = lerobot_card(clips.facts, options, encoding, contents)
        (self._folder / CARD_FILE).write_text(text, encoding="utf-8", newline="\n")

    def _columns(self, part: PartReader, task: int, rewards: Rewards) -> dict[str, NDArray[Any]]:
        n, episode = part.frames, len(self._lengths)
        frame = np.arange(n, dtype=np.int64)
        return {
            **part.arrays(self._options.actions),
            layout.REWARD: np.full(n, rewards.reward[episode], np.float32),
            layout.REWARD_STD: np.full(n, rewards.std[episode], np.float32),
            layout.REWARD_KNOWN: np.full(n, rewards.known[episode], np.float32),
            "timestamp": (frame / self._encoding.fps).astype(np.float32),
            "frame_index": frame,
            "episode_index": np.full(n, episode, np.int64),
            "index": self._total + frame,
            "task_index": np.full(n, task, np.int64),
        }

    def _episode_row(self, frames: int, task: str, at: Placement) -> dict[str, object]:
        fps = self._encoding.fps
        return {
            "episode_index": len(self._lengths),
            "tasks": [task],
            "length": frames,
            "dataset_from_index": self._total,
            "dataset_to_index": self._total + frames,
            f"videos/{CAMERA}/chunk_index": at.chunk,
            f"videos/{CAMERA}/file_index": at.file,
            f"videos/{CAMERA}/from_timestamp": at.first_frame / fps,
            f"videos/{CAMERA}/to_timestamp": (at.first_frame + frames) / fps,
            "meta/episodes/chunk_index": 0,
            "meta/episodes/file_index": 0,
        }

    def _flush(self) -> None:
        """Write the waiting rows of episodes, each with the file that it goes into."""
        if not self._waiting:
            return
        piece = pa.Table.from_pylist(self._waiting, self._episode_schema)
        for name, number in zip(("chunk_index", "file_index"), self._episodes.next_place(piece.nbytes), strict=True):
            column = f"meta/episodes/{name}"
            values = pa.array(np.full(piece.num_rows, number), pa.int64())
            piece = piece.set_column(piece.schema.get_field_index(column), column, values)
        self._episodes.add(piece)
        self._waiting.clear()

    def _about_clips(self, table: pa.Table, rewards: Rewards) -> pa.Table:
        """One row an episode: which clip it is, and what ranked it."""
        kept = table.select([name for name in _KEPT if name in table.column_names])
        simulated = [labels_by == "simulated" for labels_by in _texts(table, "labels_by")]
        synthetic = [source == "sample" for source in _texts(table, "source")]
        number = pa.array(np.arange(table.num_rows), pa.int64())
        about = kept.add_column(0, "episode_index", number)
        for name, values in (("simulated", pa.array(simulated)), ("synthetic", pa.array(synthetic))):
            about = about.append_column(name, values)
        about = about.append_column("weight", pa.array(rewards.weight, pa.float64()))
        return about.append_column("frames", pa.array(self._lengths, pa.int64())).replace_schema_metadata(None)

    def _described(self, table: pa.Table) -> int:
        return sum(task_of(text) != NO_NARRATION for text in _texts(table, "narration"))

    def _write_weights(self, rewards: Rewards) -> None:
        """`index`, `weight` of each frame, in pieces."""
        schema = pa.schema([("index", pa.int64()), ("weight", pa.float32())])
        ends = np.cumsum(self._lengths)
        with pq.ParquetWriter(self._folder / layout.WEIGHTS_FILE, schema) as out:
            for first in range(0, self._total, _WEIGHTS_A_PIECE):
                index = np.arange(first, min(first + _WEIGHTS_A_PIECE, self._total), dtype=np.int64)
                weight = rewards.weight[np.searchsorted(ends, index, side="right")].astype(np.float32)
                out.write_table(pa.table({"index": index, "weight": weight}))


def _flat(statistics: dict[str, Statistics]) -> dict[str, object]:
    return {f"stats/{key}/{name}": value for key, each in statistics.items() for name, value in each.items()}


def _texts(table: pa.Table, name: str) -> list[str | None]:
    return table.column(name).to_pylist() if name in table.column_names else [None] * table.num_rows


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
