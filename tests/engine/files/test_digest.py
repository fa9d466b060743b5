"""Fingerprints of files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.cancel import Cancelled
from engine.errors import EngineError
from engine.files.digest import md5_of_file, remembered_sha256, sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_checksum_is_sha256_with_progress(tmp_path: Path) -> None:
    data = np.random.default_rng(0).bytes(9_000_001)
    path = tmp_path / "file"
    path.write_bytes(data)
    told: list[int] = []
    assert sha256_of_file(path, progress=told.append) == hashlib.sha256(data).hexdigest()
    assert told[-1] == len(data)
    assert len(told) > 1
    with pytest.raises(Cancelled):
        sha256_of_file(path, cancelled=lambda: True)
    with pytest.raises(EngineError, match="can't be read"):
        sha256_of_file(tmp_path / "absent")
    with pytest.raises(EngineError, match="can't be read"):
        remembered_sha256(tmp_path / "absent")


def test_a_remembered_digest_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"one", b"another"):
        path.write_bytes(content)
        assert remembered_sha256(path) == hashlib.sha256(content).hexdigest()
        assert md5_of_file(path) == hashlib.md5(content, usedforsecurity=False).hexdigest()
