# MIT license; Copyright (c) 2026 The atmqtt authors
"""Bytes to the module: written in order and in full, however little the UART takes at a time."""

from errno import ETIMEDOUT


class Outlet:
    """uart: write(buf, off, n) of machine.UART: may be short, None or raise OSError(ETIMEDOUT)."""

    def __init__(self, uart):
        self._uart = uart
        self.clear()

    def clear(self):
        """Forget what is not written yet."""
        self.pending = []  # buffers, the first of them written up to _off
        self._off = 0

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
        while pending:
            off = self._off
            n = len(pending[0]) - off
            k = n
            if n:
                try:
                    k = self._uart.write(pending[0], off, n) or 0
                except OSError as er:
                    if er.errno != ETIMEDOUT:
                        raise
                    k = 0
            if k < n:
                self._off = off + k
                return
            pending.pop(0)
            self._off = 0
