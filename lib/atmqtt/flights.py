# MIT license; Copyright (c) 2026 The atmqtt authors
"""Messages of QoS 1 and 2 on their way to the broker, until it has acknowledged them (4.3, 4.4).

They are kept through new connections of the same session, and in the store, if there is one,
through a reset of the host.
"""

from struct import pack, unpack

from .errors import ATTimeout
from .mqtt311 import PUBACK, PUBCOMP, PUBREC, PUBREL, ack
from .request import Request


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
    """store: dict of bytes or None. keep(key, value): puts into it; value None: takes out."""

    def __init__(self, store, keep):
        self._all = []  # in the order in which they are to be repeated
        self._store = store
        self._keep = keep
        self._number = 0
        for key in store or ():
            if key[:4] == b"out-":
                record = bytes(store[key])
                number, kind = unpack(">IB", record[:5])
                flight = Flight(number, int(key[4:]), kind, record[5:], b"")
                flight.size = len(flight.head)
                flight.dup = flight.request.done = True  # nobody waits for it
                self._all.append(flight)
        self._all.sort(key=lambda flight: flight.number)
        if self._all:
            self._number = self._all[-1].number

    def add(self, pid: int, qos: int, head: bytes, payload) -> Flight:
        """A message that is about to be sent. Raises what the store raises."""
        self._number += 1
        flight = Flight(self._number, pid, PUBACK if qos == 1 else PUBREC, head, payload)
        if self._store is not None:
            self._store[b"out-%d" % pid] = self._record(flight) + head + bytes(payload)
        self._all.append(flight)
        return flight

    def remove(self, flight: Flight):
        """It is over, or was never sent."""
        if flight in self._all:
            self._all.remove(flight)
            self._keep(b"out-%d" % flight.pid, None)

    def holds(self, pid: int) -> bool:
        """Is the packet id in use?"""
        return any(flight.pid == pid for flight in self._all)

    def empty(self) -> bool:
        """Are there none?"""
        return not self._all

    def weight(self) -> tuple:
        """How many there are, and the bytes of their payloads."""
        return len(self._all), sum([flight.size for flight in self._all])

    def acknowledged(self, kind: int, pid: int) -> bool:
        """The broker has answered. Was it awaited?"""
        for flight in self._all:
            if flight.pid == pid:
                if kind == PUBREC and flight.kind != PUBACK:
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
        if flight.kind == PUBREC:
            flight.kind = PUBCOMP
            flight.head = flight.payload = b""
            flight.size = 0
            self._number += 1
            flight.number = self._number
            self._all.remove(flight)
            self._all.append(flight)
            self._keep(b"out-%d" % flight.pid, self._record(flight))

    def _record(self, flight: Flight) -> bytes:
        return pack(">IB", flight.number, flight.kind)

    def abandon(self, error: Exception):
        """Nobody waits any more. What may have been sent goes on with the next connection."""
        for flight in self._all:
            flight.request.finish(error)

    def drop(self, error: Exception) -> int:
        """The session is over. Returns how many messages nobody waited for."""
        flights = self._all
        self._all = []
        unheard = 0
        for flight in flights:
            self._keep(b"out-%d" % flight.pid, None)
            unheard += flight.request.done
            flight.request.finish(error)
        return unheard

    def resend(self, transmit):
        """The session goes on: transmit(head, payload) what is unacknowledged."""
        for flight in self._all:
            head = flight.head
            flight.dup = flight.sent()
            if flight.kind == PUBCOMP:
                head = ack(PUBREL, flight.pid)
            elif flight.dup:
                head = bytes((head[0] | 8,)) + head[1:]
            flight.request.command = transmit(head, flight.payload)
