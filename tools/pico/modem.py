"""A simulated AT module on a UART of the emulated Pico, both in the same simulated time."""

from collections.abc import Callable, Iterable
from typing import Protocol

from pico.board import Board
from pico.pl011 import Pl011

# A receiver samples the tenth bit of a character off by half a bit at 5 %; both ends share that.
_TOLERANCE = 0.03
_NOISE = 0xA5
_HEEDS_CTS = 2


class Module(Protocol):
    """The simulated module as this coupling needs it; `atsim.module.Module` is one.

    Each call returns the module's writes as (microseconds after the call's beginning, bytes).
    """

    @property
    def baud(self) -> int:
        """Its UART's rate in bits per second."""
        ...

    @property
    def flow(self) -> int:
        """Its flow control: 1 it drives RTS, 2 it heeds CTS, which is this side's RTS."""
        ...

    def power_on(self) -> "Iterable[tuple[int, bytes]]":
        """Apply power."""
        ...

    def feed(self, data: bytes) -> "Iterable[tuple[int, bytes]]":
        """Take bytes from the host."""
        ...

    def advance(self, us: int) -> "Iterable[tuple[int, bytes]]":
        """Let time pass."""
        ...

    def due(self) -> "int | None":
        """Microseconds until it will act by itself."""
        ...


class Modem:
    """Wires ``module`` to ``uart``, one of ``board.uart``.

    While the two rates differ, what either end hears is noise. The module takes bytes as fast as
    they come, so its own RTS always says go.
    """

    def __init__(self, board: Board, uart: Pl011, module: Module) -> None:
        self._board = board
        self._uart = uart
        self._module = module
        self._module_ns = board.now_ns  # up to when the module's time has passed
        self._call_off: Callable[[], None] | None = None
        uart.on_tx = self._from_host

    def power_on(self) -> None:
        """Switch the module on: its boot begins now."""
        self._catch_up()
        self._to_host(self._module.power_on())
        self._wait()

    def wake(self) -> None:
        """Let the module look around now.

        To be called when something happened on its network that `due()` did not foresee, such
        as another client's message at the broker.
        """
        self._catch_up()
        self._wait()

    def _from_host(self, byte: int) -> None:
        self._catch_up()
        self._to_host(self._module.feed(self._over_the_wire(bytes((byte,)))))
        self._wait()

    def _catch_up(self) -> None:
        """Bring the module to the board's time. It never lags by more than its next action."""
        us = int((self._board.now_ns - self._module_ns) / 1000)
        self._module_ns += us * 1000
        self._to_host(self._module.advance(us))

    def _to_host(self, writes: Iterable[tuple[int, bytes]]) -> None:
        self._uart.heeds_rts = bool(self._module.flow & _HEEDS_CTS)
        for _, data in writes:  # due now, because the module is advanced action by action
            self._uart.send(self._over_the_wire(data))

    def _wait(self) -> None:
        """Be called when the module will next act by itself."""
        if self._call_off:
            self._call_off()
            self._call_off = None
        due = self._module.due()
        if due is not None:
            moment = self._module_ns + max(due, 1) * 1000  # time has to pass for "now, again"
            self._call_off = self._board.after_ns(max(0, moment - self._board.now_ns), self.wake)

    def _over_the_wire(self, data: bytes) -> bytes:
        if abs(self._uart.baud - self._module.baud) <= self._module.baud * _TOLERANCE:
            return data
        return bytes(byte ^ _NOISE for byte in data)
