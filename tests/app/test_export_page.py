"""The Export & Sync page as a person uses it, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from app.components.export import export_choice
from app.components.states.looks import STATE_LOOKS
from app.services import close_services, open_services
from app.workflows.export_plan import plan_export
from engine.export.settings import ExportSettings
from storage import Workspace
from storage.library.view import ClipView
from tests.app.shown import refusals
from tests.app.test_pages import draw
from tests.blank_workspace import lay_out
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from app.workflows.export_plan import ExportPlan


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A full workspace, which the page opens."""
    close_services()
    folder = lay_out(tmp_path / "workspace")
    with Workspace(folder) as workspace:
        fill(workspace)
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(folder))
    yield folder
    close_services()


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def figures(page: AppTest) -> str:
    """The line that says what comes out."""
    return next(found.value for found in page.markdown if " · " in found.value and "clip" in found.value)


def said(page: AppTest) -> str:
    """All text of the page that is no error."""
    return "\n".join(found.value for found in page.markdown).replace("\\", "")


def done(page: AppTest) -> str:
    """The line that says what was written, empty where none is shown."""
    marked = [found.value for found in page.markdown if STATE_LOOKS["done"].mark in found.value]
    return marked[0].replace("\\", "") if marked else ""


def test_choose_preview_write_and_find_it_again(root: Path, tmp_path: Path) -> None:
    page = draw("export_sync.py")
    assert "**40 clips**" in figures(page)
    page.text_input(key="export-top").set_value("5").run()
    page.text_input(key="export-quota").set_value("1").run()
    assert "**4 clips**" in figures(page)
    page.text_input(key="export-file").set_value(str(tmp_path / "best")).run()
    press(page, "Write")
    assert not refusals(page)
    assert "4 clips written" in done(page)
    rows = pd.read_csv(tmp_path / "best.csv")
    assert rows["rank"].tolist() == [1, 2, 3, 4]
    assert rows["video"].nunique() == 4
    assert any("4 clips" in found.value for found in page.markdown), "it stands among the past exports"
    press(page, "Write")
    assert "there already" in refusals(page)[0]
    page.toggle(key="export-overwrite").set_value(True).run()
    press(page, "Write")
    assert not refusals(page)


def test_a_wrong_filter_is_said_in_its_place(root: Path) -> None:
    page = draw("export_sync.py")
    page.text_input(key="export-where").set_value("nonsense = 1").run()
    error = said(page)
    assert "The condition “nonsense = 1” can't be used: there is no column “nonsense”" in error
    assert "SELECT" not in error
    assert "names like it" in error
    assert next(button for button in page.button if button.label == "Write").disabled
    page.text_input(key="export-where").set_value("source = 'epic'").run()
    assert "2 videos" in figures(page)


def test_a_bucket_that_is_none_is_said_and_not_remembered(root: Path) -> None:
    page = draw("export_sync.py")
    page.text_input(key="sync-target").set_value("http://nowhere").run()
    press(page, "Test the connection")
    assert "no place in S3" in refusals(page)[0]
    assert "nowhere" not in (root / "settings" / "sync.yaml").read_text()


def test_a_clip_that_only_its_tag_brings_in_is_said_before_and_after_writing(root: Path, tmp_path: Path) -> None:
    close_services()
    with Workspace(root) as workspace:
        order = plan_export(workspace, ExportSettings()).table.column("clip_id").to_pylist()
        workspace.tags.add_theirs([(order[30], "keep"), (order[0], "keep")], "Theirs")
    page = draw("export_sync.py")
    assert "keep tag" not in said(page), "all 40 come out anyway"
    page.text_input(key="export-top").set_value("5").run()
    assert "1 of 5 is here because of its keep tag; without it its rank would be 31." in said(page)
    page.text_input(key="export-file").set_value(str(tmp_path / "best")).run()
    press(page, "Write")
    assert "1 of 5 is here because of its keep tag; without it its rank would be 31." in said(page)
    assert "5 clips written" in done(page)


