# MIT license; Copyright (c) 2026 The atmqtt authors
"""What somebody waits for: a result that poll() will bring, now or later.

A request belongs to whoever will finish it, not to the task that waits for it: cancelling that
task detaches it and changes nothing else.
"""

from micropython import const

from .park import PARK, Spot

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from typing import Any


class Request(Spot):
    """done: bool. error: the exception it ended with, None if well. result: what it brought."""

    done = False
    error: "Exception | None" = None
    result: "Any" = None
    deadline = 0  # ticks_ms
    overdue: "Exception | None" = None  # what a passed deadline means; None: it was a pause
    command: "Command | None" = None  # the command that was sent for it
    kind = pid = size = 0  # for the packets engine: answer it waits for, its id, bytes of payload

    def finish(self, error=None):
        """Bring it to its end, once; later calls are ignored."""
        if not self.done:
            self.done = True
            if error:
                self.error = error
            if self.task:
                PARK.wake(self)

    def detach(self):
        """Nobody waits any more."""
        if self.command:
            self.command.detach()

    def value(self):
        """The result; raises the error."""
        if self.error:
            raise self.error
        return self.result


class Command(Request):
    """An AT command on its way through the channel.

    line: the bytes to send, with CR LF. data: buffers to send after the `>` prompt, None: no
    prompt. final: the line that ends it well. owner: see Channel.drop; its ended(command) is
    called when it has ended.
    """

    data: "Any" = None
    final = b"OK"
    owner: "Any" = None
    request: "Request | None" = None  # for what it is sent
    info: "Any" = None  # a list that collects what it prints
    expect: "bytes | None" = None  # start of a line that must come before `final` counts
    fed = False  # the data is on its way
    before: "Command | None" = (
        None  # the command that sends the bytes before, where they are too many for one
    )

    def __init__(self, line: bytes, timeout_ms: int, owner=None):
        self.line = line
        self.timeout_ms = timeout_ms
        if owner:
            self.owner = owner

    def finish(self, error=None):
        """See Request."""
        if not self.done:
            Request.finish(self, error)
            self.data = None
            if self.owner:
                self.owner.ended(self)

    def detach(self):
        """Nobody waits any more: keep what has to be sent."""
        if self.before:
            self.before.detach()
        if self.data:  # the caller may reuse its buffers now; what was announced is still sent
            self.data = [bytes(part) for part in self.data]

    def name(self) -> str:
        """The command without its arguments, which may hold a secret."""
        return self.line.split(b"=")[0].decode().rstrip()
