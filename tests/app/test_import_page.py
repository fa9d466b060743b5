"""The Import page opens what a colleague exported: it says what is inside, then takes it in."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.services import close_services, open_services
from app.workflows.export_plan import plan_export
from app.workflows.exporting import write_export
from app.workflows.jobs.supervisor import Supervisor
from engine.export.settings import ExportSettings
from storage import Workspace
from tests.app.shown import refusals
from tests.app.test_pages import draw
from tests.blank_workspace import lay_out
from tests.lerobot_tree import EGO, Tree
from tests.shared_footage import bring_in, label, measure, run, score
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streamlit.testing.v1 import AppTest


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A folder of three clips that a colleague exported, with features, scores and a simulated label."""
    with Workspace(lay_out(tmp_path / "colleague")) as theirs:
        clip_ids = bring_in(theirs, tmp_path / "footage")
        measure(theirs, clip_ids)
        score(theirs, clip_ids, [0.5, 0.4, 0.9, 0.1])
        label(theirs, clip_ids[0], clip_ids[1], kind="simulated")
        supervisor = Supervisor(theirs, workers=1)
        plan = plan_export(theirs, ExportSettings(top=3))
        written = write_export(theirs, plan, list_file=None, folder=tmp_path / "for you")
        assert written.spec is not None
        run(supervisor, "Cut clips", written.spec)
        supervisor.close()
    return tmp_path / "for you"


