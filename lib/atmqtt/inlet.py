# MIT license; Copyright (c) 2026 The atmqtt authors
"""What the module says, each piece to its owner: the ring, the tokenizer and the URC table."""

from time import ticks_diff, ticks_ms

from micropython import const

from .header import OTHER
from .ring import RxRing
from .tokenizer import BLOCK, DAMAGED, LINE, PROMPT, Tokenizer

_GAP_MS = const(1000)  # a block that stands still for so long has lost its rest
_RING_RESERVE = const(256)  # for what waits there already
_RESERVE = const(64)  # for the lines around a block
_NOTICE = b"+IPD,"  # as a line: the module keeps bytes
_TURN_MS = const(2)  # for what is read of a block before others have a turn


class Inlet:
    """uart, rx_size, rxbuf, stats: see RxRing. channel: has answer(), concludes(), prompt() and
    stored().

    sinks: kind of block -> object with block(buf, a, b, link), which returns how far it has read,
    rest(buf, a, b), which goes on reading, and damaged(). held: the sink that has not read all of
    the last block; nothing but the answer to a command is taken in until it has.
    """

    def __init__(self, uart, rx_size: int, rxbuf: int, stats: dict, channel):
        self.ring = RxRing(uart, rx_size, rxbuf, stats)
        self.tokens = Tokenizer()
        self.sinks = {}
        self.held = None
        self._new = False
        self.at_once = False  # set by a sink: the line that follows its block is urgent
        self.pause_ms = 0  # until it is to be asked again
        self.a = self.b = 0  # what it has not read yet
        self._token = 0  # that waits behind it
        # Bytes of a block that can come while the application is busy: the ring's callback runs
        # when the line falls silent, so a burst has to find room in the C buffer.
        self.burst = min(rx_size - _RING_RESERVE, rxbuf - _RESERVE)
        self.stats = stats
        self.channel = channel
        self._urcs = {}  # first byte -> [(start of the line, handler)]
        self._heard = ticks_ms()

    def on(self, start: bytes, handler):
        """Have handler(buf, a, b) take every line that begins with `start`, inside any answer."""
        self._urcs.setdefault(start[0], []).append((start, handler))

    def take(self, now: int):
        """Hand on all that has come."""
        self._new = self.at_once = False
        ring = self.ring
        ring.kick()
        if ring.any():
            self._heard = now
        elif not self.held:
            return
        self._take()
        while self.held and not self._new and self._read_on(now):
            self._take()

    def check(self, now: int):
        """Give up a block that stands still."""
        if ticks_diff(now, self._heard) > _GAP_MS and not self.ring.any():
            self.give_up()

    def _take(self):
        tokens = self.tokens
        token = self._token or tokens.next(self.ring)
        self._token = 0
        while token:
            if token == LINE:
                if self.held and not self._passes(tokens.buf, tokens.a, tokens.b):
                    self._token = token
                    return
                self._line(tokens.buf, tokens.a, tokens.b)
            elif token == BLOCK:
                self._block(tokens)
            elif token == PROMPT:
                self.channel.prompt()
            elif token == DAMAGED:
                self._damaged()
            else:
                self.garbage()
            token = tokens.next(self.ring)

    def _passes(self, buf, a: int, b: int) -> bool:
        # May it be taken in before the block that is held? What it asks for is not what it brings.
        return self.channel.concludes(buf, a, b) or buf.startswith(_NOTICE, a)

    def _read_on(self, now: int) -> bool:
        # a message at a time, for as long as others can wait for their turn; is all read?
        tokens = self.tokens
        a = self.a
        while True:
            n = self.held.rest(tokens.buf, a, self.b)
            if n == self.b:
                self.held = None
                tokens.release()
                return True
            if n == a or ticks_diff(ticks_ms(), now) >= _TURN_MS:
                self.pause_ms = 0 if n > self.a else 1
                self.a = n
                return False
            a = n

    def _line(self, buf, a: int, b: int):
        for start, handler in self._urcs.get(buf[a], ()):
            if buf.startswith(start, a):  # cannot reach past b: there is the line's end
                return handler(buf, a, b)
        self.channel.answer(buf, a, b)

    def _block(self, tokens):
        header = tokens.header
        sink = self.sinks.get(header.kind)
        if sink:
            self.a = sink.block(tokens.buf, tokens.a, tokens.b, header.link)
            if self.a < tokens.b:
                self.b = tokens.b
                self.held = sink
                self._new = True  # others have a turn before it is read on
                self.pause_ms = 0
                tokens.keep()
        elif header.kind == OTHER:
            self.channel.stored(tokens.buf, tokens.a, tokens.b)
        else:
            self.stats["unknown"] += 1

    def give_up(self):
        """Wait no longer for the rest of a block."""
        if self.tokens.missing():
            self.tokens.abort()
            self._damaged()

    def _damaged(self):
        self.stats["damaged"] += 1
        self.stats["suspected_overruns"] += 1
        self.channel.on_event("damaged", None)
        sink = self.sinks.get(self.tokens.header.kind)
        if sink:
            sink.damaged()

    def garbage(self):
        """Count a line that makes no sense: most often, bytes are missing from it."""
        self.stats["garbage"] += 1
        self.stats["suspected_overruns"] += 1
        self.channel.on_event("garbage", None)
