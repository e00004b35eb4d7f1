# MIT license; Copyright (c) 2026 The atmqtt authors
"""The packets engine: an MQTT 3.1.1 session over a link, packet by packet. What is asked of it;
what the broker sends is in incoming.py. What is rare is in connecting.py and asking.py, QoS 1 and
2 in flights.py.
"""

from . import connection  # noqa: F401 - one by one: nested, each takes stack
from .errors import MQTTError
from .incoming import Incoming
from .mqtt311 import publish
from .overlay import forget
from .request import Request


class Session(Incoming):
    """See Incoming. tx_queue, tx_bytes: how many publishes may be under way, and their payload.

    store: dict of bytes that keeps the session through a reset, or None.
    """

    def __init__(
        self, modem, inbox, max_payload: int, tx_queue: int, tx_bytes: int, client, store=None
    ):
        super().__init__(modem, inbox, max_payload, client)
        self.store = store
        if store is not None:
            from .keeping import Keeper

            self.keep = Keeper(store, client).keep
            self._known = True
            self._must_know_flights()
            self._must_know_ids()
        self.tx_queue = tx_queue
        self.tx_bytes = tx_bytes
        self._under_way = []  # of QoS 0: a cancelled caller does not take its message back

    async def connect(
        self, host, port: int, hello: bytes, clean: bool, keepalive: int, tls=None
    ) -> bool:
        """Open the link, send CONNECT, wait for CONNACK. Returns whether a session was present.

        hello: the CONNECT packet. Raises ATError, ATTimeout, MQTTError with the return code.
        """
        await self._link.open(host, port, self, tls)
        from .connecting import connect

        try:
            return await connect(self, hello, clean, keepalive)
        finally:
            forget("connecting")

    async def publish(self, topic: bytes, payload, qos: int, retain: bool, deadline_ms=None):
        """Return when QoS 0 has left the module, QoS 1 or 2 is acknowledged to the end."""
        self._must_be_connected()
        self._must_have_room(len(payload))
        if qos:
            self._must_know_flights()
            return await self.flights.publish(self, topic, payload, qos, retain, deadline_ms)
        request = command = self._transmit(publish(topic, len(payload), 0, retain), payload)
        if deadline_ms:
            request = command.request = self._ask(0, 0, deadline_ms)
            request.command = command
        request.size = len(payload)
        self._under_way.append(request)
        await self.channel.wait(request)
        if request.error:
            self._take_back(request)

    def _transmit(self, head: bytes, payload):
        if len(payload) <= 3:  # a data chunk of +++ alone would end the module's data phase
            return self._link.send(head + bytes(payload))
        return self._link.send(head, payload)

    def _take_back(self, request):
        # what nobody waits for any more and is not sent yet
        command = request.command  # another one, if there was another connection
        if command:
            if not command.before:  # a part of a packet would leave a hole
                self.channel.withdraw(command)
            request.detach()  # what still has to be sent: the buffer is the caller's again
            self.channel.outlet.own()
        raise request.error

    async def subscribe(self, topic: bytes, qos):
        """Returns the granted QoS. Raises MQTTError with code 0x80 where the broker refuses."""
        self._must_be_connected()
        from .asking import ask

        return await ask(self, topic, qos)

    async def unsubscribe(self, topic: bytes):
        """Returns when the broker has confirmed it."""
        await self.subscribe(topic, None)

    async def disconnect(self):
        """Say good-bye, so that no will is published, and close. Raises nothing."""
        from .connecting import disconnect

        try:
            await disconnect(self)
        finally:
            forget("connecting")

    def abandon(self, error: Exception):
        """Fail the publishes that wait; a session that is kept sends them all the same."""
        if self.flights:
            self.flights.abandon(error)

    def awaits(self) -> bool:
        """Is the broker to send something? If nothing comes, the link asks the module for it."""
        for request in self._requests:  # allocates nothing: it is asked again and again
            if not request.done:
                return True
        return self.connected and bool(self._ping or (self.flights and self.flights.all))

    def _must_be_connected(self):
        if not self.connected:
            raise MQTTError("not connected")

    def _must_have_room(self, n: int):
        under_way = self._under_way
        while under_way and under_way[0].done:
            under_way.pop(0)
        flights = self.flights
        if not (under_way or (flights and flights.all)):
            return
        count, total = flights.weight() if flights else (0, 0)
        for request in under_way:
            if not request.done:
                count += 1
                total += request.size
        if count >= self.tx_queue or (count and total + n > self.tx_bytes):
            raise MQTTError("too many publishes under way: see tx_queue, tx_bytes")

    def _new_pid(self) -> int:
        pid = self.pid
        taken = True
        while taken:
            pid = pid % 65535 + 1
            taken = self.flights and self.flights.holds(pid)
            for request in self._requests:
                taken = taken or (request.pid == pid and not request.done)
        self.pid = pid
        return pid

    def _ask(self, kind: int, pid: int, ms: int) -> Request:
        request = Request()
        request.kind = kind
        request.pid = pid
        request.overdue = MQTTError("no answer in time; it may have been delivered")
        self._requests = [r for r in self._requests if not r.done]
        self._requests.append(request)
        return self.channel.time(request, ms)
