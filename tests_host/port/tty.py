"""Terminals (pty and serial port) as raw, non-blocking byte streams, on both interpreters."""

import sys
import termios

_CFLAG, _ISPEED, _OSPEED = 2, 4, 5  # places in the list that tcgetattr returns
_RTS_AND_CTS = 3


if sys.implementation.name == "micropython":
    import os

    import ffi

    # Linux; the unix port's open() cannot pass flags.
    _O_RDWR, _O_NOCTTY, _O_NONBLOCK = 0o2, 0o400, 0o4000
    _CRTSCTS = 0o20000000000
    _c_open = ffi.open("libc.so.6").func("i", "open", "si")

    def open_raw(path: str):
        """Open the terminal at `path` without waiting for a carrier; OSError says what failed."""
        fd = _c_open(path, _O_RDWR | _O_NOCTTY | _O_NONBLOCK)
        if fd < 0:
            raise OSError(os.errno(), path)
        termios.setraw(fd)
        return open(fd, "r+b")

else:
    import os
    import tty

    _CRTSCTS = termios.CRTSCTS

    def open_raw(path: str):
        """Open the terminal at `path` without waiting for a carrier; OSError says what failed."""
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(fd)
        return open(fd, "r+b", buffering=0)


def set_line(fd: int, baud: int, flow: int) -> None:
    """Set speed and flow control (0, or 3 for RTS and CTS) of a serial port.

    ValueError for a speed or a flow that the operating system does not offer.
    """
    speed = getattr(termios, "B" + str(baud), None)
    if speed is None:
        raise ValueError("no such speed on this system: " + str(baud))
    if flow not in (0, _RTS_AND_CTS):
        raise ValueError("this system switches RTS and CTS together: flow is 0 or 3")
    attributes = termios.tcgetattr(fd)
    attributes[_ISPEED] = attributes[_OSPEED] = speed
    attributes[_CFLAG] &= ~_CRTSCTS
    if flow:
        attributes[_CFLAG] |= _CRTSCTS
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
