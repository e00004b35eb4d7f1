"""The other side of the broker: an independent client (paho) that sees and sends messages."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

LIMIT_S = 10


class Lost(Exception):
    """The connection has gone."""


class Message(NamedTuple):
    """A message as the broker has delivered it."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


def send_at_once(client: paho.Client, data: object, connection: object) -> None:
    """Small packets do not wait for the acknowledgement of the one before: 40 ms each."""
    assert isinstance(connection, socket.socket)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class FarSide:
    """Connected from the start. It has no thread: its messages arrive while a call waits.

    clean_session: without it, both sides go on after reconnect() where they were.
    """

    def __init__(self, port: int, client_id: str = "", clean_session: bool = True) -> None:
        self._received: deque[Message] = deque()
        self._granted: set[int | None] = set()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id, clean_session)
        self._client.on_message = self._on_message
        self._client.on_socket_open = send_at_once
        self._client.on_subscribe = lambda client, data, mid, *_: self._granted.add(mid)
        self._client.connect("127.0.0.1", port)
        self.until(self._client.is_connected, "CONNACK")

    def reconnect(self) -> None:
        """Connect again, after a loss or without."""
        self._client.reconnect()
        self.until(self._client.is_connected, "CONNACK")

    def subscribe(self, topic: str, qos: int = 2) -> None:
        """Returns when the broker has granted it. QoS 2 shows at which QoS a message was sent."""
        _, mid = self._client.subscribe(topic, qos)
        self.until(lambda: mid in self._granted, "SUBACK")

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> None:
        """Returns when the broker has it; at QoS 0, when it is on its way."""
        self._sent = self._client.publish(topic, payload, qos, retain)
        self.until_published()

    def until_published(self) -> None:
        """Return when the broker has what was published last."""
        self.until(self._sent.is_published, "acknowledgement")

    def next(self) -> Message:
        """The next message that came."""
        self.until(lambda: self._received, "message")
        return self._received.popleft()

    def until(self, done: Callable[[], object], what: str) -> None:
        """Work until done(). AssertionError where that does not come to be, Lost."""
        deadline = time.monotonic() + LIMIT_S
        while not done():
            assert time.monotonic() < deadline, f"no {what} from the broker in {LIMIT_S} s"
            code = self._client.loop(0.1)
            if code != paho.MQTT_ERR_SUCCESS and not done():
                raise Lost(paho.error_string(code))

    def until_lost(self) -> None:
        """Work until the connection has gone."""
        with contextlib.suppress(Lost):
            self.until(lambda: False, "end")

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()

    def _on_message(self, client, data, message: paho.MQTTMessage) -> None:
        received = Message(message.topic, bytes(message.payload), message.qos, message.retain)
        self._received.append(received)
