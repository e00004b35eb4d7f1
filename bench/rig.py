"""An emulated Pico with the module model on its UART 1, and meters on pin 2.

The board runs `device.run`; each time it raises the pin the broker begins to send what the step
asks for, and what passes until it lowers the pin is a `Window`.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from bench.model import Module, Sending
from bench.native import NativeModule
from firmware import firmware
from mpy import compiled, module
from pico import flash
from pico.board import Board

_HERE = Path(__file__).resolve().parent
_LIBRARY = _HERE.parent / "lib/atmqtt"
_PIN = 2
_LIMIT_S = 300  # simulated
_LOOK_NS = 50e3  # how exactly the moment of a loss is known


class Settings(NamedTuple):
    """What `device.Device` is made of: the UART, the library's ring, and how it is used."""

    baud: int = 115200
    rxbuf: int = 1024
    rx_size: int = 2048
    flow: bool = False
    """RTS and CTS."""
    iterate: bool = False
    """Messages are taken by `async for` rather than by on_message."""
    engine: str = "packets"


@dataclass(frozen=True)
class Instant:
    """The meters at one moment."""

    ns: float
    busy_ns: float
    overruns: int
    ideal_ns: float
    sendings: int


@dataclass
class Window:
    """What passed between a rising edge of the pin and the next falling one."""

    start: Instant
    end: Instant
    sendings: Sequence[Sending]
    lossless_ms: float = inf
    """After the window, until the UART lost a byte or the next window opened."""

    @property
    def ns(self) -> float:
        """Simulated time."""
        return self.end.ns - self.start.ns

    @property
    def busy_us(self) -> float:
        """Time in which the processor did not sleep."""
        return (self.end.busy_ns - self.start.busy_ns) / 1000

    @property
    def lost(self) -> int:
        """Bytes that the UART had no room for."""
        return self.end.overruns - self.start.overruns

    @property
    def ideal_ns(self) -> float:
        """Time that the wire and the module's response times took for what the broker sent."""
        return self.end.ideal_ns - self.start.ideal_ns


@dataclass(frozen=True)
class Step:
    """One call of a method of `device.Device`, and what the broker sends at each rising edge."""

    name: str
    arguments: tuple = ()
    packets: Sequence[bytes] = ()
    every_ns: float = 0  # 0: as fast as they are taken
    windows: int = 1
    between: Sequence[bytes] = ()
    """What comes at full speed when the first of two windows closes."""


@dataclass(frozen=True)
class Outcome:
    """What a step returned on the board, and its windows."""

    step: Step
    result: Any
    windows: Sequence[Window]


@cache
def library() -> dict[str, bytes]:
    """The library as .mpy files, by their paths on the board."""
    return compiled(_LIBRARY)


_spare: Board | None = None  # that has started already; a process that is forked has it as well


def prepare() -> None:
    """Start a board and import the library there: once for all the processes forked hereafter."""
    global _spare
    _spare = _started()


def _board() -> Board:
    """A board on which the library is imported and nothing else has happened."""
    global _spare
    board, _spare = _spare or _started(), None
    return board


def _started() -> Board:
    board = Board(firmware(), flash.image(_scripts() | library()))
    _, error = board.exec("import device, profiler")
    if error:
        raise RuntimeError(error)
    return board


@cache
def _scripts() -> dict[str, bytes]:
    """What runs on the board, compiled: its own compiler would take as long as 50 messages."""
    return module(_HERE / "device.py", under="") | module(_HERE / "profiler.py", under="")


class Rig:
    """One board, powered on for one job.

    :param engine: that the job measures: which MQTT client the module needs.
    :param passive: see `Module`.
    """

    def __init__(self, engine: str = "packets", *, passive: bool = True) -> None:
        self.board = _board()
        self.uart = self.board.uart[1]
        kind = NativeModule if engine == "native" else Module
        self.module = kind(self.board, self.uart, passive=passive)
        self.board.on_pin(_PIN, self._edge)
        self._due: list[tuple[Step, int]] = []  # the windows to come; 0: the step's first
        self._windows: list[Window] = []
        self._opened: Instant | None = None

    def run(self, settings: Settings, steps: Sequence[Step]) -> list[Outcome]:
        """Take the steps on the board with `device.Device(*settings)`.

        :raises RuntimeError: with the board's traceback.
        """
        self.expect(steps)
        calls = [[step.name, *step.arguments] for step in steps]
        output = self.execute(f"device.run({tuple(settings)!r}, {calls!r})")
        results = [ast.literal_eval(line) for line in output.splitlines()]
        windows = iter(self._windows)
        return [
            Outcome(step, result, [next(windows) for _ in range(step.windows)])
            for step, result in zip(steps, results, strict=True)
        ]

    def execute(self, source: str) -> str:
        """Execute a script on the board; return what it printed. RuntimeError: its traceback."""
        output, error = self.board.exec(source, _LIMIT_S)
        if error or "Traceback" in output:  # of a task
            raise RuntimeError(output + error)
        return output

    def expect(self, steps: Sequence[Step]) -> None:
        """The board will take these steps."""
        self._due = [(step, i) for step in steps for i in range(step.windows)]

    @property
    def last_is_open(self) -> bool:
        """Is the last of the windows that are expected open now?"""
        return self._opened is not None and len(self._due) == 1

    def _edge(self, high: bool) -> None:
        if high and self._due:
            self._opened = self._instant()
            step, number = self._due[0]
            if not number:
                self._open(step)
        elif self._opened:
            self._close(self._opened)

    def _close(self, start: Instant) -> None:
        self._opened = None
        step, number = self._due.pop(0)
        window = Window(start, self._instant(), self.module.sendings[start.sendings :])
        self._windows.append(window)
        if number + 1 < step.windows:
            self.module.deliver(list(step.between))
            self._wait_for_loss(window)
        else:
            self.module.hang_up()

    def _wait_for_loss(self, window: Window) -> None:
        """Note in the window how long after its end the UART lost no byte."""
        if self._opened:
            return
        passed = self.board.now_ns - window.end.ns
        if self.uart.overruns > window.end.overruns:
            window.lossless_ms = passed / 1e6
        else:
            self.board.after_ns(_LOOK_NS, lambda: self._wait_for_loss(window))

    def _open(self, step: Step) -> None:
        if step.every_ns:
            self.module.deliver_every(step.every_ns, list(step.packets))
        else:
            self.module.deliver(list(step.packets))

    def _instant(self) -> Instant:
        return Instant(
            self.board.now_ns,
            self.board.processor.busy_ns,
            self.uart.overruns,
            self.module.ideal_ns,
            len(self.module.sendings),
        )
