"""The Modem on this board's UART, and names at the broker that no other board uses."""

from binascii import hexlify

import place
import target_wiring
import uarts
from machine import unique_id

from atmqtt import Modem

NAME = "atmqtt-device-" + hexlify(unique_id()).decode()


def modem(uart=None):
    """A Modem that is not started. uart: in the place of the module's."""
    settings = target_wiring.MODULE
    return Modem(uart or uarts.module(), baud=settings["baudrate"], rxbuf=settings["rxbuf"])


async def online(uart=None):
    """The same, started and in the network."""
    started = modem(uart)
    await started.start()
    await started.join(place.ssid, place.password)
    return started


def engines(started):
    """The engines that this Modem's firmware can be driven by."""
    dialect = started.dialect
    names = []
    if started.has_mqtt and dialect.mqtt_schemes:
        names.append("native")
    if dialect.send_max:
        names.append("packets")
    return names
