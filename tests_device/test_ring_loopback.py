"""What comes back through the jumper is in the ring, whole and in order, while Python is busy.

Needs: LOOPBACK
"""

import time

import uarts

from atmqtt.ring import RxRing

RXBUF = 1024
LONGEST_BURST = 900
TOTAL = {115200: 6000, 921600: 20000}  # bytes, half of them in bursts and half in a stream
PIECE = 256  # bytes written at a time: write() waits for room
PERIOD = 1021  # of the bytes that are sent: prime, so that no lost block goes unnoticed


def noise(n):
    seed = 1
    data = bytearray(n)
    for i in range(n):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        data[i] = seed >> 16 & 0xFF
    return data


class Line:
    """A UART that hears itself, the ring behind it, and what is expected to be in there."""

    def __init__(self, baud):
        self.baud = baud
        self.uart = uarts.loopback(baudrate=baud, rxbuf=RXBUF, txbuf=1024)
        self.stats = {"suspected_overruns": 0}
        self.ring = RxRing(self.uart, 4096, RXBUF, self.stats)
        self.ring.listen(baud)
        self.sent = self.got = 0
        self._data = noise(PERIOD)
        self._data += self._data
        self._chunk = bytearray(256)

    def send(self, n):
        """Send at most n of the bytes; returns how many the UART has taken."""
        start = self.sent % PERIOD
        n = self.uart.write(self._data, start, min(n, PIECE)) or 0
        self.sent += n
        return n

    def take(self):
        """Take all that is in the ring and compare it."""
        chunk = self._chunk
        while self.ring.any():
            n = self.ring.readinto(chunk, 256)
            start = self.got % PERIOD
            assert chunk[:n] == self._data[start : start + n], "at byte %d" % self.got
            self.got += n

    def burst(self, n):
        """Bytes that only the interrupt moves into the ring, while Python counts."""
        left = n
        while left:
            left -= self.send(left)
        end = time.ticks_add(time.ticks_ms(), n * 20000 // self.baud + 10)
        turns = 0
        while self.ring.any() < n:
            turns += 1
            assert time.ticks_diff(end, time.ticks_ms()) > 0, "%d of %d" % (self.ring.any(), n)
        self.take()
        return turns

    def stream(self, n):
        """Bytes without a pause, of which no interrupt tells: the ring is looked at in time."""
        left = n
        while left or self.got < self.sent:
            if left:
                left -= self.send(left)
            then = time.ticks_ms()
            while time.ticks_diff(time.ticks_ms(), then) < self.ring.half_ms // 2:
                pass  # busy
            self.ring.kick()
            self.take()


for baud, total in TOTAL.items():
    line = Line(baud)
    turns = size = 0
    while line.sent < total // 2:
        size = size * 7 % LONGEST_BURST + 1
        turns += line.burst(min(size, total // 2 - line.sent))
    line.stream(total - line.sent)
    assert line.got == line.sent == total
    assert line.stats["suspected_overruns"] == 0, baud
    assert turns, "Python was never busy"
    line.ring.deafen()
print("%d bytes at %s baud" % (sum(TOTAL.values()), " and ".join(str(baud) for baud in TOTAL)))
print("passed")
