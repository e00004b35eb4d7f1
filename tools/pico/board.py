"""A Raspberry Pi Pico in simulated time.

The clock counts instruction cycles at 125 MHz and jumps when the processor sleeps; it never
looks at the wall. As long as everything that acts on the board does so from a callback (a sent
byte, console output, an alarm), two runs are equal to the instruction, whatever the host does.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rp2040py.boards import BoardSpec
from rp2040py.device.base_device import BaseDevice
from rp2040py.execute_batch import execute_batch
from rp2040py.gpio_pin import GPIOPinState
from rp2040py.memory_map import FLASH_START_ADDRESS

from pico import flash as flash_layout
from pico.cdc import Console
from pico.pl011 import Pl011
from pico.processor import Processor, prepare

_UART_BASES = (0x40034000, 0x40038000)
_BOOT_LIMIT_S = 10
_INTERRUPT, _RAW_REPL, _END = b"\r\x03\x03", b"\x01", b"\x04"


class Board:
    """One Pico, powered on when it is first run.

    :param uf2: path of the firmware.
    :param flash: the filesystem's image, its path, or None for an empty flash.
    """

    def __init__(self, uf2: str | Path, flash: bytes | str | Path | None = None) -> None:
        self._device = BaseDevice(board=BoardSpec(image=uf2))
        self._mcu: Any = self._device.mcu  # whose UARTs are replaced below by another class
        prepare(self._mcu)
        #: its core and memory, see `pico.processor.Processor`
        self.processor = Processor(self._mcu)
        self._clock = self._mcu.clock
        self.console = self._device.cdc = Console(self._mcu.usb_ctrl)
        self.console.on_device_connected = self._connected
        #: the two UARTs, see `pico.pl011.Pl011`
        self.uart = [self._plug_uart(number) for number in (0, 1)]
        #: called with what the board prints on its console
        self.on_output: Callable[[bytes], None] = lambda data: None
        self.console.on_serial_data = self._output
        self._up = False
        if flash is not None:
            self._load(flash if isinstance(flash, bytes) else Path(flash).read_bytes())
        self._mcu.core.pc = FLASH_START_ADDRESS

    def _plug_uart(self, number: int) -> Pl011:
        uart = Pl011(self._mcu, number, self.stop)
        self._mcu.uart[number] = uart
        self._mcu.peripherals[_UART_BASES[number] >> 12] = uart
        return uart

    def _load(self, image: bytes) -> None:
        size = flash_layout.END - flash_layout.START
        if len(image) > size:
            raise ValueError(f"the filesystem image has {len(image)} bytes, at most {size} fit")
        self._mcu.flash[flash_layout.START : flash_layout.END] = image.ljust(size, b"\xff")

    def flash_image(self) -> bytes:
        """The filesystem's image as it is now."""
        return bytes(self._mcu.flash[flash_layout.START : flash_layout.END])

    @property
    def now_ns(self) -> float:
        """Simulated nanoseconds since power-on."""
        return self._clock.nanos

    def after_ns(self, ns: float, action: Callable[[], None]) -> Callable[[], None]:
        """Call ``action()`` once, ``ns`` simulated nanoseconds from now.

        Returns a function that calls it off.
        """

        def fire() -> None:
            action()
            self.stop()

        alarm = self._clock.create_alarm(fire)
        alarm.schedule(ns)
        return alarm.cancel

    def on_pin(self, number: int, listener: Callable[[bool], None]) -> None:
        """Call ``listener(high)`` at each edge of a GPIO that the board drives."""

        def changed(state: int, _: int) -> None:
            listener(state == GPIOPinState.HIGH)

        self._mcu.gpio[number].add_listener(changed)

    def stop(self) -> None:
        """Interrupt `run` at this very instruction, so that it looks at its condition."""
        self._device.simulator.stopped = True

    def run(self, until: Callable[[], object] = lambda: False, sim_s: float = 60) -> bool:
        """Run until ``until()`` is true (returns True) or ``sim_s`` simulated seconds are over.

        ``until`` is looked at after each callback. Nothing else can change what it sees, and
        that is what makes runs repeatable.
        """
        over = []
        call_off = self.after_ns(sim_s * 1e9, partial(over.append, True))
        try:
            while not over:
                if until():
                    return True
                self._run_to_next_event()
            return bool(until())
        finally:
            call_off()

    def _run_to_next_event(self) -> None:
        simulator = self._device.simulator
        simulator.stopped = False
        while not simulator.stopped:
            execute_batch(simulator, 1)  # returns after 5 ms of wall time as well

    def exec(self, source: str, limit_s: float = 60) -> tuple[str, str]:
        """Execute a script in the board's raw REPL; return what it printed and its traceback.

        :param limit_s: simulated seconds.
        :raises TimeoutError: the script, or the board's start, took longer.
        """
        if not self.run(lambda: self._up, _BOOT_LIMIT_S):
            raise TimeoutError("the board did not start")
        self._talk(_INTERRUPT + _RAW_REPL, b">", limit_s)
        answer = self._talk(source.encode() + _END, _END + b">", limit_s)
        output, error, _ = answer.partition(b"OK")[2].split(_END, 2)
        return _text(output), _text(error)

    def _talk(self, data: bytes, last: bytes, limit_s: float) -> bytes:
        """Write to the console; return what it says up to and including ``last``."""
        said = bytearray()
        listener, self.on_output = self.on_output, said.extend
        try:
            self.console.write(data)
            if not self.run(lambda: said.endswith(last), limit_s):
                raise TimeoutError(f"no end after {limit_s} simulated s; so far: {bytes(said)!r}")
        finally:
            self.on_output = listener
        return bytes(said)

    def _connected(self) -> None:
        self._up = True
        self.stop()

    def _output(self, data: bytes | bytearray) -> None:
        self.on_output(bytes(data))
        self.stop()


def _text(data: bytes) -> str:
    return data.decode(errors="replace").replace("\r\n", "\n")
