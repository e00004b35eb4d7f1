"""MicroPython's additions to `asyncio`."""

import asyncio


async def sleep_ms(ms: int) -> None:
    """Sleep for `ms` milliseconds."""
    await asyncio.sleep(max(ms, 0) / 1_000)


async def wait_for_ms(awaitable, ms: int):
    """The awaitable's result; asyncio.TimeoutError after `ms` milliseconds."""
    return await asyncio.wait_for(awaitable, ms / 1_000)


class ThreadSafeFlag:
    """A flag that any thread may set and one task waits for; waiting clears it."""

    def __init__(self):
        self._is_set = False
        self._waiter = None

    def set(self) -> None:
        """Set the flag and wake the waiter; callable from any thread."""
        self._is_set = True
        waiter = self._waiter
        if waiter is not None:
            waiter.get_loop().call_soon_threadsafe(self._wake, waiter)

    def clear(self) -> None:
        """Forget an earlier `set()`."""
        self._is_set = False

    async def wait(self) -> None:
        """Return once the flag is set, and clear it. RuntimeError for a second waiter."""
        if self._waiter is not None:
            raise RuntimeError("a ThreadSafeFlag has one waiter")
        if not self._is_set:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                # A set() between the test above and here found no waiter to wake.
                if not self._is_set:
                    await self._waiter
            finally:
                self._waiter = None
        self._is_set = False

    @staticmethod
    def _wake(waiter: asyncio.Future) -> None:
        if not waiter.done():
            waiter.set_result(None)
