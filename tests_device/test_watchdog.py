"""A watchdog can be fed while the library waits, in either style; and it does bite.

Needs: MODULE
"""

import asyncio
import time

import machine
import place
import station
from micropython import kbd_intr

from atmqtt import MQTTClient, simple

BITES_MS = 500
WAIT_MS = 1200
TOPIC = station.NAME + "/watchdog"


class Enough(Exception):
    """We have waited for long enough."""


def blocking(wdt):
    """Everything that blocks, and a wait for a message that does not come."""
    end = None

    def idle():
        wdt.feed()
        time.sleep_ms(5)
        if end and time.ticks_diff(end, time.ticks_ms()) <= 0:
            raise Enough

    modem = station.modem()
    simple.run(modem, modem.start(), idle)
    simple.run(modem, modem.join(place.ssid, place.password), idle)
    client = simple.MQTTClient(station.NAME, place.broker, place.port, modem=modem, idle=idle)
    client.set_callback(print)
    client.connect()
    client.subscribe(TOPIC)
    end = time.ticks_add(time.ticks_ms(), WAIT_MS)
    try:
        client.wait_msg()
        raise AssertionError("a message")
    except Enough:
        end = None
    client.disconnect()
    return modem


async def feed(wdt):
    while True:
        wdt.feed()
        await asyncio.sleep_ms(BITES_MS // 4)


async def tasks(wdt, modem):
    """The same under asyncio, where a task feeds the dog."""
    feeding = asyncio.create_task(feed(wdt))
    client = MQTTClient(modem, place.broker, place.port, client_id=station.NAME)
    await client.connect()
    await client.subscribe(TOPIC)
    try:
        await asyncio.wait_for(client.messages.__anext__(), WAIT_MS / 1000)
        raise AssertionError("a message")
    except asyncio.TimeoutError:
        await client.disconnect()
    feeding.cancel()


def unfed():
    """Only the watchdog can end this."""
    print("resetting")
    kbd_intr(-1)
    while True:
        time.sleep_ms(BITES_MS)


if place.restarts == 0:
    wdt = machine.WDT(timeout=BITES_MS)
    asyncio.run(tasks(wdt, blocking(wdt)))
    unfed()
assert machine.reset_cause() == machine.WDT_RESET
print("fed for %d ms, blocking and with asyncio; unfed it bit" % (2 * WAIT_MS))
print("passed")
