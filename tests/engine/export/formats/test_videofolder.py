"""A video folder is read by Hugging Face's `datasets`, where that is installed, and by a check of its rules always."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from engine.errors import ExportError
from engine.export.formats import videofolder
from engine.export.formats.made import WrittenClips
from engine.export.formats.videofolder import VideoFolder, VideoFolderOptions
from tests.engine.export.formats.test_card import FACTS
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from engine.export.formats.base import MadeClips


class Quiet:
    """A context that nobody listens to."""

    def progress(self, fraction: float, note: str = "") -> None:
        assert 0 <= fraction <= 1, note

    def is_cancelled(self) -> bool:
        return False

    def warn(self, text: str, /) -> None:
        raise AssertionError(text)


@pytest.fixture
def clips(tmp_path: Path) -> MadeClips:
    """Three clips as they were made; the second of the list could not be."""
    ranks, ids = [1, 3, 12], ["a@0-1000", "c@0-1000", "../b@0-1000"]
    for rank in ranks:
        (tmp_path / "parts" / f"{rank:06d}").mkdir(parents=True)
        write_video(tmp_path / "parts" / f"{rank:06d}" / "clip.mp4", 6, fps=24, size=(64, 48))
    table = pa.table(
        {
            "rank": ranks,
            "clip_id": ids,
            "video": ["a", "c", "../b"],
            "start_s": [0.0] * 3,
            "end_s": [1.0] * 3,
            "narration": ["cut", None, "stir"],
            "reward": [0.5, None, -1.0],
        }
    )
    places = dict(zip(ids, ranks, strict=True))
    return WrittenClips(
        table=table, facts=FACTS, parts=tmp_path / "parts", vectors=None, ranks=places, rows=dict.fromkeys(ids, 0)
    )


def written(clips: MadeClips, folder: Path) -> Path:
    folder.mkdir()
    VideoFolder(VideoFolderOptions()).assemble(clips, folder, Quiet())
    return folder


def test_every_row_names_a_clip_inside_the_folder_and_files_sort_by_rank(clips: MadeClips, tmp_path: Path) -> None:
    folder = written(clips, tmp_path / "set")
    rows = [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]
    files = sorted(path.relative_to(folder).as_posix() for path in (folder / "clips").iterdir())
    assert [row["file_name"] for row in rows] == files
    assert [row["text"] for row in rows] == ["cut", "", "stir"]
    assert {path.name for path in folder.iterdir()} == {"README.md", "clips", "metadata.jsonl"}


def test_of_many_clips_no_folder_holds_more_than_the_hub_takes(
    clips: MadeClips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(videofolder, "MOST_IN_A_FOLDER", 2)
    folder = written(clips, tmp_path / "set")
    names = [json.loads(line)["file_name"] for line in (folder / "metadata.jsonl").read_text().splitlines()]
    assert [name.rpartition("/")[0] for name in names] == ["clips/000", "clips/000", "clips/001"]
    assert all((folder / name).is_file() for name in names)


def test_a_clip_that_vanished_is_an_error_in_words(clips: MadeClips, tmp_path: Path) -> None:
    (clips.part("a@0-1000") / "clip.mp4").unlink()
    with pytest.raises(ExportError, match="the cut clip of a@0-1000 is gone"):
        written(clips, tmp_path / "set")


def test_datasets_reads_it(clips: MadeClips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets of Hugging Face is not installed")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = written(clips, tmp_path / "set")
    found = datasets.load_dataset("videofolder", data_dir=str(folder), split="train", cache_dir=str(tmp_path / "c"))
    rows = list(found.cast_column("video", datasets.Video(decode=False)))
    assert [row["clip_id"] for row in rows] == clips.table.column("clip_id").to_pylist()
    assert [row["reward"] for row in rows] == [0.5, None, -1.0]
    assert all(Path(row["video"]["path"]).is_file() for row in rows)
