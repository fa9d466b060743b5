"""A validation that came to nothing leaves its reason on the page, until one comes to something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from app.services import close_services, open_services
from engine.errors import TooLittleData
from storage.jobs import Outcome
from tests.app.test_pages import ROUTER, draw
from tests.blank_workspace import lay_out
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A full workspace that the app has open."""
    close_services()
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "workspace")))
    fill(open_services().workspace)
    yield
    close_services()


def job_that_failed(kind: str, error: str) -> None:
    """A job that is done, of whose one item nothing came."""
    jobs = open_services().workspace.jobs
    job_id = jobs.create(kind, kind.capitalize(), 1)
    jobs.record(job_id, [Outcome("run", "failed", error)])
    jobs.set_state(job_id, "done")


def test_a_validation_that_the_data_can_t_support_says_so() -> None:
    job_that_failed("validate", str(TooLittleData("only 2 of 3 source videos show hands that can be followed")))
    page = draw("validate.py")
    assert any("This data cannot support a ΔM" in text.value for text in page.markdown)


def test_an_ablation_that_failed_says_why() -> None:
    job_that_failed("ablate", "20 answered pairs are too few")
    page = AppTest.from_file(str(ROUTER), default_timeout=60).run()
    page.switch_page("../pages/ablations.py").run()
    assert not page.exception
    assert any("20 answered pairs are too few" in text.value for text in page.markdown)
