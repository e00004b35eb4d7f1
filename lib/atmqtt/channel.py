# MIT license; Copyright (c) 2026 The atmqtt authors
"""The command channel: a queue of commands, of which one at a time is in flight.

Everything happens in poll(), which never waits. How one waits is told by `wait`: an asyncio task
parks there (reader.py), the blocking style polls there (simple.py). Nothing else suspends.
"""

from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from .exchange import Exchange
from .request import Command, Request

_LOOK_MS = const(5)  # deadlines are met this exactly

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any


class Channel(Exchange):
    """uart, rx_size, rxbuf, stats: see RxRing. on_event(name, detail): what happened by itself."""

    def __init__(self, uart, rx_size: int, rxbuf: int, stats: dict, on_event):
        super().__init__(uart, rx_size, rxbuf, stats, on_event)
        self.watches = []  # called with the time, at most every _LOOK_MS
        self.wait: Any = self._wait
        self.closed: Any = None  # the error for all that comes after Modem.close()
        self.kick = self.stop = None  # wake and end the reader task, where there is one
        self._timed = []  # requests with a deadline that are no commands
        self._looked = 0  # when deadlines were last looked at
        self._queue = []
        self._polling = False

    async def _wait(self, request: Request):
        from .reader import Reader

        self.wait = Reader(self).wait
        await self.wait(request)

    def submit(self, command: Command) -> Command:
        """Queue a command. It runs to its end whoever waits for it, or nobody."""
        if self.closed:
            command.finish(self.closed)
        else:
            self._queue.append(command)
            self._next(ticks_ms())
            if self.kick:
                self.kick()  # the answer is to be looked for
        return command

    async def run(self, line: bytes, timeout_ms: int = 2000, info=None) -> list:
        """Send a line (without CR LF) and wait for its result. Returns the lines it printed.

        Raises ATError, ATTimeout. info: a list to put the lines in, as they come.
        """
        command = Command(line + b"\r\n", timeout_ms)
        command.info = command.result = [] if info is None else info
        await self.wait(self.submit(command))
        return command.value()

    def time(self, request: Request, ms: int) -> Request:
        """Finish the request with its `overdue` error when so many milliseconds have passed."""
        request.deadline = ticks_add(ticks_ms(), ms)
        self._timed.append(request)
        return request

    async def pause(self, ms: int):
        """Wait for so many milliseconds. Raises what the channel is closed with."""
        request = self.time(Request(), ms)
        await self.wait(request)
        request.value()

    def drop(self, owner, error: Exception):
        """Fail the owner's commands that are still queued. The one in flight runs to its end."""
        dropped = [c for c in self._queue if c.owner is owner]
        self._queue = [c for c in self._queue if c.owner is not owner]
        for command in dropped:
            command.finish(error)

    def withdraw(self, command: Command):
        """Take a command back, if it is still queued."""
        if command in self._queue:
            self._queue.remove(command)

    def refuse(self, error: Exception):
        """Fail all commands that are still queued."""
        refused = self._queue
        self._queue = []
        for command in refused:
            command.finish(error)

    def fail(self, error: Exception):
        """Fail the command in flight and all that are queued: the module forgot them."""
        command = self.abort()
        if command:
            command.finish(error)
        self.refuse(error)

    def close(self, error: Exception):
        """Fail all that waits, with a deadline or without, and end the reader task."""
        self.fail(error)
        timed = self._timed
        self._timed = []
        for request in timed:
            request.finish(error)
        if self.stop:
            self.stop()

    def idle(self) -> bool:
        """Is nothing being sent, awaited or queued?"""
        return not (self.command or self.outlet.pending or self._queue)

    def poll(self) -> int:
        """Take in what has come, send what can be sent, end what is overdue. Never waits.

        Returns in how many ms it should be called again, -1: when bytes have come. RuntimeError
        where a handler or on_event calls it again.
        """
        if self._polling:
            raise RuntimeError("poll() inside poll()")
        self._polling = True
        try:
            now = ticks_ms()
            self.inlet.take(now)
            if self.outlet.pending:
                self.outlet.flush()
            if not 0 <= ticks_diff(now, self._looked) < _LOOK_MS:
                self._look(now)
            if self._queue:
                self._next(now)
            return self.rest_ms(now)
        finally:
            self._polling = False

    def _look(self, now: int):
        # what happens because time passes
        self._looked = now
        self.check(now)
        for watch in self.watches:
            watch(now)
        timed = self._timed
        for i in range(len(timed) - 1, -1, -1):
            request = timed[i]
            if request.done or ticks_diff(now, request.deadline) >= 0:
                timed.pop(i)
                request.finish(request.overdue)

    def _next(self, now: int):
        if self._queue and not (self.command or self.outlet.pending):
            if not self.resync or self.resync.in_step(now):
                self.start(self._queue.pop(0), now)
