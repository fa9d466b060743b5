"""Limits the length of S3 responses, so that a server can't fill the memory: botocore reads them whole."""

from __future__ import annotations

from typing import Any

from engine.errors import SyncError

__all__ = ["MOST_ANSWER_BYTES", "ShortAnswers"]

MOST_ANSWER_BYTES = 16 << 20
"""The most bytes of a response: a listing's page has 1,000 keys of up to 1,024 bytes, URL-encoded to 3 each: 4 MB."""
PIECE_BYTES = 64 << 10


class ShortAnswers:
    """An HTTP session for botocore that rejects responses longer than `MOST_ANSWER_BYTES`."""

    def __init__(self, session: Any) -> None:
        """`session` is botocore's own (`URLLib3Session`)."""
        self._session = session

    def send(self, request: Any) -> Any:
        """Send a request. Raises `SyncError` for a response that is too long, and botocore's errors."""
        wants_stream, request.stream_output = request.stream_output, True
        try:
            answer = self._session.send(request)
        finally:
            request.stream_output = wants_stream
        # An object's body is streamed by the caller; an error response in its place is read here.
        if not wants_stream or answer.status_code >= 300:
            answer._content = whole(answer.raw, request.url)  # noqa: SLF001 - else `content` reads all that there is
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def whole(raw: Any, address: str) -> bytes:
    """The whole response. Raises `SyncError` for one that is too long, and botocore's errors, which it retries."""
    from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
    from urllib3 import exceptions

    pieces: list[bytes] = []
    size_bytes = 0
    try:
        for piece in raw.stream(PIECE_BYTES):
            pieces.append(piece)
            size_bytes += len(piece)
            if size_bytes > MOST_ANSWER_BYTES:
                raw.close()  # the connection too: the rest of the response is still being sent on it
                raise SyncError(
                    f"the server's answer is longer than {MOST_ANSWER_BYTES >> 20} MiB, which none needs to be",
                    remedy="Check the endpoint: it may be no S3 server.",
                )
    except exceptions.ReadTimeoutError as error:
        raise ReadTimeoutError(endpoint_url=address, error=error) from error
    except exceptions.ProtocolError as error:
        raise ConnectionClosedError(endpoint_url=address, error=error, request=None) from error
    except exceptions.HTTPError as error:
        raise HTTPClientError(error=error) from error
    return b"".join(pieces)
