"""The board is reset in the middle of a session; what it then finds does not keep it from working.

Needs: MODULE
"""

import asyncio
import time

import machine
import place
import station
import uarts

from atmqtt import MQTTClient

TOPIC = station.NAME + "/reset"
MESSAGE = bytes(500)
LIMIT_S = 30


async def connected(modem):
    client = MQTTClient(modem, place.broker, place.port, client_id=station.NAME)
    await client.connect()
    await client.subscribe(TOPIC, qos=1)
    return client


class Fuse:
    """The module's UART; a long write is the board's end, halfway."""

    def __init__(self):
        self._uart = uart = uarts.module()
        self.any = uart.any
        self.readinto = uart.readinto
        self.irq = uart.irq
        self.IRQ_RXIDLE = getattr(uart, "IRQ_RXIDLE", 0)
        self.IRQ_RX = getattr(uart, "IRQ_RX", 0)

    def write(self, buf, off, n):
        if n < len(MESSAGE):
            return self._uart.write(buf, off, n)
        print("resetting")
        time.sleep_ms(100)  # until that is out
        self._uart.write(buf, off, n // 2)
        time.sleep_ms(10)
        machine.reset()


async def in_the_middle():
    """Reset while the module waits for the rest of a message that it was promised."""
    client = await connected(await station.online(Fuse()))
    await client.publish(TOPIC, MESSAGE, qos=1)


async def afterwards():
    modem = await station.online()
    client = await connected(modem)
    await client.publish(TOPIC, b"after", qos=1)
    messages = client.messages
    payload = b""
    while payload != b"after":  # the one before may have got through
        _, payload, _ = await asyncio.wait_for(messages.__anext__(), LIMIT_S)
    await client.disconnect()
    await modem.close()


if place.restarts == 0:
    asyncio.run(in_the_middle())
asyncio.run(afterwards())
print("passed")
