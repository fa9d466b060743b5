"""What is written about jobs: the stage, the time, what a queued one waits for, and how one ended."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.navigation import PAGES
from app.reports.job_words import RESULT_PAGES, coarse, ending, progress_words, reason_alone, result_page, time_range
from app.workflows.jobs.kinds import BUILT_IN
from app.workflows.jobs.live_progress import LiveProgress
from app.workflows.jobs.time_left import TimeRange
from engine.runtime.stages import Stage
from storage.jobs import Job, JobFailure

if TYPE_CHECKING:
    from storage.jobs import JobState

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def job(state: JobState = "running", **more: Any) -> Job:
    return Job(
        **{
            "job_id": 7,
            "kind": "validate",
            "title": "Validate",
            "state": state,
            "done": 0,
            "total": 1,
            "failed": 0,
            "skipped": 0,
            "created_at": NOW,
            "started_at": NOW,
            "ended_at": None,
            "message": "",
            **more,
        }
    )


def live(**more: Any) -> LiveProgress:
    return LiveProgress(
        **{
            "fraction": 0.3,
            "stage": None,
            "elapsed_s": 200.0,
            "rate_per_s": None,
            "left": None,
            "current": (),
            "note": "",
            "rss_bytes": 0,
            **more,
        }
    )


def test_a_stage_is_named_with_its_place_and_the_time_so_far() -> None:
    found = progress_words(job(), live(stage=Stage("training networks", 2, 4, 0.5)))
    assert found == "Training networks, 2 of 4 · 3 min so far"


def test_the_time_left_of_a_stage_is_not_that_of_the_job() -> None:
    left = TimeRange(250.0, 330.0)
    assert progress_words(job(), live(stage=Stage("a", 1, 2), left=left)).endswith(
        "about 4 to 6 min left in this stage"
    )
    assert progress_words(job(), live(stage=Stage("b", 2, 2), left=left)).endswith("about 4 to 6 min left")


@given(st.floats(0, 1), st.one_of(st.none(), st.floats(0, 0.01)), st.sampled_from(["", "comparing clips"]))
def test_a_job_of_one_item_never_says_0_of_1_and_no_rate(fraction: float, rate: float | None, note: str) -> None:
    found = progress_words(job(), live(fraction=fraction, rate_per_s=rate, note=note))
    assert " of 1" not in found
    assert "/min" not in found
    assert "0.0/s" not in found


def test_many_items_are_counted() -> None:
    found = progress_words(job(done=11, failed=1, total=40), live(rate_per_s=3.14, elapsed_s=4))
    assert found == "12 of 40 · 3.1/s · 4 s so far · 1 failed"


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        ((), "Queued, starts next"),
        (("Validate",), "Queued behind Validate"),
        (("Validate", "Train", "Sync"), "Queued behind Validate and 2 more"),
    ],
)
def test_a_queued_job_names_what_it_waits_for(ahead: tuple[str, ...], words: str) -> None:
    assert progress_words(job("queued"), None, ahead) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (10, 40, "less than a minute"),
        (50, 60, "about 1 min"),
        (250, 330, "about 4 to 6 min"),
        (1190, 1510, "about 15 to 30 min"),
        (7300, 9000, "about 2 to 3 h"),
    ],
)
def test_a_range_is_rounded_outwards(low: float, high: float, words: str) -> None:
    assert time_range(TimeRange(low, high)) == words


@given(st.floats(60, 1e6), st.floats(1.0, 2.0))
def test_a_written_range_holds_the_range(low: float, factor: float) -> None:
    high = low * factor
    words = time_range(TimeRange(low, high))
    figures = [int(figure) for figure in re.findall(r"\d+", words)]
    unit = 3600 if words.endswith("h") else 60
    assert min(figures) * unit <= max(low, unit)
    assert max(figures) * unit >= high * 0.999


def test_a_growing_duration_does_not_flicker() -> None:
    assert [coarse(s) for s in (0.4, 59.9, 60, 119, 3600, 3900)] == [
        "0 s",
        "59 s",
        "1 min",
        "1 min",
        "1 h",
        "1 h 5 min",
    ]


def test_every_kind_of_job_has_a_page_that_shows_what_it_made() -> None:
    files = {entry.file for entry in PAGES}
    assert set(RESULT_PAGES) <= set(BUILT_IN)
    assert {result_page(kind) for kind in BUILT_IN} <= files


def test_an_ending_is_news_with_its_reason() -> None:
    ended = {"started_at": NOW, "ended_at": NOW + timedelta(seconds=185)}
    failure = [JobFailure("/films/a.mp4", "its header is broken", NOW)]
    done = ending(job("done", done=1, **ended), [])
    assert done is not None
    assert (done.text, done.went_wrong) == ("Done in 3 min 5 s.", False)
    none = ending(job("done", failed=1, **ended), failure)
    assert none is not None
    assert (none.text, none.went_wrong) == ("It gave no result: its header is broken", True)
    some = ending(job("done", done=3, failed=1, total=4, **ended), failure)
    assert some is not None
    assert some.text == "1 of 4 failed. a.mp4: its header is broken"
    failed = ending(job("failed", message="the disk is full"), [])
    assert failed is not None
    assert failed.text == "the disk is full"


def test_what_nobody_waited_for_is_news_only_where_it_failed() -> None:
    assert ending(job("done", kind="pictures", done=3, total=3), []) is None
    assert ending(job("cancelled"), []) is None
    failure = [JobFailure("a", "why", NOW)]
    assert ending(job("done", kind="pictures", done=2, failed=1, total=3), failure) is not None


def test_the_time_of_a_job_that_was_stopped_is_not_the_time_since_it_first_began() -> None:
    ended = {"started_at": NOW, "ended_at": NOW + timedelta(hours=2)}
    assert "2 h" not in progress_words(job("interrupted", **ended), None)


def test_a_reason_beside_its_file_does_not_name_it_again() -> None:
    assert reason_alone("/films/a.mp4", "'/films/a.mp4': is not a video") == "is not a video"
    assert reason_alone("/films/a.mp4", "the disk is full") == "the disk is full"
