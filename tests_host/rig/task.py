"""A coroutine of the library, run without an event loop: the test says when it goes on."""

from asyncio import CancelledError


class _Pause:
    def __iter__(self):
        yield

    __await__ = __iter__


def parking(channel):
    """A function for channel.wait: suspends until the request is done, else as Reader.wait."""

    async def wait(request):
        try:
            while not request.done:
                await _Pause()
        except CancelledError:
            request.detach()
            channel.outlet.own()
            raise

    return wait


class Task:
    """Starts the coroutine and runs it as far as it comes. done: it has returned or raised."""

    def __init__(self, coroutine):
        self._coroutine = coroutine
        self._result = self._error = None
        self.done = False
        self.step()

    def step(self):
        """Let it go on, if what it waits for has happened."""
        if not self.done:
            self._go(self._coroutine.send, None)

    def cancel(self):
        """Cancel it, as asyncio does."""
        if not self.done:
            self._go(self._coroutine.throw, CancelledError())

    def result(self):
        """What it returned; raises what it raised."""
        assert self.done, "it still waits"
        if self._error:
            raise self._error
        return self._result

    def _go(self, resume, value):
        try:
            resume(value)
        except StopIteration as stop:
            self._result = stop.value
            self.done = True
        except (Exception, CancelledError) as error:
            self._error = error
            self.done = True
