# MIT license; Copyright (c) 2026 The atmqtt authors
"""MQTTClient: one API, whatever the module can do."""

from asyncio import Event, create_task

from micropython import const

from . import mqtt311
from .errors import MQTTError
from .inbox import Inbox, Messages
from .overlay import forget
from .park import PARK
from .telling import Stats, tell

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any


class MQTTClient:
    """An MQTT 3.1.1 client on a started Modem.

    will: (topic, payload, qos, retain). keepalive: seconds, 0: none. max_payload: bytes of the
    longest message; longer ones that come are skipped and counted. rx_queue: messages kept
    until they are taken; rx_policy: "drop-oldest" or "drop-newest" when it is full. tx_queue,
    tx_bytes: how many publishes, and bytes of payload, may be under way. path: of a WebSocket.
    clean_session=False: what is unacknowledged when a connection breaks goes on with the next
    one. store: a dict of bytes that keeps it through a reset. engine: "native", the module's own
    MQTT, "packets", None: native where it can do all this; of require ("granted", "retained",
    "qos2") it can do nothing.
    on_message(topic, payload, retained) runs in a task of the client, may be a coroutine.
    on_part(topic, part): see joining.py. on_oversize(topic, size): a message was too long; topic
    is None if that is so too. They and on_event(name, detail) must not call the library.
    Events: "engine" (which, why), "up", "down" (why), "oversize" (bytes), "lost" (topic or None),
    "on_message", "on_part", "on_oversize", "store" (what it raised), "forgotten" (the broker lost
    the session: messages that nobody waits for).

    ValueError: it can never work; NotImplementedError: it cannot yet. up, down: asyncio.Event.
    stats: received, dropped (for want of room, or forgotten), oversize, unexpected,
    protocol_errors, callback_errors; native: lost, joined.
    """

    def __init__(
        self,
        modem,
        host,
        port: int = 1883,
        *,
        client_id,
        username=None,
        password=None,
        keepalive: int = 60,
        clean_session: bool = True,
        will=None,
        tls=None,
        path=None,
        engine=None,
        require=(),
        passthrough: bool = False,
        max_payload: int = 4096,
        rx_queue: int = 8,
        rx_policy: str = "drop-oldest",
        tx_queue: int = 8,
        tx_bytes: int = 2048,
        tx_policy: str = "raise",
        store=None,
        on_message=None,
        on_part=None,
        on_stream=None,
        on_oversize=None,
        on_event=None,
    ):
        from . import options

        options.check(engine, require, rx_policy, tx_policy, (passthrough, on_stream))
        options.check_numbers(max_payload, rx_queue, tx_queue, tx_bytes)
        options.check_store(store, clean_session)
        host, port = options.address(host, port)
        if path is not None:
            path = options.plain(path, "path")
        hello = options.hello(client_id, username, password, keepalive, clean_session, will)
        self._how = hello, host, port, options.check_tls(tls), path
        forget("options", "quote")
        self._keepalive = keepalive
        self._clean = bool(clean_session)
        self._modem = modem
        self._on_message = on_message
        self._on_event = on_event
        self._on_oversize = on_oversize
        limits = max_payload, tx_queue, tx_bytes
        self._wish = engine, require, store, limits, self._how, on_part
        self._session: Any = None
        self._named, self._name = self, b""  # the last topic, as it was given and checked
        self.delivering = self.consuming = False
        self.ended = True  # disconnect() was called, or connect() never
        self.engine = None
        self.stats = Stats({"received": 0, "dropped": 0, "oversize": 0, "unexpected": 0})
        self.stats["protocol_errors"] = self.stats["callback_errors"] = 0
        self.inbox = Inbox(rx_queue, rx_policy, self.stats, self.acknowledge)
        self.up = Event()
        self.down = Event()

    @property
    def connected(self) -> bool:
        """Is the connection there?"""
        return bool(self._session and self._session.connected)

    @property
    def messages(self):
        """``async for topic, payload, retained in client.messages``."""
        if self._on_message:
            raise MQTTError("messages go to on_message")
        return Messages(self)

    async def connect(self, retry: bool = False) -> bool:
        """Connect. Returns whether the broker had kept a session, None: unknown.

        MQTTError (code: the broker's or the module's), ATError, ATTimeout, ValueError.
        """
        from .engine import prepare

        try:
            connecting = await prepare(self, retry)
        finally:
            forget("engine")
        present = await connecting
        self.ended = False
        self.on_up()
        if self._on_message and not self.delivering:
            from .delivering import deliver

            create_task(deliver(self, self._on_message))
        return present

    async def publish(self, topic, payload, qos: int = 0, retain: bool = False, deadline_ms=None):
        """Publish. Returns when the QoS is satisfied: 0 sent by the module, 1 and 2 acknowledged.

        topic, payload: str or bytes. deadline_ms: give up after so long (QoS 1 and 2: 20 s);
        what was not sent by then is taken back. Packets of a session that is kept wait through a
        new connect(). ValueError: no byte was sent; MQTTError, ATError, what the store raises.
        """
        if topic != self._named:  # most go to few topics
            self._name = mqtt311.topic_name(topic)
            self._named = topic if isinstance(topic, str) else self._name
        payload = mqtt311.payload(payload)
        qos = mqtt311.quality(qos)
        ms = deadline_ms  # ticks tell so many
        if ms is not None and not (isinstance(ms, int) and 0 < ms < 1 << 29):
            raise ValueError("deadline_ms: 1 to 536870911 expected")
        await self._live().publish(self._name, payload, qos, retain, deadline_ms)

    async def subscribe(self, topic_filter, qos: int = 0):
        """Subscribe. Returns the QoS granted, None: unknown. MQTTError."""
        return await self._ask(topic_filter, mqtt311.quality(qos))

    async def unsubscribe(self, topic_filter):
        """Unsubscribe; return when confirmed. MQTTError, ValueError."""
        await self._ask(topic_filter, None)

    async def _ask(self, topic_filter, qos):
        from . import asking

        try:
            raw = asking.topic_filter(topic_filter)
            if qos is None:
                await self._live().unsubscribe(raw)
            else:
                return await self._live().subscribe(raw, qos)
        finally:
            forget("asking")

    async def disconnect(self):
        """Say good-bye: no will is published, iteration ends."""
        self.ended = True
        self.up.clear()
        self.down.set()
        PARK.wake(self.inbox)
        if self._session:
            await self._session.disconnect()

    def _live(self):
        if not self._session:
            raise MQTTError("not connected")
        return self._session

    def acknowledge(self, flags: int, pid: int):
        """A message has left the inbox."""
        self._session.acknowledge(flags, pid)

    def on_up(self):
        """The connection is there."""
        self.down.clear()
        self.up.set()
        self.event("up", None)

    def on_lost(self, error: Exception):
        """The connection has gone by itself."""
        self.up.clear()
        self.down.set()
        self.event("down", str(error))

    def on_oversize(self, topic, size: int):
        """A message was skipped."""
        self.event("oversize", size)
        er = tell(self._on_oversize, topic, size, self.stats, "callback_errors")
        if er:
            self.event("on_oversize", er)

    def event(self, name: str, detail):
        """Tell the application."""
        tell(self._on_event, name, detail, self.stats, "callback_errors")
