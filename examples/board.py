"""The serial line to the Wi-Fi module: the one file that differs between boards.

On a PC the line is what the environment variable ATMQTT_UART names: `tcp:HOST:PORT` (default:
`atsim --tcp 7777` on this machine), `pty:PATH`, or `serial:PATH` for a module on a USB adapter.
ATMQTT_ENGINE may name the engine there.
"""

import sys

RXBUF = 1024  # bytes that may arrive while Python is busy: 90 ms at 115200 baud
ENGINE = None  # "native", "packets"; None: as suits the module

if sys.platform == "rp2":
    from machine import UART, Pin

    def open_uart():
        """UART 1 of a Pico: GP4 goes to the module's RX, GP5 to its TX."""
        return UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=RXBUF, txbuf=1024)

elif sys.platform == "pyboard":
    from machine import UART

    def open_uart():
        """UART 1 of an STM32 board; on a Pyboard X9 is TX, X10 is RX."""
        return UART(1, 115200, rxbuf=RXBUF)

else:
    import os

    import port

    port.install()

    from port.uart import open_uart as open_host_uart

    ENGINE = os.getenv("ATMQTT_ENGINE") or None

    def open_uart():
        """A line of this PC."""
        return open_host_uart(os.getenv("ATMQTT_UART", "tcp:127.0.0.1:7777"))