@pytest.fixture(autouse=True)
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page works on an empty workspace."""
    close_services()
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "mine")))
    yield
    close_services()


def said(page: AppTest) -> str:
    return "\n".join([*(m.value for m in page.markdown), *(c.value for c in page.caption)])


def button(page: AppTest, label: str) -> Any:
    """The button of this label."""
    return next(found for found in page.button if found.label == label)


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_bundle_says_what_is_inside_and_comes_in(bundle: Path, form: str) -> None:
    path = bundle
    if form == "zip":
        path = bundle.with_suffix(".zip")
        with zipfile.ZipFile(path, "w") as packed:
            for file in sorted(bundle.rglob("*")):
                packed.write(file, Path(bundle.name) / file.relative_to(bundle))
    page = draw("import_videos.py")
    page.text_area(key="import-paths").set_value(str(path)).run()
    assert not page.exception
    assert "is a bundle of 3 clips of 2 videos" in said(page)
    assert "labels (1 simulated label among them)" in said(page)
    assert open_services().workspace.clips.count() == 0, "looking takes nothing in"

    next(button for button in page.button if button.label == "Import").click().run()
    assert not page.exception
    assert not refusals(page)
    assert open_services().supervisor.wait_idle(90)
    workspace = open_services().workspace
    assert workspace.clips.count() == 3
    assert (workspace.labels.counts().people, workspace.labels.counts().simulated) == (0, 1)
    page.run()
    assert [link.label for link in page.get("page_link") if "videos" in link.label] == ["Look at the videos"]

    # A model came along with its scores, but no checkpoint: every page that shows models has to do without.
    for file in ("train.py", "scores.py", "validate.py", "ablations.py", "export_sync.py", "overview.py"):
        shown = draw(file)
        if file == "scores.py":
            assert "3 clips scored" in said(shown)


def test_a_damaged_manifest_is_said_before_anything_happens(bundle: Path) -> None:
    (bundle / "manifest.json").write_text('{"format": "handpicked-bundle", "clips": 3}', encoding="utf-8")
    page = draw("import_videos.py")
    page.text_area(key="import-paths").set_value(str(bundle)).run()
    assert "manifest can" in refusals(page)[0]
    next(button for button in page.button if button.label == "Import").click().run()
    assert not page.exception
    assert open_services().workspace.videos.totals().videos == 0


def test_a_home_folder_of_nobody_is_a_sentence_on_the_page_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "a.mp4").touch()
    page = draw("import_videos.py")
    page.text_area(key="import-paths").set_value(f"~no-such-user-here/videos\n{tmp_path / 'found'}").run()
    assert not page.exception
    assert "1 file to look at" in said(page)
    assert "there is no user 'no\\-such\\-user\\-here' on this machine" in said(page)


def test_what_a_bundle_leaves_out_is_shown(bundle: Path) -> None:
    """A bundle says it in words, an annotation file by line: the page took the words for lines, and ended."""
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    manifest["clips"].append(manifest["clips"][0])
    (bundle / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    page = draw("import_videos.py")
    page.text_area(key="import-paths").set_value(str(bundle)).run()
    next(button for button in page.button if button.label == "Import").click().run()
    assert not page.exception
    assert "1 problem" in [expander.label for expander in page.expander]
    assert any("left out" in block.value for block in page.code)


def test_the_result_has_counts_problems_by_kind_and_the_next_step_and_goes_with_the_next_files(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    write_video(folder / "good.mp4", 150, size=(96, 64))
    for name in ("one.mp4", "two.mp4"):
        (folder / name).write_bytes(b"\0" * 300)
    page = draw("import_videos.py")
    page.text_area(key="import-paths").set_value(f"{folder}\n{tmp_path / 'nowhere'}").run()
    next(button for button in page.button if button.label == "Import").click().run()
    assert open_services().supervisor.wait_idle(90)
    page.run()
    assert not page.exception
    words = said(page)
    assert "**1 new video, 2 new clips**" in words
    assert "2 files could not be imported" in words
    assert "- 2 × " in words, "both are damaged in the same way"
    assert "Next: measure the clips" in [link.label for link in page.get("page_link")]
    assert any("nowhere" in found.value for found in page.code)

    page.text_area(key="import-paths").set_value(str(tmp_path / "others")).run()
    assert "could not be imported" not in said(page)
    assert not any("nowhere" in found.value for found in page.code), "the problems were of the last import"


def test_a_number_that_is_none_stops_the_import_and_is_explained(tmp_path: Path) -> None:
    page = draw("import_videos.py")
    page.text_input(key="import-length").set_value("four").run()
    button = next(button for button in page.button if button.label == "Import")
    assert button.disabled
    assert "not a number" in button.help
    page.text_input(key="import-length").set_value("2.5").run()
    assert not next(button for button in page.button if button.label == "Import").disabled
    page.text_input(key="import-min").set_value("50").run()
    page.text_input(key="import-max").set_value("40").run()
    assert "longer than the longest" in next(button for button in page.button if button.label == "Import").help


def test_two_annotation_files_of_one_name_are_both_told(tmp_path: Path) -> None:
    files = [tmp_path / name / "train.csv" for name in ("a", "b")]
    for number, file in enumerate(files):
        file.parent.mkdir()
        file.write_text(f"video,start_s,end_s,label\nwaits,{number}.0,{number}.9,open drawer\n", encoding="utf-8")
    page = draw("import_videos.py")
    page.text_area(key="import-annotations").set_value("\n".join(map(str, files))).run()
    next(button for button in page.button if button.label == "Import").click().run()
    assert not page.exception
    assert said(page).count("0 clips made") == 2


def test_a_lerobot_data_set_is_hinted_at_and_comes_in_episode_by_episode(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "towels", (30, 20), cameras=["observation.images.side", EGO]).write()
    page = draw("import_videos.py")
    page.text_area(key="import-paths").set_value(str(tree.root)).run()
    assert "This is a LeRobot data set" in said(page)
    button(page, "Import it as LeRobot").click().run()
    assert not page.exception
    assert page.session_state["import-source"] == "lerobot"
    assert "1 file to look at, 2 windows in them" in said(page)
    assert "it also has observation.images.side. Another is chosen" in said(page).replace("\\", "")
    button(page, "Import").click().run()
    assert not page.exception
    assert not refusals(page)
    assert open_services().supervisor.wait_idle(90)
    assert open_services().workspace.clips.count() == 2

    page.text_input(key="import-lerobot-camera").set_value("tpo").run()
    assert "has no camera 'tpo'" in said(page).replace("\\", "")
    button(page, "Import").click().run()
    assert "has no camera" in refusals(page)[0]