def test_a_folder_that_does_not_exist_is_asked_about_and_made_only_then(root: Path, tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    page = draw("export_sync.py")
    page.text_input(key="export-file").set_value(str(tmp_path / "exprots" / "best")).run()
    press(page, "Write")
    assert not page.exception
    assert "There is no folder" in said(page)
    assert str(tmp_path / "exports" / "best.csv") in said(page)
    assert not (tmp_path / "exprots").exists()
    page.button(key="export-correct").click().run()
    assert page.text_input(key="export-file").value == str(tmp_path / "exports" / "best")
    assert "There is no folder" not in said(page)
    page.text_input(key="export-file").set_value(str(tmp_path / "new" / "er" / "best")).run()
    press(page, "Write")
    assert f"What exists of it is `{tmp_path}`" in said(page)
    press(page, "Make the folder")
    assert "40 clips written" in done(page)
    assert (tmp_path / "new" / "er" / "best.csv").exists()
    page.text_input(key="export-top").set_value("5").run()
    assert not done(page), "what was written before is no answer to what is chosen now"


def test_a_bad_number_leaves_nothing_to_write(root: Path, tmp_path: Path) -> None:
    page = draw("export_sync.py")
    page.text_input(key="export-file").set_value(str(tmp_path / "best")).run()
    page.text_input(key="export-top").set_value("five")
    press(page, "Write")
    assert "“five” is not a number" in said(page)
    assert next(button for button in page.button if button.label == "Write").disabled
    assert not (tmp_path / "best.csv").exists()


def test_the_list_is_ranked_anew_only_when_a_choice_or_the_workspace_changed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned: list[ExportSettings] = []

    def counted(workspace: Workspace, settings: ExportSettings) -> ExportPlan:
        planned.append(settings)
        return plan_export(workspace, settings)

    monkeypatch.setattr(export_choice, "plan_export", counted)
    page = draw("export_sync.py")
    page.run()
    assert len(planned) == 1
    workspace = open_services().workspace
    workspace.tags.add(workspace.library.ids(ClipView(), limit=3), "drop")
    page.run()
    assert "**37 clips**" in figures(page)
    page.text_input(key="export-top").set_value("5").run()
    assert "**5 clips**" in figures(page)
    assert len(planned) == 3


def test_a_data_set_is_chosen_with_its_options_written_and_listed(root: Path, tmp_path: Path) -> None:
    page = draw("export_sync.py")
    page.button_group(key="export-form").set_value("hf").run()
    page.text_input(key="export-set-hf-crf").set_value("99").run()
    assert any("between 0 and 51" in found.value for found in page.markdown)
    assert next(button for button in page.button if button.label == "Write").disabled
    page.text_input(key="export-set-hf-crf").set_value("30").run()
    page.text_input(key="export-set-folder-hf").set_value(str(tmp_path / "gone" / "set")).run()
    press(page, "Write")
    assert "There is no folder" in said(page) or any("no folder" in text for text in refusals(page))
    page.text_input(key="export-set-folder-hf").set_value(str(tmp_path / "set")).run()
    press(page, "Write")
    assert open_services().supervisor.wait_idle(120)
    page.run()
    # The videos of this workspace are no files: the export is recorded, and its jobs say why nothing came of it.
    (run,) = open_services().workspace.exports.find()
    assert (run.results.format, run.results.asked, run.results.made) == ("hf", {"crf": 30}, None)
    assert not (tmp_path / "set").exists()
    assert "as hf" in "".join(found.value for found in page.caption)


def test_each_form_suggests_a_folder_of_its_own(root: Path) -> None:
    page = draw("export_sync.py")
    for form in ("hf", "webdataset", "hf"):
        page.button_group(key="export-form").set_value(form).run()
        assert page.text_input(key=f"export-set-folder-{form}").value.endswith(f"-{form}")
