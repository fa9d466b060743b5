"""The Settings page as a person uses it, in one tab and in two, and what a failed job looks like on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.components.settings.fields import sections_of
from app.services import close_services
from engine.settings.data import DataSettings
from engine.settings.jobs import JobSettings
from engine.settings_model import SettingsModel
from storage import Workspace
from storage.settings_models import SETTINGS
from tests.app.shown import refusals
from tests.app.test_pages import draw
from tests.blank_workspace import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamlit.testing.v1 import AppTest


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The workspace that the pages open."""
    close_services()
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "workspace")))
    yield tmp_path / "workspace"
    close_services()


def jobs_form() -> AppTest:
    """A tab that shows jobs.yaml."""
    test = draw("settings.py")
    test.segmented_control(key="settings-file").set_value("jobs").run()
    return test


def field(test: AppTest, name: str) -> object:
    """The input of a value of the section `runtime`."""
    return typed(test, f"runtime.{name}")


def typed(test: AppTest, name: str) -> object:
    """The text field of a value, by its name in the file."""
    return next(entry for entry in test.text_input if str(entry.key).endswith(f".{name}"))


def buttons(test: AppTest, words: str) -> list[Any]:
    """The buttons with these words."""
    return [button for button in test.button if words in button.label.replace("\\", "")]


def said(test: AppTest) -> str:
    """All text of the page."""
    return "\n".join(entry.value for entry in test.markdown).replace("\\", "")


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


def test_it_says_how_many_workers_an_extraction_gets_by_what_is_saved(root: Path) -> None:
    test = jobs_form()
    field(test, "workers").set_value("3").run()  # type: ignore[attr-defined]
    assert not any("set by hand" in caption.value for caption in test.caption)
    press(test, "Save")
    assert any("starts now gets 3 workers" in one.value and "set by hand" in one.value for one in test.caption)


def test_what_two_tabs_change_is_both_saved(root: Path) -> None:
    one, other = jobs_form(), jobs_form()
    field(one, "workers").set_value("3").run()  # type: ignore[attr-defined]
    field(other, "tries").set_value("4").run()  # type: ignore[attr-defined]
    press(one, "Save")
    press(other, "Save")
    runtime = saved(root).runtime
    assert (runtime.workers, runtime.tries) == (3, 4)


def test_what_was_typed_outlives_a_file_that_is_broken_for_a_moment(root: Path) -> None:
    form = jobs_form()
    field(form, "workers").set_value("3").run()  # type: ignore[attr-defined]
    file = root / "settings" / "jobs.yaml"
    whole = file.read_text(encoding="utf-8")
    file.write_text("runtime: [", encoding="utf-8")
    field(form, "tries").set_value("4").run()  # type: ignore[attr-defined]
    assert refusals(form)
    file.write_text(whole, encoding="utf-8")
    form.run()
    assert (field(form, "workers").value, field(form, "tries").value) == ("3", "4")  # type: ignore[attr-defined]
    press(form, "Save")
    assert (saved(root).runtime.workers, saved(root).runtime.tries) == (3, 4)


def test_two_tabs_that_disagree_are_told_and_nothing_is_lost(root: Path) -> None:
    one, other = jobs_form(), jobs_form()
    field(one, "workers").set_value("3").run()  # type: ignore[attr-defined]
    field(other, "workers").set_value("5").run()  # type: ignore[attr-defined]
    press(one, "Save")
    press(other, "Save")
    assert "changed to 3 elsewhere" in refusals(other)[0]
    press(other, "Show what is saved now")
    assert field(other, "workers").value == "3"  # type: ignore[attr-defined]
    assert saved(root).runtime.workers == 3


def test_save_says_beside_itself_what_is_not_saved_and_what_was(root: Path) -> None:
    test = jobs_form()
    assert buttons(test, "Save")[0].disabled
    field(test, "workers").set_value("3").run()  # type: ignore[attr-defined]
    field(test, "tries").set_value("4").run()  # type: ignore[attr-defined]
    assert "2 changes not saved" in said(test)
    assert not buttons(test, "Save")[0].disabled
    press(test, "Save")
    assert "2 changes saved" in said(test)
    assert said(test).count("Saved") == 2, "each saved value says so beside itself"
    field(test, "tries").set_value("3").run()  # type: ignore[attr-defined]
    assert "1 change not saved" in said(test)
    press(test, "Discard")
    assert field(test, "tries").value == "4"  # type: ignore[attr-defined]
    assert saved(root).runtime.tries == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [("many", "“many” is not a number"), ("2.5", "2.5 is not a whole number"), ("65", "must be between 0 and 64")],
)
def test_a_value_that_can_t_be_used_is_said_beside_it_and_save_does_not_act(root: Path, text: str, words: str) -> None:
    test = jobs_form()
    field(test, "tries").set_value("4").run()  # type: ignore[attr-defined]
    field(test, "workers").set_value(text)  # type: ignore[attr-defined]
    press(test, "Save")  # the text and the click come in one run
    assert words in said(test)
    assert "1 value can’t be used" in said(test)
    assert buttons(test, "Save")[0].disabled
    assert saved(root) == JobSettings(), "neither the last good value nor the others"


def test_values_that_do_not_go_together_are_said_in_their_section_by_their_titles(root: Path) -> None:
    test = draw("settings.py")
    typed(test, "clipping.min_s").set_value("20").run()  # type: ignore[attr-defined]
    typed(test, "clipping.max_s").set_value("10").run()  # type: ignore[attr-defined]
    assert "“Shortest clip” (20 s) is more than “Longest clip” (10 s)" in said(test)
    assert buttons(test, "Save")[0].disabled
    assert any("Clips" in fold.label and "1 can’t be used" in fold.label for fold in test.expander)


