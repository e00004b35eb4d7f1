"""The device under test: program.py on one interpreter, behind a module of atsim."""

from __future__ import annotations

import ast
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("program.py")
ANSWER_LIMIT_S = 20  # a device that hangs is ended

HOST = "broker.example"
PORT, PASSWORD_PORT, REFUSED_PORT, CUT_PORT = 1883, 1884, 1885, 1886  # of HOST, for the module
WIFI = "lab, 2nd floor", 'back\\slash, "quotes", commas'  # name and password
BEKEN_WIFI = "lab, 2nd floor", "commas, commas"  # no way to send it a backslash


class DeviceError(Exception):
    """A call of the device's program has raised `kind`: text, code."""

    def __init__(self, kind: str, text: str, code: int | None) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.code = code


@dataclass(frozen=True)
class Make:
    """What a device is made of, and its broker.

    receive: "passive", or "active" where the module refuses the commands to fetch what arrived.
    """

    interpreter: str
    firmware: str
    style: str
    receive: str
    broker: str

    def __str__(self) -> str:
        return "-".join(vars(self).values())


FIRMWARES = ("esp-at", "esp-at-2.1", "nonos", "air601")
WITH_MQTT = (
    "esp-at",
    "esp-at-2.4",
    "esp-at-2.2",
    "esp-at-2.1",
    "w800",
    "ln882h",
    "beken",
    "beken-source",
)
STYLES = ("async", "simple")
RECEIVES = ("passive", "active")
BROKERS = ("mosquitto", "atsim")


def makes() -> Iterator[Make]:
    """All pairs of two properties' values, not all combinations of the five.

    Every firmware is received from in both ways, and talks to both brokers; the rest takes turns.
    """
    for i, firmware in enumerate(FIRMWARES):
        turn = i % 2
        yield Make("cpython", firmware, "async", "passive", BROKERS[turn])
        yield Make("cpython", firmware, "async", "active", BROKERS[1 - turn])
        broker = BROKERS[(i + i // 2) % 2]
        yield Make("micropython", firmware, STYLES[turn], RECEIVES[turn], broker)
        if STYLES[turn] == "async":
            yield Make("cpython", firmware, "simple", "passive", broker)


def native_makes(interpreter: str) -> list[Make]:
    """Modules with an MQTT client of their own, which the broker does not tell apart."""
    return [Make(interpreter, name, "async", "passive", "mosquitto") for name in WITH_MQTT]


MAKES = list(makes())


class Device:
    """A joined module and a program that drives it, both processes of their own.

    command: what runs a Python program. ports: where on this machine the (name, port) really are.
    options: more of atsim's.
    What both write to standard error, pytest shows with a test that fails.
    """

    def __init__(
        self, make: Make, command: str, ports: dict[tuple[str, int], int], *options: str
    ) -> None:
        self.make = make
        self._command = command
        self._processes = contextlib.ExitStack()
        with contextlib.ExitStack() as failure:
            failure.callback(self.close)
            module = self._start(
                sys.executable, "-m", "atsim", *module_options(make, ports), *options
            )
            self._uart = output(module).readline().removeprefix("atsim: ready on ").strip()
            self._start_program()
            failure.pop_all()

    def reset_host(self) -> None:
        """End the program without warning, and bring up a new one: the module stays as it is."""
        self._program.kill()
        self._program.wait()
        self._start_program()

    @property
    def alive(self) -> bool:
        """Can it still be asked?"""
        return self._program.poll() is None

    def connect(self, client_id: str, port: int = PORT, host: str = HOST, **options) -> bool:
        """A new client, connected. Returns whether the broker had kept a session."""
        return self.call("connect", host, port, client_id, **options)

    def receive(self, count: int = 1) -> list[tuple[str, bytes]]:
        """The next messages: topic and payload."""
        self.begin("receive", count)
        return self.received()

    def received(self) -> list[tuple[str, bytes]]:
        """What the call of `receive` that was begun brings."""
        return [(topic.decode(), payload) for topic, payload, *_ in self.outcome()]

    def call(self, name: str, *args, **options):
        """Have the program call something; returns what that returns or raises DeviceError."""
        self.begin(name, *args, **options)
        return self.outcome()

    def begin(self, name: str, *args, **options) -> None:
        """Have the program call something, without waiting; outcome() comes next."""
        assert self._program.stdin
        self._program.stdin.write(ascii((name, args, options)) + "\n")
        self._program.stdin.flush()

    def outcome(self):
        """Of the call that was begun."""
        watchdog = threading.Timer(ANSWER_LIMIT_S, self._program.kill)
        watchdog.start()
        line = output(self._program).readline()
        watchdog.cancel()
        assert line, f"the program has ended, or did not answer within {ANSWER_LIMIT_S} s"
        word, *rest = ast.literal_eval(line)
        if word == "raised":
            raise DeviceError(*rest)
        return rest[0]

    def close(self) -> None:
        """End both processes."""
        self._processes.close()

    def _start_program(self) -> None:
        self._program = self._start(self._command, str(PROGRAM), self.make.style, self._uart)
        self.call("bring_up", *wifi(self.make))

    def _start(self, *command: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT / "simulator"), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes.enter_context(process)
        self._processes.callback(process.kill)
        return process


class Bench:
    """Holds a device from test to test, and a new one after it broke."""

    def __init__(self, make: Make, build: Callable[..., Device]) -> None:
        self.make = make
        self._build = build
        self._device: Device | None = None

    def device(self) -> Device:
        """The device."""
        if self._device is None or not self._device.alive:
            self.clear()
            self._device = self._build(self.make, self.make.broker)
        return self._device

    def clear(self) -> None:
        """End the device."""
        if self._device is not None:
            self._device.close()
            self._device = None


def wifi(make: Make) -> tuple[str, str]:
    """Name and password of the network that the module is near."""
    return BEKEN_WIFI if make.firmware.startswith("beken") else WIFI


def output(process: subprocess.Popen[str]) -> IO[str]:
    """What a process prints."""
    assert process.stdout
    return process.stdout


def module_options(make: Make, ports: dict[tuple[str, int], int]) -> list[str]:
    """The command line of atsim: a module without a module's delays."""
    options = ["--tcp", "0", "--no-pace", "--no-boot", "--join-ms", "0", "--log"]
    options += ["--firmware", make.firmware, "--ap", ":".join(wifi(make))]
    if make.receive == "active":
        options += ["--without", "AT+CIPRECVMODE"]
    for (name, port), real in ports.items():
        options += ["--connect-to", f"{name}:{port}=127.0.0.1:{real}"]
    return options
