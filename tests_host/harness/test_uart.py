"""The host's UART on a TCP connection, a pseudo terminal and a serial port, on both interpreters.

The far end is played here; the near end is uart_steps.py in a process of its own.
"""

import os
import pty
import socket
import subprocess
import termios
from pathlib import Path

import pytest

from plain import raises
from port.uart import open_uart

STEPS = Path(__file__).with_name("uart_steps.py")


class Tcp:
    """A listener of which the first caller counts."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(10)
        self.spec = "tcp:127.0.0.1:%d" % self._listener.getsockname()[1]
        self._socket = self._listener  # until somebody calls

    def attach(self):
        self._socket, _ = self._listener.accept()
        self._socket.settimeout(10)

    def read(self, n):
        return self._socket.recv(n)

    def write(self, data):
        self._socket.sendall(data)

    def close(self):
        self._socket.close()
        self._listener.close()


class Terminal:
    """The master of a pseudo terminal; its other side passes for a serial port too."""

    def __init__(self, kind):
        self._master, slave = pty.openpty()
        self._open = True
        self.spec = kind + ":" + os.ttyname(slave)
        os.close(slave)

    def attach(self):
        pass

    def read(self, n):
        return os.read(self._master, n)

    def write(self, data):
        os.write(self._master, data)

    def speed(self):
        return termios.tcgetattr(self._master)[5]

    def has_flow_control(self):
        return bool(termios.tcgetattr(self._master)[2] & termios.CRTSCTS)

    def close(self):
        if self._open:
            os.close(self._master)
            self._open = False


@pytest.fixture(params=["tcp", "pty", "serial"])
def far(request):
    end = Tcp() if request.param == "tcp" else Terminal(request.param)
    yield end
    end.close()


@pytest.fixture
def near(interpreter, far):
    command = [interpreter, STEPS, far.spec]
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=unbuffered, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def take(far, total):
    data = b""
    while len(data) < total:
        data += far.read(total - len(data))
    return data


def test_every_manner_of_the_uart(far, near):
    far.attach()
    assert near.stdout.readline() == "open 9600 0\n"
    assert take(far, 12) == b"hello world!"
    far.write(b"1234567")
    assert take(far, 1) == b"?"
    far.write(b"89")
    assert near.stdout.readline() == "conventions\n"
    for _ in range(10):
        far.write(take(far, 1024))
    assert near.stdout.readline() == "line 921600 3\n"
    assert take(far, 5) == b"speed"
    if far.spec.startswith("serial:"):
        assert (far.speed(), far.has_flow_control()) == (termios.B921600, True)
    far.write(b"ok")
    word, total = near.stdout.readline().split()
    assert word == "flood"
    assert take(far, int(total)) == bytes(int(total))
    assert take(far, 3) == b"bye"
    far.write(b"last words")
    assert take(far, 3) == b"now"
    far.close()
    assert near.stdout.readline() == "closed\n"
    assert near.wait(10) == 0


def test_a_refused_connection_is_told_with_its_address():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        spec = "tcp:127.0.0.1:%d" % listener.getsockname()[1]
    raises(OSError, spec + ": nobody answers there", open_uart, spec)


@pytest.mark.parametrize("spec", ["", "tcp:host", "tcp::1", "tcp:host:x", "pty:", "usb:/dev/x"])
def test_a_bad_spec_is_told_with_what_was_expected(spec):
    raises(ValueError, "expected tcp:HOST:PORT", open_uart, spec)


def test_a_speed_or_flow_that_the_system_lacks_is_refused():
    terminal = Terminal("serial")
    uart = open_uart(terminal.spec)
    raises(ValueError, "no such speed on this system: 12345", uart.init, baudrate=12345)
    raises(ValueError, "RTS and CTS together", uart.init, flow=1)
    assert (uart.baudrate, uart.flow) == (115200, 0)
    uart.deinit()
    terminal.close()
