"""An application as anybody may write one, for the tests that run it behind every firmware.

    ATMQTT_UART=... ATMQTT_ENGINE=... micropython tests_host/e2e/application.py NAME SSID PASSWORD

Publishes readings below the topic NAME, answers what comes to NAME/commands/... and ends with the
command GOODBYE. Prints the engine, and the repr of each message that came. Runs unchanged on
CPython and on MicroPython; examples/board.py has the serial line.
"""

import asyncio
import sys

import board  # pyright: ignore[reportMissingImports] - of the folder examples

from atmqtt import Modem, MQTTClient

BROKER = "broker.example"
GOODBYE = b"goodbye"
READINGS = (
    "21.5",
    '{"place": "rack 7, shelf \\"B\\"", "celsius": [21.5, 21.75]}',
    b"\r\nAT+RST\r\n\xff, \\",
    "größe 日本語 😀",
    b"",
    b"0123456789abcdef" * 32,  # 512 bytes: what the least of the modules takes
)


async def main(name, ssid, password):
    modem = Modem(board.open_uart(), rxbuf=board.RXBUF)
    await modem.start()
    await modem.join(ssid, password)

    client = MQTTClient(modem, BROKER, client_id=name, engine=board.ENGINE, max_payload=512)
    await client.connect()
    print(client.engine)

    await client.subscribe(name + "/commands/#", qos=1)
    await client.publish(name + "/state", "up", qos=1, retain=True)
    for i, reading in enumerate(READINGS):
        await client.publish("%s/readings/%d" % (name, i), reading, qos=i % 3)

    async for topic, payload, _ in client.messages:
        print(repr((topic, payload)))
        if payload == GOODBYE:
            break
        await client.publish(name + "/answers", payload, qos=2)
    await client.unsubscribe(name + "/commands/#")
    await client.publish(name + "/state", "", qos=1, retain=True)
    await client.disconnect()
    await modem.close()


asyncio.run(main(*sys.argv[1:]))
