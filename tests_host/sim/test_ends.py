"""The program: a module on a TCP port or a pty, with real sockets behind it."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from echo import echo_server

from atsim import cli

OK = b"\r\nOK\r\n"
SIMULATOR = Path(__file__).resolve().parents[2] / "simulator"
LIMIT_S = 20  # until a test that waits in vain fails
JOINED = b"WIFI CONNECTED\r\nWIFI GOT IP\r\n" + OK


@contextlib.contextmanager
def atsim(*arguments: str, log: int = subprocess.DEVNULL):
    """The running program; yields (process, what it says it is ready on)."""
    command = [sys.executable, "-m", "atsim", "--ap", "home:secret", "--join-ms", "10", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(SIMULATOR)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
    )
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("atsim: ready on "), line
            yield process, line.split()[-1]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(LIMIT_S)


class Host:
    """The host's side: a file descriptor to read and write."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def read(self, wanted: bytes) -> bytes:
        """Until what was read ends with `wanted`."""
        data = b""
        end = time.monotonic() + LIMIT_S
        while not data.endswith(wanted):
            ready, _, _ = select.select([self.descriptor], [], [], max(0, end - time.monotonic()))
            assert ready, data
            chunk = os.read(self.descriptor, 4096)
            assert chunk, data
            data += chunk
        return data

    def say(self, data: bytes, wanted: bytes = OK) -> bytes:
        os.write(self.descriptor, data)
        return self.read(wanted)


@contextlib.contextmanager
def tcp_host(where: str):
    _, address, port = where.split(":")
    with socket.create_connection((address, int(port))) as connection:
        yield Host(connection.fileno())


@pytest.fixture(params=[(), ("--no-pace",)], ids=["paced", "unpaced"])
def pace(request):
    return request.param


def options(port: int) -> "tuple[str, ...]":
    return ("--no-boot", "--connect-to", f"echo.local:7=127.0.0.1:{port}")


def use(host: Host) -> None:
    """Restart, join, connect to a mapped name, send and receive."""
    boot = host.say(b"AT+RST\r\n", b"ready\r\n")
    assert boot.startswith(b"AT+RST\r\n" + OK + b"ets Jul 29 2019")
    host.say(b"ATE0\r\n")
    host.say(b"AT+CWMODE=1\r\n")
    assert host.say(b'AT+CWJAP="home","secret"\r\n') == JOINED
    said = host.say(b'AT+CIPSTART="TCP","echo.local",7\r\n')
    assert said == b"CONNECT\r\n" + OK
    host.say(b"AT+CIPSEND=3000\r\n", b">")
    said = host.say(b"x" * 3000, b"X\r\n")
    assert said.startswith(b"\r\nRecv 3000 bytes\r\n")
    while said.count(b"X") < 3000:
        said += host.read(b"X\r\n")
    assert host.say(b"AT+CIPCLOSE\r\n") == b"CLOSED\r\n" + OK


def test_tcp(pace):
    with (
        echo_server() as port,
        atsim("--tcp", "0", *options(port), *pace) as (_, where),
        tcp_host(where) as host,
    ):
        use(host)


def test_pty(pace, tmp_path):
    path = str(tmp_path / "tty")
    with (
        echo_server() as port,
        atsim("--pty", path, *options(port), *pace) as (_, where),
    ):
        assert where == f"pty:{path}"
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        use(Host(descriptor))
        os.close(descriptor)
        time.sleep(0.1)  # the module notices nobody is there
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        assert Host(descriptor).say(b"AT\r\n") == OK
        os.close(descriptor)
    assert not os.path.lexists(path)


def test_a_pty_nobody_has_open_keeps_nothing(tmp_path):
    path, log = str(tmp_path / "tty"), tmp_path / "log"
    with atsim("--pty", path, "--log-file", str(log)):
        end = time.monotonic() + LIMIT_S
        while "< \\r\\nready" not in log.read_text():
            assert time.monotonic() < end
            time.sleep(0.01)
        time.sleep(0.1)  # the last bytes go nowhere
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        assert Host(descriptor).say(b"AT\r\n") == b"AT\r\n" + OK
        os.close(descriptor)


def test_the_host_may_come_back():
    with atsim("--tcp", "0", "--no-boot") as (_, where):
        with tcp_host(where) as host:
            assert host.say(b"ATE0\r\n") == b"ATE0\r\n" + OK
        with tcp_host(where) as host:
            assert host.say(b"AT\r\n") == OK  # the echo is still off


def test_pacing_slows_to_the_baud_rate():
    """GMR is 194 bytes: 202 ms at 9600 baud. It cannot be faster; how much slower is not told."""
    with atsim("--tcp", "0", "--baud", "9600", "--no-boot") as (_, where), tcp_host(where) as host:
        host.say(b"ATE0\r\n")
        start = time.monotonic()
        host.say(b"AT+GMR\r\n")
        assert time.monotonic() - start > 0.2


def test_ends_on_interrupt_without_a_word(tmp_path):
    with open(tmp_path / "stderr", "w+b") as log:
        with atsim("--tcp", "0", log=log.fileno()) as (process, _):
            pass
        log.seek(0)
        assert (process.returncode, log.read()) == (130, b"")


def test_log_file(tmp_path):
    path = tmp_path / "log"
    with atsim("--tcp", "0", "--no-boot", "--log-file", str(path)) as (_, where):
        with tcp_host(where) as host:
            host.say(b"AT+CWMODE=1\r\n")
            host.say(b'AT+CWJAP="home","secret"\r\n')
    text = path.read_text()
    assert '> AT+CWJAP="home",***' in text
    assert "< WIFI GOT IP\\r\\n" in text
    assert "secret" not in text


def test_port_in_use(capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert cli.main(["--tcp", str(server.getsockname()[1])]) == 1
    assert "in use" in capsys.readouterr().err


def test_pty_path_taken(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert cli.main(["--pty", str(tmp_path / "file")]) == 1
    assert "not a link" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--pty"),
        (["--tcp", "0", "--pty", "x"], "not allowed"),
        (["--tcp", "65536"], "port"),
        (["--tcp", "0", "--connect-to", "a:1"], "NAME:PORT=ADDR:PORT"),
        (["--tcp", "0", "--connect-to", "a:1=b"], "NAME:PORT"),
        (["--tcp", "0", "--ap", ":x"], "SSID"),
        (["--tcp", "0", "--firmware", "x"], "esp-at"),
    ],
)
def test_bad_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit):
        cli.main(arguments)
    assert message in capsys.readouterr().err


def test_bad_baud(capsys):
    assert cli.main(["--tcp", "0", "--baud", "3"]) == 1
    assert "baud" in capsys.readouterr().err
