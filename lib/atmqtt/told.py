# MIT license; Copyright (c) 2026 The atmqtt authors
"""The native engine: what the module tells by itself."""

from time import ticks_diff, ticks_ms

from micropython import const

from .connstate import is_connected
from .errors import ATTimeout, MQTTError
from .header import MESSAGE
from .request import Command

# phases of a session
IDLE = 0
CONFIGURING = 1
CONNECTING = 2  # messages may come before AT+MQTTCONN has ended
CONNECTED = 3
DOWN = 4  # the connection was lost; the module may bring it back by itself

_ASK_MS = const(10000)
_LATE_MS = const(8000)  # ESP-AT says ERROR 5 s after +MQTTDISCONNECTED; clones never do
_ENOUGH_MS = const(500)
_QUESTION = b"AT+MQTTCONN?\r\n"
_LOOK_MS = const(30000)  # between looks whether the connection is still there
_HEAD_MAX = const(7)  # bytes before the topic of a packet too long for a buffer, and packet id


class Told:
    """modem: started. inbox: where messages go. max_payload: bytes of a message that is kept.

    client: has stats, event(), on_up(), on_lost(error), on_oversize(topic, size). on_part: see
    joining. joining: parts of a message have come, more may follow. refused: it did not connect.
    """

    def __init__(self, modem, inbox, max_payload: int, client, on_part=None):
        self.phase = IDLE
        self.joining = self.refused = False
        self.inbox = inbox
        self.stats = client.stats
        self.stats["lost"] = 0
        self.client = client
        self.max_payload = max_payload
        self.on_part = on_part
        self.filters = {}  # subscribed to: QoS
        self._modem = modem
        self.channel = modem.channel
        self.topic = b""  # the last one: most messages come to few topics
        self._room = modem.dialect.mqtt_buffer - 2
        self._joiner = None
        self._paused = False
        self._looked = 0  # when it was last known that the connection is there
        self._watcher = self._watch

    @property
    def connected(self) -> bool:
        """Is the connection there?"""
        return self.phase == CONNECTED

    def begin(self):
        """Connected."""
        self.phase = CONNECTED
        self._looked = ticks_ms()
        if self._watcher not in self.channel.watches:
            self.channel.watches.append(self._watcher)

    def end(self, error: Exception, phase: int = IDLE):
        """The connection is over."""
        self.phase = phase
        watches = self.channel.watches
        if phase == IDLE and self._watcher in watches:
            watches.remove(self._watcher)
        if self.joining:
            self._joiner.lose()
        self.channel.drop(self, error)

    def subscribing(self, topic: bytes, qos: int) -> Command:
        """The command that subscribes."""
        raise NotImplementedError

    # --- is the connection still there?

    def _watch(self, now: int):
        if self.joining:
            self._joiner.check(now)
        if self.phase == CONNECTED and ticks_diff(now, self._looked) >= _LOOK_MS:
            if self.channel.idle():
                self.look()

    def look(self):
        """Ask the module."""
        self._looked = ticks_ms()
        command = Command(_QUESTION, _ASK_MS, self)
        command.info = []
        self.channel.submit(command)

    def ended(self, command: Command):
        """A command of ours has."""
        if command.request:
            command.request.finish(command.error)
        elif command.line is not _QUESTION:
            return
        elif isinstance(command.error, ATTimeout):
            self._lost(command.error)
        elif not command.error and not is_connected(command.info):
            self._lost(MQTTError("the module is not connected any more"))

    def _lost(self, error: Exception, phase: int = DOWN):
        was = self.phase
        if was == CONNECTED or phase == IDLE:
            self.end(MQTTError("connection lost: " + str(error)), phase)
        if was == CONNECTED:
            self.client.on_lost(error)

    # --- lines; its dialect has which line means what

    def on_reset(self, error: Exception):
        """The module has forgotten everything."""
        self._lost(error, IDLE)

    def said_lost(self, buf, a: int, b: int):
        """The connection, or the attempt, has ended."""
        if buf.find(b"FAIL", a, b) >= 0:  # ESP-AT: glued, where PUBRAW waits for its data
            self.said_refused(buf, a, b)
        if self.phase == CONNECTING:
            self.refused = True
            self.channel.expire(_LATE_MS)
        else:
            self._lost(MQTTError("closed by the other side, or the network is gone"))

    def said_back(self, buf, a: int, b: int):
        """Connected, and nobody asked for it: subscriptions may be lost."""
        self.refused = False
        if self.phase == DOWN:
            self.begin()
            self.channel.out_of_step()  # LN882H says OK too
            for topic in self.filters:
                self.channel.submit(self.subscribing(topic, self.filters[topic]))
            self.client.on_up()

    def said_refused(self, buf, a: int, b: int):
        """The command in flight has failed."""
        self.channel.refused(buf, a, b)

    def said_done(self, buf, a: int, b: int):
        """The command in flight has ended well."""
        self.channel.answer(b"OK", 0, 2)

    def said_enough(self, buf, a: int, b: int):
        """It is so already; some firmware says no more."""
        command = self.channel.command
        if command and command.owner is self:
            command.result = True
            self.channel.expire(_ENOUGH_MS)

    # --- messages

    def block(self, buf, a: int, b: int, link: int) -> int:
        """A message, or a part. Returns how far it was read."""
        return self.rest(buf, a, b)

    def rest(self, buf, a: int, b: int) -> int:
        """It was not read at first."""
        if self.phase < CONNECTING:
            self.stats["unexpected"] += 1  # for who ran before the host was reset
            return b
        if a < b and not self._paused and self.inbox.full():
            self._paused = True  # the application gets a turn before the policy decides
            return a
        self._paused = False
        header = self.channel.inlet.tokens.header
        n = header.tb - header.ta
        topic = self.topic
        if n and (n != len(topic) or not buf.startswith(topic, header.ta)):
            self.topic = topic = bytes(memoryview(buf)[header.ta : header.tb])
        room = self._room - n - (b - a)  # what the module's buffer had for the rest of the packet
        try:
            if room <= _HEAD_MAX or self.joining or not n:
                self._join().part(topic, n, buf, a, b, room)
            else:
                self.keep(topic, bytes(memoryview(buf)[a:b]))
        except MemoryError:
            self.lose(topic)
        return b

    def damaged(self):
        """Bytes of a message are missing."""
        if self.phase >= CONNECTING:
            tokens = self.channel.inlet.tokens
            header = tokens.header
            topic = bytes(memoryview(tokens.buf)[header.ta : header.tb])
            self._join().damaged(topic, self._room - len(topic) - header.n)

    def _join(self):
        if not self._joiner:
            from .joining import Joiner

            self._joiner = Joiner(self, self.channel)
        return self._joiner

    def keep(self, topic: bytes, payload: bytes):
        """A whole message."""
        if len(payload) > self.max_payload:
            self.too_long(topic, len(payload))
        else:
            self.stats["received"] += 1
            self.inbox.put((topic, payload, None, 0))

    def too_long(self, topic: bytes, size: int):
        """One of more than max_payload was skipped."""
        self.stats["oversize"] += 1
        self.client.on_oversize(topic, size)

    def lose(self, topic):
        """A message is lost. topic: None where it is not known."""
        self.stats["lost"] += 1
        self.client.event("lost", topic)


def to_user(sinks: dict, name: str):
    """A function that calls this method of whose the module's MQTT is then."""
    return lambda *what: getattr(sinks[MESSAGE], name)(*what)
