"""Downloads as jobs: fetched from a real server, imported, and cut by the annotations that waited for them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from app.workflows.downloading import download_spec, unseen_licence
from app.workflows.importing import add_annotations
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping.settings import ClippingSettings
from engine.download.epic import transfers
from engine.errors import DownloadError
from tests.engine.download.server import Behaviour, serving
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage import Workspace

ACTIONS = """narration_id,participant_id,video_id,start_timestamp,stop_timestamp,narration,verb,noun
P01_101_0,P01,P01_101,00:00:00.50,00:00:01.50,open door,open,door
"""


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Behaviour]:
    """A mirror that has one of two videos, and drops the connection once."""
    write_video(tmp_path / "P01_101.MP4", 60, size=(320, 240))
    content = (tmp_path / "P01_101.MP4").read_bytes()
    behaviour = Behaviour(drop_after=len(content) // 2, drops=1)
    with serving(behaviour) as served:
        (transfer,) = transfers(["P01_101"], base_url=served.base_url)
        served.files[transfer.url.removeprefix(served.base_url)] = content
        yield served


@pytest.fixture
def supervisor(workspace: Workspace) -> Iterator[Supervisor]:
    opened = Supervisor(workspace)
    yield opened
    opened.close()


def test_a_download_is_resumed_imported_and_cut(
    workspace: Workspace, supervisor: Supervisor, mirror: Behaviour, tmp_path: Path
) -> None:
    (tmp_path / "EPIC.csv").write_text(ACTIONS)
    add_annotations(workspace, tmp_path / "EPIC.csv", source="epic", clipping=ClippingSettings())
    spec = download_spec(
        workspace, "epic", ["P01_101", "P01_102"], clipping=ClippingSettings(), base_url=mirror.base_url
    )
    job_id = supervisor.submit("Download", spec)
    assert supervisor.wait_idle(90)
    job = workspace.jobs.get(job_id)
    assert (job.state, job.done, job.failed) == ("done", 1, 1)
    assert [failure.item for failure in workspace.jobs.failures(job_id)] == ["P01_102"]
    assert sum(mirror.requests.values()) >= 3, "dropped once, so asked twice for the one, and once for the other"
    assert [video.video_id for video in workspace.videos.find()] == ["P01_101"]
    assert [clip.narration for clip in workspace.clips.of_video("P01_101")] == ["open door"]


def test_the_licence_is_shown_before_the_first_download_only(workspace: Workspace) -> None:
    licence = unseen_licence(workspace, "epic")
    assert licence is not None
    assert "NonCommercial" in licence.name
    assert unseen_licence(workspace, "epic") is None
    assert "NonCommercial" in (workspace.paths.downloads / "LICENCE-epic.txt").read_text(encoding="utf-8")


def test_nothing_starts_with_a_name_that_no_video_has(workspace: Workspace) -> None:
    with pytest.raises(DownloadError):
        download_spec(workspace, "epic", ["P01_101", "kitchen"], clipping=ClippingSettings())
    with pytest.raises(DownloadError, match="nothing to download"):
        download_spec(workspace, "epic", [], clipping=ClippingSettings())


def test_ego4d_without_its_command_says_how_to_get_it(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kwargs: None)
    with pytest.raises(DownloadError, match="ego4d"):
        download_spec(workspace, "ego4d", ["a2dd8a8f-835f-4068-be78-99d38ad99625"], clipping=ClippingSettings())
