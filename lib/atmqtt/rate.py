# MIT license; Copyright (c) 2026 The atmqtt authors
"""The host's UART, opened anew at another rate. Loaded when needed and forgotten again."""


def can_reopen(modem) -> bool:
    """Is there a way to?"""
    return bool(modem.reinit or hasattr(modem.channel.inlet.ring.uart, "init"))


def reopen(modem, baud: int, flow: int):
    """Open it. flow: 1 RTS | 2 CTS. ValueError where that cannot be."""
    if modem.reinit:
        modem.reinit(baud, flow)
    else:
        _init(modem.channel.inlet.ring.uart, baud, flow)
    modem.flow = flow


def _init(uart, baud: int, flow: int):
    try:  # told even if 0: rp2 keeps a setting that it is not told
        uart.init(baudrate=baud, flow=flow)
    except TypeError:
        if flow:
            raise ValueError("the UART of this port has no flow control by init()")
        uart.init(baudrate=baud)
