# MIT license; Copyright (c) 2026 The atmqtt authors
"""Messages from the broker: into the inbox, and acknowledged when the application has them.

A message of QoS 2 is delivered once (4.3.3, method A): its packet id is remembered from when it
comes until PUBREL, through new connections, and once the application has it, in the store.
"""

from micropython import const

from . import mqtt311
from .connection import Connection
from .mqtt311 import PUBACK, PUBCOMP, PUBLISH, PUBREC

_IDS_MAX = const(1024)  # messages of QoS 2 that a broker may leave unfinished
_TAKEN = const(-1)  # the application has it; else: its connection, and PUBRECs owed << 8


class Incoming(Connection):
    """See Connection. store: dict of bytes that keeps the session through a reset, or None."""

    def __init__(self, modem, inbox, max_payload: int, client, store=None):
        super().__init__(modem, inbox, max_payload, client)
        self._store = store
        self._ids = {int(key[3:]): _TAKEN for key in store or () if key[:3] == b"in-"}
        self._buf = self._view = None  # where the last message was read from
        self._topic = b""  # the last one, checked: most messages come to few topics

    def begin(self, clean: bool, keepalive: int):
        """See Connection."""
        super().begin(clean, keepalive)
        for pid, state in self._ids.items():
            if state != _TAKEN:
                self._ids[pid] = state & 255  # what was owed on the last connection is void

    def _forget_ids(self):
        for pid in self._ids:
            self._keep(b"in-%d" % pid, None)
        self._ids = {}

    def _keep(self, key: bytes, value):
        # A store that fails costs no message while the host runs: reported, not raised.
        if self._store is not None:
            try:
                if value is not None:
                    self._store[key] = value
                elif key in self._store:
                    del self._store[key]
            except OSError as er:
                self._client.event("store", er)

    def acknowledge(self, flags: int, pid: int):
        """A message has left the inbox. flags: of its PUBLISH; its connection is above them."""
        qos = flags >> 1 & 3
        if qos == 1 and flags >> 8 == self._epoch and self.connected:
            self._answer(PUBACK, pid)
        elif qos == 2:
            state = self._ids.get(pid, _TAKEN)
            if state != _TAKEN and state & 255 == flags >> 8:
                self._ids[pid] = _TAKEN
                self._keep(b"in-%d" % pid, b"")
                for _ in range(state >> 8):
                    if self.connected:
                        self._answer(PUBREC, pid)

    def _on_release(self, pid: int):
        if self._ids.pop(pid, None) == _TAKEN:
            self._keep(b"in-%d" % pid, None)
        self._answer(PUBCOMP, pid)  # whether it was known or not

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
        if body > b or t >= p:
            raise ValueError("PUBLISH")
        if self._buf is not buf:
            self._buf = buf
            self._view = memoryview(buf)
        view = self._view
        topic = self._topic
        if len(topic) != p - t or not buf.startswith(topic, t):
            self._topic = topic = mqtt311.topic_name(view[t:p])
        flags = first & 15 | self._epoch << 8
        if b - body > self._max_payload:
            return self._too_long(topic, b - body, flags, pid)
        if qos < 2 or self._is_new(pid):
            self.stats["received"] += 1
            self.inbox.put((topic, bytes(view[body:b]), flags, pid))

    def _is_new(self, pid: int) -> bool:
        # a message of QoS 2: was it not delivered yet?
        state = self._ids.get(pid)
        if state == _TAKEN:
            self._answer(PUBREC, pid)
        elif state is None and len(self._ids) >= _IDS_MAX:
            raise ValueError("too many messages of QoS 2 without PUBREL")
        else:  # PUBREC follows when the application has taken it
            self._ids[pid] = (self._epoch if state is None else state) + 256
        return state is None

    def _on_oversize(self, first: int, n: int):
        if first & 0xF0 != PUBLISH or not self.connected:
            raise ValueError("packet too long")
        if first & 6 == 6 or first & 14 == 8:
            raise ValueError("PUBLISH")
        from .oversize import Oversize

        return Oversize(first, n, self._read_past)

    def _read_past(self, oversize):
        flags = oversize.flags | self._epoch << 8
        self._too_long(oversize.topic, oversize.size, flags, oversize.pid)

    def _too_long(self, topic, size: int, flags: int, pid: int):
        # it counts as received: else the broker would bring it again and again
        if not flags & 4 or self._is_new(pid):
            self.stats["oversize"] += 1
            self._client.on_oversize(topic, size)
            self.acknowledge(flags, pid)