def test_a_folded_section_says_how_many_values_differ_and_each_goes_back_by_itself(root: Path) -> None:
    test = draw("settings.py")
    assert not any("changed" in fold.label for fold in test.expander)
    typed(test, "clipping.length_s").set_value("6").run()  # type: ignore[attr-defined]
    typed(test, "clipping.stride_s").set_value("3").run()  # type: ignore[attr-defined]
    press(test, "Save")
    assert next(fold.label for fold in test.expander if "2 differ" in fold.label).startswith("**Clips**")
    assert "Only what differs from its default (2)" in [toggle.label for toggle in test.toggle]
    one, _ = buttons(test, "Default: 4")
    one.click().run()
    assert typed(test, "clipping.length_s").value == "4"  # type: ignore[attr-defined]
    press(test, "Save")
    close_services()
    with Workspace(root) as workspace:
        clipping = workspace.settings.load(DataSettings).clipping
    assert (clipping.length_s, clipping.stride_s) == (4.0, 3.0)


def test_all_back_to_defaults_is_shown_first_and_written_by_save(root: Path) -> None:
    test = jobs_form()
    field(test, "workers").set_value("3").run()  # type: ignore[attr-defined]
    press(test, "Save")
    press(test, "All back to defaults")
    assert field(test, "workers").value == "0"  # type: ignore[attr-defined]
    assert "1 change not saved" in said(test)
    press(test, "Save")
    assert saved(root) == JobSettings()


@pytest.mark.parametrize("words", ["hover-scrub", "pictures a clip is scrubbed", "sprite_frames", "media.sprite"])
def test_a_search_finds_a_setting_of_any_file_by_title_meaning_or_name(root: Path, words: str) -> None:
    test = jobs_form()
    field(test, "workers").set_value("3").run()  # type: ignore[attr-defined]
    test.text_input(key="settings-search").set_value(words).run()
    shown = [str(entry.key) for entry in test.text_input if str(entry.key).startswith("settings.")]
    assert [key.partition(".media.")[2] for key in shown] == ["sprite_frames"]
    typed(test, "media.sprite_frames").set_value("8").run()  # type: ignore[attr-defined]
    test.text_input(key="settings-search").set_value("no such thing").run()
    assert "No setting has" in said(test)
    assert "2 changes not saved" in said(test), "what was typed outlives the search"
    press(test, "Save")
    assert saved(root).runtime.workers == 3


def test_only_what_differs_is_shown_of_all_files(root: Path) -> None:
    test = draw("settings.py")
    test.toggle(key="settings-differing").set_value(True).run()
    assert "Every setting has its default" in said(test)
    test.toggle(key="settings-differing").set_value(False).run()
    typed(test, "clipping.length_s").set_value("6").run()  # type: ignore[attr-defined]
    press(test, "Save")
    test.toggle(key="settings-differing").set_value(True).run()
    shown = [str(entry.key) for entry in test.text_input if str(entry.key).startswith("settings.")]
    assert [key.partition(".clipping.")[2] for key in shown] == ["length_s"]


def test_lists_and_weights_are_lines_of_text_whose_mistakes_are_said(root: Path) -> None:
    test = draw("settings.py")
    test.segmented_control(key="settings-file").set_value("model").run()
    assert "not saved" not in said(test), "a list of numbers as it is in the file is no change"
    sizes = next(area for area in test.text_area if str(area.key).endswith(".trunk_sizes"))
    sizes.set_value("128\nsixty").run()
    assert "“sixty” is not a number" in said(test)
    sizes.set_value("").run()
    assert "needs at least one layer" in said(test)
    test.segmented_control(key="settings-file").set_value("features").run()
    weights = next(area for area in test.text_area if str(area.key).endswith(".composite.weights"))
    weights.set_value("sharpness_blurred_share").run()
    assert "is not a line such as" in said(test)


def test_every_value_of_every_file_is_a_field_that_reads_what_it_shows() -> None:
    for name, model in SETTINGS.items():
        fields = [entry for section in sections_of(name, model()) for entry in section.fields]
        for entry in fields:
            assert entry.read(entry.typed(entry.default)) == entry.default, entry.full_name
            assert entry.meaning or entry.title
        assert len(fields) == len(leaves(model().model_dump(), model()))


def leaves(values: dict[str, Any], settings: Any) -> list[str]:
    """The names of a model's values, those of its sections included."""
    found: list[str] = []
    for name, value in values.items():
        inner = getattr(settings, name)
        found += leaves(value, inner) if isinstance(inner, SettingsModel) else [name]
    return found


def test_a_job_s_reason_stands_on_its_page(root: Path) -> None:
    with Workspace(root) as workspace:
        for state, message in (("failed", "libEGL.so.1 is missing"), ("done", "All done, but nothing could follow")):
            job_id = workspace.jobs.create("extract", "Extract features", 1)
            workspace.jobs.set_state(job_id, state, message)  # type: ignore[arg-type]
    test = draw_with_errors("jobs.py")
    for reason in ("libEGL.so.1 is missing", "All done, but nothing could follow"):
        assert reason in said(test)


def draw_with_errors(file: str) -> AppTest:
    """A page that is to show an error."""
    test = draw("overview.py")
    test.switch_page(f"../pages/{file}").run()
    assert not test.exception
    return test
