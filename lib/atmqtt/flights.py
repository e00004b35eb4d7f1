# MIT license; Copyright (c) 2026 The atmqtt authors
"""Messages of QoS 1 and 2 on their way to the broker, until it has acknowledged them (4.3, 4.4).

They are kept through new connections of the same session, and in the store, if there is one,
through a reset of the host. Loaded with the first of them.
"""

from struct import pack, unpack

from micropython import const

from .errors import ATTimeout, MQTTError
from .mqtt311 import ack, publish
from .request import Request

_PUBACK = const(0x40)
_PUBREC = const(0x50)
_PUBREL = const(0x62)
_PUBCOMP = const(0x70)
_ACK_MS = const(20000)  # for the broker's answer, counted from the call


class Flight:
    """pid: packet id. kind: of the answer it waits for. head, payload: of its PUBLISH.

    request: of who waits for it; its command is the last one that was to send it. dup: it was
    sent before that one, or may have been.
    """

    def __init__(self, number: int, pid: int, kind: int, head: bytes, payload):
        self.number = number
        self.pid = pid
        self.kind = kind
        self.head = head
        self.payload = payload
        self.size = len(payload)
        self.request = Request()
        self.dup = False

    def sent(self, running=None) -> bool:
        """May the broker have it, or come to have it? running: the command in flight."""
        command = self.request.command
        if self.dup or not command:
            return self.dup
        # in flight its data may be asked for yet, and after a late prompt it is still handed over
        return bool(
            command.fed
            or command.before
            or command is running
            or isinstance(command.error, ATTimeout)
        )


class Flights:
    """store: dict of bytes or None. keep: see Keeper; None where there is no store.

    all: those under way, in the order in which they are to be repeated.
    """

    def __init__(self, store, keep):
        self.all = []
        self.store = store
        self.keep = keep
        self._number = 0
        for key in store or ():
            if key[:4] == b"out-":
                record = bytes(store[key])
                number, kind = unpack(">IB", record[:5])
                flight = Flight(number, int(key[4:]), kind, record[5:], b"")
                flight.size = len(flight.head)
                flight.dup = flight.request.done = True  # nobody waits for it
                self.all.append(flight)
        self.all.sort(key=lambda flight: flight.number)
        if self.all:
            self._number = self.all[-1].number

    async def publish(self, session, topic: bytes, payload, qos: int, retain, deadline_ms):
        """See Session.publish."""
        pid = session._new_pid()
        head = publish(topic, len(payload), qos, retain, pid)
        if not session._clean and not isinstance(payload, bytes):
            payload = bytes(payload)  # it may have to be sent again
        flight = self.add(pid, qos, head, payload)
        if session._clean:
            flight.payload = b""  # never sent again
        channel = session.channel
        request = flight.request
        request.overdue = MQTTError("no answer in time; it may have been delivered")
        try:
            request.command = session._transmit(head, payload)
            await channel.wait(channel.time(request, deadline_ms or _ACK_MS))
            if request.error:
                session._take_back(request)
        except BaseException:
            request.done = True  # nobody waits any more
            failed = request.error or not request.command  # else the caller was cancelled
            if failed and not flight.sent(channel.command):
                self.remove(flight)
            raise

    def add(self, pid: int, qos: int, head: bytes, payload) -> Flight:
        """A message that is about to be sent. Raises what the store raises."""
        self._number += 1
        flight = Flight(self._number, pid, _PUBACK if qos == 1 else _PUBREC, head, payload)
        if self.store is not None:
            self.store[b"out-%d" % pid] = self._record(flight) + head + bytes(payload)
        self.all.append(flight)
        return flight

    def remove(self, flight: Flight):
        """It is over, or was never sent."""
        if flight in self.all:
            self.all.remove(flight)
            self._keep_record(flight, None)

    def holds(self, pid: int) -> bool:
        """Is the packet id in use?"""
        return any(flight.pid == pid for flight in self.all)

    def weight(self) -> tuple:
        """How many there are, and the bytes of their payloads."""
        return len(self.all), sum([flight.size for flight in self.all])

    def acknowledged(self, kind: int, pid: int) -> bool:
        """The broker has answered. Was it awaited?"""
        for flight in self.all:
            if flight.pid == pid:
                if kind == _PUBREC and flight.kind != _PUBACK:
                    self._release(flight)
                elif kind == flight.kind:
                    self.remove(flight)
                    flight.request.finish()
                else:
                    return False
                return True
        return False

    def _release(self, flight: Flight):
        # the broker has the message and must not get it again; PUBRELs are repeated in the order
        # in which the PUBRECs came (4.6)
        if flight.kind == _PUBREC:
            flight.kind = _PUBCOMP
            flight.head = flight.payload = b""
            flight.size = 0
            self._number += 1
            flight.number = self._number
            self.all.remove(flight)
            self.all.append(flight)
            self._keep_record(flight, self._record(flight))

    def _keep_record(self, flight: Flight, value):
        if self.keep:
            self.keep(b"out-%d" % flight.pid, value)

    def _record(self, flight: Flight) -> bytes:
        return pack(">IB", flight.number, flight.kind)

    def abandon(self, error: Exception):
        """Nobody waits any more. What may have been sent goes on with the next connection."""
        for flight in self.all:
            flight.request.finish(error)

    def drop(self, error: Exception) -> int:
        """The session is over. Returns how many messages nobody waited for."""
        flights = self.all
        self.all = []
        unheard = 0
        for flight in flights:
            self._keep_record(flight, None)
            unheard += flight.request.done
            flight.request.finish(error)
        return unheard

    def resend(self, transmit):
        """The session goes on: transmit(head, payload) what is unacknowledged."""
        for flight in self.all:
            head = flight.head
            flight.dup = flight.sent()
            if flight.kind == _PUBCOMP:
                head = ack(_PUBREL, flight.pid)
            elif flight.dup:
                head = bytes((head[0] | 8,)) + head[1:]
            flight.request.command = transmit(head, flight.payload)
