"""The RP2040's UART, an Arm PrimeCell PL011, in simulated time.

Modelled: both 32-byte FIFOs, trigger levels, receive time-out, overrun, RTS, CTS, and the time
each character takes on the wire. Names and numbers are those of the RP2040 data sheet,
section 4.2.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from rp2040py.peripherals.peripheral import BasePeripheral

# MicroPython runs the UARTs from the 48 MHz USB clock (ports/rp2, clk_peri).
CLK_PERI_HZ = 48_000_000
FIFO_DEPTH = 32
TIMEOUT_BITS = 32  # silence after which what is in the receive FIFO raises an interrupt

# Register offsets
DR, RSR, FR, IBRD, FBRD, LCR_H, CR = 0x00, 0x04, 0x18, 0x24, 0x28, 0x2C, 0x30
IFLS, IMSC, RIS, MIS, ICR, DMACR = 0x34, 0x38, 0x3C, 0x40, 0x44, 0x48
_IDENTITY = dict(
    zip(range(0xFE0, 0x1000, 4), (0x11, 0x10, 0x34, 0, 0x0D, 0xF0, 0x05, 0xB1), strict=True)
)

# Interrupts, in RIS, MIS, IMSC and ICR
RX, TX, RT, OE = 1 << 4, 1 << 5, 1 << 6, 1 << 10
# FR
_CTS = 1 << 0
_BUSY, _RXFE, _TXFF, _RXFF, _TXFE = 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7
# LCR_H
_PEN, _STP2, _FEN = 1 << 1, 1 << 3, 1 << 4
# CR
_UARTEN, _TXE, _RXE, _RTSEN, _CTSEN = 1 << 0, 1 << 8, 1 << 9, 1 << 14, 1 << 15
_OVERRUN = 1 << 11  # in DR, with the first character stored after the lost ones

_LEVELS = (4, 8, 16, 24, 28, 28, 28, 28)  # IFLS: 1/8, 1/4, 1/2, 3/4, 7/8; the rest is reserved


class Pl011(BasePeripheral):
    """One UART, and the far end of its wires: `on_tx`, `send`, `on_rts`, `cts`.

    :param mcu: the emulated RP2040.
    :param number: 0 or 1.
    :param stop: called after `on_tx`, so that the emulation can look at what it did.
    """

    def __init__(self, mcu: Any, number: int, stop: Callable[[], None]) -> None:
        super().__init__(mcu, f"UART{number}")
        self.irq = mcu.uart[number].irq
        self._stop = stop
        #: called with each byte when its stop bit has left the TX pin
        self.on_tx: Callable[[int], None] = lambda byte: None
        #: called with the new state whenever `rts` changes
        self.on_rts: Callable[[bool], None] = lambda go: None
        #: does the far end look at RTS before it sends?
        self.heeds_rts = True
        #: bytes that arrived at a full receive FIFO and were lost
        self.overruns = 0
        self._wire: deque[int] = deque()  # what the far end has yet to send
        self._rx: deque[int] = deque()
        self._tx: deque[int] = deque()
        self._rx_alarm = mcu.clock.create_alarm(self._received)
        self._coming = False  # a character is on its way from the far end
        self._cts = self._rts = True
        self._tx_alarm = mcu.clock.create_alarm(self._transmitted)
        self._rt_alarm = mcu.clock.create_alarm(self._timed_out)
        self.reset()

    def reset(self) -> None:
        """Registers and FIFOs as after power-on; what is on the wire keeps coming."""
        self._rx.clear()
        self._tx.clear()
        self._shifting: int | None = None  # the byte that is leaving the TX pin
        self._lost = False
        self._tx_alarm.cancel()
        self._rt_alarm.cancel()
        self._ibrd = self._fbrd = self._lcr = self._imsc = self._ris = self._dmacr = 0
        self._cr = _TXE | _RXE
        self._ifls = 0x12
        self._update()

    # The far end

    def send(self, data: bytes) -> None:
        """Let the far end send bytes, back to back, at this UART's own rate."""
        self._wire.extend(data)
        self._begin_next()

    @property
    def unsent(self) -> int:
        """Bytes that the far end has yet to send."""
        return len(self._wire)

    @property
    def rts(self) -> bool:
        """True while the UART lets the far end send."""
        return not (self._cr & _RTSEN and len(self._rx) >= self._rx_level)

    @property
    def cts(self) -> bool:
        """Whether the far end lets this UART send, which matters if CTS is enabled."""
        return self._cts

    @cts.setter
    def cts(self, go: bool) -> None:
        self._cts = go
        self._shift_next()

    @property
    def baud(self) -> float:
        """The rate in bits per second; 0 before it is set."""
        divisor = self._ibrd + self._fbrd / 64
        return CLK_PERI_HZ / (16 * divisor) if divisor else 0

    @property
    def char_ns(self) -> float:
        """Nanoseconds one character takes on the wire."""
        data_bits = 5 + (self._lcr >> 5 & 3)
        bits = 2 + data_bits + bool(self._lcr & _PEN) + bool(self._lcr & _STP2)
        return bits * self._bit_ns

    @property
    def _bit_ns(self) -> float:
        return 1e9 / (self.baud or CLK_PERI_HZ / 16)

    # Levels: with the FIFOs off, one character is all there is room for.

    @property
    def _depth(self) -> int:
        return FIFO_DEPTH if self._lcr & _FEN else 1

    @property
    def _rx_level(self) -> int:
        return _LEVELS[self._ifls >> 3 & 7] if self._lcr & _FEN else 1

    @property
    def _tx_level(self) -> int:
        return _LEVELS[self._ifls & 7] if self._lcr & _FEN else 0

    # What happens in time

    def _begin_next(self) -> None:
        """Let the far end begin its next character, if there is one and the line is free."""
        if self._wire and not self._coming and (self.rts or not self.heeds_rts):
            self._coming = True
            self._rx_alarm.schedule(self.char_ns)

    def _received(self) -> None:
        self._coming = False
        self.hear(self._wire.popleft())
        self._begin_next()

    def hear(self, byte: int) -> None:
        """A character is complete at the RX pin: for a far end that keeps its own time."""
        if not (self._cr & _UARTEN and self._cr & _RXE):
            return  # nobody listens
        if len(self._rx) >= self._depth:
            self.overruns += 1
            self._lost = True
            self._ris |= OE
        else:
            self._rx.append(byte | (_OVERRUN if self._lost else 0))
            self._lost = False
            if len(self._rx) == self._rx_level:
                self._ris |= RX
            self._rt_alarm.schedule(TIMEOUT_BITS * self._bit_ns)
        self._update()

    def _timed_out(self) -> None:
        if self._rx:
            self._ris |= RT
            self._update()

    def _transmitted(self) -> None:
        byte, self._shifting = self._shifting, None
        self._shift_next()
        if byte is not None:
            self.on_tx(byte)
            self._stop()

    def _shift_next(self) -> None:
        """Move a byte from the FIFO to the shift register, if there is one and it is free."""
        if self._shifting is not None or not self._tx or (self._cr & _CTSEN and not self._cts):
            return
        self._shifting = self._tx.popleft()
        self._tx_alarm.schedule(self.char_ns)
        if len(self._tx) == self._tx_level:
            self._ris |= TX
            self._update()

    def _update(self) -> None:
        """Drive what follows from the registers and FIFOs: the interrupt and the RTS pin."""
        self.rp2040.set_interrupt(self.irq, bool(self._ris & self._imsc))
        if self.rts != self._rts:
            self._rts = self.rts
            self.on_rts(self._rts)
            self._begin_next()

    # Registers

    def read_uint32(self, offset: int) -> int:
        """Bus read. Reading DR takes a byte out of the receive FIFO."""
        if offset == DR:
            return self._read_dr()
        if offset in _IDENTITY:
            return _IDENTITY[offset]
        registers = {
            RSR: 0,
            FR: self._flags,
            IBRD: self._ibrd,
            FBRD: self._fbrd,
            LCR_H: self._lcr,
            CR: self._cr,
            IFLS: self._ifls,
            IMSC: self._imsc,
            RIS: self._ris,
            MIS: self._ris & self._imsc,
            ICR: 0,
            DMACR: self._dmacr,
        }
        return registers[offset] if offset in registers else super().read_uint32(offset)

    @property
    def _flags(self) -> int:
        return (
            (_CTS if self._cts else 0)
            | (_RXFE if not self._rx else 0)
            | (_RXFF if len(self._rx) >= self._depth else 0)
            | (_TXFE if not self._tx else 0)
            | (_TXFF if len(self._tx) >= self._depth else 0)
            | (_BUSY if self._tx or self._shifting is not None else 0)
        )

    def _read_dr(self) -> int:
        value = self._rx.popleft() if self._rx else 0
        if len(self._rx) < self._rx_level:
            self._ris &= ~RX
        if not self._rx:
            self._ris &= ~RT
        self._update()
        return value

    def write_uint32(self, offset: int, value: int) -> None:
        """Bus write. Writing DR puts a byte into the transmit FIFO."""
        if offset == DR:
            self._write_dr(value & 0xFF)
        elif offset == IBRD:
            self._ibrd = value & 0xFFFF
        elif offset == FBRD:
            self._fbrd = value & 0x3F
        elif offset == LCR_H:
            self._lcr = value & 0xFF
        elif offset == CR:
            self._cr = value & 0xFFFF
            self._shift_next()  # CTS may no longer matter
        elif offset == IFLS:
            self._ifls = value & 0x3F
        elif offset == IMSC:
            self._imsc = value & 0x7FF
        elif offset == ICR:
            self._clear(self.raw_write_value)
        elif offset == DMACR:
            self._dmacr = value & 7
        elif offset != RSR:
            super().write_uint32(offset, value)
        self._update()

    def _write_dr(self, byte: int) -> None:
        if len(self._tx) < self._depth:
            self._tx.append(byte)
        if len(self._tx) > self._tx_level:
            self._ris &= ~TX
        self._shift_next()

    def _clear(self, bits: int) -> None:
        self._ris &= ~bits
        if bits & RT and self._rx and not self._wire:
            self._rt_alarm.schedule(TIMEOUT_BITS * self._bit_ns)  # the silence counts anew
