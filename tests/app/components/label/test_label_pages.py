"""Statistics and files of labels as the page draws them: empty, of people, of simulated annotators, of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.services import Services, close_services, open_services
from engine.preference.simulated import SimulatedAnnotator
from storage.labels import LabelCounts
from tests.app.labelled import add_clips, add_labels
from tests.blank_workspace import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The app's services over a fresh workspace."""
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "workspace")))
    st.cache_data.clear()
    yield open_services()
    close_services()


def statistics_page() -> None:
    from app.components.label.statistics import draw_statistics
    from app.services import open_services

    draw_statistics(open_services())


def files_page() -> None:
    from app.components.label.files import draw_import_export
    from app.services import open_services

    draw_import_export(open_services())


def shown(test: AppTest) -> str:
    """Everything that was written."""
    assert not test.exception, test.exception
    parts = [*test.markdown, *test.caption, *test.info, *test.warning, *test.subheader]
    return "\n".join(str(part.value) for part in parts)


def test_without_labels_both_say_what_will_be_there(services: Services) -> None:
    assert services.workspace.labels.counts().people == 0
    assert "No labels yet" in shown(AppTest.from_function(statistics_page, default_timeout=60).run())
    assert "Nothing to export yet" in shown(AppTest.from_function(files_page, default_timeout=60).run())


def test_people_are_shown_first_and_simulated_annotators_apart_and_named(services: Services) -> None:
    clips = add_clips(services.workspace, 12)
    add_labels(services.workspace, clips, SimulatedAnnotator(name="sided <b>", side_bias=6.0), 40)
    test = AppTest.from_function(statistics_page, default_timeout=60).run()
    assert "simulated annotators" in shown(test)
    assert "left clip in" in shown(test)
    assert "sided \\<b\\>" in shown(test)
    add_labels(services.workspace, clips, SimulatedAnnotator(name="ann"), 10, kind="people")
    test.run()
    assert {metric.label: metric.value for metric in test.metric}["Labels"] == "10"
    assert "given by simulated" not in shown(test)
    add_labels(services.workspace, clips, SimulatedAnnotator(name="bob"), 10, kind="people")
    test.run()
    assert {metric.label: metric.value for metric in test.metric}["Labels"] == "20"
    assert "Agreement between annotators" in shown(test)
    assert "Extract features first" in shown(test)


def test_labels_can_be_downloaded(services: Services) -> None:
    clips = add_clips(services.workspace, 12)
    add_labels(services.workspace, clips, SimulatedAnnotator(name="sim"), 4)
    test = AppTest.from_function(files_page, default_timeout=60).run()
    assert not test.exception
    assert "Nothing to export" not in shown(test)


def test_three_kinds_are_chosen_between_and_a_file_is_taken_as_the_kind_chosen(services: Services) -> None:
    clips = add_clips(services.workspace, 12)
    add_labels(services.workspace, clips, SimulatedAnnotator(name="ann"), 10, kind="people")
    add_labels(services.workspace, clips, SimulatedAnnotator(name="sim"), 11)
    text = f"left_clip,right_clip,label,annotator\n{clips[0]},{clips[1]},left,eye\n"
    test = AppTest.from_function(files_page, default_timeout=60).run()
    test.file_uploader[0].upload("judged.csv", text.encode(), "text/csv").run()
    test.selectbox(key="label-file-kind").set_value("model").run()
    next(button for button in test.button if button.label == "Import labels").click().run()
    assert "1 label by a model's judgement added" in " ".join(text.value for text in test.markdown)
    assert services.workspace.labels.counts() == LabelCounts(people=10, simulated=11, model=1)
    test = AppTest.from_function(statistics_page, default_timeout=60).run()
    assert {metric.label: metric.value for metric in test.metric}["Labels"] == "10"
    test.segmented_control(key="label-statistics-whose").set_value("model").run()
    assert {metric.label: metric.value for metric in test.metric}["Labels"] == "1"
    assert "a model’s judgement" in shown(test)
