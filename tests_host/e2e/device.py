"""A device for the end-to-end tests: program.py on one interpreter, behind a module of atsim."""

from __future__ import annotations

import ast
import contextlib
import itertools
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("program.py")
ANSWER_LIMIT_S = 20  # a device that hangs is ended

HOST = "broker.example"
PORT, PASSWORD_PORT, REFUSED_PORT = 1883, 1884, 1885  # of HOST, as the module sees them
WIFI = "lab, 2nd floor", 'back\\slash, "quotes", commas'  # name and password


class DeviceError(Exception):
    """A call of the device's program has raised `kind`: text, code."""

    def __init__(self, kind: str, text: str, code: int | None) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.code = code


@dataclass(frozen=True)
class Make:
    """What a device is made of."""

    interpreter: str
    firmware: str
    style: str

    def __str__(self) -> str:
        return f"{self.interpreter}-{self.firmware}-{self.style}"


MAKES = [
    Make(*parts)
    for parts in itertools.product(
        ("cpython", "micropython"), ("esp-at", "air601"), ("async", "simple")
    )
]


class Device:
    """A joined module and a program that drives it, both processes of their own.

    command: what runs a Python program. ports: where PORT, PASSWORD_PORT and REFUSED_PORT really
    are on this machine. What both write to standard error, pytest shows with a test that fails.
    """

    def __init__(self, make: Make, command: str, ports: tuple[int, int, int]) -> None:
        self.make = make
        self._processes = contextlib.ExitStack()
        with contextlib.ExitStack() as failure:
            failure.callback(self.close)
            module = self._start(sys.executable, "-m", "atsim", *module_options(make, ports))
            uart = output(module).readline().removeprefix("atsim: ready on ").strip()
            self._program = self._start(command, str(PROGRAM), make.style, uart)
            self.call("bring_up", *WIFI)
            failure.pop_all()

    @property
    def alive(self) -> bool:
        """Can it still be asked?"""
        return self._program.poll() is None

    def connect(self, client_id: str, port: int = PORT, **options) -> bool:
        """A new client, connected. Returns whether the broker had kept a session."""
        return self.call("connect", HOST, port, client_id, **options)

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


def output(process: subprocess.Popen[str]) -> IO[str]:
    """What a process prints."""
    assert process.stdout
    return process.stdout


def module_options(make: Make, ports: tuple[int, int, int]) -> list[str]:
    """The command line of atsim: a module without a module's delays."""
    options = ["--tcp", "0", "--no-pace", "--no-boot", "--join-ms", "0", "--log"]
    options += ["--firmware", make.firmware, "--ap", ":".join(WIFI)]
    for seen, real in zip((PORT, PASSWORD_PORT, REFUSED_PORT), ports, strict=True):
        options += ["--connect-to", f"{HOST}:{seen}=127.0.0.1:{real}"]
    return options
