"""Messages of every QoS and of awkward content go to the broker and come back the same.

By every engine that the module can be driven by. Needs: MODULE
"""

import asyncio

import place
import station

from atmqtt import MQTTClient

PAYLOADS = (b"", b'+IPD,5:"\r\nOK\r\n>', bytes(range(256)) * 4)
TOPIC = station.NAME + "/engine"
LIMIT_S = 30


async def there_and_back(modem, engine):
    client = MQTTClient(modem, place.broker, place.port, client_id=station.NAME, engine=engine)
    await client.connect()
    assert client.engine == engine
    told = engine == "packets"  # the module's own MQTT tells neither
    assert await client.subscribe(TOPIC, qos=2) == (2 if told else None)
    longest = None if told else modem.dialect.mqtt_payload_max or None
    messages = client.messages
    count = 0
    for qos in (0, 1, 2):
        for payload in PAYLOADS:
            payload = payload[:longest]
            await client.publish(TOPIC, payload, qos=qos)
            name, came, retained = await asyncio.wait_for(messages.__anext__(), LIMIT_S)
            assert (name, came) == (TOPIC.encode(), payload), (engine, qos, name, came)
            assert retained is (False if told else None)
            count += 1
    assert client.stats["received"] == count, client.stats
    await client.disconnect()
    return "%d by %s" % (count, engine)


async def main():
    modem = await station.online()
    done = []
    for engine in station.engines(modem):
        done.append(await there_and_back(modem, engine))
    assert modem.stats["suspected_overruns"] == modem.stats["garbage"] == 0, modem.stats
    await modem.close()
    print("messages there and back:", ", ".join(done))


asyncio.run(main())
print("passed")
