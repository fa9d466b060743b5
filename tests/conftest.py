"""What the tests of every part share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import hypothesis
import pytest

from storage import Workspace
from tests.blank_workspace import lay_out
from tests.s3_fixtures import bucket, client, credentials, server, target  # noqa: F401 - fixtures for all
from tests.sample_workspace import judged_sample, measured_sample  # noqa: F401 - fixtures for all

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest tests first: one that begins last would keep one core waiting for another. The corpus is left out
    unless `-m` speaks of it."""
    if "corpus" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("corpus") is not None]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item.get_closest_marker("corpus") is None]

    def brevity(item: pytest.Item) -> tuple[float, bool]:
        limit, slow = item.get_closest_marker("timeout"), item.get_closest_marker("slow")
        return -float(limit.args[0]) if limit else 0.0, slow is None

    items.sort(key=brevity)


def _scheduling() -> int | None:
    """How the system schedules this thread; None where it doesn't say."""
    return os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None


SCHEDULING = _scheduling()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Fail a test that leaves this thread with another scheduling, as an encoder of AV1 does as root: real-time
    browsers of later tests once stopped the whole machine."""
    yield
    assert _scheduling() == SCHEDULING, "the test left this thread with another scheduling"


FAILED = pytest.StashKey[list[str]]()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Remember the names of what failed, for the run's last lines."""
    reports = [report for kind in ("failed", "error") for report in terminalreporter.stats.get(kind, [])]
    config.stash[FAILED] = list(dict.fromkeys(report.nodeid for report in reports))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Name all that failed once more, at the very end: a browser's account of one failure fills many screens."""
    if failed := config.stash.get(FAILED, []):
        config.get_terminal_writer().write("\n  ".join(["Failed:", *failed]) + "\n")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A fresh open workspace."""
    with Workspace(lay_out(tmp_path / "workspace")) as opened:
        yield opened


# A busy machine is no failure: how long anything takes is the benchmarks' to say.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("house")
