"""RAM of a connected client and of a received message, on the 32-bit unix port, whose heap has
the blocks of an RP2040's:  micropython -X heapsize=1M bench/figures.py
"""

import gc
import sys

HERE = __file__.rpartition("/")[0] or "."
sys.path[:0] = [HERE, HERE + "/../lib"]

import asyncio  # noqa: E402 - needs the path above

from scripted import ScriptedUART  # noqa: E402

MESSAGES = 50
PAYLOAD = b"p" * 64
TOPIC = b"bench/topic"


def used() -> int:
    """Bytes of heap in use after a collection."""
    gc.collect()
    return gc.mem_alloc()


async def measure():
    """Print both figures."""
    uart = ScriptedUART()
    publish = b"\x30%c\x00%c%s%s" % (2 + len(TOPIC) + len(PAYLOAD), len(TOPIC), TOPIC, PAYLOAD)
    block = b"\r\n+IPD,%d:%s\r\n" % (len(publish), publish)
    count = 0

    def on_message(topic, payload, retained):
        nonlocal count
        count += 1

    before = used()

    from atmqtt import Modem, MQTTClient

    modem = Modem(uart, rxbuf=4096)
    await modem.start()
    await modem.join("ssid", "password")
    client = MQTTClient(modem, "broker", client_id="bench", on_message=on_message)
    await client.connect()
    await client.subscribe("bench/#", 1)
    resident = used() - before

    async def receive(n):
        for _ in range(n):
            expected = count + 1
            uart.feed(block)
            while count < expected:
                await asyncio.sleep_ms(0)

    await receive(10)
    gc.collect()
    gc.disable()
    start = gc.mem_alloc()
    await receive(MESSAGES)
    garbage = (gc.mem_alloc() - start) / MESSAGES
    gc.enable()
    if count != 10 + MESSAGES:
        raise RuntimeError("messages were lost")
    print(
        "resident %.1f KB (client connected, one subscription, 2 KB ring included); "
        "%d B allocated per received 64-byte message" % (resident / 1024, garbage)
    )


asyncio.run(measure())
