"""A hundred mutated inputs to each reader of bundles and what is kept beside them: only our own errors come."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.workflows.model_report import read_report
from app.workflows.sharing.bundle_tables import measured_table, sound_scores, sound_vectors, table_of_bundle
from app.workflows.sharing.pull import pulled_labels
from engine.errors import HandpickedError
from engine.export.bundle import Bundle, is_bundle, peek_bundle, read_bundle, unpack_bundle
from engine.files.cache import load_arrays, save_arrays
from tests.hostile import mutated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage import Workspace

SEEDS = range(100)
CLIP = {
    "rank": 1, "clip_id": "v@0-1000", "file": "clips/a.mp4", "sha256": "a" * 64, "size_bytes": 1, "frames": 1,
    "video_id": "v", "video": "v", "video_sha256": "b" * 64, "source": "folder", "start_s": 0, "end_s": 1,
    "origin": "stride", "tags": ["keep"], "narration": "opens a door",
}  # fmt: skip
MANIFEST = {
    "format": "handpicked-bundle", "version": 1, "export_id": "20260102-030405-ab12", "created_at": "", "settings": {},
    "app_version": "1", "clips": [CLIP], "files": {"data/scores.parquet": "c" * 64},
    "model": {
        "model_id": "m", "name": "m", "created_at": "2026-01-02T03:04:05+00:00", "seed": 0, "settings": {},
        "metrics": {},
    },
}  # fmt: skip
LABEL = {
    "label_id": "a", "left_clip_id": "v@0-1000", "right_clip_id": "v@1000-2000", "answer": "left", "annotator": "ann",
    "simulated": False, "response_ms": 900, "strategy": "random", "created_at": "2026-01-02T03:04:05+00:00",
}  # fmt: skip
SAME = {"clip_id": ["v@0-1000"], "extractor_version": [1], "settings_hash": ["h"], "note": [""], "damaged": [False]}
TABLES = {
    "features_exposure": pa.table({**SAME, "luma_mean": [1.0]}),
    "embedding": pa.table({"clip_id": ["v@0-1000"], "model": ["m"], "vector": [[1.0, 2.0]]}),
    "scores": pa.table(
        {
            "clip_id": ["v@0-1000"],
            "reward": [1.0],
            "reward_std": [0.1],
            "robot_reward": [None],
            "robot_reward_std": [None],
        }
    ),
    "labels": pa.Table.from_pylist([LABEL]),
}


def only_our_errors(sound: bytes, read: Callable[[bytes], Any], *, fewest: int = 20) -> None:
    """Read the sound content, then a hundred mutations of it, of which so many at least are refused."""
    read(sound)
    reasons = []
    for seed in SEEDS:
        try:
            read(mutated(sound, seed))
        except HandpickedError as error:
            reasons.append(str(error))
    assert len(reasons) >= fewest
    assert max(map(len, reasons)) < 2000


def test_a_bundle_s_manifest(tmp_path: Path) -> None:
    def read(content: bytes) -> None:
        (tmp_path / "manifest.json").write_bytes(content)
        is_bundle(tmp_path)
        peek_bundle(tmp_path)

    only_our_errors(json.dumps(MANIFEST).encode(), read)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_file(tmp_path: Path, method: int) -> None:
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w", method) as packed:
        packed.writestr("b/manifest.json", json.dumps(MANIFEST))
        packed.writestr("b/clips/a.mp4", bytes(range(256)))
    number = iter(range(1000))

    def read(content: bytes) -> None:
        path.write_bytes(content)
        is_bundle(path)
        peek_bundle(path)
        unpack_bundle(path, tmp_path / f"out-{next(number)}")

    only_our_errors(path.read_bytes(), read)
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd"])
def test_a_table(tmp_path: Path, name: str, codec: str) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    file = f"data/{name}.parquet"
    (tmp_path / "data").mkdir()
    found = read_bundle(tmp_path)

    def read(content: bytes) -> None:
        (tmp_path / file).write_bytes(content)
        files = {file: hashlib.sha256(content).hexdigest()}
        bundle = Bundle(found.folder, found.manifest.model_copy(update={"files": files}), found.digest)
        if name == "labels":
            table_of_bundle(bundle, file, 10, "labels").to_pylist()
        elif name == "embedding":
            sound_vectors(bundle, file, 10, [])
        elif name == "scores":
            sound_scores(bundle, file, 10, [])
        else:
            measured_table(bundle, file, 10, "exposure", [])

    pq.write_table(TABLES[name], tmp_path / "sound.parquet", compression=codec)
    only_our_errors((tmp_path / "sound.parquet").read_bytes(), read)


def test_labels_that_a_pull_brought(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"

    def read(content: bytes) -> None:
        path.write_bytes(content)
        pulled_labels(workspace, path, {})

    only_our_errors(b"\n".join([json.dumps(LABEL).encode()] * 3), read)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "-1", "1e30"])
def test_a_label_from_the_ends_of_the_calendar(workspace: Workspace, tmp_path: Path, at: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps({**LABEL, "created_at": at}))
    with pytest.raises(HandpickedError, match="created_at"):
        pulled_labels(workspace, path, {})


def test_a_label_with_a_line_separator_in_its_annotator_is_one_line(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(json.dumps({**LABEL, "annotator": "a\u2028b\x85c"}, ensure_ascii=False), encoding="utf-8")
    assert pulled_labels(workspace, path, {}) == (1, ())


def test_a_model_s_report(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    sound = json.dumps({"simulated": True, "judges": [], "labels": 3}).encode()
    for seed in SEEDS:
        path.write_bytes(mutated(sound, seed))
        report, notes = read_report(path)
        assert report is None
        assert notes


def test_arrays_kept_in_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    save_arrays(path, {"a": np.arange(20.0), "b": np.array(["x"])})
    sound = path.read_bytes()
    gone = 0
    for seed in SEEDS:
        path.write_bytes(mutated(sound, seed))
        gone += load_arrays(path) is None
        assert path.exists() == (gone == 0 or path.exists())
    assert gone > 20
    path.write_bytes(sound)
    found = load_arrays(path)
    assert found is not None
    assert found["a"].sum() == 190
