# MIT license; Copyright (c) 2026 The atmqtt authors
"""The native engine: messages that come in parts. Loaded when the first one comes.

A message whose packet does not fit the module's buffer (ESP-AT: 1024 bytes) comes in parts. Each
has the topic and its own length; none tells the length of the whole, or that it is the last. The
first fills the buffer, which is how it is known. Those after it end where the buffer or a TCP
segment ends, so a short one need not be the last. The rule:

- A part that fills the buffer begins a message. What comes to the same topic, or without a
  topic, continues it.
- The message has ended when something comes to another topic, when a part comes that is as long
  as its first one (the next message of its kind), or when nothing has come for a second.

So a message of that size is handed over up to a second late; and one that follows another to the
same topic within a second, the first in parts and the second of another size, is taken for its
end. Where that can be, use on_part and mark the ends yourself, or engine="packets".

A message of which a part is lost is lost as a whole. Counters: joined, lost, oversize.
"""

from time import ticks_diff, ticks_ms

from micropython import const

from .telling import tell

_GAP_MS = const(1000)  # longer than TCP takes to send a lost segment again, as a rule
# bytes that the head of a packet too long for the buffer has beside the topic: fixed header, id
_FIRST_MIN = const(3)
_FIRST_MAX = const(7)


class Joiner:
    """session: gets keep(), lose() and too_long(). channel: where the parts come from.

    session.on_part(topic, part) gets every part instead, and None as the last.
    """

    def __init__(self, session, channel):
        self._session = session
        self._inlet = channel.inlet
        self.stats = channel.stats
        session.stats["joined"] = 0

    def part(self, topic: bytes, named: int, buf, a: int, b: int, room: int):
        """buf[a:b]: a part, or a whole message. named: bytes of the topic that came with it.

        room: what is left of the buffer after it, for the head of a packet.
        """
        session = self._session
        if session.joining:
            if named and (topic != self.topic or b - a == self.first):
                self.end()
            else:
                return self._add(buf, a, b)
        if not named or room < _FIRST_MIN:
            session.lose(topic if named else None)  # what it continues is not here
        elif room > _FIRST_MAX:
            session.keep(topic, bytes(memoryview(buf)[a:b]))
        else:
            self._begin(topic, b - a)
            self._add(buf, a, b)

    def _begin(self, topic: bytes, n: int):
        self.topic = topic
        self.first = n
        self.size = 0
        self._parts = []
        self._spoilt = False
        self._noise = self._losses()
        self._session.joining = True

    def _add(self, buf, a: int, b: int):
        session = self._session
        self._heard = ticks_ms()
        self.size += b - a
        if self._spoilt:
            return
        try:
            if session.on_part:
                self._hand_over(bytes(memoryview(buf)[a:b]))
            elif self.size > session.max_payload:
                self._parts = []
            else:
                self._parts.append(bytes(memoryview(buf)[a:b]))
        except MemoryError:
            self._spoil()

    def _hand_over(self, part):
        session = self._session
        er = tell(session.on_part, self.topic, part, session.stats, "callback_errors")
        if er:
            session.client.event("on_part", er)

    def _losses(self) -> int:
        return self.stats["garbage"] + self.stats["damaged"]

    def _spoil(self):
        self._spoilt = True
        self._parts = []

    def damaged(self, topic: bytes, room: int):
        """A block was lost. room: see part()."""
        session = self._session
        if session.joining and topic and topic != self.topic:
            self.end()
        if not session.joining:
            if not _FIRST_MIN <= room <= _FIRST_MAX:
                return session.lose(topic or None)
            self._begin(topic, -1)  # what comes next may belong to it
        self._heard = ticks_ms()
        self._spoil()

    def check(self, now: int):
        """Has the message ended?"""
        inlet = self._inlet
        if ticks_diff(now, self._heard) > _GAP_MS:
            if not (inlet.held or inlet.tokens.missing()):  # else more of it is here
                self.end()

    def lose(self):
        """The connection has gone: what is missing will not come."""
        self._spoil()
        self.end()

    def end(self):
        """The message is complete, as far as can be known."""
        session = self._session
        session.joining = False
        if self._losses() != self._noise:
            self._spoilt = True  # it may have been a part of this
        parts = self._parts
        self._parts = []
        if session.on_part and not self._spoilt:
            session.stats["received"] += 1
            self._hand_over(None)
        elif self._spoilt:
            session.lose(self.topic or None)
        elif self.size > session.max_payload:
            session.too_long(self.topic, self.size)
        else:
            session.stats["joined"] += len(parts) > 1
            try:
                session.keep(self.topic, b"".join(parts))
            except MemoryError:
                session.lose(self.topic)
