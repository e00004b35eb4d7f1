"""Messages of every QoS and of awkward content go to the broker and come back the same.

Needs: MODULE
"""

import asyncio

import place
import station

from atmqtt import MQTTClient

PAYLOADS = (b"", b'+IPD,5:"\r\nOK\r\n>', bytes(range(256)) * 4)
LIMIT_S = 30


async def main():
    modem = await station.online()
    client = MQTTClient(
        modem,
        place.broker,
        place.port,
        client_id=station.NAME,
        require=("granted", "retained"),
    )
    await client.connect()
    topic = station.NAME + "/engine"
    assert await client.subscribe(topic, qos=2) == 2
    messages = client.messages
    count = 0
    for qos in (0, 1, 2):
        for payload in PAYLOADS:
            await client.publish(topic, payload, qos=qos)
            name, came, retained = await asyncio.wait_for(messages.__anext__(), LIMIT_S)
            assert (name, came, retained) == (topic.encode(), payload, False), (qos, name, came)
            count += 1
    assert client.stats["received"] == count, client.stats
    assert modem.stats["suspected_overruns"] == modem.stats["garbage"] == 0, modem.stats
    await client.disconnect()
    await modem.close()
    print("%d messages there and back, by %s" % (count, client.engine))


asyncio.run(main())
print("passed")
