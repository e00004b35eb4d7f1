# MIT license; Copyright (c) 2026 The atmqtt authors
"""The packets engine: an MQTT 3.1.1 session over a link, packet by packet. What is asked of it;
what the broker sends is in receiver.py.
"""

from micropython import const

from . import mqtt311
from .errors import MQTTError
from .mqtt311 import CONNACK, PUBACK, SUBACK, UNSUBACK
from .receiver import Receiver
from .request import Request

_ACK_MS = const(20000)  # for the broker's answer, counted from the call


class Session(Receiver):
    """See Receiver. tx_queue, tx_bytes: how many publishes may be under way, and their payload."""

    def __init__(self, modem, inbox, max_payload: int, tx_queue: int, tx_bytes: int, client):
        super().__init__(modem, inbox, max_payload, client)
        self._tx_queue = tx_queue
        self._tx_bytes = tx_bytes
        self._under_way = []  # publishes: a cancelled caller does not take its message back
        self._pid = 0

    async def connect(self, host, port: int, hello: bytes, clean: bool, keepalive: int) -> bool:
        """Open the link, send CONNECT, wait for CONNACK. Returns whether a session was present.

        hello: the CONNECT packet. Raises ATError, ATTimeout, MQTTError with the return code.
        """
        await self._link.open(host, port, self)
        self.begin(clean, keepalive)
        try:
            request = self._ask(CONNACK, 0, _ACK_MS)
            self._link.send(hello)
            await self._channel.wait(request)
            present = request.value()
            self._must_be_connected()  # it may be over already
            return present
        except BaseException:
            self._link.drop(MQTTError("not connected"))
            raise

    async def publish(self, topic: bytes, payload, qos: int, retain: bool, deadline_ms=None):
        """Return when QoS 0 has left the module, or QoS 1 is acknowledged."""
        self._must_be_connected()
        self._must_have_room(len(payload))
        pid = self._new_pid() if qos else 0
        header = mqtt311.publish(topic, len(payload), qos, retain, pid)
        request = None
        if qos:
            request = self._ask(PUBACK, pid, deadline_ms or _ACK_MS)
        elif deadline_ms:
            request = self._ask(0, 0, deadline_ms)
        if len(payload) <= 3:  # a data chunk of +++ alone would end the module's data phase
            command = self._link.send(header + bytes(payload))
        else:
            command = self._link.send(header, payload)
        (request or command).size = len(payload)
        self._under_way.append(request or command)
        if request:
            request.command = command
            command.request = None if qos else request
            await self._channel.wait(request)
            if request.error:
                if not command.before:  # a part of a packet would leave a hole
                    self._channel.withdraw(command)
                request.detach()  # what still has to be sent: the buffer is the caller's again
                self._channel.outlet.own()
            return request.value()
        await self._channel.wait(command)
        command.value()

    async def subscribe(self, topic: bytes, qos: int) -> int:
        """Returns the granted QoS. Raises MQTTError with code 0x80 where the broker refuses."""
        self._must_be_connected()
        pid = self._new_pid()
        request = self._ask(SUBACK, pid, _ACK_MS)
        self._link.send(mqtt311.subscribe(pid, topic, qos))
        await self._channel.wait(request)
        return request.value()

    async def unsubscribe(self, topic: bytes):
        """Returns when the broker has confirmed it."""
        self._must_be_connected()
        pid = self._new_pid()
        request = self._ask(UNSUBACK, pid, _ACK_MS)
        self._link.send(mqtt311.unsubscribe(pid, topic))
        await self._channel.wait(request)
        request.value()

    async def disconnect(self):
        """Say good-bye, so that no will is published, and close. Raises nothing."""
        command = None
        if self.connected:
            command = self._link.send(self._acks + bytes((mqtt311.DISCONNECT, 0)))
            command.owner = None  # it leaves even if nobody waits any more
        self._end(MQTTError("disconnected"))
        try:
            if command:
                await self._channel.wait(command)
        except BaseException:
            self._link.drop(MQTTError("disconnected"))
            raise
        await self._link.close()

    def _must_be_connected(self):
        if not self.connected:
            raise MQTTError("not connected")

    def _must_have_room(self, n: int):
        under_way = [r for r in self._under_way if not r.done]
        self._under_way = under_way
        total = sum([r.size for r in under_way])
        if len(under_way) >= self._tx_queue or (under_way and total + n > self._tx_bytes):
            raise MQTTError("too many publishes under way: see tx_queue, tx_bytes")

    def _new_pid(self) -> int:
        pid = self._pid
        taken = True
        while taken:
            pid = pid % 65535 + 1
            taken = False
            for request in self._requests:
                taken = taken or request.pid == pid
        self._pid = pid
        return pid

    def _ask(self, kind: int, pid: int, ms: int) -> Request:
        request = Request()
        request.kind = kind
        request.pid = pid
        request.overdue = MQTTError("no answer in time; it may have been delivered")
        self._requests = [r for r in self._requests if not r.done]
        self._requests.append(request)
        return self._channel.time(request, ms)
