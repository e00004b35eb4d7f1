# MIT license; Copyright (c) 2026 The atmqtt authors
"""A message too long to be kept: read past, and only its head looked at. Loaded when needed."""

from micropython import const

from .mqtt311 import topic_name

_PUBLISH = const(0x30)
_TOPIC_MAX = const(512)  # bytes of a topic that is kept


class Oversize:
    """first: first byte of a PUBLISH. n: bytes of its rest, of which `left` are still to come.

    then: called with this when none is left: topic (bytes, None if it is too long to be kept),
    flags, pid (0 with QoS 0) and size (bytes of payload) are known then.
    """

    def __init__(self, first: int, n: int, then):
        self._then = then
        self.flags = first & 15
        self.left = self.size = n
        self.pid = 0
        self.topic = None
        self.piece = bytearray()  # of the topic
        self._at = self._length = 0
        self._head = 2  # where the head ends, as far as it is known

    def feed(self, buf, i: int, end: int) -> int:
        """Read on. Returns how far. ValueError: malformed, raised as soon as it is seen."""
        end = min(end, i + self.left)
        self.left -= end - i
        while self._at < self._head and i < end:
            self._take(buf[i])
            i += 1
        if not self.left:
            self._then(self)
        return end

    def _take(self, c: int):
        self._at = at = self._at + 1
        topic_end = 2 + self._length
        if at <= 2:
            self._length = self._length << 8 | c
            if at == 2:
                self._measure()
        elif at <= topic_end:
            self.piece.append(c)
            if at == topic_end or len(self.piece) == _TOPIC_MAX:
                self._check(at == topic_end)
        else:
            self.pid = self.pid << 8 | c
            if at == self._head and not self.pid:
                raise ValueError("packet id")

    def _measure(self):
        self._head = 2 + self._length + (2 if self.flags & 6 else 0)
        self.size -= self._head
        if self.size < 0 or not self._length:
            raise ValueError("topic longer than the packet, or empty")

    def _check(self, last: bool):
        # a topic that is not kept is judged all the same, piece by piece
        piece = self.piece
        cut = len(piece)
        if not last:  # a character may go on in the next piece
            cut -= 1
            while cut and piece[cut] & 0xC0 == 0x80:
                cut -= 1
        topic = topic_name(piece[:cut] or piece)
        self.piece = piece[cut:]
        if self._length <= _TOPIC_MAX:
            self.topic = topic


def begin(session, first: int, n: int) -> Oversize:
    """A packet is too long to be kept. Returns who reads past it. ValueError: it may not come."""
    if first & 0xF0 != _PUBLISH or not session.connected:
        raise ValueError("packet too long")
    if first & 6 == 6 or first & 14 == 8:
        raise ValueError("PUBLISH")

    def read_past(oversize):
        if oversize.flags & 4:
            session._must_know_ids()
        flags = oversize.flags | session._epoch << 8
        skipped(session, oversize.topic, oversize.size, flags, oversize.pid)

    return Oversize(first, n, read_past)


def skipped(session, topic, size: int, flags: int, pid: int):
    """A message was too long. It counts as received: else the broker would bring it for ever."""
    if not flags & 4 or session.once.is_new(pid, session._epoch):
        session.stats["oversize"] += 1
        session.client.on_oversize(topic, size)
        session.acknowledge(flags, pid)
