"""What pages say of things that went otherwise than wished, and that it can be put away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlit.testing.v1 import AppTest

from engine.files.characters import WORD_JOINER
from engine.files.place import FilePlace
from storage.jobs import Outcome
from tests.app.test_pages import ROUTER, draw
from tests.tars import member_place, write_tar

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace


def test_what_was_set_aside_is_said_until_somebody_has_read_it(opened: Workspace) -> None:
    opened.database.write("INSERT INTO set_aside VALUES ('clip', 'v@1-0', 'no window', '{}', now())")
    page = draw("overview.py")
    (warning,) = [text.value for text in page.markdown if "set rows aside" in text.value]
    assert "1 of `clip`" in warning
    assert "labels and measured numbers stay" in warning
    page.button("set-aside-read").click().run()
    for again in (page, draw("overview.py")):
        assert not any("set rows aside" in text.value for text in again.markdown)
    assert opened.database.scalar("SELECT count(*) FROM set_aside WHERE what = 'clip'") == 1, "the row itself stays"


def test_a_job_s_card_says_what_was_left_out(opened: Workspace) -> None:
    job_id = opened.jobs.create("receive", "Pull", 1)
    left_out = Outcome("a.mp4", "done", left_out="a clip of a is left out: it ends after the video.")
    opened.jobs.ingest(job_id, "shard", ["a.mp4"], lambda: [left_out])
    opened.jobs.set_state(job_id, "done")
    assert opened.jobs.left_out(job_id) == [f"a.mp4: {left_out.left_out}"]
    assert any("a clip of a is left out" in text.value for text in draw("jobs.py").markdown)


def test_cleaning_up_says_how_much_would_go_before_it_does(opened: Workspace) -> None:
    job_id = opened.jobs.create("pictures", "Pictures", 1)
    opened.jobs.set_state(job_id, "done")
    folder = opened.paths.job(job_id)
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("x" * 2000)
    page = draw("jobs.py")
    assert "are left" in page.button("jobs-clean").help
    page.button("jobs-clean").click().run()
    assert any("take 2.0 kB" in text.value for text in page.markdown), [text.value for text in page.markdown]
    assert folder.is_dir()
    page.button("jobs-clean-go").click().run()
    assert not folder.exists()


def with_its_error(video_id: str) -> AppTest:
    """A video's page, which is to show an error."""
    test = AppTest.from_file(str(ROUTER), default_timeout=60).run()
    test.query_params["video"] = video_id
    test.switch_page("../pages/videos.py").run()
    assert not test.exception
    return test


def test_a_failure_in_a_job_that_is_still_at_work_offers_no_button_that_must_fail(opened: Workspace) -> None:
    video_id = opened.videos.find()[0].video_id
    opened.database.write("UPDATE video SET first_frame_s = NULL WHERE video_id = ?", [video_id])
    opened.videos.relocate({video_id: FilePlace(opened.paths.database)})  # some file that is there
    job_id = opened.jobs.create("look_again", "Look again", 2)
    opened.jobs.set_state(job_id, "running")
    opened.jobs.record(job_id, [Outcome(video_id, "failed", "the disk is away")])
    page = with_its_error(video_id)
    assert any("the disk is away" in text.value for text in page.markdown)
    assert not [button for button in page.button if button.label == "Try again"]
    assert any("The job is still at work" in caption.value for caption in page.caption)
    opened.jobs.set_state(job_id, "done")
    assert [button for button in with_its_error(video_id).button if button.label == "Try again"]


def test_a_video_inside_a_tar_says_where_it_is_and_what_is_wrong(opened: Workspace, tmp_path: Path) -> None:
    """Its tar moved, and its tar was written anew: two cases with two ways out."""
    video_id, tar = opened.videos.find()[0].video_id, tmp_path / "shard-000000.tar"
    write_tar(tar, [("factory_001/000123.mp4", b"first")])
    opened.videos.relocate({video_id: member_place(tar, "factory_001/000123.mp4")})
    assert texts(video_id, "shard-000000.tar › 000123.mp4")
    assert texts(video_id, "shard-000000.tar › factory_001/000123.mp4")
    write_tar(tar, [("README", b"more"), ("factory_001/000123.mp4", b"second")])
    assert texts(video_id, "Its tar holds something else now")
    assert texts(video_id, "was written anew since it was imported")
    tar.unlink()
    assert texts(video_id, "The file is not there any more")
    page = with_its_error(video_id)
    assert page.text_input[0].label == "Where its tar is now"


def texts(video_id: str, wanted: str) -> list[str]:
    """The texts of a video's page that hold this one, word joiners aside."""
    page = with_its_error(video_id)
    found = [element.value for kind in (page.title, page.header, page.markdown, page.caption) for element in kind]
    return [text for text in found if wanted in text.replace(WORD_JOINER, "").replace("\\", "")]
