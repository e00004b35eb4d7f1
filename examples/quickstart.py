"""Joins Wi-Fi, publishes three readings and prints the commands that come back.

On a Pico: set the constants, copy board.py beside this file and run it. On a PC: `make demo`.
"""

import asyncio
import json

import board

from atmqtt import Modem, MQTTClient

SSID = "office"
PASSWORD = "correct horse"
BROKER = "broker.example"
READINGS = "quickstart/readings"
COMMANDS = "quickstart/commands"
CELSIUS = (21.5, 21.75, 22.0)
GOODBYE = b'{"command": "goodbye"}'


async def main():
    modem = Modem(board.open_uart(), rxbuf=board.RXBUF)
    await modem.start()
    await modem.join(SSID, PASSWORD)

    client = MQTTClient(
        modem, BROKER, client_id="atmqtt-quickstart", engine=board.ENGINE, on_event=print
    )
    await client.connect()
    print("connected to", BROKER, "by", client.engine, "through", modem.dialect.name)

    await client.subscribe(COMMANDS, qos=1)
    for celsius in CELSIUS:
        reading = json.dumps({"celsius": celsius, "place": 'rack 7, shelf "B"'})
        await client.publish(READINGS, reading, qos=1)
        print("sent", READINGS, reading)

    async for topic, payload, _ in client.messages:
        print("received", topic.decode(), payload.decode())
        if payload == GOODBYE:
            break
    await client.disconnect()
    await modem.close()


asyncio.run(asyncio.wait_for(main(), 50))
