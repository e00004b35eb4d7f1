# MIT license; Copyright (c) 2026 The atmqtt authors
"""One MQTT connection after the other: bytes in and out, keepalive, who waits for an answer.

Nothing a broker sends raises anything here: what breaks the protocol closes the link, is counted
and reported (clause 4.8 of the standard).
"""

from time import ticks_diff, ticks_ms

from micropython import const

from .decoder import Decoder
from .errors import MQTTError
from .mqtt311 import ack

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

_PINGREQ = const(b"\xc0\0")
_ANSWER_MS = const(10000)  # for PINGRESP, counted from when PINGREQ has left
_ANSWERS_MAX = const(2048)  # bytes of acknowledgements that wait: a broker that asks for more
_OVERHEAD = const(512)  # of a PUBLISH of the longest payload: topic and packet id


class Connection:
    """modem: started. inbox: where messages go. max_payload: bytes of a message that is kept.

    client: has stats (dict of counters), event(name, detail) and on_lost(error), called once when
    the connection has gone by itself. A subclass has _on_packet() and _on_oversize().
    """

    once: "Any" = None  # what is known of messages of QoS 2 that come
    flights: "Any" = None  # messages of QoS 1 and 2 that leave

    def __init__(self, modem, inbox, max_payload: int, client):
        self.connected = False
        self.inbox = inbox
        self.stats = client.stats
        self.client = client
        self.channel = modem.channel
        self._link = modem.link()
        self.max_payload = max_payload
        self.decoder = Decoder(self._on_packet, self._on_oversize, max_payload + _OVERHEAD)
        self._requests = []  # that wait for the broker; a request's `kind` is the answer's type
        self._epoch = 0  # which connection a message came by
        self._clean = True
        self._watcher = self._watch
        self._paused = False

    if TYPE_CHECKING:  # of the subclass

        def _on_packet(self, first: int, buf, a: int, b: int) -> bool: ...

        def _on_oversize(self, first: int, n: int) -> "Any": ...

    def begin(self, clean: bool, keepalive: int):
        """A new connection."""
        self.decoder.reset()
        self._over = False
        self._clean = clean
        self._epoch = (self._epoch + 1) & 255
        self._answers = b""  # acknowledgements, to be sent as soon as the last ones have left
        self._answering = None
        self._keepalive = keepalive * 1000
        self._ping: Any = None  # the command that sends PINGREQ, until PINGRESP
        self._sent = self._heard = self._pinged = ticks_ms()
        if self._watcher not in self.channel.watches:
            self.channel.watches.append(self._watcher)
        if self.once:
            self.once.begin()

    def _end(self, error: Exception):
        self.connected = False
        self._over = True  # what is still on its way to us is nobody's any more
        self._answers = b""
        if self._watcher in self.channel.watches:
            self.channel.watches.remove(self._watcher)
        requests = self._requests
        self._requests = []
        for request in requests:
            request.finish(error)
        if self._clean and self.flights:
            self.flights.drop(error)

    def _watch(self, now: int):
        # Only what is sent keeps the broker content (3.1.2.10), and the way through the module
        # takes time: half the interval. A link that takes bytes may still be dead: so may silence
        # last no longer than the whole.
        keepalive_ms = self._keepalive
        if not (self.connected and keepalive_ms):
            return
        if self._ping:
            if self._ping.done and ticks_diff(now, self._pinged) > _ANSWER_MS:
                self._link.drop(MQTTError("no PINGRESP"))
        elif (
            ticks_diff(now, self._sent) >= keepalive_ms // 2
            or ticks_diff(now, self._heard) >= keepalive_ms
        ):
            self._ping = self._link.send(_PINGREQ)

    def _answer(self, kind: int, pid: int):
        # an acknowledgement; one CIPSEND for all that gather while the module is busy
        self._answers += ack(kind, pid)
        if len(self._answers) > _ANSWERS_MAX:
            self._broken("more acknowledgements asked for than can be sent")
        elif not self._answering:
            self._send_answers()

    def _send_answers(self):
        self._answering = self._link.send(self._answers)
        self._answers = b""

    def _broken(self, what):
        if self._over:
            return
        self.stats["protocol_errors"] += 1
        self._link.drop(MQTTError("protocol error: " + str(what)))

    # --- what the link brings

    def on_lost(self, error: Exception):
        """The connection has gone."""
        was = self.connected
        self._end(MQTTError("connection lost: " + str(error)))
        if was:
            self.client.on_lost(error)

    def on_sent(self, command):
        """A packet has left the module."""
        self._sent = now = ticks_ms()
        if command.request:
            command.request.finish()
        if command is self._ping:
            self._pinged = now
        elif command is self._answering:
            self._answering = None
            if self._answers:
                self._send_answers()

    def on_data(self, buf, a: int, b: int) -> int:
        """Bytes from the broker. Returns how far they were read."""
        if self._over:
            return b
        if self.inbox.full() and not self._paused:
            self._paused = True  # the application gets a turn before the inbox's policy decides
            return a
        self._paused = False
        self._heard = ticks_ms()
        try:
            return self.decoder.feed(buf, a, b)
        except (ValueError, MemoryError) as er:
            self._broken(er)
            return b
