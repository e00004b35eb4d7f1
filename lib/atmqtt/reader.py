# MIT license; Copyright (c) 2026 The atmqtt authors
"""The asyncio side of the channel: two tasks that poll, and a place to park for all others.

One task polls when the UART has woken it, the other on a timer: for deadlines, for UARTs without
interrupts, and in case a wake-up was dropped. Both live as long as the channel; nothing is made
per command but the event of who waits.
"""

from asyncio import CancelledError, Event, ThreadSafeFlag, create_task, sleep_ms

from micropython import const

_TICK_MS = const(50)  # deadlines are met this exactly, where interrupts tell of bytes
_IDLE_MS = const(5)  # between looks at a UART without interrupts


class Reader:
    """channel: whose poll() to call."""

    def __init__(self, channel):
        self._channel = channel
        self._flag = None  # the tasks live while it is theirs
        self._tasks: tuple = ()
        channel.stop = self.stop

    def _start(self):
        self._flag = flag = ThreadSafeFlag()
        self._channel.kick = self._channel.inlet.ring.wake = flag.set
        self._tasks = (create_task(self._woken(flag)), create_task(self._ticking(flag)))

    def stop(self):
        """Have the tasks end."""
        if self._flag:
            self._flag.set()
            self._flag = None

    async def wait(self, request):
        """Park until the request is done. If cancelled, the request goes on without its waiter."""
        if request.done:
            return
        if not self._flag or self._tasks[0].done() or self._tasks[1].done():
            self._start()
        request.event = Event()
        try:
            await request.event.wait()
        except CancelledError:
            request.detach()
            self._channel.outlet.own()
            raise

    async def _woken(self, flag):
        while flag is self._flag:
            await flag.wait()
            self._poll(flag)
            await sleep_ms(0)  # while bytes keep coming the flag is set again before it is asked

    async def _ticking(self, flag):
        channel = self._channel
        ring = channel.inlet.ring
        while flag is self._flag:
            if channel.outlet.pending or not (ring.irq or channel.idle()):
                await sleep_ms(1)
            else:
                fast = channel.inlet.held or not ring.irq
                await sleep_ms(min(_IDLE_MS if fast else _TICK_MS, ring.half_ms))
            self._poll(flag)

    def _poll(self, flag):
        if flag is not self._flag:
            return  # closed meanwhile: the UART may be in other hands
        try:
            self._channel.poll()
        except Exception as er:  # the UART is gone: who waits must know
            self._channel.on_event("error", er)
            self._channel.close(er)
