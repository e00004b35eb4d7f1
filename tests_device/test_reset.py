"""The board is reset in the middle of a message; what it then finds does not keep it from working.

Once for each engine that the module can be driven by. Needs: MODULE
"""

import asyncio
import time

import machine
import place
import station
import uarts

from atmqtt import MQTTClient

TOPIC = station.NAME + "/reset"
MESSAGE = bytes(300)
# How much of it leaves. ESP-AT waits in AT+MQTTPUBRAW for as many bytes as were announced, and
# neither +++ nor time ends that: the probes of start() have to fill it up.
CUT = {"native": 290, "packets": 150}
LIMIT_S = 30


class Fuse:
    """The module's UART; a long buffer, written up to `cut`, is the board's end."""

    def __init__(self):
        self.cut = len(MESSAGE)
        self._uart = uart = uarts.module()
        self.any = uart.any
        self.readinto = uart.readinto
        self.irq = uart.irq
        self.IRQ_RXIDLE = getattr(uart, "IRQ_RXIDLE", 0)
        self.IRQ_RX = getattr(uart, "IRQ_RX", 0)

    def write(self, buf, off, n):
        if len(buf) < len(MESSAGE) or off < self.cut:
            return self._uart.write(buf, off, min(n, self.cut - off))
        print("resetting")
        time.sleep_ms(100)  # until that is out, and what was written before
        machine.reset()


async def connected(modem, engine):
    client = MQTTClient(modem, place.broker, place.port, client_id=station.NAME, engine=engine)
    await client.connect()
    await client.subscribe(TOPIC, qos=1)
    return client


async def works(modem, engine):
    client = await connected(modem, engine)
    await client.publish(TOPIC, b"after", qos=1)
    messages = client.messages
    payload = b""
    while payload != b"after":  # the one before may have got through
        _, payload, _ = await asyncio.wait_for(messages.__anext__(), LIMIT_S)
    await client.disconnect()


async def main():
    """Where the last run of this script ended, this one goes on."""
    uart = Fuse()
    modem = await station.online(uart)
    engines = station.engines(modem)
    if place.restarts:
        await works(modem, engines[place.restarts - 1])
    if place.restarts < len(engines):
        client = await connected(modem, engines[place.restarts])
        uart.cut = CUT[engines[place.restarts]]
        await client.publish(TOPIC, MESSAGE, qos=1)  # the module is promised all of it
        raise AssertionError("the board was not reset")
    await modem.close()
    print("in the middle of a message by", " and by ".join(engines))


asyncio.run(main())
print("passed")
