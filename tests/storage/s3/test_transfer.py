"""Objects go up and come down whole, against a real S3 server: in parts, after interruptions, and never damaged."""

from __future__ import annotations

import hashlib
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine.cancel import Cancelled
from engine.errors import JobError, SyncError
from storage.s3.client import Refused, check_access, connect, list_objects
from storage.s3.target import Target, parse_target
from storage.s3.transfer import MIN_PART_BYTES, Blob, download, part_size, upload
from tests.s3_server import SECRET_KEY, S3Server
from tests.tars import member_place, write_tar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGE_BYTES = 3 * MIN_PART_BYTES + 12_345


def file_of(path: Path, size_bytes: int, seed: int = 0) -> tuple[Path, Blob]:
    """A file of random bytes, and its name by content."""
    body = np.random.default_rng(seed).bytes(size_bytes)
    path.write_bytes(body)
    return path, Blob(hashlib.sha256(body).hexdigest(), size_bytes)


def send(client: Any, target: Target, blob: Blob, path: Path, **options: Any) -> int:
    return upload(client, target, blob, path, part_bytes=MIN_PART_BYTES, **options)


def stop_after(size_bytes: int) -> Any:
    """A progress that cancels once so much is done."""

    def tell(done: int) -> None:
        if done >= size_bytes:
            raise Cancelled

    return tell


@pytest.mark.parametrize("size_bytes", [0, 1, 1000, MIN_PART_BYTES, LARGE_BYTES])
def test_what_goes_up_comes_down(client: Any, target: Target, tmp_path: Path, size_bytes: int) -> None:
    path, blob = file_of(tmp_path / "a", size_bytes)
    assert send(client, target, blob, path) == size_bytes
    assert list_objects(client, target, "objects") == {target.object_key(blob.sha256): size_bytes}
    assert send(client, target, blob, path) == 0, "what is there does not travel again"
    assert download(client, target, blob, tmp_path / "b") == size_bytes
    assert (tmp_path / "b").read_bytes() == path.read_bytes()
    assert download(client, target, blob, tmp_path / "b") == 0
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("size_bytes", [1000, LARGE_BYTES])
def test_a_member_of_a_tar_goes_up_as_a_file_does(client: Any, target: Target, tmp_path: Path, size_bytes: int) -> None:
    """Its bytes, whatever stands beside it; a tar that was written anew is refused."""
    path, blob = file_of(tmp_path / "a", size_bytes)
    tar = tmp_path / "a.tar"
    write_tar(tar, [("before", b"secret"), ("a", path), ("after", b"secret")])
    address = member_place(tar, "a").address
    assert upload(client, target, blob, address, part_bytes=MIN_PART_BYTES) == size_bytes
    assert download(client, target, blob, tmp_path / "b") == size_bytes
    assert (tmp_path / "b").read_bytes() == path.read_bytes()
    write_tar(tar, [("other", path)])
    with pytest.raises(SyncError, match="has changed since"):
        upload(client, target, blob, address, part_bytes=MIN_PART_BYTES, again=True)


def test_an_interrupted_upload_goes_on_where_it_stopped(client: Any, target: Target, tmp_path: Path) -> None:
    path, blob = file_of(tmp_path / "a", 6 * MIN_PART_BYTES)
    with pytest.raises(Cancelled):
        send(client, target, blob, path, progress=stop_after(MIN_PART_BYTES))
    assert list_objects(client, target, "objects") == {}, "nothing half-sent is on offer"
    sent = send(client, target, blob, path)
    assert 0 < sent <= 5 * MIN_PART_BYTES
    assert download(client, target, blob, tmp_path / "b") == blob.size_bytes


def test_parts_of_another_size_are_sent_again(client: Any, target: Target, tmp_path: Path) -> None:
    path, blob = file_of(tmp_path / "a", 6 * MIN_PART_BYTES)
    with pytest.raises(Cancelled):
        send(client, target, blob, path, progress=stop_after(MIN_PART_BYTES))
    assert upload(client, target, blob, path, part_bytes=2 * MIN_PART_BYTES) == blob.size_bytes
    assert download(client, target, blob, tmp_path / "b") == blob.size_bytes


