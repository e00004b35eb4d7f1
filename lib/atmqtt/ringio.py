# MIT license; Copyright (c) 2026 The atmqtt authors
"""micropython.RingIO in plain Python, for builds that lack it (some stm32 and nrf boards).

Safe for one writer that interrupts one reader: each side moves its own index only, at the end.
"""


class RingIO:
    """A byte queue of `size` bytes with RingIO's any, write and readinto."""

    def __init__(self, size: int):
        self.buf = bytearray(size + 1)
        self._put = 0
        self._get = 0

    def any(self) -> int:
        """How many bytes wait."""
        return (self._put - self._get) % len(self.buf)

    def write(self, src, n: int) -> int:
        """Append the first n bytes of src, as many as fit. Returns how many."""
        buf = self.buf
        size = len(buf)
        put = self._put
        n = min(n, size - 1 - self.any())
        for i in range(n):
            buf[put] = src[i]
            put += 1
            if put == size:
                put = 0
        self._put = put
        return n

    def readinto(self, dst, n: int) -> int:
        """Take at most n bytes into dst. Returns how many."""
        buf = self.buf
        size = len(buf)
        get = self._get
        n = min(n, self.any())
        for i in range(n):
            dst[i] = buf[get]
            get += 1
            if get == size:
                get = 0
        self._get = get
        return n
