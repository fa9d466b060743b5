"""Names from outside pass one gate before they meet a path."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from engine.files.names import Name, RelativePath, Sha256, fold, name_problem, path_problem
from tests.hostile import NAMES

ROOT = Path("/a/folder")


class Named(BaseModel):
    name: Name = "x"
    path: RelativePath = "x"
    sha256: Sha256 = "0" * 64


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_passes_no_gate(name: str) -> None:
    assert name_problem(name) is not None
    for field in Named.model_fields:
        # a long name of letters, and odd letters, are no way out of a folder, but no id and no digest either
        if field != "path" or name != "\u202e\u0301":
            with pytest.raises(ValidationError):
                Named(**{field: name})


@pytest.mark.parametrize("name", ["C:x", "./x", "a//b", "a/", "a/ b /c.", "aux.mp4", "a\x1bb", "x?", "a/" * 20 + "b"])
def test_a_path_that_some_system_takes_for_another_is_refused(name: str) -> None:
    assert path_problem(name) is not None


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80) | st.text(alphabet="./\\:ab ", max_size=12))
def test_a_path_that_passes_stays_below_its_folder(path: str) -> None:
    if path_problem(path) is None:
        joined = (ROOT / path).resolve()
        assert joined.is_relative_to(ROOT)
        assert joined != ROOT


@pytest.mark.parametrize("path", ["clips/0001_one_0-1000.mp4", "data/features_hands.parquet", "Küche/a b.mp4", "a"])
def test_the_paths_of_a_bundle_pass(path: str) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize("digest", ["../" + "0" * 64, "0" * 64 + "\n", "0" * 63, "A" * 64, "0" * 64 + "/.."])
def test_a_digest_has_nothing_before_or_behind_it(digest: str) -> None:
    with pytest.raises(ValidationError):
        Named(sha256=digest)


def test_names_that_are_one_file_on_some_disk_fold_alike() -> None:
    assert fold("Clips/A.mp4") == fold("clips/a.MP4")
    assert fold("k\u00fcche") == fold("ku\u0308che")
