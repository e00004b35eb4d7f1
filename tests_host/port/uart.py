"""A serial line of this machine with the manners of `machine.UART`.

Runs unchanged on CPython and on the unix port of MicroPython.
"""

import errno
import socket
import sys

from . import tty

_EXPECTED = "expected tcp:HOST:PORT, pty:PATH or serial:PATH, got "
_READ_AHEAD = 4096
_STREAM = socket.SOCK_STREAM
_IPPROTO_TCP = 6
_TCP_NODELAY = 1
_MICROPYTHON = sys.implementation.name == "micropython"


def open_uart(spec: str, baud: int = 115200) -> "HostUART":
    """Open what `spec` names.

    `tcp:HOST:PORT` a TCP server such as `atsim --tcp`; `pty:PATH` a pseudo terminal;
    `serial:PATH` a serial port, at `baud` bits per second.
    ValueError for any other spec, OSError where it cannot be opened.
    """
    kind, _, place = spec.partition(":")
    serial_fd = None
    if kind == "tcp":
        stream = _connect(spec, place)
    elif kind in ("pty", "serial") and place:
        stream = tty.open_raw(place)
        if kind == "serial":
            serial_fd = stream.fileno()
    else:
        raise ValueError(_EXPECTED + repr(spec))
    uart = HostUART(spec, stream, serial_fd)
    uart.init(baudrate=baud)
    return uart


def _connect(spec, place):
    """A non-blocking stream; every address of the name is tried (::1, then 127.0.0.1)."""
    host, _, port = place.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(_EXPECTED + repr(spec))
    failure = None
    for family, kind, proto, _, address in socket.getaddrinfo(host, int(port), 0, _STREAM):
        sock = socket.socket(family, kind, proto)
        try:
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
            continue
        # Each write is a whole AT command: waiting for more only costs 40 ms of delayed ACK.
        sock.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        sock.setblocking(False)
        if _MICROPYTHON:
            return sock  # is a stream already
        return open(sock.detach(), "r+b", buffering=0)
    code = failure.errno if failure else errno.EHOSTUNREACH
    raise OSError(code, spec + ": nobody answers there")


class HostUART:
    """Non-blocking bytes in `machine.UART`'s calling conventions; has no `irq`.

    Every call raises OSError once the other end has gone and all it sent has been read.
    """

    def __init__(self, spec: str, stream, serial_fd: "int | None" = None):
        self._spec = spec
        self._stream = stream
        self._serial_fd = serial_fd
        self._buffer = bytearray(_READ_AHEAD)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._gone = False
        self.baudrate = 115200
        self.flow = 0

    def init(self, baudrate: "int | None" = None, flow: "int | None" = None) -> None:
        """Set speed (bits per second) and flow control (bits: 1 RTS, 2 CTS).

        Only a serial port really changes; elsewhere both are remembered.
        """
        baudrate = self.baudrate if baudrate is None else baudrate
        flow = self.flow if flow is None else flow
        if self._serial_fd is not None:
            tty.set_line(self._serial_fd, baudrate, flow)
        self.baudrate = baudrate
        self.flow = flow

    def any(self) -> int:
        """How many bytes can be read now, at most 4096."""
        self._read_ahead()
        waiting = self._end - self._start
        if self._gone and not waiting:
            self._fail()
        return waiting

    def readinto(self, buf, n: "int | None" = None) -> "int | None":
        """Read up to `n` bytes (None: as many as fit); None when there are none."""
        n = len(buf) if n is None else min(n, len(buf))
        n = min(n, self.any())
        if not n:
            return None
        start = self._start
        memoryview(buf)[:n] = self._view[start : start + n]
        self._start += n
        return n

    def write(self, buf, *bounds: int) -> "int | None":
        """`write(buf)`, `write(buf, n)` or `write(buf, off, n)`.

        Returns how many bytes went out, which may be fewer than given; None for none.
        """
        off = bounds[0] if len(bounds) == 2 else 0
        n = bounds[-1] if bounds else len(buf)
        try:
            return self._stream.write(memoryview(buf)[off : off + n])
        except OSError:
            self._gone = True
            return self._fail()

    def deinit(self) -> None:
        """Close the line."""
        self._stream.close()

    def _read_ahead(self):
        """Take what has come: only a read can tell a quiet line from a closed one."""
        if self._start == self._end:
            self._start = self._end = 0
        if self._gone or self._end == _READ_AHEAD:
            return
        try:
            n = self._stream.readinto(self._view[self._end :])
        except OSError:  # a reset connection; EIO from a terminal that lost its master
            n = 0
        if n is not None:
            self._end += n
            self._gone = n == 0

    def _fail(self):
        raise OSError(errno.ECONNRESET, self._spec + ": the other end is gone")
