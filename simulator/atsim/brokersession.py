"""What the broker keeps of one client: subscriptions and messages under way in both directions.

Runs on CPython 3.11+ and on MicroPython 1.25+.
"""

from .brokertopics import matches
from .brokerwire import PUBREL, ProtocolError, encode_ack, encode_publish

TYPE_CHECKING = False
if TYPE_CHECKING:  # MicroPython lacks this module
    from collections.abc import Callable


class Message:
    """An application message: topic and payload as bytes, QoS 0 to 2, the retain flag."""

    def __init__(self, topic: bytes, payload: bytes, qos: int = 0, retain: bool = False) -> None:
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain

    def copy(self, qos: int, retain: bool) -> "Message":
        """For one subscriber: never at a higher QoS than the publisher's."""
        return Message(self.topic, self.payload, min(self.qos, qos), retain)


class Outgoing:
    """A QoS 1 or 2 message that the client has not acknowledged completely."""

    def __init__(self, message: Message, packet_id: int) -> None:
        self.message = message
        self.packet_id = packet_id
        self.released = False  # PUBREC came: only PUBREL may be sent from now on (MQTT-4.3.3-1)

    def encode(self, dup: bool) -> bytes:
        """The packet to send next: PUBLISH, or PUBREL once the client has the message."""
        message = self.message
        if self.released:
            return encode_ack(PUBREL, self.packet_id)
        return encode_publish(
            message.topic, message.payload, message.qos, message.retain, dup, self.packet_id
        )


class Session:
    """State of one client id; `send` is the way to the client, None while it is away.

    Bounds are those of mosquitto: `max_inflight` messages sent and not acknowledged, and
    `max_queued` more that wait (for an absent client: in all); beyond that the newest is dropped
    and counted.
    """

    max_inflight = 20
    max_queued = 1000

    def __init__(self, client_id: bytes, clean: bool) -> None:
        self.client_id = client_id
        self.clean = clean
        self.subscriptions = {}  # filter -> granted QoS
        self.received = {}  # packet id -> QoS 2 message that waits for its PUBREL
        self.send: Callable[[bytes], None] | None = None
        self.dropped = 0
        self._inflight = []  # in the order of first sending
        self._queue = []
        self._last_id = 0

    def offer(self, message: Message) -> None:
        """Deliver a published message once where any subscription matches it.

        Overlapping subscriptions share one copy, at the highest QoS among them (MQTT-3.3.5-1).
        """
        granted = [
            qos for pattern, qos in self.subscriptions.items() if matches(pattern, message.topic)
        ]
        if granted:
            self.deliver(message.copy(max(granted), retain=False))  # MQTT-3.3.1-9

    def deliver(self, message: Message) -> None:
        """Send it now, or keep it where its QoS asks for that."""
        if message.qos == 0:
            if self.send is not None:
                self.send(encode_publish(message.topic, message.payload, 0, message.retain))
        elif len(self._inflight) + len(self._queue) < self._limit():
            self._queue.append(message)
            self._fill()
        else:
            self.dropped += 1

    def hold(self, packet_id: int, message: Message) -> None:
        """Keep an incoming QoS 2 message until its PUBREL; a repetition replaces the first."""
        if packet_id not in self.received and len(self.received) >= self.max_queued:
            raise ProtocolError("too many QoS 2 messages without PUBREL")
        self.received[packet_id] = message

    def resume(self) -> None:
        """The client is back: send again what it has not acknowledged, then what waited."""
        if self.send is None:
            return
        for outgoing in self._inflight:
            self.send(outgoing.encode(dup=True))  # MQTT-4.4.0-1, same order (MQTT-4.6.0-1)
        self._fill()

    def acknowledged(self, packet_id: int) -> None:
        """PUBACK."""
        outgoing = self._find(packet_id, qos=1)
        if outgoing is not None:
            self._finish(outgoing)

    def received_by_peer(self, packet_id: int) -> None:
        """PUBREC."""
        outgoing = self._find(packet_id, qos=2)
        if outgoing is not None:
            outgoing.released = True

    def completed(self, packet_id: int) -> None:
        """PUBCOMP."""
        outgoing = self._find(packet_id, qos=2)
        if outgoing is None:
            return
        if not outgoing.released:
            raise ProtocolError("PUBCOMP before PUBREC")
        self._finish(outgoing)

    def _limit(self) -> int:
        return self.max_queued if self.send is None else self.max_queued + self.max_inflight

    def _find(self, packet_id: int, qos: int) -> "Outgoing | None":
        """None where the id is unknown: a late answer, ignored."""
        for outgoing in self._inflight:
            if outgoing.packet_id == packet_id:
                if outgoing.message.qos != qos:
                    raise ProtocolError("acknowledgement of another QoS")
                return outgoing
        return None

    def _finish(self, outgoing: Outgoing) -> None:
        self._inflight.remove(outgoing)
        self._fill()

    def _fill(self) -> None:
        """Send from the queue while the client is there and the window has room."""
        while self.send is not None and self._queue and len(self._inflight) < self.max_inflight:
            outgoing = Outgoing(self._queue.pop(0), self._next_id())
            self._inflight.append(outgoing)
            self.send(outgoing.encode(dup=False))

    def _next_id(self) -> int:
        while True:
            self._last_id = self._last_id % 0xFFFF + 1
            if all(outgoing.packet_id != self._last_id for outgoing in self._inflight):
                return self._last_id
