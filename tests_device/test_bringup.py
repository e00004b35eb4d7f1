"""The module is found, tells what it is, and joins the network.

Needs: MODULE
"""

import asyncio

import place
import station


async def main():
    modem = station.modem()
    await modem.start()
    assert modem.up and modem.firmware and modem.dialect
    await modem.join(place.ssid, place.password)
    address = await modem.ip()
    assert address != "0.0.0.0"
    for counter in ("suspected_overruns", "damaged", "garbage", "timeouts"):
        assert modem.stats[counter] == 0, modem.stats
    print(modem.dialect.name, modem.firmware.splitlines()[0], address)
    await modem.close()


asyncio.run(main())
print("passed")
