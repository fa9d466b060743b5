"""The Export & Sync page as a person uses it, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from app.services import close_services
from storage import Workspace
from tests.app.test_pages import draw
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A full workspace, which the page opens."""
    close_services()
    folder = tmp_path / "workspace"
    with Workspace(folder) as workspace:
        fill(workspace)
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(folder))
    yield folder
    close_services()


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def metric(page: AppTest, label: str) -> str:
    return next(found.value for found in page.metric if found.label == label)


def test_choose_preview_write_and_find_it_again(root: Path, tmp_path: Path) -> None:
    page = draw("export_sync.py")
    assert metric(page, "Clips") == "40"
    page.text_input(key="export-top").set_value("5").run()
    page.text_input(key="export-quota").set_value("1").run()
    assert metric(page, "Clips") == "4"
    page.text_input(key="export-file").set_value(str(tmp_path / "best")).run()
    press(page, "Write")
    assert not page.error
    assert "4 clips" in page.success[0].value
    rows = pd.read_csv(tmp_path / "best.csv")
    assert rows["rank"].tolist() == [1, 2, 3, 4]
    assert rows["video"].nunique() == 4
    assert any("4 clips" in found.value for found in page.markdown), "it stands among the past exports"
    press(page, "Write")
    assert "there already" in page.error[0].value
    page.toggle(key="export-overwrite").set_value(True).run()
    press(page, "Write")
    assert not page.error


def test_a_wrong_filter_is_said_in_its_place(root: Path) -> None:
    page = draw("export_sync.py")
    page.text_input(key="export-where").set_value("nonsense = 1").run()
    assert "nonsense" in page.error[0].value
    page.text_input(key="export-where").set_value("source = 'epic'").run()
    assert metric(page, "Videos") == "2"


def test_a_bucket_that_is_none_is_said_and_not_remembered(root: Path) -> None:
    page = draw("export_sync.py")
    page.text_input(key="sync-target").set_value("http://nowhere").run()
    press(page, "Test the connection")
    assert "no place in S3" in page.error[0].value
    assert "nowhere" not in (root / "settings" / "sync.yaml").read_text()
