"""The emulated processor and its bus, as those need them who measure: to look at, not to touch."""

from typing import Any

from pico.sio import Sio

HZ = 125_000_000

# rp2040py's native code asks at each access whether Python code has replaced one of these methods,
# and makes a bound method to find out. Kept on the instance they make the emulation twice as fast.
_BUS = ("read_uint8", "read_uint16", "read_uint32", "write_uint8", "write_uint16", "write_uint32")


def prepare(mcu: Any) -> None:
    """Make an RP2040 of rp2040py quick, and its count of cycles right."""
    for name in _BUS:
        setattr(mcu, name, getattr(mcu, name))
    mcu.sio = Sio(mcu)
    _still(mcu)


def _still(mcu: Any) -> None:
    """Keep the PIO blocks from the emulation's loop, which would ask both at each instruction
    whether they run: nothing here uses them. Only a reset does.
    """
    blocks, reset = mcu.pio, mcu.reset

    def reset_all(**how: bool) -> None:
        mcu.pio = blocks
        reset(**how)
        mcu.pio = []

    mcu.reset = reset_all
    mcu.pio = []


class Processor:
    """Core 0 of ``mcu`` and the memory it sees."""

    def __init__(self, mcu: Any) -> None:
        self._mcu = mcu
        self._core = mcu.core

    @property
    def busy_ns(self) -> float:
        """Nanoseconds since power-on in which it did not sleep."""
        return self._core.cycles * 1e9 / HZ

    @property
    def asleep(self) -> bool:
        """Does it wait for an interrupt or event?"""
        return self._core.waiting

    @property
    def registers(self) -> list[int]:
        """R0 to R15."""
        return list(self._core.registers)

    def words(self, addresses: range) -> list[int]:
        """The 32-bit words at these addresses, which must be of memory."""
        return [self._mcu.read_uint32(address) for address in addresses]

    def memory(self, address: int, n: int) -> bytes:
        """n bytes of memory from there."""
        return bytes(self._mcu.read_uint8(address + i) for i in range(n))
