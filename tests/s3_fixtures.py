"""One S3 server for all tests, a bucket in it, and a prefix for each test. `tests/conftest.py` offers them to all."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from storage.s3.client import connect
from storage.s3.target import Target
from tests.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server on loopback."""
    running = S3Server(tmp_path_factory.mktemp("s3"))
    running.start()
    yield running
    running.kill()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The server's credentials in the environment, where the AWS chain looks first, and nothing else in it."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path_factory.getbasetemp() / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path_factory.getbasetemp() / "none"),
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def bucket(server: S3Server) -> str:
    """One bucket for all: SeaweedFS sets disk space aside for each."""
    made = Target("handpicked-tests", "", server.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        connect(made).create_bucket(Bucket=made.bucket)
    return made.bucket


@pytest.fixture
def target(server: S3Server, bucket: str, credentials: None) -> Target:
    """A prefix of its own."""
    return Target(bucket, f"team/{uuid.uuid4().hex[:12]}", server.url)


@pytest.fixture
def client(target: Target) -> Any:
    """A connection to it."""
    return connect(target)
