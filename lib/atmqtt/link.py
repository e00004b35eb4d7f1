# MIT license; Copyright (c) 2026 The atmqtt authors
"""A TCP or TLS connection through the module: AT+CIPSTART, AT+CIPSEND, +IPD."""

from micropython import const

from .errors import MQTTError
from .header import IPD
from .overlay import forget
from .request import Command

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

_ANSWER_MS = const(10000)
CLOSE_MS = 5000  # some firmware never answers CIPCLOSE


class Send(Command):
    """Bytes to the other side."""

    final = b"SEND OK"


class Link:
    """modem: started. link_id: None for the one connection of AT+CIPMUX=0, else 0..4. id: the
    same, as the commands have it.

    Its user has on_data(buf, a, b), which returns how far it has read, on_lost(error), called
    once when the connection has gone by itself, on_sent(command), called when bytes have left, and
    awaits(): is anything expected to come?
    """

    def __init__(self, modem, link_id=None):
        self.is_open = self.closed = False
        self.user: Any = None
        self.number = -1 if link_id is None else link_id
        self._modem = modem
        self.channel = modem.channel
        self.id = b"" if link_id is None else b"%d," % link_id
        self.passive = None  # fetches what the module keeps for us, where it does
        inlet = modem.channel.inlet
        inlet.sinks[IPD] = self
        inlet.on(b"+IPD,", self._on_notice)
        inlet.on(self.id + b"CLOSED", self._on_closed)
        inlet.on(self.id + b"CONNECT", self._on_connect)
        modem.on_reset.append(self._gone)

    async def open(self, host, port: int, user, tls=None):
        """Connect. user: see the class. tls: a TLS. Raises ATError, ATTimeout, MQTTError."""
        if self._modem.passive:
            self._mailbox()  # loaded first, since it stays
        from .opening import open_link

        await open_link(self, self._modem, host, port, user, tls)
        forget("opening", "quote")

    def close_line(self) -> bytes:
        """The command that closes it."""
        return b"AT+CIPCLOSE" + (b"=" + self.id[:-1] if self.id else b"")

    def send(self, *parts) -> Command:
        """Queue bytes; they leave whole and in order. Returns the command that sends the last."""
        n = 0
        for part in parts:
            n += len(part)
        limit = self._modem.dialect.send_max
        if n <= limit:
            return self._send(n, parts)
        from .splitting import send

        try:
            return send(self._send, limit, n, parts)
        finally:
            forget("splitting")

    def _send(self, n: int, parts, before=None) -> Command:
        command = Send(b"AT+CIPSEND=%s%d\r\n" % (self.id, n), _ANSWER_MS, self)
        command.data = parts
        if before:
            command.before = before
        return self.channel.submit(command)

    def ended(self, command: Command):
        """A Send has ended."""
        if not self.is_open:
            return  # it belongs to an earlier connection, or to another client's
        if command.error:
            self.drop(command.error)  # the stream has a hole
        else:
            self.user.on_sent(command)

    async def close(self):
        """Close and forget the user. Never raises for what the module says."""
        if self.user:
            from .opening import close_link

            await close_link(self, self.channel)
            forget("opening", "quote")

    def drop(self, error: Exception):
        """Close without waiting and tell the user why."""
        if self.user:
            self._gone(error)  # first: nothing that is queued may leave behind a hole
            self.channel.submit(Command(self.close_line() + b"\r\n", CLOSE_MS))

    def _gone(self, error: Exception):
        user = self.user
        was_open = self.is_open
        self._forget(error)
        if was_open:
            user.on_lost(error)

    def _forget(self, error: Exception):
        self.user = None
        self.is_open = False
        if self.passive:
            self.passive.end()
        self.channel.drop(self, error)

    def _on_closed(self, buf, a: int, b: int):
        self.closed = True
        if self.is_open:  # else it is the one before, closed to make room
            self._gone(MQTTError("connection closed by the other side"))

    def _on_connect(self, buf, a: int, b: int):
        self.closed = False  # what was closed until now was the one before

    def _mailbox(self):
        if not self.passive:
            from .passive import Passive

            self.passive = Passive(self, self.channel, self.id, self._modem.dialect.block_max)
        return self.passive

    # --- what the inlet brings

    def _on_notice(self, buf, a: int, b: int):
        # +IPD,<n> or +IPD,<id>,<n>: the module keeps n bytes, whether it was asked to or not
        number = n = -1
        for i in range(a + 5, b):  # not split into objects: every message that comes alone has one
            c = buf[i]
            if 48 <= c <= 57:
                n = (0 if n < 0 else n * 10) + c - 48
            elif c == 0x2C and number < 0 <= n:
                number = n
                n = -1
            else:
                return self.channel.inlet.garbage()
        if n < 0:
            return self.channel.inlet.garbage()
        if self.is_open and (number < 0 or number == self.number):
            self._mailbox().notice(n)

    def block(self, buf, a: int, b: int, link: int) -> int:
        """Bytes from the peer. Returns how far they were read."""
        return self.rest(buf, a, b) if link == self.number else b

    def rest(self, buf, a: int, b: int) -> int:
        """Read on."""
        if not self.is_open:
            return b  # of a connection that is closed on this side
        return self.user.on_data(buf, a, b)

    def damaged(self):
        """Bytes of the stream are missing."""
        if self.is_open:  # else they belong to an earlier connection
            self.drop(MQTTError("bytes were lost on the UART"))
