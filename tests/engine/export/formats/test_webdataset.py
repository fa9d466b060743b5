"""WebDataset: samples stay together under the names that readers join by, and the same clips give the same bytes."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import tarfile
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from engine.cancel import Cancelled
from engine.errors import ExportError, VideoError
from engine.export.formats import tar_shards
from engine.export.formats.registry import EXPORT_FORMATS
from engine.export.formats.tar_shards import write_shards
from engine.export.formats.webdataset import WebDataset, WebDatasetOptions
from tests.engine.export.formats.made_clips import Context, Made, clip_to_export, made, ranked
from tests.synthetic_video import number_of, write_video

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NARRATED = {"narration": "pick up the cup ☕", "verb": "pick up", "noun": "cup"}


def fill(clips: Made, size_bytes: int = 600_000) -> Made:
    """Give each clip a file of its own content in place of a video."""
    for clip_id in clips.table.column("clip_id").to_pylist():
        content = hashlib.shake_256(clip_id.encode()).digest(size_bytes)
        (clips.part(clip_id) / "clip.mp4").write_bytes(content)
    return clips


def assemble(clips: Made, folder: Path, **options: Any) -> Context:
    folder.mkdir()
    context = Context()
    WebDataset(WebDatasetOptions(**options)).assemble(clips, folder, context)
    return context


def samples_of(folder: Path) -> list[dict[str, bytes]]:
    """Read as webdataset does: members side by side that share the name before the first dot are a sample."""
    found: list[dict[str, bytes]] = []
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as tar:
            named = [(member.name.split(".", 1), tar.extractfile(member)) for member in tar]
        with tarfile.open(path) as tar:
            read = [(key, ending, tar.extractfile(f"{key}.{ending}").read()) for (key, ending), _ in named]  # type: ignore[union-attr]
        for key, members in groupby(read, key=lambda one: one[0]):
            found.append({"__key__": key.encode(), **{ending: content for _, ending, content in members}})
    return found


def strict(text: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


# --- one clip --------------------------------------------------------------------------------------------------------


def test_a_part_is_the_window_of_its_video(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 90, fps=30)
    row = ranked(1, start_s=1.0, end_s=2.0, video_path=str(tmp_path / "a.mp4"))
    (tmp_path / "part").mkdir()
    WebDataset(WebDatasetOptions(crf=10)).make_part(clip_to_export(row), tmp_path / "part", Context())
    with av.open(str(tmp_path / "part" / "clip.mp4")) as container:
        numbers = [number_of(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert numbers == list(range(30, 60))


def test_a_video_that_is_gone_fails_its_clip(tmp_path: Path) -> None:
    row = ranked(1, video_path=str(tmp_path / "gone.mp4"))
    with pytest.raises(VideoError, match=r"not there any more.*relocate"):
        WebDataset(WebDatasetOptions()).make_part(clip_to_export(row), tmp_path, Context())


# --- the data set ----------------------------------------------------------------------------------------------------


def test_samples_come_in_order_of_rank_and_say_all_that_is_known(tmp_path: Path) -> None:
    rows = [
        ranked(1, **NARRATED, hands_presence=0.5, sharpness_frames=12, source="sample", labels_by="simulated"),
        ranked(3, reward_std=float("nan"), hands_presence=float("inf"), video_path="private/P01.mp4"),
    ]
    clips = fill(made(rows, tmp_path / "parts", {rows[0]["clip_id"]: [1.0, 2.0]}))
    assemble(clips, tmp_path / "out")
    first, second = samples_of(tmp_path / "out")
    assert (first["__key__"], second["__key__"]) == (b"000001", b"000003"), "the key is the rank, whatever is missing"
    assert list(first) == ["__key__", "mp4", "json", "txt", "embedding.npy"] == list(second)
    assert first["mp4"] == (clips.part(rows[0]["clip_id"]) / "clip.mp4").read_bytes()
    assert first["txt"].decode() == "pick up the cup ☕"
    assert second["txt"] == b""
    assert np.load(io.BytesIO(first["embedding.npy"])).tolist() == [1.0, 2.0]
    assert np.load(io.BytesIO(second["embedding.npy"])).shape == (0,)
    told, other = strict(first["json"]), strict(second["json"])
    for name in ("clip_id", "video", "video_sha256", "start_s", "end_s", "narration", "verb", "noun", "reward"):
        assert told[name] == rows[0][name], name
    assert told["features"] == {"hands_presence": 0.5, "sharpness_frames": 12}
    assert told["synthetic"] is True
    assert told["simulated_labels"] is True
    assert told["settings_hash"] == "0123456789abcdef"
    assert other["reward_std"] is None
    assert other["features"] == {"hands_presence": None, "sharpness_frames": None}
    assert other["synthetic"] is False
    assert "private" not in second["json"].decode(), "the json says nothing of the folders of this machine"


def test_without_any_embedding_no_sample_has_one(tmp_path: Path) -> None:
    assemble(fill(made([ranked(1), ranked(2)], tmp_path / "parts")), tmp_path / "out")
    assert all(list(sample) == ["__key__", "mp4", "json", "txt"] for sample in samples_of(tmp_path / "out"))


def test_embeddings_that_the_workspace_no_longer_has_are_said_to_be_missing(tmp_path: Path) -> None:
    rows = [ranked(1, embedding_model="old/model")]
    context = assemble(fill(made(rows, tmp_path / "parts")), tmp_path / "gone")
    assert any("no embeddings of these clips by old/model" in warning for warning in context.warnings)
    assert "no embeddings of these clips by old/model" in (tmp_path / "gone" / "README.md").read_text(encoding="utf-8")
    rows = [ranked(1, embedding_model=None)]
    assert assemble(fill(made(rows, tmp_path / "parts2")), tmp_path / "never").warnings == []


def test_the_list_of_tar_files_is_true_and_none_is_too_large(tmp_path: Path) -> None:
    rows = [ranked(rank) for rank in range(1, 8)]
    assemble(fill(made(rows, tmp_path / "parts")), tmp_path / "out", shard_mb=1)
    listed = strict((tmp_path / "out" / "shards.json").read_bytes())
    names = [shard["name"] for shard in listed["shards"]]
    assert names == [f"handpicked-{number:06d}.tar" for number in range(7)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["README.md", *names, "shards.json"]
    assert listed["samples"] == 7 == sum(shard["samples"] for shard in listed["shards"])
    for shard in listed["shards"]:
        content = (tmp_path / "out" / shard["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == shard["sha256"]
        assert len(content) == shard["size_bytes"] <= 1_000_000


def test_the_same_clips_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [ranked(rank, **NARRATED) for rank in (1, 2, 3)]
    vectors = {row["clip_id"]: [0.25] * 8 for row in rows}
    clips = fill(made(rows, tmp_path / "parts", vectors))
    for name in ("one", "two"):
        assemble(clips, tmp_path / name, shard_mb=1)
    first, second = ({path.name: path.read_bytes() for path in (tmp_path / n).iterdir()} for n in ("one", "two"))
    assert first == second
    with tarfile.open(tmp_path / "one" / "handpicked-000000.tar") as tar:
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in tar} == {(0, 0, 0, "", "", 0o644)}


def test_without_any_feature_neither_the_json_nor_the_card_speaks_of_one(tmp_path: Path) -> None:
    clips = made([ranked(1)], tmp_path / "parts")
    bare = replace(clips, table=clips.table.drop_columns(["hands_presence", "sharpness_frames"]))
    assemble(fill(bare), tmp_path / "out")
    assert "features" not in strict(samples_of(tmp_path / "out")[0]["json"])
    front = (tmp_path / "out" / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    assert "name: features" not in front


def test_the_card_says_how_to_read_it_and_declares_the_columns(tmp_path: Path) -> None:
    rows = [ranked(1), ranked(2)]
    assemble(fill(made(rows, tmp_path / "parts", {rows[0]["clip_id"]: [1.0]})), tmp_path / "out")
    _, front, text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    declared = YAML(typ="safe").load(front)
    assert declared["configs"] == [{"config_name": "default", "data_files": "handpicked-*.tar"}]
    columns = {column["name"]: column for column in declared["dataset_info"]["features"]}
    record = {field["name"]: field for field in columns["json"]["struct"]}
    told = strict(samples_of(tmp_path / "out")[0]["json"])
    assert set(record) == set(told), "each key of the json is declared, and no other"
    assert {field["name"] for field in record["features"]["struct"]} == set(told["features"])
    assert record["reward"]["dtype"] == "float64"
    assert "2 clips" in text
    assert "load_dataset" in text


def test_progress_is_reported_and_a_cancel_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_shards, "_REPORT_EVERY_BYTES", 100_000)
    clips = fill(made([ranked(rank) for rank in (1, 2, 3)], tmp_path / "parts"))
    fractions = assemble(clips, tmp_path / "out").fractions
    assert len(fractions) > 2
    assert fractions == sorted(fractions)
    (tmp_path / "stopped").mkdir()
    with pytest.raises(Cancelled):
        WebDataset(WebDatasetOptions()).assemble(clips, tmp_path / "stopped", Context(cancel_after=2))


def test_a_part_that_is_lost_is_said_with_the_way_out(tmp_path: Path) -> None:
    clips = made([ranked(1)], tmp_path / "parts")
    with pytest.raises(ExportError, match=r"the cut clip of .* is gone.*Repeat the export"):
        assemble(clips, tmp_path / "out")


def test_the_format_is_found_by_name() -> None:
    assert EXPORT_FORMATS.get("webdataset") is WebDataset
    assert WebDataset.Options is WebDatasetOptions


# --- tar files -------------------------------------------------------------------------------------------------------


@given(sizes=st.lists(st.integers(0, 30_000), min_size=1, max_size=12), limit=st.integers(11_000, 60_000))
def test_tar_files_stay_within_the_limit_and_lose_nothing(
    tmp_path_factory: pytest.TempPathFactory, sizes: Sequence[int], limit: int
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    samples: list[tuple[str, Mapping[str, bytes]]] = [
        (f"{number:06d}", {"mp4": bytes([number]) * size, "txt": b"x"}) for number, size in enumerate(sizes)
    ]
    shards = write_shards(samples, folder, stem="s", max_bytes=limit)
    assert sum(shard.samples for shard in shards) == len(sizes)
    for shard in shards:
        assert (folder / shard.name).stat().st_size == shard.size_bytes
        assert shard.size_bytes <= limit or shard.samples == 1
    assert [sample["mp4"] for sample in samples_of(folder)] == [members["mp4"] for _, members in samples]


@pytest.mark.parametrize("key", ["a.b", "", "a/b", "v1@0-1500"])
def test_a_key_that_a_reader_would_cut_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ExportError, match="first dot"):
        write_shards([(key, {"mp4": b""})], tmp_path, stem="s", max_bytes=10_000)


# --- by its readers --------------------------------------------------------------------------------------------------

without_webdataset = pytest.mark.skipif(
    importlib.util.find_spec("webdataset") is None, reason="webdataset is not installed (pip install webdataset)"
)
without_datasets = pytest.mark.skipif(
    importlib.util.find_spec("datasets") is None, reason="datasets is not installed (pip install datasets)"
)


def readable(tmp_path: Path) -> tuple[list[dict[str, Any]], Path]:
    """Eight samples of which only the last two have some of the numbers and a narration."""
    late = {**NARRATED, "hands_presence": 0.5, "robot_reward": 2.0}
    rows = [ranked(rank, **(late if rank > 6 else {})) for rank in range(1, 9)]
    vectors = {row["clip_id"]: [1.0, 2.0, 3.0] for row in rows[:7]}
    assemble(fill(made(rows, tmp_path / "parts", vectors)), tmp_path / "out", shard_mb=2)
    return rows, tmp_path / "out"


@without_webdataset
def test_webdataset_reads_every_sample(tmp_path: Path) -> None:
    import webdataset

    rows, folder = readable(tmp_path)
    urls = [str(path) for path in sorted(folder.glob("*.tar"))]
    assert len(urls) > 1
    read = list(webdataset.WebDataset(urls, shardshuffle=False).decode())
    assert [sample["json"]["clip_id"] for sample in read] == [row["clip_id"] for row in rows]
    assert read[0]["embedding.npy"].tolist() == [1.0, 2.0, 3.0]
    assert read[7]["txt"] == NARRATED["narration"]


@without_datasets
def test_datasets_reads_the_folder_with_its_types(tmp_path: Path) -> None:
    import datasets

    rows, folder = readable(tmp_path)
    read = datasets.load_dataset(str(folder), split="train", cache_dir=str(tmp_path / "cache"))
    read = read.cast_column("mp4", datasets.Video(decode=False))
    assert [sample["json"]["clip_id"] for sample in read] == [row["clip_id"] for row in rows]
    assert read[0]["json"]["features"]["hands_presence"] is None
    assert read[7]["json"]["features"]["hands_presence"] == 0.5
    assert read[7]["embedding.npy"] == []
