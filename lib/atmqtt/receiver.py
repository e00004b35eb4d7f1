# MIT license; Copyright (c) 2026 The atmqtt authors
"""Every packet from the broker, to where it belongs."""

from time import ticks_us

from .errors import MQTTError
from .flights import Flights
from .incoming import Incoming
from .mqtt311 import CONNACK, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBACK, UNSUBACK

_REFUSED = (
    "refused",
    "protocol version not supported",
    "client id rejected",
    "server unavailable",
    "bad user name or password",
    "not authorized",
)


class Receiver(Incoming):
    """See Incoming."""

    def __init__(self, modem, inbox, max_payload: int, client, store=None):
        super().__init__(modem, inbox, max_payload, client, store)
        self._flights = Flights(store, self._keep)
        self._pid = 0  # the last packet id
        self._known = store is not None  # have we ever had this session?

    def _on_packet(self, first: int, buf, a: int, b: int) -> bool:
        if self._over:
            return False  # what came before in the same piece has closed the link
        n = b - a
        if first & 0xF0 == PUBLISH and self.connected:
            self._on_publish(first, buf, a, b)
            return True  # others may want a turn
        if self.connected == (first == CONNACK):
            raise ValueError("CONNACK comes first and once")
        if first == PINGRESP and not n:
            self._on_pong()
        elif first == CONNACK and n == 2:
            self._on_connack(buf[a], buf[a + 1])
        elif first == SUBACK and n == 3:
            self._on_granted(buf[a] << 8 | buf[a + 1], buf[a + 2])
        elif n == 2 and buf[a] | buf[a + 1]:
            self._on_ack(first, buf[a] << 8 | buf[a + 1])
        else:
            raise ValueError("malformed or unexpected packet")
        return False

    def _on_connack(self, flags: int, code: int):
        if flags > 1 or (flags and (code or self._clean)):
            raise ValueError("session present where none can be")
        error = None
        if code:
            error = MQTTError("broker: " + _REFUSED[code if code < 6 else 0], code)
        else:
            self.connected = True
            if flags:
                if not self._known:  # ids of before a reset may be in use at the broker: it would
                    self._pid = ticks_us() % 65535  # take a message with one for a repetition
                self._flights.resend(self._transmit)
            else:
                self._forget("the broker has kept no session")
            self._known = not self._clean
        for request in self._requests:
            request.result = bool(flags)
            request.finish(error)

    def _on_pong(self):
        if self._ping and self._ping.fed:
            self._ping = None
        else:
            self.stats["unexpected"] += 1

    def _forget(self, why: str):
        # there is no session to take up (3.2.2.2)
        self._forget_ids()
        lost = self._flights.drop(MQTTError(why + "; it may have been delivered"))
        if lost:
            self.stats["dropped"] += lost
            self._client.event("forgotten", lost)

    def _transmit(self, head: bytes, payload):
        if len(payload) <= 3:  # a data chunk of +++ alone would end the module's data phase
            return self._link.send(head + bytes(payload))
        return self._link.send(head, payload)

    def _release(self, pid: int):
        self._answer(PUBREL, pid)

    def _on_granted(self, pid: int, code: int):
        if not pid or code not in (0, 1, 2, 0x80):
            raise ValueError("packet id or return code")
        refused = MQTTError("broker: subscription refused", code) if code > 2 else None
        self._on_answer(SUBACK, pid, code, refused)

    def _on_answer(self, kind: int, pid: int, result=None, error=None):
        for request in self._requests:
            if request.kind == kind and request.pid == pid and not request.done:
                request.result = result
                return request.finish(error)
        self.stats["unexpected"] += 1

    def _on_ack(self, kind: int, pid: int):
        if kind == UNSUBACK:
            self._on_answer(kind, pid)
        elif kind == PUBREL:
            self._on_release(pid)
        elif kind in (PUBACK, PUBREC, PUBCOMP):
            if not self._flights.acknowledged(kind, pid):
                self.stats["unexpected"] += 1
            if kind == PUBREC:
                self._release(pid)  # known or not: else the broker would wait for it
        else:
            raise ValueError("malformed or unexpected packet")
