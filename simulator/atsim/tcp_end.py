"""The host side as a TCP server on loopback: one host at a time, a new one may come later."""

import socket


class TcpEnd:
    """Listens on 127.0.0.1. Raises OSError when the port is taken."""

    def __init__(self, port: int) -> None:
        self._server = socket.create_server(("127.0.0.1", port), backlog=1)
        self._server.setblocking(False)
        self._host: socket.socket | None = None

    @property
    def name(self) -> str:
        """What the start-up line calls it."""
        return "tcp:127.0.0.1:%d" % self._server.getsockname()[1]

    def selectables(self) -> list[int]:
        """See wallclock.End."""
        return [(self._host or self._server).fileno()]

    def read(self, limit: int) -> bytes:
        """See wallclock.End."""
        if self._host is None:
            self._accept()
        if self._host is None:
            return b""
        try:
            data = self._host.recv(limit)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._hang_up()
        return data

    def write(self, data: bytes) -> int:
        """See wallclock.End."""
        if self._host is None:
            return len(data)
        try:
            return self._host.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self._hang_up()
            return len(data)

    def close(self) -> None:
        """Stop listening as well."""
        self._hang_up()
        self._server.close()

    def _accept(self) -> None:
        try:
            self._host, _ = self._server.accept()
        except BlockingIOError:
            return
        self._host.setblocking(False)
        self._host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _hang_up(self) -> None:
        if self._host is not None:
            self._host.close()
            self._host = None
