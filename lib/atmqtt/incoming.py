# MIT license; Copyright (c) 2026 The atmqtt authors
"""Every packet from the broker, to where it belongs; messages into the inbox, and acknowledged
when the application has them. What QoS 2 needs beside that is in once.py.
"""

from micropython import const

from .connection import Connection
from .mqtt311 import topic_name

_CONNACK = const(0x20)
_PUBLISH = const(0x30)
_PUBACK = const(0x40)
_PUBREC = const(0x50)
_PUBREL = const(0x62)
_PUBCOMP = const(0x70)
_SUBACK = const(0x90)
_UNSUBACK = const(0xB0)
_PINGRESP = const(0xD0)

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any


class Incoming(Connection):
    """See Connection."""

    store: "Any" = None  # a dict of bytes that keeps the session through a reset
    keep: "Any" = None  # see Keeper
    pid = 0  # the last packet id
    _known = False  # have we ever had this session?
    topic = b""  # the last one, checked: most messages come to few topics
    buf: "Any" = None  # where the last message was read from
    _view: "Any" = None

    def _must_know_flights(self):
        if not self.flights:
            from .flights import Flights

            self.flights = Flights(self.store, self.keep)

    def _must_know_ids(self):
        if not self.once:
            from .once import Once

            self.once = Once(self, self.store)

    def acknowledge(self, flags: int, pid: int):
        """A message has left the inbox. flags: of its PUBLISH; its connection is above them."""
        qos = flags >> 1 & 3
        if qos == 1 and flags >> 8 == self._epoch and self.connected:
            self._answer(_PUBACK, pid)
        elif qos == 2:
            self.once.taken(pid, flags >> 8)

    def _on_packet(self, first: int, buf, a: int, b: int) -> bool:
        if self._over:
            return False  # what came before in the same piece has closed the link
        n = b - a
        if first & 0xF0 == _PUBLISH and self.connected:
            self._on_publish(first, buf, a, b)
            return True  # others may want a turn
        if self.connected == (first == _CONNACK):
            raise ValueError("CONNACK comes first and once")
        if first == _PINGRESP and not n:
            if self._ping and self._ping.fed:
                self._ping = None
            else:
                self.stats["unexpected"] += 1
        elif first == _CONNACK and n == 2:
            from .connecting import acknowledged  # it is loaded: connect() is under way

            acknowledged(self, buf[a], buf[a + 1])
        elif n >= 2 and buf[a] | buf[a + 1]:
            self._on_ack(first, buf[a] << 8 | buf[a + 1], n - 2, buf[b - 1])
        else:
            raise ValueError("malformed or unexpected packet")
        return False

    def _on_ack(self, kind: int, pid: int, n: int, code: int):
        if (n == 1 and kind == _SUBACK and code in b"\0\1\2\x80") or (not n and kind == _UNSUBACK):
            for request in self._requests:
                if request.kind == kind and request.pid == pid and not request.done:
                    request.result = code if n else None
                    return request.finish()
            self.stats["unexpected"] += 1
        elif n:
            raise ValueError("malformed or unexpected packet")
        elif kind == _PUBREL:
            if self.once:
                self.once.released(pid)
            self._answer(_PUBCOMP, pid)  # whether it was known or not
        elif kind in (_PUBACK, _PUBREC, _PUBCOMP):
            if not (self.flights and self.flights.acknowledged(kind, pid)):
                self.stats["unexpected"] += 1
            if kind == _PUBREC:
                self._answer(_PUBREL, pid)  # known or not: else the broker would wait for it
        else:
            raise ValueError("malformed or unexpected packet")

    def _on_publish(self, first: int, buf, a: int, b: int):
        t = a + 2
        body = p = t + (buf[a] << 8 | buf[a + 1]) if t <= b else b
        pid = qos = 0
        if first & 14:
            qos = first >> 1 & 3
            body += 2
            if qos > 2 or not qos or body > b:
                raise ValueError("PUBLISH")
            pid = buf[p] << 8 | buf[p + 1]
            if not pid:
                raise ValueError("packet id")
            if qos == 2:
                self._must_know_ids()
        if body > b or t >= p:
            raise ValueError("PUBLISH")
        if self.buf is not buf:
            self.buf = buf
            self._view = memoryview(buf)
        view = self._view
        topic = self.topic
        if len(topic) != p - t or not buf.startswith(topic, t):
            self.topic = topic = topic_name(view[t:p])
        flags = first & 15 | self._epoch << 8
        if b - body > self.max_payload:
            from .oversize import skipped

            return skipped(self, topic, b - body, flags, pid)
        if qos < 2 or self.once.is_new(pid, self._epoch):
            self.stats["received"] += 1
            self.inbox.put((topic, bytes(view[body:b]), flags, pid))

    def _on_oversize(self, first: int, n: int):
        from .oversize import begin

        return begin(self, first, n)
