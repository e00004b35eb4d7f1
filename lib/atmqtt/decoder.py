# MIT license; Copyright (c) 2026 The atmqtt authors
"""A stream of MQTT bytes, cut into packets wherever the network has cut it. Pure."""


class Decoder:
    """sink(first, buf, a, b): a packet whose first byte is `first` and whose rest is buf[a:b];
    returns True to be given no more for now. limit: longest rest kept; for one that is longer
    oversize(first, n) returns who reads past it: feed(buf, i, end), left (bytes). Nothing is
    allocated but for packets that arrive in pieces.
    """

    def __init__(self, sink, oversize, limit: int):
        self.sink = sink
        self.oversize = oversize
        self.limit = limit
        self.reset()

    def reset(self):
        """Begin a new stream."""
        self.first = 0  # 0: the next byte begins a packet
        self._shift = self.n = 0  # of the length that is being read
        self.piece: bytearray | None = None  # the start of a packet; more of it is to come
        self._have = 0
        self._skip = None  # who reads past a packet that is too long

    def feed(self, buf, i: int, end: int) -> int:
        """Take in buf[i:end]. Returns how far it was read: to the end unless the sink had enough.

        ValueError: the stream is malformed.
        """
        while i < end:
            if self._skip:
                i = self._skip.feed(buf, i, end)
                if not self._skip.left:
                    self._skip = None
            elif self.piece is not None:
                piece = self.piece
                i = self._collect(piece, buf, i, end)
                if self._have == len(piece):
                    self.piece = None
                    if self._hand_over(piece, 0, self._have):
                        return i
            elif not self.first:
                self.first = buf[i]
                if not 0x20 <= self.first < 0xF0:
                    raise ValueError("reserved packet type")
                self._shift = self.n = 0
                i += 1
            else:
                c = buf[i]
                i += 1
                self.n |= (c & 127) << self._shift
                if c & 128:
                    self._shift += 7
                    if self._shift > 21:
                        raise ValueError("remaining length of more than four bytes")
                elif self.n > self.limit:
                    first = self.first
                    self.first = 0
                    self._skip = self.oversize(first, self.n)
                elif end - i >= self.n:
                    a = i
                    i += self.n
                    if self._hand_over(buf, a, i):
                        return i
                else:
                    self.piece = bytearray(self.n)
                    self._have = 0
        return end

    def _collect(self, piece: bytearray, buf, i: int, end: int) -> int:
        have = self._have
        n = min(len(piece) - have, end - i)
        piece[have : have + n] = memoryview(buf)[i : i + n]
        self._have = have + n
        return i + n

    def _hand_over(self, buf, a: int, b: int):
        first = self.first
        self.first = 0
        return self.sink(first, buf, a, b)
