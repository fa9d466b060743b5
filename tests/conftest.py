"""What the tests of every part share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import Workspace
from tests.s3_fixtures import bucket, client, credentials, server, target  # noqa: F401 - fixtures for all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A fresh open workspace."""
    with Workspace(tmp_path / "workspace") as opened:
        yield opened
