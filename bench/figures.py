"""RAM of a connected client, on the 32-bit unix port, whose heap has the blocks of an RP2040's:

    micropython -X heapsize=1M bench/figures.py [packets] [native]

With both engines there are two clients. Each has one subscription, has published and has received
a message: as much of the library is loaded as a program needs that does what
examples/quickstart.py does. A heap that is too small for it ends in MemoryError.
"""

import gc
import sys

ENGINES = sys.argv[1:] or ["packets"]
HERE = __file__.rpartition("/")[0] or "."
sys.path[:0] = [HERE, HERE + "/../lib"]

import asyncio  # noqa: E402 - needs the path above

from scripted import ScriptedUART  # noqa: E402

TOPIC = b"bench/topic"
PAYLOAD = b"p" * 64


def used() -> int:
    """Bytes of heap in use after a collection."""
    gc.collect()
    return gc.mem_alloc()


async def measure():
    """Print the figure as JSON."""
    uart = ScriptedUART()
    n = 2 + len(TOPIC) + len(PAYLOAD)
    arrivals = {
        "packets": (uart.arrive, b"\x30%c\x00%c%s%s" % (n, len(TOPIC), TOPIC, PAYLOAD)),
        "native": (uart.tell, b'+MQTTSUBRECV:0,"%s",%d,%s\r\n' % (TOPIC, len(PAYLOAD), PAYLOAD)),
    }
    clients = []
    before = used()

    from atmqtt import Modem, MQTTClient

    modem = Modem(uart, rxbuf=1024)
    await modem.start()
    await modem.join("ssid", "password")
    for engine in ENGINES:
        client = MQTTClient(modem, "broker", client_id="bench", engine=engine)
        clients.append(client)
        await client.connect()
        await client.subscribe("bench/#", 1)
        await client.publish(TOPIC, PAYLOAD)
        arrive, message = arrivals[engine]
        arrive(message)
        async for topic, payload, _ in client.messages:
            if topic != TOPIC or payload != PAYLOAD:
                raise ValueError("not what was sent")
            break
        topic = payload = None
    print('{"resident_bytes": %d}' % (used() - before))


asyncio.run(measure())
