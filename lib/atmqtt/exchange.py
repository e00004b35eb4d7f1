# MIT license; Copyright (c) 2026 The atmqtt authors
"""The exchange: the command in flight, and what each line means for it."""

from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from .errors import ATError, ATTimeout
from .inlet import Inlet
from .outlet import Outlet
from .request import Command

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any

_BUSY_MS = const(500)  # before a command that met "busy" is sent again
_BYTE_MS = const(2)  # for each byte of data: enough down to 9600 baud
_ANSWER_MAX = const(256)  # lines kept of one answer
_LONGEST_MS = const(20)  # between looks while bytes leave
_AWAY = const(256)  # bytes of a block that come between looks


class Exchange:
    """uart, rx_size, rxbuf, stats: see RxRing. on_event(name, detail): what happened by itself."""

    def __init__(self, uart, rx_size: int, rxbuf: int, stats: dict, on_event):
        self.stats = stats
        self.on_event = on_event
        self.inlet = inlet = Inlet(uart, rx_size, rxbuf, stats, self)
        self.outlet = Outlet(uart)
        self.command: Any = None
        self.on_echo: Any = None  # called when the module repeats what it was sent
        self.resync = None  # how to get in step again after an answer was late
        self._code = None  # the last ERR CODE
        self.retry = None  # when to repeat a command that met "busy"
        self._repeated = False
        self.deadline = 0  # of the command in flight
        self._gone = 0  # when the last byte of what is in flight has left the UART
        inlet.on(b"busy ", self._on_busy)
        inlet.on(b"ERR CODE:", self._on_code)
        inlet.on(b"ERROR", self.refused)
        inlet.on(b"FAIL", self.refused)
        inlet.on(b"SEND FAIL", self.refused)
        inlet.on(b"SEND C", self.refused)  # SEND Canceled, SEND CANCELLED
        inlet.on(b"CMD ", self.refused)  # CMD FORMAT ERR, CMD PARSE ERR: WinnerMicro's
        inlet.on(b"AT", self._on_echo)
        inlet.on(b"Recv ", _nothing)  # of data; SEND OK follows

    def start(self, command: Command, now: int):
        """Send a command. Nothing else may be in flight."""
        self.command = command
        self._code = self.retry = None
        self._repeated = False
        self._arm()
        self.deadline = ticks_add(now, command.timeout_ms)
        self.outlet.write(command.line)
        self._gone = ticks_add(now, len(command.line) // self.inlet.ring.rate)

    def check(self, now: int):
        """Give up, or repeat, what is in flight."""
        command = self.command
        if self.inlet.held:
            return  # its answer may be here already, behind the block that is held
        self.inlet.check(now)
        if not command:
            return
        if ticks_diff(now, self.deadline) >= 0:
            self.inlet.give_up()
            late = command.owner is not self.resync or not self.resync
            if late:
                self.stats["timeouts"] += 1
            self._end(ATTimeout(command.name() + ": no answer"), late)
        elif self.retry is not None and ticks_diff(now, self.retry) >= 0:
            self.retry = None
            self._repeated = True
            self.outlet.write(command.line)

    def expire(self, ms: int):
        """Give what is in flight only so much time."""
        self.deadline = ticks_add(ticks_ms(), ms)

    def rest_ms(self, now: int) -> int:
        """For how long nothing awaited can come; 0: look now, -1: nothing is."""
        inlet = self.inlet
        if inlet.held:
            return inlet.pause_ms
        if self.outlet.pending:
            return 1
        ms = inlet.tokens.missing()
        if ms:
            return max(1, min(ms, _AWAY) // inlet.ring.rate) - 1  # back before its end
        if self.command:
            return max(0, min(ticks_diff(self._gone, now), _LONGEST_MS))
        return -1

    def abort(self):
        """Forget all, as the module did. Returns what was in flight."""
        command = self.command
        self.command = self.resync = self.retry = None
        self.outlet.clear()
        self.inlet.tokens.armed = False
        return command

    def _arm(self):
        # a prompt is expected by the command in flight, or by one that timed out before it came
        data = self.command and self.command.data
        if data is None and self.resync:
            data = self.resync.due
        self.inlet.tokens.armed = data is not None

    def _end(self, error=None, late=False):
        command = self.command
        self.command = self.retry = None
        if late:
            self.out_of_step().owe(command)
        self._arm()
        if self._repeated:  # both may have been carried out: another answer is still to come
            self.out_of_step()
        command.finish(error)

    def out_of_step(self):
        """Answers may come that belong to no command: probe before the next one."""
        if not self.resync:
            from .resync import Resync

            self.resync = Resync(self)
        self.resync.lost()
        return self.resync

    # --- what the inlet brings

    def concludes(self, buf, a: int, b: int) -> bool:
        """Is it the line that ends the command in flight well?"""
        command = self.command
        return (
            command
            and b - a == len(command.final)
            and buf.startswith(command.final, a)
            and not command.expect
            and (command.data is None or command.fed)
        )

    def answer(self, buf, a: int, b: int):
        """A line that nobody else claims."""
        command = self.command
        if not command:
            if buf[a] == 0x2B:
                self.stats["unknown"] += 1  # +NAME: of a newer firmware
            elif not buf.startswith(b"OK", a) and not buf.startswith(b"SEND OK", a):
                self.inlet.garbage()
            return
        if self.concludes(buf, a, b):
            self._end()
        elif b - a == len(command.final) and buf.startswith(command.final, a):
            return  # of another command
        elif command.expect and buf.startswith(command.expect, a):
            command.expect = None
        else:
            self.stored(buf, a, b)

    def stored(self, buf, a: int, b: int):
        """A line, or a block of stored data, that is part of the answer."""
        info = self.command and self.command.info
        if info is not None and len(info) < _ANSWER_MAX:
            info.append(bytes(memoryview(buf)[a:b]))

    def prompt(self):
        """`>`: the module wants the data. It gets all of it, even if nobody waits any more."""
        command = self.command
        if not command or command.data is None:
            return self.resync.pay()
        command.fed = True
        n = 0
        for part in command.data:
            n += len(part)
            self.outlet.write(part)
        now = ticks_ms()
        self.deadline = ticks_add(now, command.timeout_ms + n * _BYTE_MS)
        self._gone = ticks_add(now, n // self.inlet.ring.rate)

    def refused(self, buf, a: int, b: int):
        """A line that ends the command in flight badly."""
        command = self.command
        if command and not command.expect:
            self._end(ATError(command.name() + " refused", self._code))

    def _on_code(self, buf, a: int, b: int):
        try:
            self._code = int(bytes(memoryview(buf)[a + 9 : b]), 16)
        except ValueError:
            self.inlet.garbage()

    def _on_busy(self, buf, a: int, b: int):
        # refused, or stray bytes met a command that runs; only a pause tells
        self.stats["busy"] += 1
        self._code = None
        command = self.command
        if self.resync:
            self.resync.busy()
        elif command and not command.fed and self.retry is None:
            self.retry = ticks_add(ticks_ms(), _BUSY_MS)

    def _on_echo(self, buf, a: int, b: int):
        if buf.startswith(b"AT version", a):
            return self.answer(buf, a, b)
        command = self.command
        if self.on_echo and command and buf.startswith(command.line, a):
            self.on_echo()


def _nothing(buf, a: int, b: int):
    pass
