"""What the browser may fetch, and in what pieces."""

from __future__ import annotations

from contextlib import redirect_stderr
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import services
from app.media import Footage, footage_of, media_routes, media_url, source_url
from app.server_start import announce
from app.workflows.importing import prepare_import
from engine.clipping.settings import ClippingSettings
from tests.blank_workspace import lay_out
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[services.Services]:
    """The app's services over a workspace with one video."""
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(lay_out(tmp_path / "workspace")))
    found = services.open_services()
    write_video(tmp_path / "kitchen one.mp4", 30)
    request = prepare_import([tmp_path], source="folder", clips="whole", clipping=ClippingSettings(), pictures=False)
    found.supervisor.wait(found.supervisor.submit("Import", request.spec), 60)
    yield found
    services.close_services()


@pytest.fixture
def browser(opened: services.Services) -> TestClient:
    return TestClient(Starlette(routes=media_routes()))


def test_media_files_come_in_ranges(opened: services.Services, browser: TestClient) -> None:
    (opened.workspace.paths.media / "some clip.bin").write_bytes(bytes(range(200)))
    answer = browser.get(media_url("some clip.bin"), headers={"Range": "bytes=10-19"})
    assert answer.status_code == 206
    assert answer.content == bytes(range(10, 20))
    assert answer.headers["content-range"] == "bytes 10-19/200"


def test_sources_are_served_by_id_in_ranges(opened: services.Services, browser: TestClient) -> None:
    video = opened.workspace.videos.find()[0]
    answer = browser.get(source_url(video.video_id), headers={"Range": "bytes=4-7"})
    assert (answer.status_code, answer.content) == (206, b"ftyp")
    assert footage_of(opened.workspace, video) == Footage(source_url(video.video_id), 0.0)


def test_the_rest_of_a_file_comes_in_pieces(
    opened: services.Services, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A player that has buffered enough must not keep its connection: a browser has six of them."""
    monkeypatch.setattr("app.media.ANSWER_BYTES", 100)
    (opened.workspace.paths.media / "long.bin").write_bytes(bytes(range(250)))
    got = b""
    while len(got) < 250:
        answer = browser.get(media_url("long.bin"), headers={"Range": f"bytes={len(got)}-"})
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes {len(got)}-{min(len(got) + 100, 250) - 1}/250"
        got += answer.content
    assert got == bytes(range(250))
    video = opened.workspace.videos.find()[0]
    assert len(browser.get(source_url(video.video_id), headers={"Range": "bytes=8-"}).content) == 100
    assert len(browser.get(source_url(video.video_id)).content) == video.size_bytes  # a download is whole


@pytest.mark.parametrize("path", ["../handpicked.duckdb", "..%2fhandpicked.duckdb", "%2e%2e/settings/data.yaml"])
def test_nothing_outside_the_media_folder_is_served(opened: services.Services, browser: TestClient, path: str) -> None:
    assert browser.get(f"/app/static/media/{path}").status_code == 404
    assert browser.get(f"/app/static/source/{path}").status_code == 404


def test_a_source_that_is_gone_is_not_found(opened: services.Services, browser: TestClient, tmp_path: Path) -> None:
    video = opened.workspace.videos.find()[0]
    (tmp_path / "kitchen one.mp4").unlink()
    answer = browser.get(source_url(video.video_id))
    assert answer.status_code == 404
    assert "not there any more" in answer.text


def test_the_app_starts_without_a_workspace_that_can_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pages say what is wrong."""
    monkeypatch.setenv("HANDPICKED_WORKSPACE", "~no-such-user-here/x")
    assert media_routes() == []
    with redirect_stderr(StringIO()) as said:
        announce("there is no such user")
    assert "The workspace can't be opened: there is no such user" in said.getvalue()
