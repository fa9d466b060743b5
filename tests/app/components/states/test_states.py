"""The five states of anything on a page, drawn by Streamlit itself over a real workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from app.components.states.looks import STATE_LOOKS
from app.services import close_services, open_services
from engine.errors import TooLittleData
from storage.jobs import Outcome
from tests.app.shown import refusals
from tests.blank_workspace import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.jobs import JobState

ROUTER = Path(__file__).resolve().parents[4] / "app" / "router.py"


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty workspace that the app has open."""
    close_services()
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "workspace")))
    yield
    close_services()


def a_job(state: JobState, *outcomes: Outcome, total: int = 3, message: str = "") -> AppTest:
    """The page of the ablations, whose latest job is in this state: of three files, with these outcomes."""
    test = AppTest.from_file(str(ROUTER), default_timeout=60).run()
    jobs = open_services().workspace.jobs
    job_id = jobs.create("ablate", "Ablate the reward", total)
    jobs.set_state(job_id, "running")
    jobs.record(job_id, list(outcomes))
    if state != "running":
        jobs.set_state(job_id, state, message)
    test.switch_page("../pages/ablations.py").run()
    assert not test.exception
    return test


def words(test: AppTest) -> str:
    """All that is written on it, without escapes."""
    return "\n".join(each.value for each in [*test.markdown, *test.caption]).replace("\\", "")


def test_a_running_job_says_how_far_it_is_and_can_be_cancelled() -> None:
    test = a_job("running", Outcome("/a/one.mp4", "done"))
    assert "**Ablate the reward**" in words(test)
    assert "1 of 3" in words(test)
    assert not test.button("cancel-1").disabled


def test_a_failed_job_names_the_file_the_reason_and_another_try() -> None:
    test = a_job("done", Outcome("/a/one.mp4", "failed", "/a/one.mp4: the file is cut off"))
    assert "1 of 3 failed" in words(test)
    assert "**one.mp4**: the file is cut off" in words(test)
    assert test.button("again-1").label == "Try again"


def test_a_stopped_job_is_gone_on_with() -> None:
    test = a_job("interrupted", message="The app ended.")
    assert "was interrupted" in words(test)
    assert "The app ended." in words(test)
    assert test.button("again-1").label == "Resume"


def test_what_fails_for_want_of_data_is_not_offered_again() -> None:
    test = a_job("done", Outcome("run", "failed", str(TooLittleData("two videos"))), total=1)
    assert "gave no result" in words(test)
    assert "again-1" not in [button.key for button in test.button]


def test_a_refused_try_says_why_and_stays() -> None:
    test = a_job("done", Outcome("/a/one.mp4", "failed", "cut off"))
    test.button("again-1").click().run()  # the job's specification was never written
    assert not test.exception
    assert ":red[" in words(test)
    assert "1 of 3 failed" in words(test)


def test_the_same_refusal_twice_on_a_page_is_drawn_twice_as_plain_text_and_announced() -> None:
    def page() -> None:
        from app.components.feedback import show_error
        from engine.errors import EngineError

        for _ in range(2):
            show_error(EngineError("the file <b>*x*</b> broke\nin line 2", remedy="mend it"))

    test = AppTest.from_function(page).run()
    assert not test.exception
    sentence = "the file <b>*x*</b> broke in line 2 mend it"
    assert [" ".join(said.split()) for said in refusals(test)] == [sentence] * 2
    assert all('role="alert"' in block.proto.body for block in test.get("html"))
    assert [mark.value for mark in test.markdown] == [STATE_LOOKS["failed"].mark] * 2