def test_an_interrupted_download_goes_on_where_it_stopped(client: Any, target: Target, tmp_path: Path) -> None:
    path, blob = file_of(tmp_path / "a", LARGE_BYTES)
    send(client, target, blob, path)
    with pytest.raises(Cancelled):
        download(client, target, blob, tmp_path / "b", progress=stop_after(MIN_PART_BYTES))
    have = (tmp_path / "b.part").stat().st_size
    assert have >= MIN_PART_BYTES
    assert not (tmp_path / "b").exists()
    assert download(client, target, blob, tmp_path / "b") == LARGE_BYTES - have
    assert (tmp_path / "b").read_bytes() == path.read_bytes()


def test_half_a_file_of_something_else_is_not_built_on(client: Any, target: Target, tmp_path: Path) -> None:
    path, blob = file_of(tmp_path / "a", 100_000)
    send(client, target, blob, path)
    (tmp_path / "b.part").write_bytes(b"x" * 50_000)
    download(client, target, blob, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == path.read_bytes()


def test_a_damaged_object_is_found_out_and_mended(client: Any, target: Target, tmp_path: Path) -> None:
    path, blob = file_of(tmp_path / "a", 100_000)
    send(client, target, blob, path)
    key = {"Bucket": target.bucket, "Key": target.object_key(blob.sha256)}
    client.put_object(**key, Body=path.read_bytes()[:-1] + b"?")
    with pytest.raises(SyncError, match="damaged"):
        download(client, target, blob, tmp_path / "b")
    assert [file.name for file in tmp_path.iterdir()] == ["a"], "nothing of it is left"
    send(client, target, blob, path, again=True)
    download(client, target, blob, tmp_path / "b")
    client.put_object(**key, Body=b"short")
    with pytest.raises(SyncError, match="damaged"):
        download(client, target, blob, tmp_path / "c")
    assert send(client, target, blob, path) == blob.size_bytes, "an object of another size is not taken for whole"


def test_a_file_that_changed_or_went_is_not_sent(client: Any, target: Target, tmp_path: Path) -> None:
    path, blob = file_of(tmp_path / "a", 1000)
    path.write_bytes(b"y" * 1000)
    with pytest.raises(SyncError, match="changed"):
        send(client, target, blob, path)
    path.unlink()
    with pytest.raises(SyncError, match="not there"):
        send(client, target, blob, path)
    assert list_objects(client, target, "objects") == {}


def test_two_people_send_the_same_content_at_once(client: Any, target: Target, tmp_path: Path) -> None:
    path, blob = file_of(tmp_path / "a", LARGE_BYTES)
    failures: list[Exception] = []

    def work() -> None:
        try:
            send(connect(target), target, blob, path)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert download(client, target, blob, tmp_path / "b") == LARGE_BYTES


# --- what can be wrong with the server ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "secret key is wrong"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "does not know this access key"),
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "no usable AWS credentials"),
        ({"AWS_PROFILE": "nobody's"}, "ProfileNotFound"),
    ],
)
def test_wrong_credentials_are_named_and_never_shown(
    target: Target, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | None], said: str
) -> None:
    for name, value in changed.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    with pytest.raises(Refused, match=said) as refused:
        check_access(connect(target), target)
    assert "AWS_PROFILE" in refused.value.remedy
    for secret in (SECRET_KEY, "wrong", "nobody "):
        assert secret not in str(refused.value).replace("is wrong", "")


