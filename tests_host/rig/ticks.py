"""Simulated time for the library. Runs on MicroPython."""

from asyncio import Event
from time import ticks_add

from atmqtt import (
    channel,
    connection,
    exchange,
    inlet,
    joining,
    outlet,
    passive,
    reader,
    told,
)

# each has its own `ticks_ms`
_USERS = (channel, connection, exchange, inlet, joining, outlet, passive, told)


class _Flag:
    """park.Flag without threads: on the unix port that one takes 1 ms per pass."""

    def __init__(self):
        self._event = Event()
        self.set = self._event.set
        self.clear = self._event.clear

    async def _wait(self):
        await self._event.wait()
        self._event.clear()

    def __iter__(self):
        return self._wait()

    def __await__(self):
        return self._wait().__await__()


class Ticks:
    """What the library takes for the time from now until `restore`.

    read() returns milliseconds; sleep_ms, a coroutine function, replaces that of the reader task.
    """

    def __init__(self, read, sleep_ms=reader.sleep_ms):
        self._saved = [module.ticks_ms for module in _USERS]
        self._reader = reader.sleep_ms, reader.Flag, reader.Reader.looks
        for module in _USERS:
            module.ticks_ms = read
        reader.sleep_ms = sleep_ms
        reader.Flag = _Flag
        reader.Reader.looks = 1  # time stands still meanwhile

    def restore(self):
        """Real time again."""
        reader.sleep_ms, reader.Flag, reader.Reader.looks = self._reader
        for module, read in zip(_USERS, self._saved):
            module.ticks_ms = read


class Clock:
    """Milliseconds that pass when they are told to; the counter wraps after five seconds."""

    def __init__(self):
        self.now = ticks_add(0, -5000)

    def read(self) -> int:
        """The time."""
        return self.now

    def advance(self, ms: int):
        """Let time pass."""
        self.now = ticks_add(self.now, ms)
