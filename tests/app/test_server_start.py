"""What is done as the server starts."""

from __future__ import annotations

import socket

from app.server_start import send_without_delay


def test_connections_accepted_from_now_on_send_without_delay() -> None:
    # As Streamlit binds it: without a protocol, for which asyncio leaves the connection as it is.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        before = accepted(listener)
        assert send_without_delay() >= 1
        assert (before, accepted(listener)) == (0, 1)
        assert listener.fileno() != -1


def accepted(listener: socket.socket) -> int:
    """Whether Nagle's algorithm is off in a new connection: 1, else 0."""
    with socket.create_connection(listener.getsockname()), listener.accept()[0] as connection:
        assert connection.proto == 0
        return int(bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
