"""A small MQTT 3.1.1 broker without sockets, threads or a clock.

    broker = Broker()
    connection = broker.open()           # a client has opened a network connection
    connection.receive(bytes_from_client)
    bytes_to_client = connection.take()
    connection.closed                    # the broker wants it closed, once take() gives nothing
    connection.lost()                    # the network has gone
    broker.tick(now_us)                  # time passes; keepalive is judged here and only here

QoS 0, 1 and 2 both ways, retained messages, wills, persistent sessions, take-over of a client id.
Where the standard leaves a choice it does what mosquitto 2.0 does:

- overlapping subscriptions of one client bring one copy of a message, retained ones one each;
- an incoming QoS 2 message is passed on when its PUBREL comes;
- a SUBSCRIBE with a filter or QoS that is not legal closes the connection (no 0x80 in SUBACK);
- SUBACK comes before the retained messages; messages are queued for an absent client at QoS 1
  and 2 only;
- wrong or missing credentials give CONNACK 5 (`refusal=4` for brokers that give 4);
- the will of a client that is taken over is published unless both sessions are persistent;
- control characters in strings close the connection.

Unlike mosquitto 2.0.11 it knows no MQTT 5 or 3.1 (CONNACK 1), no shared subscriptions and no $SYS
tree, and it keeps to the standard where that version does not: reserved flag bits, surplus bytes
and packets that only a broker sends close the connection, a second CONNECT publishes the will,
overlapping subscriptions deliver at the highest QoS, and the window of unacknowledged messages is
never exceeded.

Runs on CPython 3.11+ and on MicroPython 1.25+.
"""

from . import brokerwire as wire
from .brokersession import Message, Session
from .brokertopics import matches, valid_filter, valid_name
from .brokerwire import ProtocolError, Reader

ACCEPTED = 0
REFUSED_LEVEL = 1
REFUSED_CLIENT_ID = 2

CONNECT_TIMEOUT_S = 60  # for the first packet, judged like a keepalive of this length


class Broker:
    """All clients, sessions and retained messages.

    users: name -> password, both str; None lets everybody in.
    refusal: the CONNACK code for wrong credentials, 4 or 5.
    """

    max_packet = 1 << 20  # bytes; a longer packet closes the connection
    max_output = 1 << 20  # bytes not taken yet; beyond this QoS 0 messages are dropped
    max_retained = 1000

    def __init__(self, users: "dict[str, str] | None" = None, refusal: int = 5) -> None:
        self.now_us = 0
        self.refusal = refusal
        self.dropped = 0  # messages lost at QoS 0 or as retained, for want of room
        self._users = users
        self._connections = []
        self._sessions = {}  # client id -> Session
        self._retained = {}  # topic -> (number that tells the order, Message)
        self._counter = 0

    def open(self) -> "Connection":
        """A new network connection; the broker waits for its CONNECT."""
        connection = Connection(self)
        self._connections.append(connection)
        return connection

    def tick(self, now_us: int) -> None:
        """Set the time (microseconds, never going back); close what has been silent too long."""
        self.now_us = max(self.now_us, now_us)
        for connection in list(self._connections):
            deadline = connection.deadline_us
            if deadline is not None and self.now_us >= deadline:
                connection.end(publish_will=True)

    def due(self) -> "int | None":
        """Microseconds until a keepalive may run out; None when none is running."""
        deadlines = [c.deadline_us for c in self._connections if c.deadline_us is not None]
        return max(0, min(deadlines) - self.now_us) if deadlines else None

    def publish(self, message: Message) -> None:
        """Store it where it is to be retained and hand it to every session that subscribed."""
        if message.retain:
            self._retain(message)
        for session in list(self._sessions.values()):
            session.offer(message)

    def retained(self, topic_filter: bytes) -> "list[Message]":
        """Retained messages that match, the topic that came first in front."""
        found = [
            entry for entry in self._retained.values() if matches(topic_filter, entry[1].topic)
        ]
        return [message for _, message in sorted(found, key=lambda entry: entry[0])]

    def session(self, client_id: bytes) -> Session:
        """The session of a client id, connected or not; raises KeyError when there is none."""
        return self._sessions[client_id]

    def authentic(self, username: "bytes | None", password: "bytes | None") -> bool:
        """Whether the credentials of a CONNECT let the client in."""
        if self._users is None:
            return True
        expected = self._users.get(str(username or b"", "utf-8"))
        return expected is not None and expected.encode() == password

    def attach(self, connection: "Connection", packet: wire.Connect) -> "tuple[Session, bool]":
        """The session for a CONNECT, and whether it was there before; ends an older connection."""
        client_id = packet.client_id or self._invent_id()
        old = self._sessions.get(client_id)
        rival = self._connected_as(client_id)
        if old is not None and packet.clean:
            old.subscriptions.clear()  # before the will below: it is not for the old session
        if old is not None and rival is not None:
            rival.end(publish_will=old.clean or packet.clean)
        present = old is not None and not old.clean and not packet.clean
        session = old if old is not None and present else Session(client_id, packet.clean)
        self._sessions[client_id] = session
        session.send = connection.send
        return session, present

    def detach(self, connection: "Connection", session: "Session | None") -> None:
        """Forget a connection, and its session unless it is persistent."""
        if connection in self._connections:
            self._connections.remove(connection)
        if session is not None:
            session.send = None
            if session.clean:
                self._sessions.pop(session.client_id)

    def _connected_as(self, client_id: bytes) -> "Connection | None":
        for connection in self._connections:
            if connection.session is not None and connection.session.client_id == client_id:
                return connection
        return None

    def _invent_id(self) -> bytes:
        while True:
            self._counter += 1
            client_id = ("auto-%d" % self._counter).encode()
            if client_id not in self._sessions:
                return client_id

    def _retain(self, message: Message) -> None:
        if not message.payload:
            self._retained.pop(message.topic, None)  # MQTT-3.3.1-10
        elif message.topic in self._retained:
            self._retained[message.topic] = (self._retained[message.topic][0], message)
        elif len(self._retained) < self.max_retained:
            self._counter += 1
            self._retained[message.topic] = (self._counter, message)
        else:
            self.dropped += 1


