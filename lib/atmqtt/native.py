# MIT license; Copyright (c) 2026 The atmqtt authors
"""The native engine: the module's own MQTT client, driven by AT+MQTT* commands. What is asked of
it; what it tells by itself is in told.py.

The module acknowledges by itself, and tells neither the granted QoS nor whether a message was
retained. A publish of QoS 1 or 2 that fails may be delivered all the same: the module keeps it
for a while and sends it again.
"""

from micropython import const

from .errors import ATTimeout, MQTTError
from .overlay import forget
from .quote import line, quoted
from .request import Command, Request
from .told import CONFIGURING, CONNECTED, Told

CLEAN = b"AT+MQTTCLEAN=0\r\n"
CLEAN_MS = 15000  # ESP-AT takes up to 5 s where the network is gone
_QUEUED_MS = const(10000)  # QoS 0 is answered as soon as the module has queued it
_ACK_MS = const(20000)
_FILTERS_MAX = const(10)  # that the module keeps: an eleventh would not survive a reconnect


class Session(Told):
    """See Told. tx_queue, tx_bytes: how many publishes may be under way, and their payload.

    path: of the WebSocket, or None.
    """

    def __init__(
        self, modem, inbox, max_payload, tx_queue, tx_bytes, client, path=None, on_part=None
    ):
        super().__init__(modem, inbox, max_payload, client, on_part)
        self.tx_queue = tx_queue
        self.tx_bytes = tx_bytes
        self._under_way = []
        self._path = path

    async def connect(self, host, port: int, hello: bytes, clean, keepalive, tls=None):
        """Configure the module and connect. hello: the CONNECT packet that would do the same.

        Returns None: whether a session was present is not told. Raises ATError, ATTimeout,
        MQTTError, ValueError.
        """
        from .dialling import dial

        await dial(self, self._modem, (hello, host, port, tls, self._path))
        forget("dialling")

    async def publish(self, topic: bytes, payload, qos: int, retain, deadline_ms=None):
        """Return when the module has queued QoS 0, or the broker has acknowledged QoS 1 or 2."""
        self._must_be_connected()
        command = self._publishing(topic, payload, qos, retain)
        self._must_have_room(command.size)
        self._under_way.append(command)
        self.channel.submit(command)
        if deadline_ms:
            await self._in_time(command, deadline_ms)
        else:
            await self.channel.wait(command)
        if command.error:
            self._failed(command.error, qos)

    def _publishing(self, topic: bytes, payload, qos: int, retain) -> Command:
        # in the line, where it fits and may stand there; else after a prompt
        dialect = self._modem.dialect
        name = self._name(topic, "topic")
        ms = _ACK_MS if qos else _QUEUED_MS
        n = len(payload)
        command = None
        if n < dialect.line_max:
            command = self._in_line(name, payload, qos, retain, ms)
        if not command:
            if n > (dialect.mqtt_payload_max or n):
                raise ValueError("payload: the module takes %d bytes" % dialect.mqtt_payload_max)
            command = self._command(b"PUBRAW=0,%s,%d,%d,%d" % (name, n, qos, bool(retain)), ms)
            command.data = (payload,)
            command.final = dialect.mqtt_published
        command.size = n
        return command

    def _in_line(self, name: bytes, payload, qos: int, retain, ms: int):
        try:
            text = quoted(payload, "payload", self._modem.dialect.escapes)
            return self._command(b"PUB=0,%s,%s,%d,%d" % (name, text, qos, bool(retain)), ms)
        except ValueError:
            return None  # too long with its escapes, or with bytes that no line can carry

    def _name(self, topic: bytes, what: str) -> bytes:
        dialect = self._modem.dialect
        if len(topic) > dialect.mqtt_topic_max:
            raise ValueError("%s: the module takes %d bytes" % (what, dialect.mqtt_topic_max))
        return quoted(topic, what, dialect.escapes)

    def _command(self, raw: bytes, ms: int = _ACK_MS) -> Command:
        raw = b"AT+MQTT%s\r\n" % raw
        line(raw, self._modem.dialect.line_max + 2)
        return Command(raw, ms, self)

    async def _in_time(self, command: Command, ms: int):
        request = Request()
        request.command = command
        request.overdue = MQTTError("no answer in time; it may have been delivered")
        command.request = request
        await self.channel.wait(self.channel.time(request, ms))
        if not command.done:
            self.channel.withdraw(command)  # if it was not sent yet
            command.done = True
            request.detach()  # what still has to be sent: the buffer is the caller's again
            self.channel.outlet.own()
        request.value()

    def _failed(self, error, qos: int):
        if isinstance(error, MQTTError):
            raise error  # it has not left
        if self.phase == CONNECTED:
            self.look()  # ESP-AT keeps the end of a connection to itself while PUBRAW is at work
        text = str(error)
        if qos or isinstance(error, ATTimeout):
            text += "; it may have been delivered"
        raise MQTTError(text, error.code)

    async def subscribe(self, topic: bytes, qos: int):
        """Returns None: what the broker has granted is not told."""
        command = self.subscribing(topic, qos)
        if topic not in self.filters and len(self.filters) >= _FILTERS_MAX:
            raise ValueError("topic_filter: the module keeps %d of them" % _FILTERS_MAX)
        await self._ask(command)
        self.filters[topic] = qos

    def subscribing(self, topic: bytes, qos: int) -> Command:
        """See Told."""
        return self._command(b"SUB=0,%s,%d" % (self._name(topic, "topic_filter"), qos))

    async def unsubscribe(self, topic: bytes):
        """Returns when the broker has confirmed it."""
        await self._ask(self._command(b"UNSUB=0," + self._name(topic, "topic_filter")))
        self.filters.pop(topic, None)

    async def _ask(self, command: Command):
        self._must_be_connected()
        await self.channel.wait(self.channel.submit(command))
        if command.error and not command.result:
            self._failed(command.error, 0)

    async def disconnect(self):
        """Say good-bye, so that no will is published. Raises nothing for what the module says."""
        if self.phase > CONFIGURING:
            self.end(MQTTError("disconnected"))
            # nobody's command: it leaves even if nobody waits any more
            await self.channel.wait(self.channel.submit(Command(CLEAN, CLEAN_MS)))

    def acknowledge(self, flags, pid: int):
        """A message has left the inbox; the module has acknowledged it long before."""

    def abandon(self, error: Exception):
        """Nobody waits any more."""

    def _must_be_connected(self):
        if self.phase != CONNECTED:
            raise MQTTError("not connected")

    def _must_have_room(self, n: int):
        self._under_way = under_way = [c for c in self._under_way if not c.done]
        n += sum([c.size for c in under_way])
        if len(under_way) >= self.tx_queue or (under_way and n > self.tx_bytes):
            raise MQTTError("too many publishes under way: see tx_queue, tx_bytes")
