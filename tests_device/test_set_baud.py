"""The UART changes its rate under a connection; with RTS a busy program loses nothing.

Needs: MODULE FLOW
"""

import asyncio
import time

import place
import station
import target_wiring
import uarts

from atmqtt import MQTTClient

SLOW = target_wiring.MODULE["baudrate"]
FAST = 921600
RTS_AND_CTS = 3
TOPIC = station.NAME + "/set_baud"
BURST = 6  # retained messages, which the broker sends all at once
SIZE = 1200  # bytes: together more than twice what the ring and the UART's buffer hold
STALL_MS = 300
LIMIT_S = 30


def payload(i, size=SIZE):
    """Bytes in which a lost or moved one is seen."""
    return bytes((i * 31 + k * 7 + (k >> 8)) & 0xFF for k in range(size))


async def there_and_back(client, messages, i):
    """A message of this connection goes to the broker and comes back the same."""
    await client.publish(TOPIC, payload(i), qos=1)
    topic, came, _ = await asyncio.wait_for(messages.__anext__(), LIMIT_S)
    assert (topic, came) == (TOPIC.encode(), payload(i)), i


async def burst(client, messages):
    """All retained messages come while the program is busy."""
    asking = asyncio.create_task(client.subscribe(TOPIC + "/+"))
    await asyncio.sleep_ms(20)
    time.sleep_ms(STALL_MS)  # neither the event loop nor the reader gets a turn
    await asking
    got = {}
    for _ in range(BURST):
        topic, came, _ = await asyncio.wait_for(messages.__anext__(), LIMIT_S)
        got[topic] = came
    for i in range(BURST):
        assert got[b"%s/%d" % (TOPIC.encode(), i)] == payload(i), i


def unharmed(modem):
    """No byte was lost: what was lost would be in a torn block or line."""
    for counter in ("damaged", "garbage", "timeouts", "resets"):
        assert modem.stats[counter] == 0, modem.stats


async def main():
    modem = await station.online(uarts.module(**target_wiring.FLOW))
    keeps = modem.passive
    client = MQTTClient(
        modem, place.broker, place.port, client_id=station.NAME, rx_queue=BURST, tx_bytes=2 * SIZE
    )
    await client.connect()
    messages = client.messages
    await client.subscribe(TOPIC, qos=1)
    await there_and_back(client, messages, 0)
    await modem.set_baud(FAST, RTS_AND_CTS)
    assert (modem.baud, modem.flow) == (FAST, RTS_AND_CTS)
    await there_and_back(client, messages, 1)
    for i in range(BURST):
        await client.publish("%s/%d" % (TOPIC, i), payload(i), retain=True)
    await client.disconnect()

    await client.connect()
    assert not modem.passive
    messages = client.messages
    await burst(client, messages)
    unharmed(modem)
    await client.unsubscribe(TOPIC + "/+")
    for i in range(BURST):  # the broker is to forget them
        await client.publish("%s/%d" % (TOPIC, i), b"", retain=True)
    await client.disconnect()

    await modem.set_baud(SLOW)
    assert (modem.baud, modem.flow, modem.passive) == (SLOW, 0, keeps)
    await client.connect()
    messages = client.messages
    await client.subscribe(TOPIC, qos=1)
    await there_and_back(client, messages, 2)
    unharmed(modem)
    await client.disconnect()
    await modem.close()
    print("%d baud and back; %d bytes came in a stall of %d ms" % (FAST, BURST * SIZE, STALL_MS))


asyncio.run(main())
print("passed")
