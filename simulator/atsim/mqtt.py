"""The module's own MQTT client, which AT+MQTT* command: states, life cycle, acknowledgements.

It is a task of its own from AT+MQTTCONN to AT+MQTTCLEAN, as in the real firmware:
- a loss or a failed attempt puts it to sleep; it looks up every five seconds, so AT+MQTTCLEAN may
  take that long, and an attempt that failed ends with ERROR only then (ESP-AT 4.1 does);
- with reconnection on it tries again at the second look, and subscribes again;
- commands wait for "something was acknowledged", not for their own packet: the late SUBACK of a
  QoS 0 SUBSCRIBE ends the wait of the next command (inferred from ESP-AT's code);
- QoS 2 messages are not told from their repetitions (assumed).
"""

from atsim import brokerwire as wire
from atsim import net
from atsim.mqttconfig import MqttConfig
from atsim.mqttconnection import Lost, MqttConnection
from atsim.mqttoutbox import Outbox, again
from atsim.websocket import WebSocket

# AT+MQTTCONN? states
NONE, CONFIGURED, READY, DISCONNECTED, CONNECTED, NO_FILTERS, SUBSCRIBED = range(7)
PUBLISHED, SUBSCRIBE_DONE, UNSUBSCRIBE_DONE = range(3)  # what commands wait for
EVENTS = {
    wire.PUBACK: PUBLISHED,
    wire.PUBCOMP: PUBLISHED,
    wire.SUBACK: SUBSCRIBE_DONE,
    wire.UNSUBACK: UNSUBSCRIBE_DONE,
}
LINK = -1  # its link's number for the tracers: it is none of AT+CIP*
ACCEPTED = b"\x00"