def test_a_missing_bucket_and_an_unreachable_server_end_the_job(target: Target, tmp_path: Path) -> None:
    path, blob = file_of(tmp_path / "a", 10)
    nowhere = replace(target, bucket="no-such-bucket")
    with pytest.raises(Refused, match="no such bucket") as refused:
        check_access(connect(nowhere), nowhere)
    assert isinstance(refused.value, JobError), "the runner ends the job at these"
    with pytest.raises(SyncError):
        send(connect(nowhere), nowhere, blob, path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    dead = replace(target, endpoint_url=f"http://127.0.0.1:{port}")
    with pytest.raises(Refused, match="can't be reached"):
        check_access(connect(dead), dead)


class CuttingProxy:
    """Stands before the server and cuts the first connections off after so many bytes from the server."""

    def __init__(self, upstream: tuple[str, int], cut_after: list[int]) -> None:
        self._upstream = upstream
        self._cut_after = cut_after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.cuts = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._upstream)
            threading.Thread(target=self._copy, args=(browser, server, False), daemon=True).start()
            threading.Thread(target=self._copy, args=(server, browser, True), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        passed = 0
        try:
            while body := source.recv(65536):
                passed += len(body)
                if counted and self._cut_after and passed > self._cut_after[0]:
                    self._cut_after.pop(0)
                    self.cuts += 1
                    break
                sink.sendall(body)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                end.close()


@pytest.fixture
def proxy(server: S3Server) -> Iterator[CuttingProxy]:
    """Cuts twice, after 2 MB and after 7 MB."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    made = CuttingProxy((host, int(port)), [2_000_000, 7_000_000])
    yield made
    made.close()


def test_a_download_survives_connections_that_break(
    client: Any, target: Target, tmp_path: Path, proxy: CuttingProxy
) -> None:
    path, blob = file_of(tmp_path / "a", LARGE_BYTES)
    send(client, target, blob, path)
    through = replace(target, endpoint_url=proxy.url)
    assert download(connect(through), through, blob, tmp_path / "b") == LARGE_BYTES, "no byte came twice"
    assert proxy.cuts == 2
    assert (tmp_path / "b").read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_a_server_that_dies_in_the_middle_of_a_push_loses_at_most_a_part(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, credentials: None
) -> None:
    server = S3Server(tmp_path_factory.mktemp("dying"))
    server.start()
    try:
        target = Target("dying-bucket", "", server.url)
        connect(target).create_bucket(Bucket=target.bucket)
        path, blob = file_of(tmp_path / "a", 8 * MIN_PART_BYTES)

        def kill(done: int) -> None:
            if done >= 2 * MIN_PART_BYTES:
                server.kill()

        with pytest.raises(Refused, match="resume"):
            send(connect(target), target, blob, path, progress=kill)
        server.start()
        sent = send(connect(target), target, blob, path)
        assert sent <= 6 * MIN_PART_BYTES
        assert download(connect(target), target, blob, tmp_path / "b") == blob.size_bytes
    finally:
        server.kill()


# --- addresses -------------------------------------------------------------------------------------------------------


def test_addresses() -> None:
    found = parse_target("s3://our-clips/kitchen/one/")
    assert (found.bucket, found.prefix, str(found)) == ("our-clips", "kitchen/one", "s3://our-clips/kitchen/one")
    assert found.object_key("ab" * 32) == f"kitchen/one/objects/ab/{'ab' * 32}"
    assert parse_target("s3://our-clips").key("objects") == "objects"
    assert parse_target("s3://abc", "http://localhost:8333/").endpoint_url == "http://localhost:8333"


@pytest.mark.parametrize(
    "address",
    ["", "bucket", "http://bucket/x", "s3://a", "s3://UPPER/x", "s3://b_c/x", "s3://abc/../x", "s3://abc/a//b"],
)
def test_what_is_no_place_in_s3(address: str) -> None:
    with pytest.raises(SyncError):
        parse_target(address)


def test_an_endpoint_with_credentials_is_refused_and_not_repeated() -> None:
    with pytest.raises(SyncError) as refused:
        parse_target("s3://abc/x", "https://me:secret@host")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("digest", ["", "../x", "AB" * 32, "ab" * 31])
def test_a_key_is_made_of_nothing_but_a_digest(digest: str) -> None:
    with pytest.raises(SyncError):
        Target("abc", "").object_key(digest)


def test_parts_are_as_large_as_s3_wants_and_no_more_than_it_takes() -> None:
    assert part_size(1, 1) == MIN_PART_BYTES
    terabyte = 10**12
    assert -(-terabyte // part_size(terabyte, 16_000_000)) <= 10_000
