"""The five states of anything on a page, drawn by Streamlit itself over a real workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from app.services import close_services, open_services
from engine.errors import TooLittleData
from storage.jobs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.jobs import JobState


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty workspace that the app has open."""
    close_services()
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(tmp_path / "workspace"))
    yield
    close_services()


def a_job(state: JobState, *outcomes: Outcome, total: int = 3, message: str = "") -> int:
    """A job of three files in some state."""
    jobs = open_services().workspace.jobs
    job_id = jobs.create("import", "Import", total)
    jobs.set_state(job_id, "running")
    jobs.record(job_id, list(outcomes))
    if state != "running":
        jobs.set_state(job_id, state, message)
    return job_id


def drawn(job_id: int, state: str) -> AppTest:
    """The job as that state draws it."""

    def page(job_id: int, state: str) -> None:
        from app.components.states.failed import failed_job
        from app.components.states.running import running_state
        from app.services import open_services

        services = open_services()
        draw = failed_job if state == "failed" else running_state
        draw(services, services.workspace.jobs.get(job_id))

    test = AppTest.from_function(page, kwargs={"job_id": job_id, "state": state}, default_timeout=60)
    return test.run()


def words(test: AppTest) -> str:
    """All that is written on it, without escapes."""
    return "\n".join(each.value for each in [*test.markdown, *test.caption]).replace("\\", "")


def test_a_running_job_says_how_far_it_is_and_can_be_cancelled() -> None:
    test = drawn(a_job("running", Outcome("/a/one.mp4", "done")), "running")
    assert "**Import**" in words(test)
    assert "1 of 3" in words(test)
    assert not test.button("cancel-1").disabled


def test_a_failed_job_names_the_file_the_reason_and_another_try() -> None:
    number = a_job("done", Outcome("/a/one.mp4", "failed", "/a/one.mp4: the file is cut off"))
    test = drawn(number, "failed")
    assert "1 of 3 failed" in words(test)
    assert "**one.mp4**: the file is cut off" in words(test)
    assert test.button(f"again-{number}").label == "Try again"


def test_a_stopped_job_is_gone_on_with() -> None:
    number = a_job("interrupted", message="The app ended.")
    test = drawn(number, "failed")
    assert "was interrupted" in words(test)
    assert "The app ended." in words(test)
    assert test.button(f"again-{number}").label == "Resume"


def test_what_fails_for_want_of_data_is_not_offered_again() -> None:
    test = drawn(a_job("done", Outcome("run", "failed", str(TooLittleData("two videos"))), total=1), "failed")
    assert "gave no result" in words(test)
    assert not test.button


def test_a_refused_try_says_why_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    number = a_job("done", Outcome("/a/one.mp4", "failed", "cut off"))
    test = drawn(number, "failed")
    test.button(f"again-{number}").click().run()  # the job's specification was never written
    assert not test.exception
    assert ":red[" in words(test)
    assert "1 of 3 failed" in words(test)
