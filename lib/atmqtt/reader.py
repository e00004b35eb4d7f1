# MIT license; Copyright (c) 2026 The atmqtt authors
"""The asyncio side of the channel: two tasks that poll, and a place to park for all others.

One task polls when the UART has woken it and for as long as more is to come, the other on a timer:
for deadlines, for UARTs without interrupts, and in case a wake-up was dropped. Both live as long
as the channel; nothing is made for a command or for its waiter.
"""

from asyncio import CancelledError, create_task, sleep_ms

from micropython import const

from .park import PARK, Flag

_TICK_MS = const(50)  # between looks where interrupts tell of bytes
_IDLE_MS = const(5)  # the same, where nothing does
_STAYS = const(3)  # for so long an answer is looked for; later the interrupt tells of it
_SHORT_MS = const(3)  # a buffer that fills so fast is not left to an interrupt at its end
_POLL = const(20)  # looks that take as long as poll()


class Reader:
    """channel: whose poll() to call."""

    looks = 60  # at the UART, before others have a turn: 1 ms on a Pico

    def __init__(self, channel):
        self.channel = channel
        self.flag = None  # the tasks live while it is theirs
        self._tasks: tuple = ()
        channel.stop = self.stop

    def _start(self):
        self.flag = flag = Flag()
        self.channel.kick = self.channel.inlet.ring.wake = flag.set
        self._tasks = (create_task(self._woken(flag)), create_task(self._ticking(flag)))

    def stop(self):
        """Have the tasks end."""
        if self.flag:
            self.flag.set()
            self.flag = None

    async def wait(self, request):
        """Park until the request is done. If cancelled, the request goes on without its waiter."""
        if request.done:
            return
        if not self.flag or self._tasks[0].done() or self._tasks[1].done():
            self._start()
        self.flag.set()
        try:
            await PARK.at(request)
        except CancelledError:
            request.detach()
            self.channel.outlet.own()
            raise

    async def _woken(self, flag):
        inlet = self.channel.inlet
        while flag is self.flag:
            await flag  # pyright: ignore[reportGeneralTypeIssues] - like asyncio.sleep_ms
            ms = self._poll(flag) if self._due() else -1
            stays = _STAYS
            while ms > 0 or (not ms and (stays or inlet.held)):
                if not inlet.at_once:
                    await sleep_ms(ms)
                if not (ms or inlet.held or inlet.ring.half_ms < _SHORT_MS):
                    stays -= 1
                ms = self._stay(flag)

    def _stay(self, flag) -> int:
        # What comes at once is not worth a turn of the event loop, which takes 0.5 ms on a Pico.
        inlet = self.channel.inlet
        stirs = inlet.ring.uart.any
        looks = self.looks
        while looks > 0 and (inlet.at_once or not inlet.held):
            looks -= 1
            if stirs():
                looks -= _POLL
                ms = self._poll(flag)
                if ms or (inlet.held and not inlet.at_once):
                    return ms  # what is held is for after a turn of the application
        return self._poll(flag)

    def _due(self):
        # woken by the end of what was taken in already?
        channel = self.channel
        inlet = channel.inlet
        ring = inlet.ring
        return (
            channel.command
            or channel.outlet.pending
            or inlet.held
            or ring.any()
            or ring.uart.any()
        )

    async def _ticking(self, flag):
        ring = self.channel.inlet.ring
        while flag is self.flag:
            await sleep_ms(min(_TICK_MS if ring.irq else _IDLE_MS, ring.half_ms))
            # what is held is read on by the other task only: who waits for it has its turn first
            if self.channel.inlet.held or self._poll(flag) > 0:
                flag.set()

    def _poll(self, flag) -> int:
        flag.clear()
        if flag is not self.flag:
            return -1  # closed meanwhile: the UART may be in other hands
        try:
            return self.channel.poll()
        except Exception as er:  # the UART is gone: who waits must know
            self.channel.on_event("error", er)
            self.channel.close(er)
            return -1
