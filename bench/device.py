"""Runs on the board: a connected client, and what is measured on it.

Pin 2 is high while something is measured; the host reads clock and cycles at its edges, and lets
the broker send at the rising one.
"""

import asyncio
import gc
import time

from machine import UART, Pin
from micropython import const

from atmqtt import Modem, MQTTClient, MQTTError

TOPIC = "bench/topic"
_LATE_MS = const(500)  # what has not come by then was lost
WINDOW = Pin(2, Pin.OUT, value=0)


class Device:
    """What the settings mean: see `rig.Settings`."""

    def __init__(self, baud, rxbuf, rx_size, flow, iterate, engine):
        lines = UART.CTS | UART.RTS if flow else 0
        uart = UART(  # pyright: ignore[reportCallIssue] - the stubs lack cts, rts and flow
            1,
            baud,
            tx=Pin(4),
            rx=Pin(5),
            cts=Pin(6),
            rts=Pin(7),
            rxbuf=rxbuf,
            txbuf=1024,
            flow=lines,
        )
        self.flow = 3 if flow else 0  # RTS and CTS, as Modem.set_baud has it
        self.baud = baud
        self.modem = Modem(uart, baud=baud, rxbuf=rxbuf, rx_size=rx_size)
        self.client = MQTTClient(
            self.modem,
            "broker",
            client_id="bench",
            keepalive=0,
            engine=engine,
            on_message=None if iterate else self.on_message,
            on_event=self.on_event,
        )
        self.iterate = iterate
        self.left = 0
        self.stall_at = None
        self.over = asyncio.Event()

    async def start(self):
        """Connect and subscribe."""
        await self.modem.start()
        if self.flow:
            await self.modem.set_baud(self.baud, self.flow)  # now it knows that they are wired
        await self.connect()
        self.watcher = asyncio.create_task(self._watch())
        if self.iterate:
            self.consumer = asyncio.create_task(self.consume())

    async def connect(self):
        """Connect, if not connected."""
        if not self.client.connected:
            await self.client.connect()
            await self.client.subscribe(TOPIC, 1)

    def on_message(self, topic, payload, retained):
        """Count; the window closes with the last one."""
        self.left -= 1
        self.last = time.ticks_us()
        if not self.left:
            self._close()
        elif self.left == self.stall_at:
            self._stall()

    def _close(self):
        WINDOW(0)
        self.over.set()

    async def consume(self):
        """The same by iteration."""
        async for _ in self.client.messages:
            self.on_message(None, None, None)

    def on_event(self, name, detail):
        """A lost connection is the end of what is measured: bytes were lost."""
        if name == "down" and self.left > 0:
            self._close()

    async def _watch(self):
        # messages that were lost do not come: close the window without them
        while True:
            await asyncio.sleep_ms(_LATE_MS)
            if self.left > 0 and time.ticks_diff(time.ticks_us(), self.last) > _LATE_MS * 1000:
                self._close()

    async def receive(self, n):
        """Open the window and wait for n messages.

        Returns how many have not come, how many of them were dropped by the client, and after
        how many us the last one has come.
        """
        await self.connect()
        dropped = self.client.stats["dropped"]
        self.over.clear()
        gc.collect()
        self.left = n
        start = self.last = time.ticks_us()
        WINDOW(1)
        await self.over.wait()
        left = self.left
        self.left = 0
        return left, self.client.stats["dropped"] - dropped, time.ticks_diff(self.last, start)

    async def received(self, n):
        """The same with gc off. Returns the bytes allocated meanwhile."""
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        await self.receive(n)
        allocated = gc.mem_alloc() - before
        gc.enable()
        return allocated

    async def publish(self, n, size):
        """Publish n messages one after the other."""
        payload = b"p" * size
        publish = self.client.publish
        gc.collect()
        WINDOW(1)
        for _ in range(n):
            await publish(TOPIC, payload)
        WINDOW(0)

    async def published(self, n, size):
        """The same with gc off. Returns the bytes allocated meanwhile."""
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        payload = b"p" * size
        publish = self.client.publish
        WINDOW(1)
        for _ in range(n):
            await publish(TOPIC, payload)
        WINDOW(0)
        allocated = gc.mem_alloc() - before
        gc.enable()
        return allocated

    async def publish_queued(self, n, size):
        """Publish n messages so that the next one always waits already."""

        async def half():
            for _ in range(n // 2):
                await self.client.publish(TOPIC, payload)

        payload = b"p" * size
        gc.collect()
        WINDOW(1)
        await asyncio.gather(half(), half())
        WINDOW(0)

    async def idle(self, ms):
        """Do nothing. Returns the bytes allocated meanwhile."""
        gc.collect()
        before = gc.mem_alloc()
        WINDOW(1)
        await asyncio.sleep_ms(ms)
        WINDOW(0)
        return gc.mem_alloc() - before

    async def held(self, n, size):
        """Receive n messages and publish meanwhile.

        Returns the longest turn of the event loop, in us, how many messages have not come, and
        how many publishes were not answered. A task that is always ready measures from each of
        its turns to the next.
        """
        await self.connect()
        self.left = n
        self.last = time.ticks_us()
        self.over.clear()
        gc.collect()
        gc.disable()
        publisher = asyncio.create_task(self._publish_until_over(size))
        longest = 0
        collected = n
        WINDOW(1)
        while not self.over.is_set():
            if collected - self.left >= 16:
                collected = self.left
                gc.collect()
            start = time.ticks_us()
            await asyncio.sleep_ms(0)
            longest = max(longest, time.ticks_diff(time.ticks_us(), start))
        unanswered = await publisher
        gc.enable()
        left = self.left
        self.left = 0
        return longest, left, unanswered

    async def _publish_until_over(self, size):
        payload = b"p" * size
        unanswered = 0
        while not self.over.is_set():
            try:
                await self.client.publish(TOPIC, payload)
            except MQTTError:  # the answer was among bytes that were lost
                unanswered += 1
        return unanswered

    async def stall(self, after, ms):
        """Take in messages; do nothing for ``ms`` milliseconds when so many have come."""
        await self.connect()
        gc.collect()
        self.left = 0
        self.stall_at = -after
        self.stall_ms = ms
        WINDOW(1)  # the broker begins
        await asyncio.sleep_ms(3000)  # until a loss is noticed
        WINDOW(0)
        self.stall_at = None

    def _stall(self):
        WINDOW(0)
        time.sleep_ms(self.stall_ms)
        WINDOW(1)

    async def collect(self):
        """How long a collection takes, in us."""
        gc.collect()
        start = time.ticks_us()
        gc.collect()
        return time.ticks_diff(time.ticks_us(), start)


def run(settings, steps):
    """Make a Device and take the steps, [name, arguments ...]. Prints each one's result."""

    async def main():
        device = Device(*settings)
        await device.start()
        for name, *arguments in steps:
            print(repr(await getattr(device, name)(*arguments)))

    asyncio.run(main())
