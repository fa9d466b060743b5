"""Connects to S3 with credentials from the standard AWS chain; errors are sentences that never show a secret."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from engine.errors import JobError, SyncError
from storage.s3.short_answers import ShortAnswers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.s3.target import Target


__all__ = ["Refused", "ServerSaid", "check_access", "connect", "in_words", "list_objects"]

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30
CREDENTIALS_REMEDY = (
    "Credentials come from where every AWS tool finds them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, "
    "`aws configure`, or the machine's role. Handpicked keeps and shows none."
)
CODES = {
    "InvalidAccessKeyId": ("the server does not know this access key", CREDENTIALS_REMEDY),
    "SignatureDoesNotMatch": ("the secret key is wrong", CREDENTIALS_REMEDY),
    "InvalidToken": ("the session token is wrong", CREDENTIALS_REMEDY),
    "ExpiredToken": ("the credentials have expired", "Log in again, then resume the job."),
    "AccessDenied": (
        "these credentials may not do this",
        "Ask the bucket's owner for list, read and write permission.",
    ),
    "403": ("these credentials may not do this", "Ask the bucket's owner for list, read and write permission."),
    "NoSuchBucket": ("there is no such bucket", "Check its name and the endpoint; Handpicked makes no buckets."),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "Set the clock, then resume the job."),
    "PermanentRedirect": ("the bucket is in another region", "Set AWS_DEFAULT_REGION to the bucket's region."),
    "QuotaExceeded": ("the bucket is full", "Make room in it, then resume the job."),
}
"""Error codes that end the whole job: every other object would meet them too."""


class Refused(JobError, SyncError):  # noqa: N818 - a verdict of the server
    """The server can't be reached or denies access: the job ends and can be resumed."""


class ServerSaid(SyncError):  # noqa: N818
    """The server's error about one object; `code` is S3's error code."""

    def __init__(self, target: Target, code: str) -> None:
        self.code = code
        super().__init__(f"{target}: the server refused ({code}).")


def connect(target: Target) -> Any:
    """A client for `target`; nothing is sent yet. Raises `Refused` where the AWS configuration can't be used."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": 3},
        # Other servers than Amazon's fail on the checksums that botocore adds by default; we send our own.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if target.endpoint_url else "auto"},
        max_pool_connections=16,
    )
    try:
        # A new session: boto3's shared one is not safe for creating clients in threads.
        client = boto3.session.Session().client("s3", endpoint_url=target.endpoint_url, config=config)
    except (BotoCoreError, ValueError) as error:
        raise Refused(f"{target} can't be used: {type(error).__name__}", remedy=CREDENTIALS_REMEDY) from error
    endpoint = client._endpoint  # noqa: SLF001 - botocore has no public place for another HTTP session
    endpoint.http_session = ShortAnswers(endpoint.http_session)
    return client


@contextlib.contextmanager
def in_words(target: Target) -> Iterator[None]:
    """Turn what boto3 raises into `Refused` (the whole job) or `SyncError` (this object)."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        CredentialRetrievalError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
    )
    from botocore.exceptions import ConnectionError as NoConnection
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in CODES:
            reason, remedy = CODES[code]
            raise Refused(f"{target}: {reason} ({code}).", remedy=remedy) from error
        if status >= 500:
            raise Refused(f"{target}: the server is in trouble ({code}).", remedy=LATER) from error
        raise ServerSaid(target, code) from error
    except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as error:
        raise Refused(f"{target}: there are no usable AWS credentials.", remedy=CREDENTIALS_REMEDY) from error
    except (HTTPClientError, NoConnection, HTTPError, ConnectionError, TimeoutError) as error:
        where = target.endpoint_url or "Amazon S3"
        raise Refused(f"{target}: {where} can't be reached ({type(error).__name__}).", remedy=LATER) from error
    except BotoCoreError as error:
        raise SyncError(f"{target}: {type(error).__name__}.") from error
    except (ResponseParserError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise SyncError(
            f"{target}: the server's answer can't be understood ({type(error).__name__}).",
            remedy="Check the endpoint: it may be no S3 server.",
        ) from error


LATER = "Check the connection and the endpoint, then resume the job: what has arrived is not sent again."


def check_access(client: Any, target: Target) -> None:
    """List one object below the prefix: the cheapest check of endpoint, credentials and bucket."""
    with in_words(target):
        client.list_objects_v2(Bucket=target.bucket, Prefix=target.key(""), MaxKeys=1)


MAX_OBJECTS = 3_000_000
"""The most keys that are listed; each takes some 200 bytes of memory."""
MAX_PAGES = MAX_OBJECTS // 1000 + 1000
"""The most pages of a listing: a server may send pages with few keys or none, but not for ever."""


def list_objects(client: Any, target: Target, folder: str) -> dict[str, int]:
    """Key → size in bytes of all objects below `folder`; other keys that a server lists are ignored. Raises `SyncError`
    where the list does not end."""
    prefix = target.key(folder, "")
    found: dict[str, int] = {}
    with in_words(target):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=target.bucket, Prefix=prefix)
        for number, page in enumerate(pages, start=1):
            listed = ((item["Key"], int(item["Size"])) for item in page.get("Contents", ()))
            found.update((key, size) for key, size in listed if key.startswith(prefix) and size >= 0)
            if len(found) > MAX_OBJECTS or number > MAX_PAGES:
                raise SyncError(
                    f"{target}: the list of objects does not end (over {len(found):,} in {number:,} pages)",
                    remedy="Use a prefix of its own for this team's files.",
                )
    return found
