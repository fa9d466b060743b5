"""The Audit page: an empty state, findings with the way to their clips, and a report that follows the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.components.clips.library_address import HANDED
from app.services import open_services
from storage.clips import Clip
from tests.app.test_pages import draw, no_open_workspace  # noqa: F401 - a fixture
from tests.blank_workspace import lay_out
from tests.filled_workspace import a_video

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from storage import Workspace


def test_an_empty_workspace_leads_to_the_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "workspace")))
    page = draw("audit.py")
    assert any("What is wrong with the data?" in text.value for text in page.markdown)
    assert page.button(key="audit-again").disabled


def test_findings_stand_by_weight_and_lead_to_their_clips(opened: Workspace) -> None:
    page = draw("audit.py")
    rules = [caption.value for caption in page.caption]
    assert "`file-missing`" in rules
    assert rules.index("`file-missing`") < rules.index("`idle`")
    wanted = {row["clip_id"] for row in opened.frame(
        "SELECT clip_id FROM clip_features WHERE motion_idle_share > 0.5"
    ).to_dict("records")}  # fmt: skip
    button = page.button(key="audit-show-idle")
    assert button.label == f"Show {len(wanted)} in the Library"
    page = button.click().run()
    assert not page.exception
    picked = page.query_params["picked"]
    assert HANDED not in page.session_state
    selection = opened.library.selection(picked if isinstance(picked, str) else picked[-1])
    assert selection is not None
    assert selection[1] == len(wanted)


def test_the_report_follows_what_it_rests_on(opened: Workspace) -> None:
    page = draw("audit.py")
    before = page.session_state["audit-report"][1]
    page.run()
    assert page.session_state["audit-report"][1] is before, "nothing changed: nothing is counted again"
    opened.videos.add([a_video("more")])
    opened.clips.add([Clip(video_id="more", start_s=0, end_s=2, origin="manual")])
    page.run()
    assert page.session_state["audit-report"][1].about.videos == before.about.videos + 1
    page.button(key="audit-again").click().run()
    assert page.session_state["audit-report"][1] is not before
    assert open_services().workspace is opened
