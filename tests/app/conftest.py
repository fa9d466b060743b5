"""What several tests of pages open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.services import close_services, open_services
from tests.blank_workspace import lay_out
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage import Workspace


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A full workspace whose numbers are of version 1, which the app has open."""
    close_services()
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "workspace")))
    workspace = open_services().workspace
    fill(workspace)
    yield workspace
    close_services()
