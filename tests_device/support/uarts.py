"""The UARTs of target_wiring, opened."""

import target_wiring
from machine import UART, Pin

PINS = ("tx", "rx", "rts", "cts")


def module(**settings):
    """The UART that the Wi-Fi module is on, with these settings of machine.UART besides."""
    return _open(dict(target_wiring.MODULE, **settings))


def loopback(**settings):
    """The UART with the jumper, with these settings of machine.UART besides."""
    return _open(dict(target_wiring.LOOPBACK, **settings))


def _open(settings):
    arguments = {
        name: Pin(value) if name in PINS else value
        for name, value in settings.items()
        if name != "id"
    }
    return UART(settings["id"], **arguments)
