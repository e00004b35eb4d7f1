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
