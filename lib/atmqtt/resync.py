# MIT license; Copyright (c) 2026 The atmqtt authors
"""In step again: after an answer was late, no command is sent until a probe has been answered.

A probe's answer begins with a line of its own, so that a late OK of the command that timed out
cannot be taken for it; two probes take turns, so that neither can a late answer to a probe.
Loaded when needed and forgotten again.
"""

from time import ticks_add, ticks_diff

from micropython import const

from . import exchange  # for the time that its deadlines are in
from .errors import ATTimeout
from .overlay import forget
from .request import Command

_PROBES = const(((b"AT+CWMODE?\r\n", b"+CWMODE:"), (b"AT+CIPMUX?\r\n", b"+CIPMUX:")))
_ANSWER_MS = const(1000)
_SILENT_MAX = const(5)  # probes without any answer
_BUSY_MAX = const(90)  # probes that met "busy"
_GUARD_MS = const(1100)  # silence around +++
_QUIET_MS = const(100)  # for the answers to earlier probes


class Resync:
    """channel: whose command got no answer."""

    def __init__(self, channel):
        self.channel = channel
        self.due = None  # data that a late prompt would ask for
        self._sent = 0  # probes
        self._stuck = False  # the module may be waiting for the rest of the data
        self.lost()

    def lost(self):
        """An answer did not come, or one too many may come."""
        self._synced = False
        self.tries = self._busy = 0
        self.retry = None

    def owe(self, command: Command):
        """Note what the command announced to the module before it timed out."""
        if command.fed:
            self._stuck = True
            self.channel.outlet.own()
        elif command.data:
            self.due = [bytes(part) for part in command.data]

    def pay(self):
        """The prompt came late: the module still counts the bytes that were announced."""
        for part in self.due:
            self.channel.outlet.write(part)
        self.due = None

    def busy(self):
        """The module lives, and works on something: be patient."""
        if self._busy < _BUSY_MAX:
            self._busy += 1
            self.tries = 0

    def in_step(self, now: int) -> bool:
        """Called while a command waits: may it be sent? If not, does the next thing towards it."""
        if self.retry is not None and ticks_diff(now, self.retry) < 0:
            return False
        if self._synced:
            self.channel.resync = None
            forget("resync")
            return True
        if self._stuck:
            self._stuck = False
            self.channel.outlet.write(b"+++")  # alone, it takes the module out of a data phase
            self.retry = ticks_add(now, _GUARD_MS)
            return False
        line, answer = _PROBES[self._sent & 1]
        self._sent += 1
        self.tries += 1
        probe = Command(line, _ANSWER_MS, self)
        probe.expect = answer
        self.channel.start(probe, now)
        return False

    def ended(self, probe: Command):
        """A probe has been answered, or not."""
        if not probe.error:
            self._synced = True
            self.due = None  # a command that is not to come any more
            self.channel.inlet.tokens.armed = False
            if self._sent > 1:
                self.retry = ticks_add(exchange.ticks_ms(), _QUIET_MS)
        elif self.tries >= _SILENT_MAX:
            self.lost()
            self.channel.on_event("silent", None)
            self.channel.refuse(ATTimeout("the module does not answer"))
