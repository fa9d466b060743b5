"""What the browser may fetch, and in what pieces."""

from __future__ import annotations

import os
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
from engine.files.place import FilePlace
from tests.blank_workspace import lay_out
from tests.synthetic_video import write_video
from tests.tars import member_place, write_tar

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


# --- members of a tar ------------------------------------------------------------------------------------------------


@pytest.fixture
def inside(opened: services.Services, tmp_path: Path) -> FilePlace:
    """The video's place, as a member between two others."""
    video, tar = opened.workspace.videos.find()[0], tmp_path / "shard.tar"
    write_tar(tar, [("a.txt", b"secret before"), ("b/kitchen.mp4", video.place.file), ("c.txt", b"secret after")])
    place = member_place(tar, "b/kitchen.mp4")
    opened.workspace.videos.relocate({video.video_id: place})
    return place


def test_a_member_of_a_tar_is_served_as_a_file_of_its_own_is(
    opened: services.Services, browser: TestClient, inside: FilePlace, tmp_path: Path
) -> None:
    """Status, length, type and every byte, whatever is asked for: nothing of the tar but the member."""
    content = (tmp_path / "kitchen one.mp4").read_bytes()
    size, url = len(content), source_url(opened.workspace.videos.find()[0].video_id)
    whole = browser.get(url)
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    head = browser.head(url)
    assert (head.headers["content-length"], head.content) == (str(size), b"")
    for asked in (
        *("bytes=0-0", "bytes=4-7", f"bytes={size - 1}-{size - 1}", f"bytes={size - 5}-{size + 100_000}"),
        *("bytes=-7", f"bytes=-{size + 500}", "bytes=100-", f"bytes={size}-", f"bytes={size + 1}-{size + 9}"),
        *("bytes=0-3,10-12", f"bytes=0-3,{size}-{size + 5}", "bytes=9-4", "pages=1-2", "bytes=x"),
    ):
        answer = browser.get(url, headers={"Range": asked})
        opened.workspace.videos.relocate(
            {opened.workspace.videos.find()[0].video_id: FilePlace(tmp_path / "kitchen one.mp4")}
        )
        own = browser.get(url, headers={"Range": asked})
        opened.workspace.videos.relocate({opened.workspace.videos.find()[0].video_id: inside})
        assert (answer.status_code, answer.headers.get("content-range")) == (
            own.status_code,
            own.headers.get("content-range"),
        ), asked
        assert b"secret" not in answer.content
        if "multipart" not in answer.headers["content-type"]:
            assert answer.content == own.content, asked
    assert browser.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416


def test_a_browser_goes_on_with_a_member_only_while_it_is_the_same(
    opened: services.Services, browser: TestClient, inside: FilePlace
) -> None:
    url = source_url(opened.workspace.videos.find()[0].video_id)
    tag = browser.get(url, headers={"Range": "bytes=0-3"}).headers["etag"]
    assert browser.get(url, headers={"Range": "bytes=4-7", "If-Range": tag}).status_code == 206
    os.utime(inside.file, (1, 1))
    changed = browser.get(url, headers={"Range": "bytes=4-7", "If-Range": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)


def test_a_tar_that_holds_something_else_is_not_served(
    opened: services.Services, browser: TestClient, inside: FilePlace, tmp_path: Path
) -> None:
    url = source_url(opened.workspace.videos.find()[0].video_id)
    write_tar(inside.file, [("a.txt", b"secret before"), ("b/other.mp4", tmp_path / "kitchen one.mp4")])
    answer = browser.get(url)
    assert (answer.status_code, "holds something else now" in answer.text) == (404, True)
    inside.file.unlink()
    assert "not there any more" in browser.get(url).text


def test_no_member_is_served_by_its_name(opened: services.Services, browser: TestClient, inside: FilePlace) -> None:
    """Only videos of the workspace are, by their ids."""
    for name in (inside.address, f"{inside.file}//a.txt", "shard.tar", "tar:512+13+00000000:/etc/passwd//x"):
        assert browser.get(source_url(name)).status_code == 404


def test_the_app_starts_without_a_workspace_that_can_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pages say what is wrong."""
    monkeypatch.setenv("HANDPICKED_WORKSPACE", "~no-such-user-here/x")
    assert media_routes() == []
    with redirect_stderr(StringIO()) as said:
        announce("there is no such user")
    assert "The workspace can't be opened: there is no such user" in said.getvalue()
