"""Transfers against a real server that fails in every way that servers do."""

from __future__ import annotations

import errno
import hashlib
import random
import shutil
import threading
import time
from typing import TYPE_CHECKING

import pytest

from engine.download import DownloadReport, Progress, Transfer
from engine.download.http import RetryPolicy, download_all, target_path
from engine.download.part import Part
from engine.errors import DownloadError
from tests.engine.download.server import Behaviour, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILM = random.Random(7).randbytes(700_000)
OTHER = random.Random(8).randbytes(650_000)
QUICK = RetryPolicy(attempts=3, first_wait_s=0.01, longest_wait_s=0.05, timeout_s=5)


@pytest.fixture
def server() -> Iterator[Behaviour]:
    with serving(Behaviour(files={"/a.MP4": FILM, "/b.MP4": OTHER})) as behaviour:
        yield behaviour


def transfer(server: Behaviour, name: str = "a", *, md5: str | None = None) -> Transfer:
    return Transfer(name, f"{server.base_url}/{name}.MP4", f"P01/videos/{name}.MP4", md5)


def fetch(server: Behaviour, folder: Path, *, md5: str | None = None) -> DownloadReport:
    return download_all([transfer(server, md5=md5)], folder, policy=QUICK)


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_files_come_whole_and_leave_nothing_beside_them(server: Behaviour, tmp_path: Path) -> None:
    report = download_all([transfer(server), transfer(server, "b", md5=md5(OTHER))], tmp_path, policy=QUICK)
    assert [(done.name, done.size_bytes, done.md5_checked) for done in report.finished] == [
        ("a", len(FILM), False),
        ("b", len(OTHER), True),
    ]
    assert (report.failed, report.cancelled) == ((), False)
    assert files_in(tmp_path) == ["P01/videos/a.MP4", "P01/videos/b.MP4"]
    assert report.finished[0].path.read_bytes() == FILM


def test_what_is_there_is_not_fetched_again(server: Behaviour, tmp_path: Path) -> None:
    fetch(server, tmp_path)
    report = fetch(server, tmp_path, md5=md5(FILM))
    assert report.finished[0].already_there
    assert server.requests["/a.MP4"] == 1
    (tmp_path / "P01/videos/a.MP4").write_bytes(b"damaged")
    assert not fetch(server, tmp_path, md5=md5(FILM)).finished[0].already_there
    assert (tmp_path / "P01/videos/a.MP4").read_bytes() == FILM


def test_dropped_connections_are_resumed_where_they_broke(server: Behaviour, tmp_path: Path) -> None:
    server.drop_after, server.drops = 100_000, 5
    report = fetch(server, tmp_path, md5=md5(FILM))
    assert report.finished[0].path.read_bytes() == FILM
    assert server.requests["/a.MP4"] == 6
    starts = [int(headers["Range"][6:-1]) for headers in server.headers[1:]]
    assert starts == [100_000, 200_000, 300_000, 400_000, 500_000]


def test_an_interrupted_file_goes_on_in_the_next_run(server: Behaviour, tmp_path: Path) -> None:
    server.drop_after, server.drops = 300_000, 99
    server.ranges = False
    report = fetch(server, tmp_path)
    assert "did not come in" in report.failed[0].reason
    assert files_in(tmp_path) == ["P01/videos/a.MP4.part", "P01/videos/a.MP4.part.json"]
    server.drops, server.ranges = 0, True
    assert fetch(server, tmp_path).finished[0].path.read_bytes() == FILM
    assert server.headers[-1]["Range"] == "bytes=300000-"


def test_a_server_that_ignores_ranges_sends_it_all_again(server: Behaviour, tmp_path: Path) -> None:
    server.ranges, server.drop_after, server.drops = False, 300_000, 1
    assert fetch(server, tmp_path).finished[0].path.read_bytes() == FILM
    assert "Range" in server.headers[1]


def test_a_server_without_validators_is_resumed_by_length(server: Behaviour, tmp_path: Path) -> None:
    server.validators, server.drop_after, server.drops = False, 300_000, 1
    assert fetch(server, tmp_path).finished[0].path.read_bytes() == FILM
    assert server.headers[1]["Range"] == "bytes=300000-"


