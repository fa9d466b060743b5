"""Small LeRobot v3.0 data sets, written by hand as LeRobot's recorder lays them out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EGO = "observation.images.ego"
VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
FPS = 30


@dataclass(frozen=True)
class Tree:
    """A data set to write: the number of frames of each episode, and how they are packed."""

    root: Path
    lengths: Sequence[int]
    tasks: Sequence[str] = ("fold the towel", "wipe the table")
    cameras: Sequence[str] = (EGO,)
    per_file: int = 1000
    """Episodes of a video file."""
    files_per_chunk: int = 1000
    per_table: int = 1000
    """Episodes of a file below meta/episodes."""

    def rows(self) -> list[dict[str, Any]]:
        """The rows of meta/episodes."""
        rows, total, used = [], 0, 0
        for index, length in enumerate(self.lengths):
            file = index // self.per_file
            used = 0 if index % self.per_file == 0 else used
            row: dict[str, Any] = {
                "episode_index": index,
                "tasks": [self.tasks[index % len(self.tasks)]],
                "length": length,
                "dataset_from_index": total,
                "dataset_to_index": total + length,
            }
            for camera in self.cameras:
                row |= {
                    f"videos/{camera}/chunk_index": file // self.files_per_chunk,
                    f"videos/{camera}/file_index": file % self.files_per_chunk,
                    f"videos/{camera}/from_timestamp": used / FPS,
                    f"videos/{camera}/to_timestamp": (used + length) / FPS,
                }
            rows.append({**row, "stats/index/count": [length]})
            total, used = total + length, used + length
        return rows

    def info(self) -> dict[str, Any]:
        """meta/info.json."""
        picture = {"dtype": "video", "shape": [64, 96, 3], "names": ["height", "width", "channels"], "info": {}}
        return {
            "codebase_version": "v3.0",
            "robot_type": "so101",
            "fps": FPS,
            "total_episodes": len(self.lengths),
            "video_path": VIDEO_PATH,
            "features": {
                "action": {"dtype": "float32", "shape": [6], "names": None},
                **{camera: {**picture} for camera in self.cameras},
                "timestamp": {"dtype": "float32", "shape": [1], "names": None},
            },
        }

    def video(self, camera: str, file: int) -> Path:
        """A video file of the data set."""
        chunk, inner = divmod(file, self.files_per_chunk)
        return self.root / VIDEO_PATH.format(video_key=camera, chunk_index=chunk, file_index=inner)

    def write(self, *, footage: bool = True) -> Tree:
        """Write it; without `footage` the video files are empty."""
        write_info(self.root, self.info())
        rows = self.rows()
        for number in range(0, max(1, len(rows)), self.per_table):
            write_episodes(self.root, rows[number : number + self.per_table], number // self.per_table)
        for place, camera in enumerate(self.cameras):
            for file, first in enumerate(range(0, len(self.lengths), self.per_file)):
                path = self.video(camera, file)
                path.parent.mkdir(parents=True, exist_ok=True)
                if footage:
                    frames = sum(self.lengths[first : first + self.per_file])
                    # The quality makes every file's content another.
                    options = {"crf": str(18 + place * 5 + file)}
                    write_video(path, frames, fps=FPS, b_frames=0, options=options)
                else:
                    path.touch()
        return self


def write_info(root: Path, info: dict[str, Any]) -> None:
    """Write meta/info.json."""
    (root / "meta").mkdir(parents=True, exist_ok=True)
    (root / "meta" / "info.json").write_text(json.dumps(info), encoding="utf-8")


def write_episodes(root: Path, rows: Sequence[dict[str, Any]], number: int = 0) -> Path:
    """Write a file below meta/episodes."""
    path = root / f"meta/episodes/chunk-000/file-{number:03d}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), path)
    return path
