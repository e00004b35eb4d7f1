# MIT license; Copyright (c) 2026 The atmqtt authors
"""The packets engine: an MQTT 3.1.1 session over a link, packet by packet. What is asked of it;
what the broker sends is in receiver.py and incoming.py.
"""

from micropython import const

from . import connection, incoming, mqtt311  # noqa: F401 - one by one: nested, each takes stack
from .errors import MQTTError
from .mqtt311 import CONNACK, SUBACK, UNSUBACK
from .receiver import Receiver
from .request import Request

_ACK_MS = const(20000)  # for the broker's answer, counted from the call


class Session(Receiver):
    """See Incoming. tx_queue, tx_bytes: how many publishes may be under way, and their payload."""

    def __init__(
        self, modem, inbox, max_payload: int, tx_queue: int, tx_bytes: int, client, store=None
    ):
        super().__init__(modem, inbox, max_payload, client, store)
        self._tx_queue = tx_queue
        self._tx_bytes = tx_bytes
        self._under_way = []  # of QoS 0: a cancelled caller does not take its message back

    async def connect(
        self, host, port: int, hello: bytes, clean: bool, keepalive: int, tls=None
    ) -> bool:
        """Open the link, send CONNECT, wait for CONNACK. Returns whether a session was present.

        hello: the CONNECT packet. Raises ATError, ATTimeout, MQTTError with the return code.
        """
        await self._link.open(host, port, self, tls)
        self.begin(clean, keepalive)
        try:
            request = self._ask(CONNACK, 0, _ACK_MS)
            self._link.send(hello)
            await self._channel.wait(request)
            present = request.value()
            self._must_be_connected()  # it may be over already
        except BaseException:
            self._link.drop(MQTTError("not connected"))
            raise
        return present

    async def publish(self, topic: bytes, payload, qos: int, retain: bool, deadline_ms=None):
        """Return when QoS 0 has left the module, QoS 1 or 2 is acknowledged to the end."""
        self._must_be_connected()
        self._must_have_room(len(payload))
        if not qos:
            command = self._transmit(mqtt311.publish(topic, len(payload), 0, retain), payload)
            request = command
            if deadline_ms:
                request = command.request = self._ask(0, 0, deadline_ms)
                request.command = command
            request.size = len(payload)
            self._under_way.append(request)
            await self._channel.wait(request)
            if request.error:
                self._take_back(request)
            return
        pid = self._new_pid()
        head = mqtt311.publish(topic, len(payload), qos, retain, pid)
        if not self._clean and not isinstance(payload, bytes):
            payload = bytes(payload)  # it may have to be sent again
        flight = self._flights.add(pid, qos, head, payload)
        if self._clean:
            flight.payload = b""  # never sent again
        request = flight.request
        request.overdue = MQTTError("no answer in time; it may have been delivered")
        try:
            request.command = self._transmit(head, payload)
            await self._channel.wait(self._channel.time(request, deadline_ms or _ACK_MS))
            if request.error:
                self._take_back(request)
        except BaseException:
            request.done = True  # nobody waits any more
            failed = request.error or not request.command  # else the caller was cancelled
            if failed and not flight.sent(self._channel.command):
                self._flights.remove(flight)
            raise

    def _take_back(self, request):
        # what nobody waits for any more and is not sent yet
        command = request.command  # another one, if there was another connection
        if command:
            if not command.before:  # a part of a packet would leave a hole
                self._channel.withdraw(command)
            request.detach()  # what still has to be sent: the buffer is the caller's again
            self._channel.outlet.own()
        raise request.error

    async def subscribe(self, topic: bytes, qos: int) -> int:
        """Returns the granted QoS. Raises MQTTError with code 0x80 where the broker refuses."""
        return await self._asked(SUBACK, mqtt311.subscribe, topic, qos)

    async def unsubscribe(self, topic: bytes):
        """Returns when the broker has confirmed it."""
        await self._asked(UNSUBACK, mqtt311.unsubscribe, topic)

    async def _asked(self, kind: int, encode, *what):
        self._must_be_connected()
        pid = self._new_pid()
        request = self._ask(kind, pid, _ACK_MS)
        self._link.send(encode(pid, *what))
        await self._channel.wait(request)
        return request.value()

    async def disconnect(self):
        """Say good-bye, so that no will is published, and close. Raises nothing."""
        command = None
        if self.connected:
            command = self._link.send(self._answers + bytes((mqtt311.DISCONNECT, 0)))
            command.owner = None  # it leaves even if nobody waits any more
        error = MQTTError("disconnected")
        self._end(error)
        self.abandon(error)
        try:
            if command:
                await self._channel.wait(command)
        except BaseException:
            self._link.drop(error)
            raise
        await self._link.close()

    def abandon(self, error: Exception):
        """Fail the publishes that wait; a session that is kept sends them all the same."""
        self._flights.abandon(error)

    def awaits(self) -> bool:
        """Is the broker to send something? If nothing comes, the link asks the module for it."""
        for request in self._requests:  # allocates nothing: it is asked again and again
            if not request.done:
                return True
        return self.connected and bool(self._ping or not self._flights.empty())

    def _end(self, error: Exception):
        super()._end(error)
        if self._clean:
            self._flights.drop(error)

    def _must_be_connected(self):
        if not self.connected:
            raise MQTTError("not connected")

    def _must_have_room(self, n: int):
        under_way = self._under_way
        while under_way and under_way[0].done:
            under_way.pop(0)
        if not under_way and self._flights.empty():
            return
        count, total = self._flights.weight()
        for request in under_way:
            if not request.done:
                count += 1
                total += request.size
        if count >= self._tx_queue or (count and total + n > self._tx_bytes):
            raise MQTTError("too many publishes under way: see tx_queue, tx_bytes")

    def _new_pid(self) -> int:
        pid = self._pid
        taken = True
        while taken:
            pid = pid % 65535 + 1
            taken = self._flights.holds(pid)
            for request in self._requests:
                taken = taken or (request.pid == pid and not request.done)
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