@pytest.mark.parametrize("validators", [True, False])
def test_a_file_that_changes_midway_is_never_mixed(server: Behaviour, tmp_path: Path, validators: bool) -> None:
    server.drop_after, server.drops, server.validators = 300_000, 1, validators

    def change(path: str, count: int) -> None:
        if count == 2:
            server.files[path] = OTHER

    server.on_request = change
    assert fetch(server, tmp_path).finished[0].path.read_bytes() == OTHER


def test_a_part_that_was_complete_is_only_given_its_name(server: Behaviour, tmp_path: Path) -> None:
    server.drop_after, server.drops = 300_000, 1
    download_all([transfer(server)], tmp_path, policy=RetryPolicy(attempts=1))
    part = Part(tmp_path / "P01/videos/a.MP4")
    part.path.write_bytes(FILM)
    assert fetch(server, tmp_path, md5=md5(FILM)).finished[0].path.read_bytes() == FILM
    assert server.headers[-1]["Range"] == f"bytes={len(FILM)}-"


def test_a_part_longer_than_the_file_is_begun_anew(server: Behaviour, tmp_path: Path) -> None:
    server.drop_after, server.drops = 300_000, 1
    download_all([transfer(server)], tmp_path, policy=RetryPolicy(attempts=1))
    Part(tmp_path / "P01/videos/a.MP4").path.write_bytes(FILM + b"more")
    assert fetch(server, tmp_path).finished[0].path.read_bytes() == FILM


def test_errors_of_the_server_are_tried_again(server: Behaviour, tmp_path: Path) -> None:
    server.errors = [500, 503]
    assert fetch(server, tmp_path).finished[0].path.read_bytes() == FILM
    assert server.requests["/a.MP4"] == 3


def test_giving_up_says_after_how_many_attempts_and_why(server: Behaviour, tmp_path: Path) -> None:
    server.errors = [500, 502, 503]
    (failed,) = fetch(server, tmp_path).failed
    assert "did not come in 3 attempts: the server answered 503 Service Unavailable" in failed.reason


def test_a_missing_file_fails_at_once_and_alone(server: Behaviour, tmp_path: Path) -> None:
    report = download_all([transfer(server, "none"), transfer(server)], tmp_path, policy=QUICK)
    assert [failed.name for failed in report.failed] == ["none"]
    assert "answered 404 Not Found. The server has no such file" in report.failed[0].reason
    assert server.requests["/none.MP4"] == 1
    assert [done.name for done in report.finished] == ["a"]


def test_a_file_compressed_in_transit_is_not_taken_for_the_file(server: Behaviour, tmp_path: Path) -> None:
    server.encoding = "gzip"
    assert "comes compressed" in fetch(server, tmp_path).failed[0].reason
    assert files_in(tmp_path) == []


def test_a_server_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with serving(Behaviour()) as gone:
        pass
    (failed,) = fetch(gone, tmp_path).failed
    assert "did not come in 3 attempts" in failed.reason
    (failed,) = download_all([Transfer("a", "ftp://127.0.0.1/a", "a.MP4")], tmp_path, policy=QUICK).failed
    assert "no http:// or https:// address" in failed.reason


def test_a_wrong_checksum_is_tried_once_more_and_never_kept(server: Behaviour, tmp_path: Path) -> None:
    (failed,) = fetch(server, tmp_path, md5="0" * 32).failed
    assert f"has MD5 {md5(FILM)}, and the list says {'0' * 32}" in failed.reason
    assert server.requests["/a.MP4"] == 2
    assert files_in(tmp_path) == []


def test_several_come_at_once_and_no_more_than_asked(server: Behaviour, tmp_path: Path) -> None:
    meet = threading.Barrier(3, timeout=5)
    server.files = {f"/{i}.MP4": FILM[:1000] for i in range(6)}
    server.on_request = lambda _path, _count: meet.wait() and None
    report = download_all([transfer(server, str(i)) for i in range(6)], tmp_path, workers=3, policy=QUICK)
    assert len(report.finished) == 6
    assert server.most_at_once == 3


def test_cancelling_keeps_the_part_for_the_next_run(server: Behaviour, tmp_path: Path) -> None:
    server.drop_after, server.drops = 300_000, 99
    cancelled = threading.Event()
    slow = RetryPolicy(attempts=9, first_wait_s=60, timeout_s=5)
    server.on_request = lambda _path, _count: threading.Timer(0.2, cancelled.set).start()
    start = time.monotonic()
    report = download_all(
        [transfer(server), transfer(server, "b")], tmp_path, policy=slow, is_cancelled=cancelled.is_set
    )
    assert report == DownloadReport((), (), cancelled=True)
    assert time.monotonic() - start < 30  # a minute's wait was cut short
    assert (tmp_path / "P01/videos/a.MP4.part").stat().st_size == 300_000


