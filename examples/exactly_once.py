"""Counts pulses and has each count arrive exactly once, through lost connections and resets.

QoS 2, a session that the broker keeps (clean_session=False), and a store in flash for what is
not finished when the board is reset. Set the constants, copy board.py and filestore.py beside
this file and run it.
"""

import asyncio

import board
from filestore import FileStore

from atmqtt import Modem, MQTTClient

SSID = "office"
PASSWORD = "correct horse"
BROKER = "broker.example"
TOPIC = "exactly-once/pulses"
PULSES = 5
RETRY_S = 5


async def stay_connected(modem, client):
    """Connect, and again whenever the connection has gone; what was unfinished then goes on."""
    while True:
        try:
            if not modem.up:
                await modem.start()
                await modem.join(SSID, PASSWORD)
            present = await client.connect()
            print("connected; the broker", "knows us" if present else "has no session of ours")
            await client.down.wait()
        except OSError as er:
            print("trying again:", er)
        await asyncio.sleep(RETRY_S)


async def main():
    modem = Modem(board.open_uart(), rxbuf=board.RXBUF)
    client = MQTTClient(
        modem,
        BROKER,
        client_id="atmqtt-exactly-once",
        clean_session=False,
        store=FileStore("session"),
    )
    connecting = asyncio.create_task(stay_connected(modem, client))
    for pulse in range(PULSES):
        await client.up.wait()
        # waits through a new connection; whatever happens, the broker gets it once
        await client.publish(TOPIC, str(pulse), qos=2, deadline_ms=300000)
        print("arrived", TOPIC, pulse)
    connecting.cancel()
    await client.disconnect()
    await modem.close()


asyncio.run(main())
