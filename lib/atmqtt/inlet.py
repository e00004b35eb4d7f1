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


class Inlet:
    """uart, rx_size, rxbuf, stats: see RxRing. channel: has answer(), prompt() and stored().

    sinks: kind of block -> object with block(buf, a, b, link), which returns how far it has read,
    and damaged(). held: a sink has not read all of the last block; it is asked again.
    """

    def __init__(self, uart, rx_size: int, rxbuf: int, stats: dict, channel):
        self.ring = RxRing(uart, rx_size, rxbuf, stats)
        self.tokens = Tokenizer()
        self.sinks = {}
        self.held = False
        # Bytes of a block that can come while the application is busy: the ring's callback runs
        # when the line falls silent, so a burst has to find room in the C buffer.
        self.burst = min(rx_size - _RING_RESERVE, rxbuf - _RESERVE)
        self._stats = stats
        self._channel = channel
        self._urcs = {}  # first byte -> [(start of the line, handler)]
        self._heard = ticks_ms()

    def on(self, start: bytes, handler):
        """Have handler(buf, a, b) take every line that begins with `start`, inside any answer."""
        self._urcs.setdefault(start[0], []).append((start, handler))

    def take(self, now: int):
        """Hand on all that has come."""
        tokens = self.tokens
        ring = self.ring
        ring.kick()
        if ring.any():
            self._heard = now
        elif tokens.incomplete() and ticks_diff(now, self._heard) > _GAP_MS:
            self.give_up()
        token = BLOCK if self.held else tokens.next(ring)
        while token:
            if token == LINE:
                self._line(tokens.buf, tokens.a, tokens.b)
            elif token == BLOCK:
                self._block(tokens)
                if self.held:
                    return  # its rest waits in the tokenizer, what follows waits in the ring
            elif token == PROMPT:
                self._channel.prompt()
            elif token == DAMAGED:
                self._damaged()
            else:
                self.garbage()
            token = tokens.next(ring)

    def _line(self, buf, a: int, b: int):
        for start, handler in self._urcs.get(buf[a], ()):
            if buf.startswith(start, a):  # cannot reach past b: there is the line's end
                return handler(buf, a, b)
        self._channel.answer(buf, a, b)

    def _block(self, tokens):
        header = tokens.header
        sink = self.sinks.get(header.kind)
        if sink:
            tokens.a = sink.block(tokens.buf, tokens.a, tokens.b, header.link)
            self.held = tokens.a < tokens.b
        elif header.kind == OTHER:
            self._channel.stored(tokens.buf, tokens.a, tokens.b)
        else:
            self._stats["unknown"] += 1

    def give_up(self):
        """Wait no longer for the rest of a block."""
        if self.tokens.incomplete():
            self.tokens.abort()
            self._damaged()

    def _damaged(self):
        self._stats["damaged"] += 1
        self._stats["suspected_overruns"] += 1
        self._channel.on_event("damaged", None)
        sink = self.sinks.get(self.tokens.header.kind)
        if sink:
            sink.damaged()

    def garbage(self):
        """Count a line that makes no sense: most often, bytes are missing from it."""
        self._stats["garbage"] += 1
        self._stats["suspected_overruns"] += 1
        self._channel.on_event("garbage", None)
