"""Bytes that are lost because Python did not come to look are suspected; others never are.

Needs: LOOPBACK
"""

import time

import uarts
from micropython import schedule

from atmqtt.ring import RxRing

BAUD = 115200
RXBUF = 256
LOST = 600  # bytes, of which the UART can keep RXBUF and its FIFO


def hog(ms):
    """A callback that takes too long: the ring's own has to wait for it."""
    global hogged
    end = time.ticks_add(time.ticks_ms(), ms)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        pass
    hogged = True


def milliseconds(n):
    """How long n bytes take, and a bit more."""
    return n * 10000 // BAUD + 10


def send(n):
    """Hand so many bytes to the UART."""
    data = bytes(i & 0xFF for i in range(n))
    sent = 0
    while sent < n:
        sent += uart.write(data, sent, n - sent) or 0


def received():
    """What is in the ring, after all has come."""
    time.sleep_ms(milliseconds(RXBUF))
    data = bytearray(ring.any())
    ring.readinto(data, len(data))
    return bytes(data)


uart = uarts.loopback(baudrate=BAUD, rxbuf=RXBUF, txbuf=1024)
stats = {"suspected_overruns": 0}
ring = RxRing(uart, 4096, RXBUF, stats)
ring.listen(BAUD)

for n in (1, RXBUF // 2, RXBUF - 1):
    send(n)
    assert received() == bytes(i & 0xFF for i in range(n)), n
assert stats["suspected_overruns"] == 0, stats

send(LOST)
hogged = False
schedule(hog, milliseconds(LOST))
while not hogged:
    pass
kept = len(received())
assert RXBUF <= kept < LOST, kept
assert stats["suspected_overruns"] == 1, stats

send(100)
assert received() == bytes(range(100))
assert stats["suspected_overruns"] == 1, stats
print("%d of %d bytes lost, and suspected" % (LOST - kept, LOST))
print("passed")