class MqttClient:
    """Owned by a Module.

    Attributes others may use:
        by_segment: read as on a slow network, where long messages come in shorter parts (only a
            MemoryNet knows segments).
    """

    def __init__(self, module) -> None:
        self._module = module
        self.by_segment = False
        self._packet_id = 0
        self.reset()

    def reset(self) -> None:
        """Nothing configured. Its task has ended before, or was ended with all others."""
        self.state = NONE
        self.config: MqttConfig | None = None
        self.filters = []  # [filter, qos], as AT+MQTTSUB? shows them
        self.host = ""
        self.port = ""  # as the host wrote it
        self.reconnect = 0
        self._attempt = None  # a connection, from before the broker accepts on
        self._connection = None  # the same, while it is accepted
        self._task = None
        self._welcomed = False  # the first attempt succeeded
        self._stopping = False
        self._events = set()
        self._outbox = Outbox()
        self._quiet = False  # AT+MQTTPUBRAW waits for its data
        self._unsaid = False  # ... and the connection was lost meanwhile

    # -- for the commands -------------------------------------------------------------------

    @property
    def online(self) -> bool:
        """Is it connected?"""
        return self._connection is not None

    def describe(self) -> str:
        """The fields +MQTTCONNECTED and +MQTTCONN share."""
        if self.config is None:
            return '0,"","","",0'
        target = ("", "", "", 0)
        if self._welcomed:
            target = (self.host, self.port, _path(self.config), self.reconnect)
        return '%d,"%s","%s","%s",%d' % ((self.config.number,) + target)

    def configure(self, config) -> None:
        """AT+MQTTUSERCFG: everything before is forgotten."""
        self.config = config
        self.state = CONFIGURED

    def connect(self, config: MqttConfig, host: str, port: str, reconnect: int, tls):
        """Task part: True when the broker accepted. Failing takes its time."""
        self.begin(config, host, port, reconnect, tls)
        while not self._welcomed and self.busy:
            yield None
        return self._welcomed

    def begin(self, config: MqttConfig, host: str, port: str, reconnect: int, tls) -> None:
        """Connect in the background."""
        self.host, self.port, self.reconnect = host, port, reconnect
        self._stopping = False
        self._task = self._module.scheduler.spawn(self._run(config, tls))

    @property
    def busy(self) -> bool:
        """Is its task there: connecting, connected, or waiting to connect again?"""
        return self._task is not None and not self._task.done

    def clean(self):
        """Task part, AT+MQTTCLEAN: say goodbye and forget everything."""
        self._stopping = True
        if self._connection is not None:
            self._connection.send(wire.encode(wire.DISCONNECT, 0, b""))
            yield self._module.timing.mqtt_goodbye
            if self._connection is not None:
                self._connection.lose()
        while self.busy:
            yield None
        self.reset()

    def publish(self, topic: bytes, payload: bytes, qos: int, retain: bool):
        """Task part: True when all is sent, or, above QoS 0, when something was acknowledged;
        False when the connection went first."""
        connection = self._connection
        if connection is None or not topic:
            return False
        packet_id = self._next_id() if qos else 0
        packet = wire.encode_publish(topic, payload, qos, retain, packet_id=packet_id)
        if qos:
            self._keep(self._outbox.add(packet_id, packet, self._module.now))
        connection.send(packet)
        while connection.pending and connection is self._connection:
            yield None
        if qos:
            return (yield from self._event(PUBLISHED))
        return connection is self._connection

    def subscribed(self, topic_filter: bytes) -> bool:
        """Is it one of the filters that are remembered?"""
        return any(entry[0] == topic_filter for entry in self.filters)

    def subscribe(self, topic_filter: bytes, qos: int):
        """Task part: as publish(). Whatever the broker granted counts as success."""
        if self._connection is None or not topic_filter:
            return False
        self._send_subscribe(self._connection, topic_filter, qos)
        if qos and not (yield from self._event(SUBSCRIBE_DONE)):
            return False
        self._track(topic_filter, qos)
        return True

    def unsubscribe(self, topic_filter: bytes):
        """Task part: as publish(), with an acknowledgement in any case."""
        if self._connection is None or not topic_filter:
            return False
        request = wire.word(self._next_id()) + wire.prefixed(topic_filter)
        self._connection.send(wire.encode(wire.UNSUBSCRIBE, 2, request))
        if not (yield from self._event(UNSUBSCRIBE_DONE)):
            return False
        self.filters = [entry for entry in self.filters if entry[0] != topic_filter]
        if not self.filters:
            self.state = NO_FILTERS
        return True

    def hush(self) -> None:
        """From now on +MQTTCONNECTED and +MQTTDISCONNECTED are not said."""
        self._quiet = True
        self._unsaid = False

    def unhush(self) -> None:
        """They are again."""
        self._quiet = False

    @property
    def unsaid(self) -> bytes:
        """What was not said between hush() and unhush() and is still true."""
        if not self._unsaid or self._connection is not None:
            return b""
        return self._module.firmware.mqtt.disconnected(True, self.reconnect)

    # -- the network ------------------------------------------------------------------------

    def network_lost(self) -> None:
        """Wi-Fi has gone."""
        if self._attempt is not None:
            self._module.scheduler.later(self._module.timing.mqtt_lost, self._attempt.lose)

    def _run(self, config, tls):
        """The client's task."""
        attempt = 0
        while not self._stopping:
            yield from self._session(config, tls, attempt > 0)
            if self._stopping:
                return
            self.state = DISCONNECTED if self._welcomed else READY
            dialect = self._module.firmware.mqtt
            self._say(dialect.disconnected(self._welcomed, self.reconnect))
            if not (yield from self._sleep()):
                return
            attempt += 1

    def _sleep(self):
        """Task part: True when it is time for another attempt, False when there shall be none."""
        timing = self._module.timing
        asleep = 0
        while True:
            yield timing.mqtt_wake
            asleep += timing.mqtt_wake
            if self._stopping or not self._welcomed:
                return False
            if self.reconnect and asleep >= timing.mqtt_retry:
                return True

    def _session(self, config, tls, again: bool):
        """Task part: one connection, from the first packet to its end."""
        module = self._module
        if not module.station.online:
            return
        port = int(self.port) or config.scheme.port
        link = module.net.connect(self.host, port, tls)
        if config.scheme.websocket:
            link = WebSocket(link, self.host, port, _path(config))
        pinger = None
        try:
            yield from module.scheduler.wait_until(
                lambda: link.state != net.CONNECTING or not module.station.online,
                module.timing.connect_limit,
            )
            if link.state != net.OPEN or not module.station.online:
                return
            module.trace("link", b"", LINK)
            connection = self._attempt = MqttConnection(module, link, LINK, self.by_segment)
            if not (yield from self._greet(config, connection)) or self._stopping:
                return
            self._connection = connection
            pinger = module.scheduler.spawn(_keep_alive(connection, config.keepalive))
            self._opened(connection, again)
            while True:
                packet = yield from connection.packet(self._deliver)
                self._handle(connection, *packet)
                yield module.timing.mqtt_packet
        except Lost:
            return
        finally:  # also when a reset ends the task here
            self._attempt = self._connection = None
            if pinger is not None:
                pinger.cancel()
            link.close()

    def _greet(self, config, connection):
        """Task part: True when the broker accepted the CONNECT."""
        connection.send(config.connect_packet())
        impatience = self._module.scheduler.later(
            self._module.timing.mqtt_connack, connection.lose
        )
        try:
            kind, _, body = yield from connection.packet(self._deliver)
        finally:
            impatience.cancel()
        return kind == wire.CONNACK and body[1:] == ACCEPTED

    def _opened(self, connection, again: bool) -> None:
        """Connected: say so, subscribe again, send what was not acknowledged."""
        module = self._module
        self.state = CONNECTED
        self._welcomed = True
        self._say(module.firmware.mqtt.connected(self.describe(), again))
        if module.firmware.mqtt.resubscribes and not self._quiet:
            for topic_filter, qos in self.filters:
                self._send_subscribe(connection, topic_filter, qos)
        expired = module.now - module.firmware.mqtt.expiry_us
        for packet in self._outbox.unacknowledged(expired):
            connection.send(packet)

    def _handle(self, connection, kind: int, flags: int, body) -> None:
        if kind == wire.PUBLISH:
            qos = flags >> 1 & 3
            if qos:
                answer = wire.PUBACK if qos == 1 else wire.PUBREC
                connection.send(wire.encode_ack(answer, body))
        elif kind == wire.PINGRESP:
            connection.pinged = False
        elif kind == wire.PUBREC:
            connection.send(self._outbox.release(_packet_id(body)))
        elif kind == wire.PUBREL:
            connection.send(wire.encode_ack(wire.PUBCOMP, _packet_id(body)))
        elif kind in EVENTS:
            entry = self._outbox.find(_packet_id(body))
            if entry is not None and EVENTS[kind] == PUBLISHED:
                self._outbox.remove(entry)
            if kind == wire.SUBACK:
                self.state = SUBSCRIBED
            self._events.add(EVENTS[kind])
        else:
            raise Lost

    def _deliver(self, topic: bytes, data: bytes, first: bool) -> None:
        self._module.write(self._module.firmware.mqtt.message(topic, data, first))

    # -- bookkeeping ------------------------------------------------------------------------

    def _event(self, event: int):
        """Task part: wait for an acknowledgement; False when the connection went first."""

        def settled():
            return event in self._events or self._connection is None

        patience = self._module.firmware.mqtt.patience_us
        if patience:
            yield from self._module.scheduler.wait_until(settled, patience)
        while not patience and not settled():
            yield None
        if event in self._events:
            self._events.discard(event)
            return True
        return self._connection is not None

    def _keep(self, entry) -> None:
        """Send it again until it is acknowledged or too old."""
        dialect = self._module.firmware.mqtt

        def look():
            if entry not in self._outbox:
                return
            if self._module.now - entry.created_us >= dialect.expiry_us:
                self._outbox.remove(entry)
                return
            if self._connection is not None:
                self._connection.send(again(entry.packet))
            self._module.scheduler.later(dialect.resend_us, look)

        self._module.scheduler.later(dialect.resend_us, look)

    def _track(self, topic_filter: bytes, qos: int) -> None:
        for entry in self.filters:
            if entry[0] == topic_filter:
                entry[1] = qos
                return
        if len(self.filters) < self._module.firmware.mqtt.tracked_filters:
            self.filters.append([topic_filter, qos])

    def _send_subscribe(self, connection, topic_filter: bytes, qos: int) -> None:
        request = wire.word(self._next_id()) + wire.prefixed(topic_filter) + bytes([qos])
        connection.send(wire.encode(wire.SUBSCRIBE, 2, request))

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % 0xFFFF + 1
        return self._packet_id

    def _say(self, text: bytes) -> None:
        if self._quiet:
            self._unsaid = True
        else:
            self._module.say_status(text)


def _keep_alive(connection, keepalive_s: int):
    """A task: a PINGREQ every half keepalive; one without an answer by the next is a loss."""
    while not connection.lost:
        yield keepalive_s * 500_000
        if connection.pinged:
            connection.lose()
        connection.pinged = True
        connection.send(wire.encode(wire.PINGREQ, 0, b""))


def _path(config: MqttConfig) -> str:
    """ESP-AT 4.1 puts a slash before the path, also before one that has its own."""
    return "/" + config.path if config.scheme.websocket else ""


def _packet_id(body: bytes) -> int:
    try:
        return wire.Reader(body).packet_id()
    except wire.ProtocolError:
        raise Lost
