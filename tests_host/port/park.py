"""`atmqtt.park` for CPython, whose asyncio works otherwise inside."""

import asyncio

from .waiting import ThreadSafeFlag


class Flag(ThreadSafeFlag):
    """A ThreadSafeFlag to wait for by `await flag`."""

    def __await__(self):
        return self.wait().__await__()


class Spot:
    """What one task can wait for."""

    task: asyncio.Future | None = None


class _Park:
    @staticmethod
    def at(spot) -> asyncio.Future:
        """Await this to wait until wake(spot)."""
        spot.task = asyncio.get_running_loop().create_future()
        return spot.task

    @staticmethod
    def wake(spot) -> None:
        """Let the task go on that waits there, if one does."""
        waiter, spot.task = spot.task, None
        if waiter and not waiter.done():
            waiter.set_result(None)


PARK = _Park()
