"""The Library's search offers only what can work in the workspace."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from app.components.library.search_bar import picture_of, search_ways
from app.services import Services
from app.workflows.jobs.supervisor import Supervisor
from storage import Workspace
from tests.blank_workspace import lay_out
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("measured", "narrated", "model", "ways", "pictures"),
    [
        (False, True, None, ["narration"], False),
        (False, False, None, [], False),
        (True, True, "made up", ["narration"], True),
        (True, False, "ViT-B-32/openai", ["text"], True),
    ],
)
def test_words_and_pictures_are_offered_where_they_can_be_searched(
    tmp_path: Path, measured: bool, narrated: bool, model: str | None, ways: list[str], pictures: bool
) -> None:
    with Workspace(lay_out(tmp_path / "workspace")) as workspace:
        fill(workspace, measured=measured)
        if not narrated:
            workspace.database.write("UPDATE clip SET narration = NULL")
        if model and model != "made up":
            workspace.database.write("UPDATE embedding_16 SET model = ?", [model])
        supervisor = Supervisor(workspace)
        assert search_ways(Services(workspace, supervisor)) == (ways, pictures)
        supervisor.close()


def test_what_is_no_picture_is_none() -> None:
    assert picture_of(base64.b64encode(b"PNG").decode()) == b"PNG"
    assert picture_of("no base64!") == b""
