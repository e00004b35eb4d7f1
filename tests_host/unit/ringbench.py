"""Fake UARTs, and the receive ring on top of each RingIO that this interpreter has."""

import micropython

import atmqtt.ring
import atmqtt.ringio
from atmqtt.ring import RxRing

RINGS = [atmqtt.ringio.RingIO]
if hasattr(micropython, "RingIO"):
    RINGS.append(micropython.RingIO)


class FakeUART:
    """A C buffer of rxbuf bytes, and who reads it."""

    def __init__(self, data=b"", most=1000):
        self.data = data
        self.taken = 0
        self.most = most  # bytes readinto gives at a time
        self.irqs = []
        self.reading = False

    def any(self):
        return len(self.data) - self.taken

    def readinto(self, buf, n):
        assert not self.reading, "two readers of the UART at once"
        assert 0 < n <= self.any(), "would wait for bytes that are not there"
        self.reading = True
        n = min(n, self.most)
        for i in range(n):
            buf[i] = self.data[self.taken + i]
        self.taken += n
        self.reading = False
        return n


class RxUART(FakeUART):
    IRQ_RX = 4

    def irq(self, handler, trigger):
        self.irqs.append((handler, trigger))


class IdleUART(RxUART):
    IRQ_RXIDLE = 64


def make(uart, ring_io, size=2048, rxbuf=256):
    """An RxRing on top of this kind of RingIO."""
    usual = atmqtt.ring.RingIO
    atmqtt.ring.RingIO = ring_io
    try:
        return RxRing(uart, size, rxbuf, {"suspected_overruns": 0})
    finally:
        atmqtt.ring.RingIO = usual


def take(ring, n=10000):
    buf = bytearray(n)
    return bytes(buf[: ring.readinto(buf, n)])


def pattern(n):
    """n bytes in which a lost, doubled or moved one is seen."""
    return bytes([(i * 7 + (i >> 8) * 13) & 255 for i in range(n)])
