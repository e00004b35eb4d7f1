"""The tasks that poll: whatever comes, others have their turns."""

import asyncio

from atmqtt.reader import Reader
from atmqtt.request import Request


class Streaming:
    """A channel to which more has always come by the time it was polled."""

    irq = True
    half_ms = 10
    wake = kick = stop = command = None

    def __init__(self):
        self.inlet = self.outlet = self.ring = self.uart = self
        self.pending = []
        self.held = self.at_once = False
        self.polls = 0
        self.errors = []

    def poll(self):
        self.polls += 1
        if self.polls > 2000:
            raise AssertionError("nobody else had a turn")
        self.kick()
        return 0

    def any(self):
        return 1

    def on_event(self, name, detail):
        self.errors.append(detail)

    def close(self, error):
        self.stop()


async def test_a_line_that_is_never_silent_does_not_hold_the_event_loop():
    channel = Streaming()
    request = Request()
    reader = Reader(channel)
    waiting = asyncio.create_task(reader.wait(request))
    while not channel.kick:
        await asyncio.sleep_ms(0)
    channel.kick()
    for _ in range(20):
        await asyncio.sleep_ms(0)
    assert channel.errors == []
    assert 0 < channel.polls < 1000
    assert not any(task.done() for task in reader._tasks)
    request.finish()
    await waiting
    channel.stop()


class Holding(Streaming):
    """At its so many-th poll, and for the three after it, a sink wants to read on later."""

    half_ms = 50  # the task on the timer stays out of it

    def __init__(self, at):
        super().__init__()
        self._at = at
        self.turn = 0  # the application's
        self.last = -1  # in which of its turns what is held was read on
        self.in_vain = 0

    def any(self):
        return self.polls < self._at or self.held

    def poll(self):
        self.polls += 1
        if self.held:
            self.in_vain += self.turn == self.last
        self.held = self._at <= self.polls < self._at + 4
        self.last = self.turn
        if self.polls < self._at + 3:
            self.kick()  # more has come: the flag is up already
        return 0 if self.held or self.polls < self._at else -1


async def test_the_application_has_a_turn_before_what_is_held_is_read_on():
    for at in range(1, 60):
        channel = Holding(at)
        request = Request()
        waiting = asyncio.create_task(Reader(channel).wait(request))
        while channel.polls < at + 4:
            channel.turn += 1
            await asyncio.sleep_ms(0)
        assert channel.in_vain == 0, "held at poll %d" % at
        assert channel.errors == []
        request.finish()
        await waiting
        channel.stop()
