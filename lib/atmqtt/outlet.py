# MIT license; Copyright (c) 2026 The atmqtt authors
"""Bytes to the module: written in order and in full, however little the UART takes at a time."""

from errno import ETIMEDOUT
from time import ticks_diff, ticks_ms

from micropython import const

# Where the transmit buffer is full, or there is none, write() does not return before what it was
# given has gone: it gets little at a time, and others a turn after a while.
_PIECE = const(32)
_TURN_MS = const(2)


class Outlet:
    """uart: write(buf, off, n) of machine.UART: may be short, None or raise OSError(ETIMEDOUT)."""

    def __init__(self, uart):
        self.uart = uart
        self.clear()

    def clear(self):
        """Forget what is not written yet."""
        self.pending = []  # buffers, the first of them written up to off
        self.off = 0

    def write(self, buf):
        """Send buf after all that came before. It must not change until it is gone."""
        self.pending.append(buf)
        self.flush()

    def own(self):
        """Copy what is not written yet: its buffers may change from now on."""
        self.pending = [bytes(part) for part in self.pending]

    def flush(self):
        """Hand the UART what it takes now."""
        pending = self.pending
        start = ticks_ms()
        while pending:
            buf = pending[0]
            off = self.off
            n = min(len(buf) - off, _PIECE)
            try:
                k = self.uart.write(buf, off, n) if n else 0
            except OSError as er:
                if er.errno != ETIMEDOUT:
                    raise
                k = 0
            off += k or 0
            self.off = off
            if off == len(buf):
                pending.pop(0)
                self.off = 0
            elif k != n:
                return
            if ticks_diff(ticks_ms(), start) >= _TURN_MS:
                return
