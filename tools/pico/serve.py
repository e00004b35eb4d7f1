"""The emulated Pico as others see a real one: its console, a UART, on a pty or a TCP port.

Whoever is at the other end answers in wall time, so the board is held back to it here: runs are
not repeatable. Measure with `pico.board` in process instead.
"""

import os
import pty
import selectors
import socket
import time
import tty
from collections.abc import Callable, Iterable
from pathlib import Path

from pico.board import Board

_SLICE_S = 0.001  # simulated, between two looks at the outside
_HIGH_WATER = 1 << 16  # bytes kept for a reader that does not come

Receiver = Callable[[bytes], None]


class Pty:
    """A pseudo-terminal, found through the symbolic link ``link``."""

    def __init__(self, link: str | Path, receive: Receiver) -> None:
        self._master, self._slave = pty.openpty()  # our slave end keeps it open between users
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._receive = receive
        self._out = bytearray()
        self._link = Path(link)
        if self._link.is_symlink():
            self._link.unlink()
        self._link.symlink_to(os.ttyname(self._slave))

    def register(self, selector: selectors.BaseSelector) -> None:
        """Be told when there is something to read."""
        selector.register(self._master, selectors.EVENT_READ, self._readable)

    def _readable(self) -> None:
        self._receive(os.read(self._master, 4096))

    def write(self, data: bytes) -> None:
        """Queue bytes for the other end; the oldest are lost if nobody reads."""
        self._out += data
        del self._out[:-_HIGH_WATER]

    def flush(self) -> None:
        """Pass on what the other end has room for."""
        try:
            while self._out:
                del self._out[: os.write(self._master, self._out)]
        except BlockingIOError:
            return  # full: the rest goes next time

    def close(self) -> None:
        """Remove the terminal and its link."""
        self._link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)


class Tcp:
    """A TCP port on the loopback interface, for one peer at a time."""

    def __init__(self, port: int, receive: Receiver) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._receive = receive
        self._out = bytearray()
        self._peer: socket.socket | None = None
        self._selector: selectors.BaseSelector | None = None

    def register(self, selector: selectors.BaseSelector) -> None:
        """Be told when there is something to read or somebody to accept."""
        self._selector = selector
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def _accept(self) -> None:
        self._hang_up()
        self._out.clear()
        self._peer, _ = self._listener.accept()
        self._peer.setblocking(False)
        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._selector:
            self._selector.register(self._peer, selectors.EVENT_READ, self._readable)

    def _readable(self) -> None:
        try:
            data = self._peer.recv(4096) if self._peer else b""
        except ConnectionError:
            data = b""
        if data:
            self._receive(data)
        else:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._peer:
            if self._selector:
                self._selector.unregister(self._peer)
            self._peer.close()
            self._peer = None

    def write(self, data: bytes) -> None:
        """Queue bytes for the peer; the oldest are lost if it does not read."""
        self._out += data
        del self._out[:-_HIGH_WATER]

    def flush(self) -> None:
        """Pass on what the peer has room for."""
        try:
            while self._out and self._peer:
                del self._out[: self._peer.send(self._out)]
        except BlockingIOError:
            return  # full: the rest goes next time
        except ConnectionError:
            self._hang_up()

    def close(self) -> None:
        """Hang up and free the port. The selector may be closed already."""
        self._selector = None
        self._hang_up()
        self._listener.close()


End = Pty | Tcp


def open_end(spec: str, receive: Receiver) -> End:
    """The end that ``pty:LINK`` or ``tcp:PORT`` describes.

    :raises ValueError: it is neither.
    """
    kind, _, place = spec.partition(":")
    if kind == "pty" and place:
        return Pty(place, receive)
    if kind == "tcp" and place.isdecimal():
        return Tcp(int(place), receive)
    raise ValueError(f"neither pty:LINK nor tcp:PORT: {spec}")


def serve(board: Board, ends: Iterable[End], seconds: float, pace: float = 1) -> None:
    """Run the board for ``seconds`` of wall time.

    :param pace: simulated seconds per second that the board may not outrun.
    """
    ends = list(ends)
    with selectors.DefaultSelector() as selector:
        for end in ends:
            end.register(selector)
        began = time.monotonic()
        offset = board.now_ns / 1e9
        while time.monotonic() - began < seconds:
            board.run(sim_s=_SLICE_S)
            for end in ends:
                end.flush()
            passed = (time.monotonic() - began) * pace
            ahead = board.now_ns / 1e9 - offset - passed
            if ahead < 0:
                offset += ahead  # a busy board fell behind: it does not race to catch up
            for key, _ in selector.select(max(0, ahead / pace)):
                key.data()
