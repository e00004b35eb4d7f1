# MIT license; Copyright (c) 2026 The atmqtt authors
"""Passive receive: the module keeps what comes and tells so; it is fetched by AT+CIPRECVDATA.

Never more than fits into the buffers is on its way, so nothing is lost however busy the
application is, without any flow control on the wire. A notice that is lost is made up for: where
something is awaited that does not come, the module is asked what it has.
"""

from time import ticks_diff, ticks_ms

from micropython import const

from .errors import ATTimeout, MQTTError
from .header import RECVDATA
from .request import Command

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

_FETCH_MS = const(5000)
_AWAITED_MS = const(1000)  # without a byte of what is awaited, before the module is asked
_SILENT_MS = const(30000)  # the same, where nothing is awaited
_LEAST = const(64)
_QUESTION = b"AT+CIPRECVLEN?\r\n"
_SMALLEST = const(24)  # its answer and a notice fill a UART that has room for 64 bytes


class Passive:
    """link: whose bytes. link_id: as its commands have it. most: bytes of the longest block."""

    def __init__(self, link, channel, link_id: bytes, most: int):
        self._link = link
        self.channel = channel
        self.id = link_id
        self.most = max(_SMALLEST, min(most, channel.inlet.burst))
        self._watcher = self._watch
        channel.inlet.sinks[RECVDATA] = self
        self.end()

    def begin(self):
        """The link is open."""
        self.size = self.most
        self._fetcher: Any = None  # the command that fetches so many
        self._looked = ticks_ms()
        self.channel.watches.append(self._watcher)

    def end(self):
        """The link is closed."""
        self.left = self._got = 0  # bytes that the module told of, and that have come since
        self.refused = 0  # what was left when the last fetch was refused
        self.command: Any = None  # the fetch or question that is under way
        self.channel.drop(self, None)
        if self._watcher in self.channel.watches:
            self.channel.watches.remove(self._watcher)

    def notice(self, n: int):
        """The module keeps n bytes."""
        if self._watcher not in self.channel.watches:
            self.begin()  # it keeps them although it was not asked to
        self.left = n
        self._got = 0  # it may tell so inside the answer to a fetch
        self._fetch()

    def ask(self):
        """A notice may have been lost: what does the module keep?"""
        if not self.command:  # a fetch tells as much, and in an order that is known
            question = Command(_QUESTION, _FETCH_MS, self)
            question.info = []
            self._submit(question)

    def _fetch(self):
        if not self.command:
            self._got = 0
            self._came = False  # has the fetch under way brought a block?
            command = self._fetcher
            if not (command and command.done):
                line = b"AT+CIPRECVDATA=%s%d\r\n" % (self.id, self.size)
                self._fetcher = command = Command(line, _FETCH_MS, self)
                command.info = []
            command.done = False  # the same again: for most messages there is one fetch
            command.error = None
            command.info.clear()
            self._submit(command)

    def _submit(self, command: Command):
        self._looked = ticks_ms()
        self.command = command
        self.channel.submit(command)

    def ended(self, command: Command):
        """A fetch, or a question, has ended."""
        if command is self.command:  # else of an earlier connection
            self.command = None
            if command.line is _QUESTION:
                self._told(command)
            else:
                self._fetched(command)

    def block(self, buf, a: int, b: int, link: int) -> int:
        """Bytes that were fetched."""
        if not self._link.is_open:
            return b  # of a connection that is closed on this side
        self._came = self.channel.inlet.at_once = True
        self._got += b - a
        return a  # first the next fetch: this is read while that one is on the wire

    def rest(self, buf, a: int, b: int) -> int:
        """Read on."""
        return self._link.rest(buf, a, b)

    def damaged(self):
        """Bytes of the stream are missing."""
        self._link.damaged()

    def _fetched(self, command: Command):
        self._looked = ticks_ms()
        self.left = left = max(0, self.left - self._got)
        if not command.error:
            if not self._came and (left or command.info):
                self.channel.inlet.garbage()  # the head of the block, and so all of it, was lost
                self.damaged()
            elif left or self._got == self.size:
                self._fetch()
        elif isinstance(command.error, ATTimeout):
            self._link.drop(command.error)  # what it brought, if anything, may have a hole
        elif left:  # it lacks the memory for so many, or the notice was an old one
            self.refused = left
            self.left = 0
            self.ask()

    def _watch(self, now: int):
        quiet = ticks_diff(now, self._looked)
        if quiet >= _AWAITED_MS and (quiet >= _SILENT_MS or self._link.user.awaits()):
            self.ask()

    def _told(self, command: Command):
        refused = self.refused
        self.refused = 0
        n = refused if command.error else _kept(command.info, max(0, self._link.number))
        n = max(n, self.left)  # of a notice inside the answer
        if n and refused:
            if self.size <= _LEAST:
                error = MQTTError("the module does not hand over what it has received")
                return self._link.drop(error)
            self.size = max(_LEAST, self.size // 2)
            self._fetcher = None
        if n:
            self.notice(n)


def _kept(lines: list, number: int) -> int:
    # +CIPRECVLEN:<n>, or one for each link; empty or -1: no such link
    for text in lines:
        if text.startswith(b"+CIPRECVLEN:"):
            field = (text[12:].split(b",") + [b""] * number)[number]
            if field.isdigit():
                return int(field)
    return 0
