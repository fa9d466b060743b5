"""Two tabs of the settings page, and what a failed job looks like on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.services import close_services
from engine.settings.jobs import JobSettings
from storage import Workspace
from tests.app.test_pages import draw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The workspace that the pages open."""
    close_services()
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(tmp_path / "workspace"))
    yield tmp_path / "workspace"
    close_services()


def jobs_form() -> AppTest:
    """A tab that shows jobs.yaml."""
    test = draw("settings.py")
    test.segmented_control(key="settings-file").set_value("jobs").run()
    return test


def field(test: AppTest, name: str) -> object:
    """The input of a value of the section `runtime`."""
    return next(entry for entry in test.number_input if str(entry.key).endswith(f".runtime.{name}"))


def press(test: AppTest, label: str) -> AppTest:
    """Press a button."""
    next(button for button in test.button if button.label == label).click().run()
    assert not test.exception
    return test


def saved(root: Path) -> JobSettings:
    """What the file says."""
    close_services()
    with Workspace(root) as workspace:
        return workspace.settings.load(JobSettings)


def test_what_two_tabs_change_is_both_saved(root: Path) -> None:
    one, other = jobs_form(), jobs_form()
    field(one, "workers").set_value(3).run()  # type: ignore[attr-defined]
    field(other, "tries").set_value(4).run()  # type: ignore[attr-defined]
    press(one, "Save")
    press(other, "Save")
    runtime = saved(root).runtime
    assert (runtime.workers, runtime.tries) == (3, 4)


def test_two_tabs_that_disagree_are_told_and_nothing_is_lost(root: Path) -> None:
    one, other = jobs_form(), jobs_form()
    field(one, "workers").set_value(3).run()  # type: ignore[attr-defined]
    field(other, "workers").set_value(5).run()  # type: ignore[attr-defined]
    press(one, "Save")
    press(other, "Save")
    assert "changed to 3 elsewhere" in other.error[0].value.replace("\\", "")
    press(other, "Show what is saved now")
    assert field(other, "workers").value == 3  # type: ignore[attr-defined]
    assert saved(root).runtime.workers == 3


def test_a_job_s_reason_stands_on_its_page(root: Path) -> None:
    with Workspace(root) as workspace:
        for state, message in (("failed", "libEGL.so.1 is missing"), ("done", "All done, but nothing could follow")):
            job_id = workspace.jobs.create("extract", "Extract features", 1)
            workspace.jobs.set_state(job_id, state, message)  # type: ignore[arg-type]
    test = draw_with_errors("jobs.py")
    assert [error.value.replace("\\", "") for error in test.error] == ["libEGL.so.1 is missing"]
    assert [warning.value.replace("\\", "") for warning in test.warning] == ["All done, but nothing could follow"]


def draw_with_errors(file: str) -> AppTest:
    """A page that is to show an error."""
    test = draw("overview.py")
    test.switch_page(f"../pages/{file}").run()
    assert not test.exception
    return test
