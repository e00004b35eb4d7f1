"""The pump as the UART's interrupt calls it: at any moment, and without memory."""

import sys

import micropython
from locked import LOCKS, allocates
from ringbench import RINGS, IdleUART, RxUART, make, pattern

BAUD = 115200


class Line(IdleUART):
    """A UART into which bytes come all the time."""

    def __init__(self, data):
        super().__init__()
        self.whole = data
        self.come = 0

    def arrive(self, n):
        self.come = min(len(self.whole), self.come + n)

    def any(self):
        return self.come - self.taken

    def readinto(self, buf, n):
        self.data = self.whole
        return super().readinto(buf, n)


def interrupt(line, ring, n):
    """What the UART's interrupt does: n more bytes, and the pump is due."""
    line.arrive(n)
    try:
        micropython.schedule(ring.pump, 0)
    except RuntimeError:
        return  # it is due already


def interrupts(line, ring):
    """Make interrupts at any moment (CPython); returns a function to call between reads."""
    if sys.implementation.name == "micropython":
        counter = [0]

        def between():  # the callback runs at one of the next jumps, inside the read that follows
            counter[0] += 1
            interrupt(line, ring, counter[0] * 7 % 100)

        return between
    import threading

    def run():
        n = 0
        while line.come < len(line.whole):
            n += 1
            interrupt(line, ring, n * 7 % 100)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return ring.kick


def test_race_of_interrupts_and_reader_keeps_order():
    data = pattern(6000)
    for ring_io in RINGS:
        line = Line(data)
        ring = make(line, ring_io, size=300, rxbuf=10000)
        ring.listen(BAUD)
        between = interrupts(line, ring)
        out = bytearray()
        buf = bytearray(64)
        step = 0
        while len(out) < len(data):
            between()
            step += 1
            n = ring.readinto(buf, step % 64 + 1)
            out.extend(buf[:n])
            ring.kick()
        assert out == data


class Interrupting(IdleUART):
    """A UART whose interrupt comes amid a read. nested: reads that began inside another."""

    ring = None
    interrupts = 3
    nested = 0

    def readinto(self, buf, n):
        self.nested += self.reading
        self.reading = True
        start = self.taken
        half = n // 2
        for i in range(n):
            if i == half and self.interrupts:
                self.interrupts -= 1
                micropython.schedule(self.ring.pump, 0)
            buf[i] = self.data[start + i]
        self.taken = start + n
        self.reading = False
        return n


def test_a_kick_never_meets_the_interrupt():
    for ring_io in RINGS:
        uart = Interrupting(pattern(1000))
        ring = uart.ring = make(uart, ring_io)
        ring.listen(BAUD)
        while uart.any():
            ring.kick()
        assert uart.nested == 0
        out = bytearray(1000)
        assert ring.readinto(out, 1000) == 1000 and out == pattern(1000)


def test_pump_and_reader_allocate_nothing():
    assert allocates(bytearray, 100) == LOCKS
    for ring_io in RINGS:
        uart = RxUART(pattern(700))
        ring = make(uart, ring_io, size=512)
        ring.listen(BAUD)
        buf = bytearray(200)
        assert not allocates(ring.pump, 0)
        assert not allocates(ring.readinto, buf, 200)
        assert buf == pattern(200)
        assert not allocates(ring.pump, 0)
        assert not allocates(ring.kick)
        assert ring.stats["suspected_overruns"] == 1
