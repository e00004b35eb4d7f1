"""The wire between two UARTs: bytes take their time, and are garbled where the rates differ.

Pure, no clock of its own; runs on MicroPython.
Frames are 8N1: start bit 0, eight data bits from the lowest, stop bit 1, no gap between frames.
"""

NS = 1_000_000_000
BITS_PER_BYTE = 10
TOLERANCE = 0.03  # rates closer than this understand each other


def received(data: bytes, sent_baud: int, heard_baud: int) -> bytes:
    """The bytes a receiver at `heard_baud` gets of data sent at `sent_baud`.

    The line is silent before and after. Frames without a proper stop bit count as bytes, as most
    UART drivers count them.
    """
    if abs(heard_baud - sent_baud) <= TOLERANCE * sent_baud:
        return bytes(data)
    bits = _bits(data)
    period = sent_baud / heard_baud  # one bit of the receiver, in bits of the sender
    out = bytearray()
    at = 0.0
    while at < len(bits):
        index = int(at)
        if bits[index]:
            at = index + 1.0  # wait for a start bit
            continue
        value = 0
        for bit in range(8):
            value |= _level(bits, at + (1.5 + bit) * period) << bit
        out.append(value)
        at += 9.5 * period
        while at < len(bits) and not bits[int(at)]:  # the stop bit failed: wait for a high line
            at = int(at) + 1.0
    return bytes(out)


def _bits(data: bytes) -> bytearray:
    bits = bytearray()
    for byte in data:
        bits.append(0)
        for bit in range(8):
            bits.append(byte >> bit & 1)
        bits.append(1)
    return bits


def _level(bits: bytearray, at: float) -> int:
    return bits[int(at)] if at < len(bits) else 1


class Burst:
    """Bytes sent in one go at one rate."""

    def __init__(self, start: int, baud: int, data: bytes) -> None:
        self.start = start
        self.baud = baud
        self.data = data
        self.through = 0  # bytes that have arrived
        self.byte_ns = BITS_PER_BYTE * NS // baud

    @property
    def end(self) -> int:
        """When the last byte has arrived."""
        return self.start + len(self.data) * self.byte_ns


class Wire:
    """One direction: bytes that are under way. Times in nanoseconds."""

    def __init__(self) -> None:
        self._bursts = []
        self._free_at = 0

    @property
    def pending(self) -> int:
        """Bytes not yet through."""
        return sum(len(burst.data) - burst.through for burst in self._bursts)

    def clear(self) -> None:
        """Cut the line: what is under way is lost."""
        self._bursts = []
        self._free_at = 0

    def send(self, data: bytes, now: int, baud: int) -> None:
        """Put bytes behind those already on the line."""
        if data:
            burst = Burst(max(now, self._free_at), baud, data)
            self._bursts.append(burst)
            self._free_at = burst.end

    def last_ns(self) -> "int | None":
        """When the first burst will be through; None when the line is silent."""
        return self._bursts[0].end if self._bursts else None

    def arrived(self, now: int, limit: "int | None" = None) -> "tuple[bytes, int, int]":
        """Up to `limit` bytes of the first burst that are through by now, when the last one of
        them was, and the rate they were sent at."""
        if not self._bursts:
            return b"", 0, 0
        burst = self._bursts[0]
        first = burst.through
        through = min(len(burst.data), max(first, (now - burst.start) // burst.byte_ns))
        if limit is not None:
            through = min(through, first + limit)
        burst.through = through
        if through == len(burst.data):
            self._bursts.pop(0)
        return burst.data[first:through], burst.start + through * burst.byte_ns, burst.baud

    def hold(self, now: int) -> None:
        """The receiver is not ready: the next byte begins now or later."""
        for burst in self._bursts:
            begins = burst.start + burst.through * burst.byte_ns
            burst.start += max(0, now - begins)
            now = self._free_at = burst.end
