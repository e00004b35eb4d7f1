"""The emulated Pico from outside: a pristine mpremote, a TCP port, the command line."""

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pico import flash
from pico import serve as serve_module
from pico.serve import Pty, Tcp, open_end

TOOLS = Path(flash.__file__).parents[1]
LIMIT_S = 60


@pytest.fixture
def pico(uf2, tmp_path):
    """A running emulated Pico: (process, console link, filesystem image, UART's TCP port)."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    console, image = tmp_path / "console", tmp_path / "fs.img"
    process = subprocess.Popen(
        (
            sys.executable,
            "-m",
            "pico",
            "--uf2",
            uf2,
            "--console",
            f"pty:{console}",
            "--flash",
            image,
            "--uart1",
            f"tcp:{port}",
            "--seconds",
            str(LIMIT_S),
        ),
        env=dict(os.environ, PYTHONPATH=str(TOOLS)),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr and process.stderr.readline().startswith(
        f"console on pty:{console}: mpremote"
    )
    yield process, console, image, port
    process.kill()
    process.communicate()


def mpremote(console: Path, *arguments: "str | Path") -> str:
    done = subprocess.run(
        (sys.executable, "-m", "mpremote", "connect", console, *arguments),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_mpremote_and_an_outside_modem(pico, tmp_path):
    process, console, image, port = pico
    assert mpremote(console, "exec", "print(6 * 7)") == "42\n"
    (tmp_path / "hello.py").write_text("print('hello')\n")
    mpremote(console, "fs", "cp", tmp_path / "hello.py", ":hello.py")
    assert mpremote(console, "exec", "import hello") == "hello\n"
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as modem:
        mpremote(
            console,
            "exec",
            "from machine import UART, Pin\n"
            "u = UART(1, 115200, tx=Pin(4), rx=Pin(5))\nu.write(b'AT\\r\\n')",
        )
        heard = b""
        while not heard.endswith(b"\n"):
            heard += modem.recv(100)
        assert heard == b"AT\r\n"
        modem.sendall(b"OK\r\n")
        assert (
            mpremote(
                console,
                "resume",
                "exec",
                "import time\nwhile u.any() < 4: time.sleep_ms(1)\nprint(u.read(4))",
            )
            == "b'OK\\r\\n'\n"
        )
    process.send_signal(signal.SIGTERM)
    assert process.wait(LIMIT_S) == 0
    assert not console.exists()
    assert flash.files(image.read_bytes())["hello.py"] == b"print('hello')\n"


def test_by_itself_it_starts_a_broker_and_ends_it(uf2, tmp_path):
    process = subprocess.Popen(
        (sys.executable, "-m", "pico", "--uf2", uf2, "--console", f"pty:{tmp_path / 'console'}"),
        env=dict(os.environ, PYTHONPATH=str(TOOLS)),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    module, console = process.stderr.readline(), process.stderr.readline()
    assert module.startswith("esp-at module in reach of office; broker.example:1883 is 127.0.0.1:")
    assert (
        console
        == f"console on pty:{tmp_path / 'console'}: mpremote connect {tmp_path / 'console'}\n"
    )
    broker = "127.0.0.1", int(module.split(" on this")[0].rpartition(":")[2])
    socket.create_connection(broker, timeout=LIMIT_S).close()
    assert mpremote(tmp_path / "console", "exec", "import board, atmqtt; atmqtt.Modem") == ""
    process.send_signal(signal.SIGINT)
    assert process.wait(LIMIT_S) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(broker, timeout=LIMIT_S)


def test_a_bad_end_is_an_error(uf2):
    done = subprocess.run(
        (sys.executable, "-m", "pico", "--uf2", uf2, "--console", "usb"),
        env=dict(os.environ, PYTHONPATH=str(TOOLS)),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "pico: neither pty:LINK nor tcp:PORT: usb\n")
    for spec in ("pty:", "tcp:", "tcp:x", ""):
        with pytest.raises(ValueError):
            open_end(spec, lambda data: None)


def pump(selector: selectors.BaseSelector, until) -> None:
    """Handle what comes until the condition holds."""
    end = time.monotonic() + LIMIT_S
    while not until():
        assert time.monotonic() < end
        for key, _ in selector.select(0.1):
            key.data()


def test_a_pty_carries_bytes_both_ways_and_never_blocks(tmp_path):
    got = bytearray()
    pty_end = Pty(tmp_path / "link", got.extend)
    with selectors.DefaultSelector() as selector:
        pty_end.register(selector)
        file = os.open(tmp_path / "link", os.O_RDWR | os.O_NOCTTY)
        os.write(file, b"in\r\n\x03")
        pump(selector, lambda: got == b"in\r\n\x03")
        pty_end.write(b"out\r\n")
        pty_end.flush()
        assert os.read(file, 100) == b"out\r\n"
        for _ in range(10):
            pty_end.write(bytes(20_000))
            pty_end.flush()  # nobody reads
        os.close(file)
    pty_end.close()
    assert not (tmp_path / "link").is_symlink()


def test_tcp_serves_one_peer_after_the_other():
    got = bytearray()
    end = Tcp(0, got.extend)
    with selectors.DefaultSelector() as selector:
        end.register(selector)
        end.write(b"before anybody was there")
        for data in (b"first", b"second"):
            with socket.create_connection(("127.0.0.1", end.port), timeout=LIMIT_S) as peer:
                peer.sendall(data)
                pump(selector, lambda data=data: got.endswith(data))
                end.write(b"to " + data)
                end.flush()
                assert peer.recv(100) == b"to " + data
    assert got == b"firstsecond"
    end.close()


class Hours:
    """A wall clock that only waiting moves, and what serve() takes from `time` and selectors."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def select(self, timeout: float) -> list:
        self.now += timeout
        return []


class Sleeper:
    """A board that needs ``cost`` seconds of wall time for a simulated one."""

    def __init__(self, wall: Hours, cost: float) -> None:
        self.wall, self.cost, self.now_ns = wall, cost, 5e9

    def run(self, sim_s: float) -> None:
        assert self.now_ns < 60e9, "it runs away"
        self.now_ns += sim_s * 1e9
        self.wall.now += sim_s * self.cost


@pytest.mark.parametrize(
    "cost, pace, simulated_s", [(0, 1, 10), (0.5, 1, 10), (0, 2, 20), (4, 1, 2.5)]
)
def test_the_board_does_not_outrun_the_wall_clock(monkeypatch, cost, pace, simulated_s):
    wall = Hours()
    board = Sleeper(wall, cost)
    monkeypatch.setattr(serve_module, "time", wall)
    monkeypatch.setattr(serve_module.selectors, "DefaultSelector", lambda: wall)
    serve_module.serve(board, [], 10, pace)  # type: ignore[arg-type]
    assert board.now_ns / 1e9 - 5 == pytest.approx(simulated_s, rel=0.01)
