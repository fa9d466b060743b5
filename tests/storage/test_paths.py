"""Names that come from data meet a folder in one place, which looks where they lead."""

from __future__ import annotations

import contextlib
import inspect
from typing import TYPE_CHECKING

import pytest

from storage.errors import StorageError
from storage.paths import WorkspacePaths
from tests.hostile import NAMES

if TYPE_CHECKING:
    from pathlib import Path

NAMED = sorted(
    name
    for name, method in inspect.getmembers(WorkspacePaths, inspect.isfunction)
    if not name.startswith("_")
    and list(inspect.signature(method).parameters.values())[1:2]
    and list(inspect.signature(method).parameters.values())[1].annotation == "str"
)


@pytest.mark.parametrize("method", NAMED)
@pytest.mark.parametrize("name", NAMES)
def test_no_method_that_takes_a_name_leads_out_of_the_workspace(tmp_path: Path, method: str, name: str) -> None:
    assert len(NAMED) >= 9
    paths = WorkspacePaths(tmp_path / "workspace")
    found = None
    with contextlib.suppress(StorageError):
        found = getattr(paths, method)(name).resolve()
    assert found is None or (found.is_relative_to(paths.root) and found != paths.root)


def test_a_link_that_leads_out_is_no_folder_of_the_workspace(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    paths.models.mkdir(parents=True)
    (paths.models / "linked").symlink_to(tmp_path)
    with pytest.raises(StorageError, match="outside"):
        paths.model("linked")
