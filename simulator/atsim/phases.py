"""Data phases: while one is open, bytes from the host are data and not commands.

A phase has `take(data) -> surplus` (one read of the UART), `done`, and `gap_us`, the silence that
ends a read while it is open (0: the usual one).
"""

CANCEL = b"+++"  # as a read of its own


class Counted:
    """Exactly `count` bytes; a read that is just `+++` cancels where the command allows it."""

    gap_us = 0

    def __init__(self, count: int, cancellable: bool = False) -> None:
        self._missing = count
        self._cancellable = cancellable
        self.data = bytearray()
        self.cancelled = False

    @property
    def done(self) -> bool:
        """All bytes are there, or the host cancelled."""
        return self.cancelled or self._missing == 0

    def take(self, data: bytes) -> bytes:
        """One read of the UART; returns what is not data any more."""
        if self._cancellable and data == CANCEL:
            self.cancelled = True
            return b""
        wanted, surplus = data[: self._missing], data[self._missing :]
        self._missing -= len(wanted)
        self.data.extend(wanted)
        return surplus

    def discard(self, count: int) -> None:
        """Forget the first bytes of `data`: they were dealt with while more come in."""
        self.data = self.data[count:]


class Escaped:
    """Up to `limit` bytes, or to backslash-zero; backslash-X gives X (AT+CIPSENDEX)."""

    gap_us = 0

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._after_backslash = False
        self.data = bytearray()
        self.done = False

    def take(self, data: bytes) -> bytes:
        """One read of the UART; returns what is not data any more."""
        for index, byte in enumerate(data):
            if self._after_backslash:
                self._after_backslash = False
                self.done = byte == 0x30
                if not self.done:
                    self.data.append(byte)
            elif byte == 0x5C:
                self._after_backslash = True
            else:
                self.data.append(byte)
            self.done = self.done or len(self.data) == self._limit
            if self.done:
                return data[index + 1 :]
        return b""


class Stream:
    """Passthrough: every read is data, until one is exactly `+++`.

    The read gap is the firmware's packing time, which is the guard time of `+++` as well.
    """

    def __init__(self, gap_us: int, on_end) -> None:
        self.gap_us = gap_us
        self._on_end = on_end
        self.data = bytearray()
        self.done = False

    def take(self, data: bytes) -> bytes:
        """One read of the UART; returns what is not data any more."""
        if data == CANCEL:
            self.done = True
            self._on_end()
        else:
            self.data.extend(data)
        return b""

    def discard(self, count: int) -> None:
        """Forget the first bytes of `data`."""
        self.data = self.data[count:]
