"""A server whose answers do not end: each is given up after some megabytes, in words."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import SyncError
from storage.s3.client import check_access, connect, list_objects
from storage.s3.short_answers import MOST_ANSWER_BYTES
from storage.s3.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = b"<Contents><Key>team/objects/x</Key><Size>1</Size></Contents>" * 1000
MOST_PIECES = 4000
"""240 MB, so that a client without a limit comes to an end in this test."""
START = b'<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'


class Endless(BaseHTTPRequestHandler):
    """Answers all that it is asked with a list that goes on, or says so much of an error."""

    protocol_version = "HTTP/1.0"
    status = 200
    given = 0

    def do_GET(self) -> None:
        self.send_response(type(self).status)
        self.end_headers()
        try:
            self.wfile.write(START)
            for _ in range(MOST_PIECES):
                self.wfile.write(PIECE)
                type(self).given += len(PIECE)
        except OSError:
            return  # the client has hung up

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def target(credentials: None) -> Iterator[Target]:
    Endless.given, Endless.status = 0, 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Target("bucket", "team", f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def test_a_listing_without_an_end_is_given_up(target: Target) -> None:
    with pytest.raises(SyncError, match="the server's answer is longer than 16 MiB"):
        list_objects(connect(target), target, "objects")
    assert Endless.given < 2 * MOST_ANSWER_BYTES


@pytest.mark.parametrize("status", [200, 404])
def test_so_is_every_other_answer(target: Target, status: int) -> None:
    Endless.status = status
    with pytest.raises(SyncError, match="the server's answer is longer than 16 MiB"):
        check_access(connect(target), target)
    assert Endless.given < 2 * MOST_ANSWER_BYTES


def test_what_is_said_in_the_place_of_an_object_is_limited_too(target: Target) -> None:
    Endless.status = 403
    with pytest.raises(SyncError, match="the server's answer is longer than 16 MiB"):
        connect(target).get_object(Bucket="bucket", Key="team/objects/x")


def test_an_objects_body_is_read_as_far_as_somebody_wants(target: Target) -> None:
    body = connect(target).get_object(Bucket="bucket", Key="team/objects/x")["Body"]
    assert len(body.read(32 << 20)) == 32 << 20
    body.close()
