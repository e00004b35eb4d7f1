# MIT license; Copyright (c) 2026 The atmqtt authors
"""What the broker sends: acknowledgements to who waits for them, messages to the inbox.

Nothing a broker sends raises anything here: what breaks the protocol closes the link, is counted
and reported (clause 4.8 of the standard).
"""

from time import ticks_diff, ticks_ms

from micropython import const

from . import mqtt311
from .decoder import Decoder
from .errors import MQTTError
from .mqtt311 import CONNACK, PINGRESP, PUBACK, PUBLISH, SUBACK, UNSUBACK

_PING_MS = const(10000)  # for PINGRESP, counted from when PINGREQ was sent
_OVERHEAD = const(512)  # of a PUBLISH of the longest payload: topic and packet id
_REFUSED = (
    "refused",
    "protocol version not supported",
    "client id rejected",
    "server unavailable",
    "bad user name or password",
    "not authorized",
)


class Receiver:
    """modem: started. inbox: where messages go. max_payload: bytes of a message that is kept.

    client: has stats (dict of counters), event(name, detail) and on_lost(error), called once when
    the connection has gone by itself.
    """

    def __init__(self, modem, inbox, max_payload: int, client):
        self.connected = False
        self.inbox = inbox
        self.stats = client.stats
        self._client = client
        self._channel = modem.channel
        self._link = modem.link()
        self._max_payload = max_payload
        self._decoder = Decoder(self._on_packet, self._on_oversize, max_payload + _OVERHEAD)
        self._requests = []  # that wait for the broker; a request's `kind` is the answer's type
        self._epoch = 0  # which connection a message came by
        self._topic = b""  # the last one, checked: most messages come to few topics
        self._watcher = self._watch
        self._paused = False

    def begin(self, clean: bool, keepalive: int):
        """A new connection."""
        self._decoder.reset()
        self._over = False
        self._clean = clean
        self._epoch = (self._epoch + 1) & 255
        self._acks = b""  # to be sent as soon as the last ones have left
        self._acking = None
        self._keepalive_ms = keepalive * 500  # half: the way through the module takes time too
        self._pinging = False
        self._sent_at = ticks_ms()
        if self._watcher not in self._channel.watches:
            self._channel.watches.append(self._watcher)

    def _end(self, error: Exception):
        self.connected = False
        self._over = True  # what is still on its way to us is nobody's any more
        if self._watcher in self._channel.watches:
            self._channel.watches.remove(self._watcher)
        requests = self._requests
        self._requests = []
        for request in requests:
            request.finish(error)

    def _watch(self, now: int):
        if not (self.connected and self._keepalive_ms):
            return
        if self._pinging:
            if ticks_diff(now, self._sent_at) > _PING_MS:
                self._link.drop(MQTTError("no PINGRESP"))
        elif ticks_diff(now, self._sent_at) >= self._keepalive_ms:
            self._pinging = True
            self._sent_at = now
            self._link.send(bytes((mqtt311.PINGREQ, 0)))

    def acknowledge(self, flags: int, pid: int):
        """A message has left the inbox."""
        if flags >> 1 & 3 == 1 and flags >> 8 == self._epoch and self.connected:
            self._acks += mqtt311.ack(PUBACK, pid)
            self._send_acks()

    def _send_acks(self):
        if self._acks and not self._acking:  # one CIPSEND for all that gathered meanwhile
            self._acking = self._link.send(self._acks)
            self._acks = b""

    # --- what the link brings

    def on_lost(self, error: Exception):
        """The connection has gone."""
        was = self.connected
        self._end(MQTTError("connection lost: " + str(error)))
        if was:
            self._client.on_lost(error)

    def on_sent(self, command):
        """A packet has left the module."""
        self._sent_at = ticks_ms()
        if command.request:
            command.request.finish(command.error)
        if command is self._acking:
            self._acking = None
            self._send_acks()

    def on_data(self, buf, a: int, b: int) -> int:
        """Bytes from the broker. Returns how far they were read."""
        if self._over:
            return b
        if self.inbox.full() and not self._paused:
            self._paused = True  # the application gets a turn before the inbox's policy decides
            return a
        try:
            n = self._decoder.feed(buf, a, b)
            self._paused = n < b
            return n
        except (ValueError, MemoryError) as er:
            self.stats["protocol_errors"] += 1
            self._link.drop(MQTTError("protocol error: " + str(er)))
            return b

    def _on_packet(self, first: int, buf, a: int, b: int) -> bool:
        kind = first & 0xF0
        if kind == PUBLISH and self.connected:
            self._on_publish(first, buf, a, b)
            return self.inbox.full()
        if first & 15:
            raise ValueError("flags")
        if self.connected == (kind == CONNACK):
            raise ValueError("CONNACK comes first and once")
        if kind == PINGRESP and a == b:
            self._pinging = False
        elif kind == CONNACK and b - a == 2:
            self._on_connack(buf[a], buf[a + 1])
        elif kind in (PUBACK, UNSUBACK) and b - a == 2 or kind == SUBACK and b - a == 3:
            self._on_ack(kind, buf, a)
        else:
            raise ValueError("unexpected packet")
        return False

    def _on_connack(self, flags: int, code: int):
        if flags > 1 or (flags and (code or self._clean)):
            raise ValueError("session present where none can be")
        error = None
        if code:
            error = MQTTError("broker: " + _REFUSED[code if code < 6 else 0], code)
        else:
            self.connected = True
            self._sent_at = ticks_ms()
        for request in self._requests:
            request.result = bool(flags)
            request.finish(error)

    def _on_ack(self, kind: int, buf, a: int):
        pid = buf[a] << 8 | buf[a + 1]
        code = buf[a + 2] if kind == SUBACK else 0
        if not pid or code not in (0, 1, 2, 0x80):
            raise ValueError("packet id or return code")
        for request in self._requests:
            if request.kind == kind and request.pid == pid and not request.done:
                request.result = code
                refused = MQTTError("broker: subscription refused", code) if code > 2 else None
                return request.finish(refused)
        self.stats["unexpected"] += 1

    def _on_publish(self, first: int, buf, a: int, b: int):
        qos = first >> 1 & 3
        t = a + 2
        p = t + (buf[a] << 8 | buf[a + 1]) if t <= b else b
        body = p + 2 if qos else p
        if qos > 1 or (first & 8 and not qos) or body > b or t >= p:
            raise ValueError("PUBLISH")
        pid = buf[p] << 8 | buf[p + 1] if qos else 0
        if qos and not pid:
            raise ValueError("packet id")
        if b - body > self._max_payload:
            self._on_oversize(first, b - a)
            return self.acknowledge(first | self._epoch << 8, pid)
        view = memoryview(buf)
        topic = self._topic
        if len(topic) != p - t or not buf.startswith(topic, t):
            self._topic = topic = mqtt311.topic_name(view[t:p])
        self.stats["received"] += 1
        self.inbox.put(topic, bytes(view[body:b]), first & 15 | self._epoch << 8, pid)

    def _on_oversize(self, first: int, n: int):
        if first & 0xF0 != PUBLISH or not self.connected:
            raise ValueError("packet too long")
        self.stats["oversize"] += 1
        self._client.event("oversize", n)
