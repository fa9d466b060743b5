"""What a command says of its jobs, and the exit code, for all that may come of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import typer

from app.cli.job_report import DONE, FAILED, PARTLY, EndedJob, JobReport, exit_with
from storage.jobs import Job, JobFailure, JobState

NOW = datetime.now(UTC)


def ended(
    state: JobState = "done", *, total: int = 3, failed: int = 0, message: str = "", left_out: str = ""
) -> EndedJob:
    """A job that ended so."""
    job = Job(
        job_id=1,
        kind="k",
        title="Title",
        state=state,
        done=total - failed,
        total=total,
        failed=failed,
        skipped=0,
        created_at=NOW,
        started_at=NOW,
        ended_at=NOW,
        message=message,
    )
    return EndedJob(
        job, tuple(JobFailure(f"item {n}", "broken", NOW) for n in range(failed)), (left_out,) if left_out else ()
    )


@pytest.mark.parametrize(
    ("first", "follower", "code"),
    [
        (ended(), ended(), DONE),
        (ended(total=0), ended(), DONE),
        (ended("failed", message="no room"), ended(), FAILED),
        (ended("cancelled"), ended(), FAILED),
        (ended(message="what should follow could not be started"), ended(), FAILED),
        (ended(failed=3), ended(), FAILED),
        (ended(failed=1), ended(), PARTLY),
        (ended(), ended(failed=1), PARTLY),
        (ended(left_out=("a clip",)), ended(), PARTLY),
        (ended(), ended(left_out=("a clip",)), PARTLY),
        (ended(), ended(failed=3), PARTLY),
        (ended(), ended("failed", message="no room"), FAILED),
    ],
)
def test_the_exit_code_follows_from_the_job_and_what_followed_it(
    first: EndedJob, follower: EndedJob, code: int
) -> None:
    report = JobReport(first, (follower,))
    assert report.exit_code == code
    if code == DONE:
        exit_with(report.exit_code)
    else:
        with pytest.raises(typer.Exit) as stop:
            exit_with(DONE, report.exit_code)
        assert stop.value.exit_code == code


def test_a_failure_outweighs_what_is_done_in_part() -> None:
    with pytest.raises(typer.Exit) as stop:
        exit_with(PARTLY, FAILED, DONE)
    assert stop.value.exit_code == FAILED


def test_every_reason_is_in_the_json_and_in_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    report = JobReport(ended("failed", failed=2, message="no room"), (ended(failed=1, message="odd"),))
    said = report.as_json("path")
    assert said["message"] == "no room"
    assert said["failed"] == [{"path": f"item {n}", "error": "broken"} for n in range(2)]
    assert (said["follow_ups"][0]["message"], len(said["follow_ups"][0]["failed"])) == ("odd", 1)
    report.complain()
    text = capsys.readouterr().err
    assert [text.count(words) for words in ("no room", "item 1: broken", "Title (job 1): odd")] == [1, 1, 1]


def test_a_job_that_failed_without_a_word_is_said_to_have_failed(capsys: pytest.CaptureFixture[str]) -> None:
    JobReport(ended("interrupted")).complain()
    assert "The job ended interrupted." in capsys.readouterr().err


def test_thousands_of_failures_are_cut_short_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    report = JobReport(ended(total=5000, failed=5000))
    report.complain()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 201
    assert "4,800 more failures: `handpicked jobs show 1`" in lines[-1]
    assert len(report.as_json()["failed"]) == 5000
