# MIT license; Copyright (c) 2026 The atmqtt authors
"""MQTTClient: one API, whatever the module can do."""

from asyncio import Event, create_task

from . import mqtt311
from .errors import MQTTError
from .inbox import Inbox
from .overlay import forget
from .park import PARK
from .stats import Stats
from .telling import tell


class MQTTClient:
    """An MQTT 3.1.1 client on a started Modem.

    will: (topic, payload, qos, retain). keepalive: seconds, 0: none. max_payload: bytes of the
    longest message that is kept; longer ones are skipped and counted. rx_queue: messages kept
    until they are taken; rx_policy: "drop-oldest" or "drop-newest" when it is full. tx_queue,
    tx_bytes: how many publishes, and bytes of payload, may be under way at once. tls: a TLS.
    clean_session=False: what is unacknowledged when a connection breaks goes on with the next
    connect(). store: a dict of bytes, or what behaves like one, that keeps it through a reset.
    on_message(topic, payload, retained) runs in a task of the client, may be a coroutine; what it
    raises goes to on_event. on_oversize(topic, size): a message was too long and is skipped; topic
    is None if that is too long as well. It and on_event(name, detail) must not call the library.
    Events: "up", "down" (why), "oversize" (bytes), "on_message", "on_oversize", "store" (what
    it raised), "forgotten" (the broker lost the session: messages nobody waits for).

    Raises ValueError for what can never work, NotImplementedError for what cannot work yet.
    connected: bool. engine: "packets". up, down: asyncio.Event. stats: counters: received, dropped
    (for want of room, or forgotten), oversize, unexpected (answers), protocol_errors,
    callback_errors.
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

        options.check(
            engine, require, rx_policy, tx_policy, (path, passthrough, on_part, on_stream)
        )
        options.check_numbers(max_payload, rx_queue, tx_queue, tx_bytes)
        options.check_store(store, clean_session)
        self._address = options.address(host, port)
        self._tls = options.check_tls(tls)
        self._hello = options.hello(client_id, username, password, keepalive, clean_session, will)
        forget("options")
        self._keepalive = keepalive
        self._clean = bool(clean_session)
        self._modem = modem
        self._on_message = on_message
        self._on_event = on_event
        self._on_oversize = on_oversize
        self._limits = max_payload, tx_queue, tx_bytes
        self._store = store
        self._session = None
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
        """Has the broker accepted us, and is the connection still there?"""
        return bool(self._session and self._session.connected)

    @property
    def messages(self):
        """Iterate with ``async for topic, payload, retained in client.messages``."""
        from .messages import Messages

        if self._on_message:
            raise MQTTError("messages go to on_message")
        return Messages(self)

    async def connect(self, retry: bool = False) -> bool:
        """Connect. Returns whether the broker had kept a session (clean_session=False).

        Raises MQTTError (code: the broker's return code), ATError, ATTimeout.
        """
        if retry:
            raise NotImplementedError("retry")
        if not self._modem.up:
            raise MQTTError("modem.start() comes first")
        if self.connected:
            raise MQTTError("connected already")
        if not self._session:
            from .packets import Session

            self._session = Session(self._modem, self.inbox, *self._limits, self, self._store)
            self.engine = "packets"
        host, port = self._address
        present = await self._session.connect(
            host, port, self._hello, self._clean, self._keepalive, self._tls
        )
        self.ended = False
        self.down.clear()
        self.up.set()
        if self._on_message and not self.delivering:
            from .messages import deliver

            self.delivering = True
            create_task(deliver(self, self._on_message))
        self.event("up", None)
        return present

    async def publish(self, topic, payload, qos: int = 0, retain: bool = False, deadline_ms=None):
        """Publish. Returns when the QoS is satisfied: 0 sent by the module, 1 and 2 acknowledged.

        topic, payload: str or bytes. deadline_ms: give up after so long (20 s with QoS 1 and 2);
        what was not sent by then is taken back. With clean_session=False and QoS 1 or 2 it waits
        through a new connect(). Raises ValueError before a byte is sent, MQTTError, ATError,
        what the store raises.
        """
        if topic != self._named:  # most go to few topics
            self._name = mqtt311.topic_name(topic)
            self._named = topic if isinstance(topic, str) else self._name
        payload = mqtt311.payload(payload)
        qos = mqtt311.quality(qos)
        if deadline_ms is not None:
            mqtt311.deadline(deadline_ms)
        await self._live().publish(self._name, payload, qos, retain, deadline_ms)

    async def subscribe(self, topic_filter, qos: int = 0) -> int:
        """Subscribe. Returns the QoS the broker has granted; MQTTError with code 0x80 if none."""
        raw = mqtt311.topic_filter(topic_filter)
        qos = mqtt311.quality(qos)
        return await self._live().subscribe(raw, qos)

    async def unsubscribe(self, topic_filter):
        """Unsubscribe. Returns when the broker has confirmed it. Raises MQTTError, ValueError."""
        raw = mqtt311.topic_filter(topic_filter)
        await self._live().unsubscribe(raw)

    async def disconnect(self):
        """Say good-bye and close: no will is published, iteration ends. Raises nothing."""
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

    # --- for the engine and who hands messages over

    def acknowledge(self, flags: int, pid: int):
        """A message has left the inbox."""
        self._session.acknowledge(flags, pid)

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
        """Tell the application. What its function raises is counted."""
        tell(self._on_event, name, detail, self.stats, "callback_errors")
