"""A client on the broker's side of a MemoryNet: it publishes and watches without a network.

    watcher = MemoryClient(broker)
    watcher.subscribe("#", qos=2)
    ...
    for topic, payload, qos, retained in watcher.messages():

The broker answers at once, so every call has done its whole handshake when it returns.
Runs on CPython 3.11+ and on MicroPython 1.25+.
"""

from . import brokerwire as wire
from .broker import Broker
from .brokerwire import Reader

_MAX_PACKET = 1 << 20
_CLEAN_SESSION = 0x02


class MemoryClient:
    """Connected from the start, clean session, no keepalive. Topics and payloads: str or bytes.

    Raises OSError when the broker refuses it or closes the connection.
    """

    def __init__(self, broker: Broker, client_id: str = "watcher") -> None:
        self._connection = broker.open()
        self._splitter = wire.Splitter(_MAX_PACKET)
        self._messages = []
        self._received = []  # packet ids of QoS 2 messages that wait for PUBREL
        self._answers = {}  # (type, packet id) -> body of what the broker answered
        self._last_id = 0
        body = wire.prefixed(b"MQTT") + bytes([4, _CLEAN_SESSION, 0, 0])
        self._send(wire.CONNECT, 0, body + wire.prefixed(client_id.encode()))
        if self._connection.closed:
            raise OSError("the broker refused %s" % client_id)

    def subscribe(self, topic_filter: "str | bytes", qos: int = 0) -> int:
        """Return the granted QoS."""
        request = wire.prefixed(_octets(topic_filter)) + bytes([qos])
        return self._request(wire.SUBSCRIBE, 2, b"", request, wire.SUBACK)[2]

    def unsubscribe(self, topic_filter: "str | bytes") -> None:
        """Return when the broker has confirmed it."""
        request = wire.prefixed(_octets(topic_filter))
        self._request(wire.UNSUBSCRIBE, 2, b"", request, wire.UNSUBACK)

    def publish(
        self, topic: "str | bytes", payload: "str | bytes", qos: int = 0, retain: bool = False
    ) -> None:
        """Return when the QoS is satisfied between this client and the broker."""
        flags = qos << 1 | (1 if retain else 0)
        head = wire.prefixed(_octets(topic))
        if qos == 0:
            self._send(wire.PUBLISH, flags, head + _octets(payload))
        else:
            final = wire.PUBACK if qos == 1 else wire.PUBCOMP
            self._request(wire.PUBLISH, flags, head, _octets(payload), final)

    def messages(self) -> "list[tuple[bytes, bytes, int, bool]]":
        """Messages since the last call: (topic, payload, QoS, retained)."""
        self._receive()
        taken, self._messages = self._messages, []
        return taken

    def close(self) -> None:
        """Send DISCONNECT."""
        self._send(wire.DISCONNECT, 0, b"")

    def _request(self, kind: int, flags: int, head: bytes, tail: bytes, answer: int) -> bytes:
        """Send a packet with a packet id between head and tail; return the answer's body."""
        self._last_id = self._last_id % 0xFFFF + 1
        self._send(kind, flags, head + wire.word(self._last_id) + tail)
        body = self._answers.pop((answer, self._last_id), None)
        if body is None:
            raise OSError("the broker closed the connection")
        return body

    def _send(self, kind: int, flags: int, body: bytes) -> None:
        self._connection.receive(wire.encode(kind, flags, body))
        self._receive()

    def _receive(self) -> None:
        """Take what the broker has for us until it has nothing more to say."""
        while True:
            data = self._connection.take()
            if not data:
                return
            self._splitter.feed(data)
            while (packet := self._splitter.next()) is not None:
                self._handle(*packet)

    def _handle(self, kind: int, flags: int, body: bytes) -> None:
        if kind == wire.PUBLISH:
            self._take_message(flags, Reader(body))
        elif kind in (wire.SUBACK, wire.UNSUBACK, wire.PUBACK, wire.PUBCOMP):
            self._answers[(kind, Reader(body).word())] = body
        elif kind == wire.PUBREC:
            self._acknowledge(wire.PUBREL, Reader(body).word())
        elif kind == wire.PUBREL:
            packet_id = Reader(body).word()
            self._received.remove(packet_id)
            self._acknowledge(wire.PUBCOMP, packet_id)

    def _take_message(self, flags: int, reader: Reader) -> None:
        qos = flags >> 1 & 3
        topic = reader.text()
        packet_id = reader.word() if qos else 0
        self._messages.append((topic, reader.rest(), qos, bool(flags & 1)))
        if qos == 2:
            self._received.append(packet_id)
            self._acknowledge(wire.PUBREC, packet_id)
        elif qos == 1:
            self._acknowledge(wire.PUBACK, packet_id)

    def _acknowledge(self, kind: int, packet_id: int) -> None:
        self._connection.receive(wire.encode_ack(kind, packet_id))


def _octets(value: "str | bytes") -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)
