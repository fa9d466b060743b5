"""A page that draws asks the store as much for many clips as for few: where it shows a count it fetches no list."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from app.navigation import PAGES
from app.services import close_services, open_services
from app.workflows.extracting import standing
from tests.asked_statements import observe
from tests.blank_workspace import lay_out
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.asked_statements import Asked

ROUTER = Path(__file__).resolve().parents[2] / "app" / "router.py"
FEW, MANY = 130, 390
"""Clips of each of the two videos: both workspaces fill every wall, list and sample of a fixed size."""
VIEWS = {"sort": "motion_idle_share", "range": "hands_any_share:0.2:"}
DRAWN: list[tuple[str, dict[str, str]]] = [
    *((entry.file, {}) for entry in PAGES if entry.file != "label.py"),
    ("library.py", {"clip": "video0@0-2000"}),
    ("library.py", {"compare": "video0@0-2000,video0@3000-5100"}),
    ("library.py", {"show": "table"}),
    ("library.py", {"show": "duplicates"}),
    ("library.py", VIEWS),
]
"""Pages by file and address. Label chooses its pairs among all clips when it is drawn, and is held elsewhere; a video's
own page shows all its clips."""


@pytest.fixture(autouse=True)
def no_open_workspace() -> Iterator[None]:
    close_services()
    yield
    close_services()


def read(root: Path, clips_each: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
    """What each page asks when it is drawn a second time: statements, and rows fetched of them."""
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(root)))
    fill(open_services().workspace, videos=2, clips_each=clips_each)
    logging.disable(logging.WARNING)
    found = {}
    with monkeypatch.context() as patch:
        asked = observe(patch)
        for file, address in DRAWN:
            found[f"{file} {address}"] = drawn_again(asked, file, address)
    close_services()
    return found


def drawn_again(asked: Asked, file: str, address: dict[str, str]) -> tuple[int, int]:
    test = AppTest.from_file(str(ROUTER), default_timeout=120)
    for key, value in address.items():
        test.query_params[key] = value
    test.switch_page(f"../pages/{file}").run()
    asked.statements.clear()
    test.run()
    assert not test.exception, (file, test.exception)
    return len(asked.statements), asked.rows


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_page_reads_more_where_there_are_more_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = read(tmp_path / "few", FEW, monkeypatch)
    many = read(tmp_path / "many", MANY, monkeypatch)
    assert len(few) == len(DRAWN)
    grown = {page: (few[page], many[page]) for page in few if many[page] > few[page]}
    assert not grown


def test_how_far_extraction_is_takes_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "workspace")))
    workspace = open_services().workspace
    fill(workspace, videos=2, clips_each=60)
    asked = observe(monkeypatch)
    before = standing(workspace)
    assert max(statement.rows for statement in asked.statements) < 60, asked.most()
    asked.statements.clear()
    assert standing(workspace) == before
    assert not [statement.sql for statement in asked.statements if "FROM feature_" in statement.sql], "they are kept"