class Connection:
    """One network connection of a client, from the broker's end."""

    def __init__(self, broker: Broker) -> None:
        self.closed = False
        self.session = None  # set by an accepted CONNECT
        self._broker = broker
        self._splitter = wire.Splitter(broker.max_packet)
        self._output = bytearray()
        self._will = None
        self._keepalive_s = CONNECT_TIMEOUT_S
        self._heard_us = broker.now_us

    @property
    def pending(self) -> int:
        """Bytes that wait in take()."""
        return len(self._output)

    @property
    def deadline_us(self) -> "int | None":
        """When silence of the client ends the connection; None with keepalive 0."""
        if self.closed or self._keepalive_s == 0:
            return None
        return self._heard_us + self._keepalive_s * 1500000  # MQTT-3.1.2-24: 1.5 times

    def receive(self, data: bytes) -> None:
        """Bytes from the client, cut anywhere. Ignored once closed."""
        self._splitter.feed(data)
        try:
            while not self.closed:
                packet = self._splitter.next()
                if packet is None:
                    return
                self._heard_us = self._broker.now_us
                self._dispatch(*packet)
                if len(self._output) > 2 * self._broker.max_output:
                    self.end(publish_will=True)  # it sends and sends, and never reads
        except ProtocolError:
            self.end(publish_will=True)

    def take(self, limit: int = 1 << 30) -> bytes:
        """Up to `limit` bytes for the client; empty when there are none."""
        data = bytes(self._output[:limit])
        self._output = self._output[limit:]
        return data

    def lost(self) -> None:
        """The network connection has gone without a DISCONNECT."""
        if self.session is not None and not self.closed:
            self.session.send = None
        self.end(publish_will=True)

    def end(self, publish_will: bool) -> None:
        """Close from the broker's side. Idempotent."""
        if self.closed:
            return
        self.closed = True
        will, self._will = self._will, None
        if publish_will and will is not None:
            self._broker.publish(will)
        self._broker.detach(self, self.session)

    def send(self, packet: bytes) -> None:
        """Queue a packet for take(); a QoS 0 PUBLISH is dropped when nobody takes."""
        if len(self._output) > self._broker.max_output and packet[0] & 0xF6 == 0x30:
            self._broker.dropped += 1
        else:
            self._output += packet

    def _dispatch(self, kind: int, flags: int, body: bytes) -> None:
        reader = Reader(body)
        if kind == wire.CONNECT:
            self._connect(body)
        elif self.session is None:
            raise ProtocolError("first packet is no CONNECT")  # MQTT-3.1.0-1
        elif kind == wire.PUBLISH:
            self._publish(self.session, flags, reader)
        elif kind in (wire.PUBACK, wire.PUBREC, wire.PUBREL, wire.PUBCOMP):
            self._acknowledge(self.session, kind, reader)
        elif kind == wire.SUBSCRIBE:
            self._subscribe(self.session, reader)
        elif kind == wire.UNSUBSCRIBE:
            self._unsubscribe(self.session, reader)
        elif kind == wire.PINGREQ:
            reader.end()
            self.send(wire.encode(wire.PINGRESP, 0, b""))
        elif kind == wire.DISCONNECT:
            reader.end()
            self.end(publish_will=False)  # MQTT-3.14.4-3
        else:
            raise ProtocolError("packet only a broker sends")

    def _connect(self, body: bytes) -> None:
        if self.session is not None:
            raise ProtocolError("second CONNECT")  # MQTT-3.1.0-2
        packet = wire.Connect(body)
        if packet.level != 4:
            return self._refuse(REFUSED_LEVEL)
        if not packet.client_id and not packet.clean:
            return self._refuse(REFUSED_CLIENT_ID)  # MQTT-3.1.3-8
        if packet.will is not None and not valid_name(packet.will[0]):
            raise ProtocolError("will topic")
        if not self._broker.authentic(packet.username, packet.password):
            return self._refuse(self._broker.refusal)
        self._keepalive_s = packet.keepalive
        self._will = Message(*packet.will) if packet.will is not None else None
        self.session, present = self._broker.attach(self, packet)
        self._connack(present, ACCEPTED)
        self.session.resume()

    def _refuse(self, code: int) -> None:
        self._connack(False, code)
        self.end(publish_will=False)

    def _connack(self, present: bool, code: int) -> None:
        self.send(wire.encode(wire.CONNACK, 0, bytes([1 if present else 0, code])))

    def _publish(self, session: Session, flags: int, reader: Reader) -> None:
        qos = flags >> 1 & 3
        topic = reader.text()
        if not valid_name(topic):
            raise ProtocolError("topic name")
        packet_id = reader.packet_id() if qos else 0
        message = Message(topic, reader.rest(), qos, bool(flags & 1))
        if qos == 2:
            session.hold(packet_id, message)
            self.send(wire.encode_ack(wire.PUBREC, packet_id))
            return
        self._broker.publish(message)
        if qos == 1:
            self.send(wire.encode_ack(wire.PUBACK, packet_id))

    def _acknowledge(self, session: Session, kind: int, reader: Reader) -> None:
        packet_id = reader.packet_id()
        reader.end()
        if kind == wire.PUBACK:
            session.acknowledged(packet_id)
        elif kind == wire.PUBREC:
            session.received_by_peer(packet_id)
            self.send(wire.encode_ack(wire.PUBREL, packet_id))  # also where the id is unknown
        elif kind == wire.PUBCOMP:
            session.completed(packet_id)
        else:
            message = session.received.pop(packet_id, None)
            if message is not None:
                self._broker.publish(message)
            self.send(wire.encode_ack(wire.PUBCOMP, packet_id))  # also where the id is unknown

    def _subscribe(self, session: Session, reader: Reader) -> None:
        packet_id = reader.packet_id()
        requests = [self._request(reader)]  # at least one (MQTT-3.8.3-3)
        while reader.left:
            requests.append(self._request(reader))
        session.subscriptions.update(requests)
        codes = bytes([qos for _, qos in requests])
        self.send(wire.encode(wire.SUBACK, 0, wire.word(packet_id) + codes))
        for topic_filter, qos in requests:
            for message in self._broker.retained(topic_filter):
                session.deliver(message.copy(qos, retain=True))  # MQTT-3.3.1-8

    def _request(self, reader: Reader) -> "tuple[bytes, int]":
        topic_filter = self._filter(reader)
        qos = reader.byte()
        if qos > 2:
            raise ProtocolError("requested QoS")  # MQTT-3-8.3-4
        return topic_filter, qos

    def _unsubscribe(self, session: Session, reader: Reader) -> None:
        packet_id = reader.packet_id()
        filters = [self._filter(reader)]  # at least one (MQTT-3.10.3-2)
        while reader.left:
            filters.append(self._filter(reader))
        for topic_filter in filters:
            session.subscriptions.pop(topic_filter, None)
        self.send(wire.encode_ack(wire.UNSUBACK, packet_id))

    def _filter(self, reader: Reader) -> bytes:
        topic_filter = reader.text()
        if not valid_filter(topic_filter):
            raise ProtocolError("topic filter")
        return topic_filter
