"""A TCP server on loopback that sends everything back in capitals, with TLS on request."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading


@contextlib.contextmanager
def echo_server(context: ssl.SSLContext | None = None):
    """Run the server; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server, context), daemon=True).start()
        yield server.getsockname()[1]
        with contextlib.suppress(OSError):  # wakes accept()
            server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with contextlib.suppress(OSError):  # a handshake or a client that fails
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                while data := connection.recv(4096):
                    connection.sendall(data.upper())
