"""The Label page without a browser: what it says where there is nothing to label, and how a sitting starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from app.services import close_services, open_services
from storage import Workspace
from storage.clips import Clip
from tests.app.shown import refusals
from tests.blank_workspace import lay_out
from tests.filled_workspace import a_video, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.sittings import Sitting

ROUTER = Path(__file__).resolve().parents[2] / "app" / "router.py"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the app looks for its workspace; videos of `fill` are looked for beside it."""
    close_services()
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "workspace")))
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "workspace"
    close_services()


@pytest.fixture
def clips(root: Path) -> list[str]:
    """A workspace with 6 clips that could be played."""
    (root.parent / "nowhere").mkdir()
    for name in ("video0", "video1"):
        (root.parent / "nowhere" / f"{name}.mp4").touch()
    with Workspace(root) as workspace:
        return fill(workspace, videos=2, clips_each=3)


def draw(**state: object) -> AppTest:
    """The page, with what another page left in the session."""
    test = AppTest.from_file(str(ROUTER), default_timeout=60).run()
    for key, value in state.items():
        test.session_state[key] = value
    test.switch_page("../pages/label.py").run()
    assert not test.exception, test.exception
    return test


def said(test: AppTest) -> str:
    return " ".join(element.value for element in [*test.markdown, *test.caption]) + " ".join(refusals(test))


def started(test: AppTest) -> Sitting:
    """Press Start; the sitting that the address names then."""
    next(button for button in test.button if button.label == "Start").click().run()
    assert not test.exception, test.exception
    assert not refusals(test), refusals(test)
    return open_services().workspace.sittings.get(str(test.query_params["sitting"]))


def test_without_two_clips_it_says_what_to_do(root: Path) -> None:
    assert "No clips yet" in said(draw())
    close_services()
    (root.parent / "nowhere").mkdir()
    (root.parent / "nowhere" / "one.mp4").touch()
    with Workspace(root) as workspace:
        workspace.videos.add([a_video("one"), a_video("away")])
        workspace.clips.add([Clip(video_id="one", start_s=0.0, end_s=1.0, origin="stride")])
    assert "One clip only" in said(draw())
    close_services()
    with Workspace(root) as workspace:
        workspace.clips.add([Clip(video_id="away", start_s=0.0, end_s=1.0, origin="stride")])
    assert "The videos are not there" in said(draw())
    close_services()
    with Workspace(root) as workspace:
        workspace.videos.add([a_video("raw", browser_playable=False)])
        workspace.clips.add([Clip(video_id="raw", start_s=0.0, end_s=1.0, origin="stride")])
    assert re.search("What can be played is (queued|being made)", said(draw()))
    assert "previews" in {job.kind for job in open_services().workspace.jobs.find()}


def test_a_sitting_has_a_name_a_target_and_an_address(clips: list[str]) -> None:
    test = draw()
    assert test.button("label-start").disabled
    assert test.button("label-start").help == "Say who labels first."
    test = draw(**{"label-annotator-last": "Anna"})
    test.text_input(key="label-target").set_value("20").run()
    sitting = started(test)
    assert (sitting.annotator, sitting.target, sitting.restricted) == ("Anna", 20, False)
    assert not test.title, "the two clips have the page to themselves"


def test_clips_from_another_page_are_what_the_sitting_keeps_to(clips: list[str]) -> None:
    test = draw(**{"label-annotator-last": "Anna", "label_among": clips[:4]})
    sitting = started(test)
    assert sitting.name == "4 clips from the Library"
    assert open_services().workspace.sittings.clip_ids(sitting.sitting_id) == set(clips[:4])
    assert "label_among" not in test.session_state


def test_an_unknown_sitting_in_the_address_is_no_error(clips: list[str]) -> None:
    test = AppTest.from_file(str(ROUTER), default_timeout=60).run()
    test.query_params["sitting"] = "of another workspace"
    test.switch_page("../pages/label.py").run()
    assert not test.exception
    assert "can be shown" in said(test)


def test_review_holds_simulated_labels_apart(clips: list[str]) -> None:
    test = draw(**{"label-part": "Review"})
    assert "3 labels" in said(test)
    table = test.dataframe[0].value
    assert set(table["annotator"]) == {"sim (simulated)"}
