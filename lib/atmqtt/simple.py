# MIT license; Copyright (c) 2026 The atmqtt authors
"""umqtt.simple's client, over the module: blocking, with or without an event loop.

from atmqtt import Modem, simple

modem = Modem(uart)
simple.run(modem, modem.start())
simple.run(modem, modem.join("ssid", "password"))
client = simple.MQTTClient("pico-1", "broker.example", modem=modem)
client.set_callback(print)
client.connect()
client.subscribe("a/#")
while True:
    client.wait_msg()
"""

from . import mqtt311
from .errors import MQTTError
from .inbox import Inbox
from .packets import Session
from .telling import Stats


def run(modem, coroutine, idle=None):
    """Run one of the library's coroutines to its end, polling in place. Returns its result.

    idle: called without arguments while waiting, e.g. to feed a watchdog.
    """
    channel = modem.channel

    async def wait(request):
        while not request.done:
            channel.poll()
            if idle and not request.done:
                idle()

    parked = channel.wait
    channel.wait = wait
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        channel.wait = parked
    raise RuntimeError("not a coroutine of this library: it waits for something else")


class MQTTClient:
    """umqtt.simple.MQTTClient with `modem` in place of a network; see its documentation.

    idle: called while waiting. ssl: a TLS. Messages that come while a call waits are
    handed to the callback inside that call, as umqtt.simple does.
    """

    def __init__(
        self,
        client_id,
        server,
        port: int = 0,
        user=None,
        password=None,
        keepalive: int = 0,
        ssl=None,
        *,
        modem,
        idle=None,
    ):
        from . import options

        self._tls = options.check_tls(ssl, "ssl")
        self._login = client_id, user, password, keepalive
        self._server = options.address(server, port or (8883 if ssl else 1883), "server")
        self._modem = modem
        self._idle = idle
        self._will = None
        self.cb = None
        self.stats = Stats({"received": 0, "dropped": 0, "oversize": 0, "unexpected": 0})
        self.stats["protocol_errors"] = 0
        self._inbox = Inbox(8, "drop-oldest", self.stats, self._acknowledge)
        self._session = None
        self._lost = None

    def set_callback(self, f):
        """f(topic, msg) gets every message, both as bytes."""
        self.cb = f

    def set_last_will(self, topic, msg, retain: bool = False, qos: int = 0):
        """What the broker publishes if this client vanishes. Before connect()."""
        self._will = topic, msg, qos, retain

    def connect(self, clean_session: bool = True) -> bool:
        """Connect. Returns whether the broker had kept a session. Raises MQTTError, ATError."""
        client_id, user, password, keepalive = self._login
        from . import options

        packet = options.hello(client_id, user, password, keepalive, clean_session, self._will)
        if not self._modem.up:
            raise MQTTError("modem.start() comes first")
        if not self._session:
            self._session = Session(self._modem, self._inbox, 4096, 8, 2048, self)
        self._lost = None
        server, port = self._server
        return self._run(
            self._session.connect(server, port, packet, clean_session, keepalive, self._tls)
        )

    def disconnect(self):
        """Say good-bye and close."""
        self._run(self._live().disconnect())

    def ping(self):
        """Nothing to do: with keepalive > 0 the library pings whenever a call gives it time."""
        self._live()
        self._modem.channel.poll()

    def publish(self, topic, msg, retain: bool = False, qos: int = 0):
        """Publish; with qos 1 and 2, return when it is acknowledged."""
        name = mqtt311.topic_name(topic)
        payload = mqtt311.octets(msg, "msg")
        qos = mqtt311.quality(qos)
        self._run(self._live().publish(name, payload, qos, retain))

    def subscribe(self, topic, qos: int = 0):
        """Subscribe; set_callback() comes first. MQTTError where the broker refuses."""
        if not self.cb:
            raise MQTTError("set_callback() comes first")
        from .asking import topic_filter

        raw = topic_filter(topic)
        self._run(self._live().subscribe(raw, mqtt311.quality(qos)))

    def wait_msg(self):
        """Wait for one message and hand it to the callback. Raises MQTTError when disconnected."""
        while not self._hand_over():
            self._live()
            self._modem.channel.poll()
            if self._idle:
                self._idle()

    def check_msg(self):
        """Hand over one message, if there is one. Never waits.

        Where the module keeps what comes (passive receive), it is asked for by one call and
        handed over by a later one.
        """
        self._live()
        if not self._modem.channel.poll():
            self._modem.channel.poll()  # what has been fetched is read in a turn of its own
        self._hand_over()

    # --- inside

    def _run(self, coroutine):
        return run(self._modem, coroutine, self._while_waiting)

    def _while_waiting(self):
        self._hand_over()
        if self._idle:
            self._idle()

    def _live(self) -> Session:
        if not (self._session and self._session.connected):
            raise self._lost or MQTTError("not connected")
        return self._session

    def _hand_over(self) -> bool:
        inbox = self._inbox
        if not (inbox.waiting and self.cb):
            return False
        topic, payload, flags, pid = inbox.waiting.pop(0)
        self.cb(topic, payload)
        self._acknowledge(flags, pid)
        return True

    def _acknowledge(self, flags: int, pid: int):
        self._session.acknowledge(flags, pid)

    def on_lost(self, error: Exception):
        """The connection has gone by itself: the next call says so."""
        self._lost = MQTTError("connection lost: " + str(error))
        self._session.abandon(self._lost)  # nobody connects again while a call waits

    def on_oversize(self, topic, size: int):
        """A message was skipped: stats counts it."""

    def event(self, name: str, detail):
        """umqtt.simple has no events."""