def test_progress_adds_up_and_ends_at_everything(server: Behaviour, tmp_path: Path) -> None:
    seen: list[Progress] = []
    download_all([transfer(server), transfer(server, "b")], tmp_path, policy=QUICK, on_progress=seen.append)
    assert (seen[-1].files_done, seen[-1].files_total) == (2, 2)
    assert seen[-1].bytes_done == seen[-1].bytes_total == len(FILM) + len(OTHER)
    assert [p.bytes_done for p in seen] == sorted(p.bytes_done for p in seen)
    assert seen[-1].rate_bytes_s > 0


def test_a_disk_without_room_stops_everything(
    server: Behaviour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(DownloadError, match=r"The disk is full: '.*a.MP4' could not be written. Free some space"):
        download_all([transfer(server), transfer(server, "b")], tmp_path, workers=1, policy=QUICK)
    assert server.requests["/b.MP4"] == 0


def test_a_disk_that_fills_midway_keeps_the_part(
    server: Behaviour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("engine.download.http.Meter.advance", full)  # raised where a chunk is written
    with pytest.raises(DownloadError, match="The disk is full"):
        fetch(server, tmp_path)
    monkeypatch.undo()
    assert (tmp_path / "P01/videos/a.MP4.part").stat().st_size > 0
    assert fetch(server, tmp_path).finished[0].path.read_bytes() == FILM


def test_a_folder_that_can_not_be_written_says_so(server: Behaviour, tmp_path: Path) -> None:
    (tmp_path / "P01").write_text("in the way")
    with pytest.raises(DownloadError, match="could not be written"):
        fetch(server, tmp_path)


@pytest.mark.parametrize("path", ["../a.MP4", "/etc/a.MP4", "P01/../../a.MP4", "link/a.MP4", "", "..\\a.MP4"])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(DownloadError, match="outside"):
        target_path(folder, path)


def test_two_files_never_share_a_name(server: Behaviour, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="the same name"):
        download_all([transfer(server), transfer(server)], tmp_path)


def test_waits_grow_and_are_bounded() -> None:
    policy = RetryPolicy(first_wait_s=1, longest_wait_s=8)
    for failures, full_s in [(1, 1), (2, 2), (3, 4), (4, 8), (9, 8), (5000, 8)]:
        assert full_s / 2 <= policy.wait_s(failures, None) <= full_s
    assert policy.wait_s(1, 5.0) == 5.0
    assert policy.wait_s(1, 500.0) == 8


def test_a_server_that_goes_on_past_what_it_promised_is_left(server: Behaviour, tmp_path: Path) -> None:
    server.drop_after, server.drops = 300_000, 1
    download_all([transfer(server)], tmp_path, policy=RetryPolicy(attempts=1))
    server.endless_bytes = 64 << 20
    report = fetch(server, tmp_path)
    assert "past the 700,000 bytes that it promised" in report.failed[0].reason
    assert files_in(tmp_path) == [], "nothing stays of it"


def test_a_file_of_unknown_length_does_not_fill_the_disk(
    server: Behaviour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100 << 20))
    server.endless_bytes = 256 << 20
    with pytest.raises(DownloadError, match="The disk is full"):
        fetch(server, tmp_path)
    assert (tmp_path / "P01/videos/a.MP4.part").stat().st_size < 32 << 20


@pytest.mark.parametrize("length", ["9" * 5000, "²", "-1", "1e9"])
def test_a_length_that_is_none_counts_as_unknown(tmp_path: Path, length: str) -> None:
    part = Part(tmp_path / "a.MP4")
    assert part.begin("http://x", {"Content-Length": length}, resumed=False) is None
    assert not part.continues_with({"Content-Range": f"bytes 0-{length}/{length}"})


@pytest.mark.parametrize("note", ["[" * 100_000, '{"total_bytes": ' + "9" * 5000 + "}", "[]", "\x00"])
def test_a_damaged_note_beside_a_part_is_forgotten(tmp_path: Path, note: str) -> None:
    part = Part(tmp_path / "a.MP4")
    part.path.write_bytes(b"some")
    (tmp_path / "a.MP4.part.json").write_text(note)
    assert part.resume_headers("http://x") == {}
