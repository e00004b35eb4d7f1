"""One direction of a UART at wall-clock speed. CPython only."""

PIECE = 5  # bytes handed over together: shorter than the gap that ends a read of the module
BITS_PER_BYTE = 10


class Pacer:
    """A queue that lets bytes out at a baud rate. Times are in microseconds."""

    def __init__(self) -> None:
        self._queue = bytearray()
        self._free_at = 0.0  # when the line has finished the last byte let out

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, data: bytes, now: int) -> None:
        """Queue bytes."""
        if not self._queue:
            self._free_at = max(self._free_at, now)
        self._queue.extend(data)

    def take(self, now: int, baud: int) -> list[tuple[int, bytes]]:
        """The pieces that are through by now, each with the time of its last bit."""
        pieces = []
        byte_us = BITS_PER_BYTE * 1e6 / baud
        while self._queue:
            piece = bytes(self._queue[:PIECE])
            end = self._free_at + len(piece) * byte_us
            if end > now:
                break
            self._free_at = end
            del self._queue[: len(piece)]
            pieces.append((int(end), piece))
        return pieces
