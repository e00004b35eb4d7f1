"""A driver, a simulated module and a broker in one process, in simulated time, under asyncio.

    async with House() as house:
        client = house.client()
        await client.connect()

Every pass of the event loop is a millisecond, so nothing really sleeps. Runs on MicroPython.
"""

import asyncio
from time import ticks_add

from atmqtt import Modem, MQTTClient
from atsim.broker import Broker
from atsim.clocks import VirtualClock
from atsim.inprocess import SimUART
from atsim.memoryclient import MemoryClient
from atsim.memorynet import MemoryNet
from atsim.module import Module

from .ticks import Ticks

HOST = "broker.local"
SSID = "atsim"
PASSWORD = "password"
_RXBUF = 4096
_LIMIT_MS = 200000


class Ground:
    """What is below the driver: clock, net, broker, module, uart. The module has booted."""

    def __init__(self, firmware="esp-at", users=None, baud=115200):
        self._baud = baud
        self.clock = VirtualClock()
        self.net = MemoryNet()
        self.broker = Broker(users)
        self.net.serve(self.broker, HOST)
        self.module = Module(self.net, firmware, ap=[(SSID, PASSWORD)], boot_log=False, baud=baud)
        self.module.timing.set_join(1000)
        self.module.timing.boot = 50000
        self.module.timing.scan = 100000
        self.uart = SimUART(self.module, self.clock, baud, rxbuf=_RXBUF, txbuf=256)
        self.clock.advance(100000)

    def ticks_ms(self) -> int:
        """The time for the driver."""
        return ticks_add(0, self.clock.now_us() // 1000)

    def modem(self, **options) -> Modem:
        """A modem that is not started."""
        return Modem(self.uart, baud=self._baud, rxbuf=_RXBUF, **options)

    def watcher(self, name="watcher", topic="#") -> MemoryClient:
        """A client on the broker's side, subscribed to everything."""
        watcher = MemoryClient(self.broker, name)
        watcher.subscribe(topic, 2)
        return watcher


class Call:
    """A coroutine in a task. done: it has ended, with `error` or `result`."""

    def __init__(self, coroutine):
        self.begun = self.done = False
        self.error = self.result = None
        self._task = asyncio.create_task(self._run(coroutine))
        self.cancel = self._task.cancel

    async def _run(self, coroutine):
        self.begun = True
        try:
            self.result = await coroutine
        except (Exception, asyncio.CancelledError) as error:
            self.error = error
        self.done = True


class House(Ground):
    """modem: started and joined unless start is False. events: (name, detail) of all of them.

    step_us: simulated time for each pass of the event loop.
    """

    def __init__(self, firmware="esp-at", users=None, baud=115200, start=True):
        super().__init__(firmware, users, baud)
        self.step_us = 1000
        self.events = []
        self._start = start
        self._ticks = Ticks(self.ticks_ms, self.sleep_ms)
        self.modem = super().modem(on_event=self._note)

    async def __aenter__(self):
        self._pacer = asyncio.create_task(self._pace())
        if self._start:
            await self.modem.start()
            await self.modem.join(SSID, PASSWORD)
        return self

    async def __aexit__(self, kind, error, traceback):
        await self.modem.close()
        await self.sleep_ms(100)  # the reader's tasks end
        self._pacer.cancel()
        self._ticks.restore()

    def client(self, client_id="c", **options) -> MQTTClient:
        """A client that is not connected."""
        options.setdefault("on_event", self._note)
        options.setdefault("engine", "packets")
        return MQTTClient(self.modem, HOST, client_id=client_id, **options)

    async def sleep_ms(self, ms: int):
        """Simulated time."""
        await asyncio.sleep_ms(0)
        end = self.clock.now_us() + ms * 1000
        while self.clock.now_us() < end:
            await asyncio.sleep_ms(0)

    async def until(self, condition, *arguments):
        """Wait until condition(*arguments) is true."""
        end = self.clock.now_us() + _LIMIT_MS * 1000
        while not condition(*arguments):
            assert self.clock.now_us() < end, "it never came true"
            await asyncio.sleep_ms(0)

    async def call(self, coroutine) -> "Call":
        """Start a coroutine in a task of its own; it runs as far as it comes without waiting."""
        call = Call(coroutine)
        while not call.begun:
            await asyncio.sleep_ms(0)
        return call

    async def ended(self, call):
        """Wait until a call has ended, however."""
        await self.until(lambda: call.done)

    async def end(self, call):
        """Wait until a call has ended. Returns its result, raises what it raised."""
        await self.ended(call)
        if call.error:
            raise call.error
        return call.result

    async def _pace(self):
        while True:
            self.clock.advance(self.step_us)
            await asyncio.sleep_ms(0)

    def _note(self, name, detail):
        self.events.append((name, detail))
