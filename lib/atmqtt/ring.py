# MIT license; Copyright (c) 2026 The atmqtt authors
"""From the UART into RAM: the one place that reads the UART.

The port's driver keeps received bytes in a C buffer of `rxbuf` bytes and drops what comes after,
in silence. `pump` moves them on into a larger ring. It runs as the soft callback of the UART's
interrupt, or is scheduled by `kick`; since callbacks never nest, it never runs twice at once,
which would put bytes out of order.
"""

from micropython import const, schedule

try:
    from micropython import RingIO
except ImportError:
    from .ringio import RingIO

_CHUNK = const(256)  # bytes moved at a time


class RxRing:
    """uart: any()/readinto()/write() of machine.UART. size, rxbuf: bytes. stats: dict of counters.

    wake: called without arguments when the interrupt has brought bytes: it must not allocate.
    """

    def __init__(self, uart, size: int, rxbuf: int, stats: dict):
        self.uart = uart
        self.wake = None
        self._ring = RingIO(size)
        self.size = size
        self.rxbuf = rxbuf
        self.stats = stats
        self._chunk = bytearray(_CHUNK)
        self.any = self._ring.any
        self.readinto = self._ring.readinto
        self.pump = self._pump  # bound once: reading a method allocates
        self.irq = False
        self.half_ms = 11  # in which half of the C buffer fills: look at least that often
        self.rate = 11  # bytes that pass in a millisecond

    def listen(self, baud: int):
        """Have the UART call `pump`: on RXIDLE (once a burst), else on RX (once a byte)."""
        self.half_ms = max(1, self.rxbuf * 5000 // baud)
        self.rate = max(1, baud // 10000)
        uart = self.uart
        trigger = getattr(uart, "IRQ_RXIDLE", 0) or getattr(uart, "IRQ_RX", 0)
        if trigger:
            uart.irq(self.pump, trigger)
            self.irq = True

    def deafen(self):
        """Take the callback off the UART."""
        if self.irq:
            self.irq = False
            self.uart.irq(None, 0)

    def kick(self):
        """See to it that `pump` runs soon: at once where there are no interrupts."""
        if not self.uart.any():
            return
        if not self.irq:
            return self.pump(None)
        try:
            schedule(self.pump, None)
        except RuntimeError:
            return  # the queue of callbacks is full; what fills it wakes us as well

    def _pump(self, source):
        uart = self.uart
        left = uart.any()
        if not left:
            return
        if left >= self.rxbuf:  # the C buffer was full: bytes may be gone, no port tells
            self.stats["suspected_overruns"] += 1
        ring = self._ring
        chunk = self._chunk
        while left > 0:  # only what was there at the start: a stream must not hold the CPU
            n = min(left, _CHUNK, self.size - ring.any())
            if not n:
                break  # no room: leave it in the UART, where RTS can stop the sender
            n = uart.readinto(chunk, n)
            if not n:
                break
            ring.write(chunk, n)  # pyright: ignore[reportCallIssue] - n is missing in the stubs
            left -= n
        if source and self.wake:
            self.wake()
